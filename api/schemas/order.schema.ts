import { z } from 'zod';
import { NUMBER_CAPABILITIES } from '../../domain/number-capability';
import { idText, instantOutput, moneyOutput, numberCapability } from './common.schema';
import { taxLineSchema } from './document.schema';
import { lifecycleFields } from './lifecycle.schema';

const ITEMS_MAX = 10;

const payMode = z.enum(['wallet', 'upi', 'card']).meta({ id: 'PayMode' });
const capabilities = z.array(numberCapability).max(NUMBER_CAPABILITIES.length);

const wantedPackage = {
  code: idText.meta({ description: 'As in the catalogue, in the account’s currency.' }),
};

const wantedItem = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('message_package'), ...wantedPackage })
      .meta({ id: 'NewMessagePackageItem' }),
    z
      .strictObject({ kind: z.literal('minute_bundle'), ...wantedPackage })
      .meta({ id: 'NewMinuteBundleItem' }),
    z
      .strictObject({
        kind: z.literal('phone_number'),
        number: z
          .string()
          .regex(/^\+[1-9][0-9]{6,14}$/, { error: 'This is not a number like +918000000001.' })
          .meta({
            description: 'E.164, of `GET /v1/carrier_numbers`.',
            examples: ['+918000000001'],
          }),
        required_capabilities: capabilities
          .default([])
          .meta({ description: 'A number that lacks one of these is not sold.' }),
      })
      .meta({ id: 'NewPhoneNumberItem' }),
  ])
  .meta({ id: 'NewOrderItem' });

export const newOrderSchema = z
  .strictObject({ items: z.array(wantedItem).min(1).max(ITEMS_MAX) })
  .meta({ id: 'NewOrder' });
export type NewOrder = z.output<typeof newOrderSchema>;

export const payOrderSchema = z
  .strictObject({
    mode: payMode,
    confirmed_capabilities: capabilities.optional().meta({
      description:
        'What the customer read and counts on: refused when one of them is not included.',
    }),
  })
  .meta({ id: 'PayOrder' });

const itemSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['message_package', 'minute_bundle', 'phone_number']),
    code: z
      .string()
      .nullable()
      .meta({ description: 'As in the catalogue; null: a phone number has none.' }),
    number: z.string().nullable(),
    name: z.string(),
    units: z.int().nullable().meta({ description: 'Messages or minutes.' }),
    validity_days: z.int().nullable(),
    capabilities: z.array(numberCapability).nullable(),
    required_capabilities: z.array(numberCapability).nullable(),
    price: moneyOutput.meta({ description: 'Of a number, the rent of its first month.' }),
    up_front_fee: moneyOutput,
    status: z.enum(['pending', 'ordered', 'delivered', 'failed', 'refunded']).meta({
      description:
        'ordered: its carrier is asked. failed: it could not be had, its money is about to go back.',
    }),
    delivered_id: z.string().nullable().meta({ description: 'The package or number it became.' }),
    failure_reason: z.string().nullable(),
    refund_id: z.string().nullable(),
  })
  .meta({ id: 'OrderItem' });

export const orderSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    status: z.enum([
      'draft',
      'awaiting_payment',
      'paid',
      'fulfilled',
      'failed',
      'expired',
      'refunded',
    ]),
    items: z.array(itemSchema),
    order_details: z.strictObject({
      amount: moneyOutput.meta({ description: 'Prices of packages and first months of rent.' }),
      up_front_fees: moneyOutput,
      taxes: z.array(taxLineSchema),
      round_off: moneyOutput,
      prices_include_tax: z.boolean(),
      total_amount: moneyOutput,
    }),
    wallet_amount: moneyOutput.meta({
      description:
        'What paying from the wallet takes: less where its money was taxed as it came in.',
    }),
    features: z
      .array(z.strictObject({ capability: numberCapability, included: z.boolean() }))
      .meta({
        description: 'Included: every number of the order has it.',
      }),
    payment_modes: z.array(payMode),
    mode: payMode.nullable(),
    gateway: z.string(),
    checkout_url: z.string().nullable(),
    failure_reason: z.string().nullable(),
    placed_at: instantOutput,
    expires_at: instantOutput,
    paid_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'Order' });

export const historyEntrySchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['top_up', 'purchase']),
    status: z.enum(['paid', 'fulfilled', 'refunded']),
    items: z
      .array(
        itemSchema
          .pick({ kind: true, code: true, name: true, status: true, delivered_id: true })
          .strict(),
      )
      .meta({ description: 'What was bought; of a top-up, nothing but its money.' }),
    total_amount: moneyOutput,
    mode: payMode.nullable(),
    paid_at: instantOutput.nullable(),
  })
  .meta({
    id: 'PurchaseHistoryEntry',
    description: 'A top-up (`kind: top_up`) or an order (`kind: purchase`) that was paid.',
  });
