import { z } from 'zod';
import { GATEWAY_NAMES } from '../../domain/payment/payment';
import { TOP_UP_TARGETS } from '../../domain/payment/top-up-policy';
import { amountInput, currency, instantOutput, moneyOutput } from './common.schema';
import { taxLineSchema } from './document.schema';
import { lifecycleFields } from './lifecycle.schema';

/** Above this many at once it is a mistake. */
const VISITORS_MAX = 1_000_000;

const howToPay = {
  currency: currency.optional().meta({ description: 'Left out: the account’s.' }),
  gateway: z
    .enum(GATEWAY_NAMES)
    .optional()
    .meta({ description: 'Left out: the one that takes the currency and the mode here.' }),
  mode: z.enum(['upi', 'card']).optional(),
};

const moneyTopUp = z
  .strictObject({
    target: z.enum(['wallet', 'whatsapp_balance']).optional(),
    amount: amountInput,
    ...howToPay,
  })
  .meta({
    id: 'NewMoneyTopUp',
    description:
      'A WhatsApp balance below the least amount of the currency is raised to it; `order_details.note` says so.',
  });

const visitorTopUp = z
  .strictObject({
    target: z.literal('unique_visitors'),
    quantity: z
      .int()
      .min(1)
      .max(VISITORS_MAX)
      .meta({
        description: 'A multiple of what the currency sells at once.',
        examples: [500],
      }),
    ...howToPay,
  })
  .meta({
    id: 'NewVisitorTopUp',
    description:
      'Unique visitors for the month in which they are paid, gone with it. The price is ours.',
  });

export const newTopUpSchema = z
  .discriminatedUnion('target', [moneyTopUp, visitorTopUp])
  .meta({ id: 'NewTopUp' });

const orderDetails = z.strictObject({
  amount: moneyOutput.meta({ description: 'What the wallet is granted, or the visitors cost.' }),
  up_front_fees: moneyOutput,
  taxes: z.array(taxLineSchema),
  round_off: moneyOutput,
  total_amount: moneyOutput,
  note: z
    .string()
    .nullable()
    .meta({ description: 'What was made of the wish: an amount that was raised.' }),
});

export const topUpSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    status: z.enum(['awaiting_payment', 'paid', 'failed', 'expired']),
    target: z.enum(TOP_UP_TARGETS),
    quantity: z.int().nullable().meta({ description: 'Unique visitors; null: it is of money.' }),
    gateway: z.string(),
    checkout_url: z
      .string()
      .nullable()
      .meta({ description: 'Where the customer pays; null while the gateway does not answer.' }),
    order_details: orderDetails,
    pays_for: z.strictObject({ kind: z.string(), id: z.string() }).nullable().meta({
      description:
        'Of a payment link: what is owed and the saved method may not pay alone. Null: asked for.',
    }),
    failure_reason: z.string().nullable(),
    placed_at: instantOutput,
    expires_at: instantOutput,
    paid_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'TopUp' });

export const paymentSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    top_up_id: z.string().nullable(),
    order_id: z
      .string()
      .nullable()
      .meta({ description: 'Of an order of packages, bundles and numbers.' }),
    subscription_id: z
      .string()
      .nullable()
      .meta({ description: 'Of a charge to a saved method; null for a top-up.' }),
    phone_number_id: z
      .string()
      .nullable()
      .meta({ description: 'Of a charge to a saved method for a month of rent.' }),
    is_auto_recharge: z
      .boolean()
      .meta({ description: 'A saved method was charged because the balance was low.' }),
    gateway: z.string(),
    gateway_payment_id: z.string(),
    money: moneyOutput,
    refunded: moneyOutput.meta({ description: 'What its gateway gave back, up to now.' }),
    disputed: moneyOutput.meta({
      description: 'What the customer’s bank takes back: `GET /v1/disputes?payment_id=`.',
    }),
    fee: moneyOutput.nullable().meta({
      description:
        'What its gateway keeps, for operators; null for others, and until the gateway says so.',
    }),
    status: z.enum(['succeeded', 'failed', 'mismatched']),
    mode: z.enum(['upi', 'card']),
    decline_code: z.string().nullable(),
    effective_at: instantOutput,
    created_at: instantOutput,
  })
  .meta({ id: 'Payment' });
