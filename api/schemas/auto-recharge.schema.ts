import { z } from 'zod';
import { AUTO_RECHARGE_STATUSES } from '../../domain/auto-recharge/auto-recharge';
import { amountInput, idText } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const CHARGED = 'Decimal text in the account’s currency.';

export const newAutoRechargeSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    threshold: amountInput.meta({
      description: 'Below it the saved method is charged; exactly at it nothing is.',
      examples: ['500.00'],
    }),
    amount: amountInput.meta({
      description:
        'One increment: the wallet gets a whole number of them, as by a top-up of that amount.',
      examples: ['1000.00'],
    }),
    monthly_cap: amountInput.meta({
      description: 'What the method is charged at most in a month of the account’s, with tax.',
      examples: ['5000.00'],
    }),
    payment_method_id: idText
      .optional()
      .meta({ description: 'The method to charge. Left out: whichever is the default then.' }),
  })
  .meta({ id: 'NewAutoRecharge' });

const amountOutput = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?$/)
  .meta({ description: CHARGED });

export const autoRechargeSchema = z
  .strictObject({
    account_id: z.string(),
    enabled: z.boolean(),
    threshold: amountOutput,
    amount: amountOutput,
    monthly_cap: amountOutput,
    currency: z.string().length(3),
    payment_method_id: z
      .string()
      .nullable()
      .meta({ description: 'null: the account’s default method.' }),
    status: z.enum(AUTO_RECHARGE_STATUSES).meta({
      description:
        '`armed`: the balance is watched. `charging`: a charge is asked for or under way. `backing_off`: one was ' +
        'declined and is tried again. `cap_reached`: the month’s cap leaves no room. `stopped`: nothing is charged ' +
        'until it is set again.',
    }),
    reason: z.string().meta({ description: 'Why it stands so, for a person.' }),
    charged_this_month: amountOutput.meta({
      description: 'With tax, what is under way included: what counts against the cap.',
    }),
    ...lifecycleFields,
  })
  .meta({ id: 'AutoRecharge' });
