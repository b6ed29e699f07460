import { z } from 'zod';
import { amountInput, currency, moneyOutput } from './common.schema';

/** Beyond these a figure is a mistake. */
export const FIGURE_MAX = 1_000_000_000_000;
const CURRENCIES_MAX = 100;

const figure = z.int().min(0).max(FIGURE_MAX);
const limit = z.int().min(-1).max(FIGURE_MAX);

const units = {
  minutes: figure.optional(),
  messages: figure.optional(),
  wa_conversations: figure.optional(),
  unique_visitors: figure.optional(),
};
const ALLOWANCES =
  'What each month grants. Minutes and messages last a month from the day of purchase, WhatsApp ' +
  'conversations and unique visitors a calendar month. The WhatsApp balance is money for usage, granted in ' +
  'full at the start and on the 1st of each month; it adds up. Left out: none.';

const balanceInput = z.strictObject({ amount: amountInput, currency });
/** One figure per currency, for a plan is sold in several. */
const balancesInput = z.union([
  z
    .array(balanceInput)
    .max(CURRENCIES_MAX)
    .refine((all) => new Set(all.map((one) => one.currency)).size === all.length, {
      error: 'A currency has one amount.',
      params: { code: 'duplicate' },
    }),
  balanceInput,
]);
export const allowancesInput = z
  .strictObject({ ...units, whatsapp_balance: balancesInput.optional() })
  .meta({
    id: 'AllowancesInput',
    description: `${ALLOWANCES} Its amount is one money, or one per currency the plan is sold in.`,
  });

export const allowances = z
  .strictObject({
    ...units,
    whatsapp_balance: z
      .array(moneyOutput)
      .optional()
      .meta({ description: 'One amount per currency; the account’s counts.' }),
  })
  .meta({ id: 'Allowances', description: ALLOWANCES });

export const limits = z
  .strictObject({
    team_members: limit.optional(),
    channels: limit.optional(),
    concurrent_calls: limit.optional(),
    phone_numbers: limit.optional(),
    queue_priority: limit.optional(),
  })
  .meta({ id: 'Limits', description: 'Left out: none of it. -1: without limit.' });

const blockOrCharge = z.enum(['block', 'charge']).optional();
export const onExhausted = z
  .strictObject({
    message: blockOrCharge,
    call_second: blockOrCharge,
    wa_conversation: blockOrCharge,
    unique_visitor: blockOrCharge,
  })
  .meta({
    id: 'OnExhausted',
    description:
      'What becomes of use beyond the allowance: refused, or charged at the account’s rate card or the ' +
      'plan’s unit price. Left out: charged where there is a price, else refused.',
  });
