import { z } from 'zod';
import { GATEWAY_NAMES } from '../../domain/payment/payment';
import { amountInput, instantOutput, moneyOutput } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

export const newSetupSchema = z
  .strictObject({
    gateway: z
      .enum(GATEWAY_NAMES)
      .optional()
      .meta({ description: 'Left out: the one that takes the currency and the mode here.' }),
    mode: z.enum(['card', 'upi']),
    max_amount: amountInput.optional().meta({
      description:
        'What the customer agrees to for one charge at most, in the account’s currency. Left out: as much as ' +
        'the rule of the mode allows. What is above it becomes a payment link.',
    }),
  })
  .meta({ id: 'NewPaymentMethodSetup' });

export const setupSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    status: z.enum(['pending', 'open', 'completed', 'expired']).meta({
      description: 'Pending: its page is being opened. Completed: a payment method was saved.',
    }),
    gateway: z.string(),
    mode: z.enum(['card', 'upi']),
    max_amount: moneyOutput.nullable(),
    setup_url: z.string().nullable().meta({
      description: 'Where the customer agrees; null while the gateway does not answer.',
    }),
    payment_method_id: z.string().nullable().meta({ description: 'What was saved.' }),
    asked_at: instantOutput,
    completed_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'PaymentMethodSetup' });

export const changedMethodSchema = z
  .strictObject({ default: z.literal(true) })
  .meta({ id: 'ChangedPaymentMethod' });

export const paymentMethodSchema = z
  .strictObject({
    id: z.string(),
    status: z
      .enum(['active', 'pending', 'paused', 'revoked', 'refused', 'expired', 'detached'])
      .meta({
        description:
          'Pending, paused, revoked: so its mandate is. Refused: a hard decline said that it will never pay ' +
          'again. Expired: its card’s last month is over; it is still tried, for its bank may have renewed it.',
      }),
    is_default: z.boolean().meta({ description: 'What the wallet lacks is charged to this one.' }),
    gateway: z.string(),
    kind: z.enum(['upi', 'card']),
    brand: z.string().nullable(),
    last_four: z.string().nullable(),
    expiry: z
      .strictObject({ month: z.int(), year: z.int() })
      .nullable()
      .meta({ description: 'The last month a card pays in; null: none, or nobody has said yet.' }),
    mandate: z
      .strictObject({
        status: z.enum(['pending', 'active', 'paused', 'revoked']),
        max_amount: moneyOutput.nullable().meta({ description: 'Of one charge; null: no limit.' }),
      })
      .nullable()
      .meta({ description: 'What its owner agreed to with the bank; null: it needs no mandate.' }),
    refused_code: z.string().nullable(),
    created_at: instantOutput,
    detached_at: instantOutput.nullable(),
  })
  .meta({ id: 'PaymentMethod', description: 'A reference kept at the gateway: never card data.' });
