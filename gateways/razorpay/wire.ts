/**
 * Owns: the parts of Razorpay's entities that we read, as its documentation has them.
 * Does not own: what they mean for us (from-wire.ts and the files per noun). Fields we do not read are let go, words
 * we do not know stay words: an entity that grows must not stop payments.
 * Example: `{"id": "pay_1", "amount": 70800, "currency": "INR", "status": "captured", …}`.
 */
import { z } from 'zod';
import { isCurrencyCode, type CurrencyCode } from '../../domain/currency';

const currency = z.string().transform((code, context): CurrencyCode => {
  if (isCurrencyCode(code)) return code;
  context.addIssue({ code: 'custom', message: 'no currency of ours' });
  return z.NEVER;
});
/** Of the smallest unit of its currency. */
const subunits = z.number().int();
const unixSeconds = z.number().int();
const word = z.string().nullish().transform(toNull);

/** Empty notes are an empty list, or nothing at all. */
const notes = z.unknown().transform((value): Readonly<Record<string, string>> => {
  const read = z.record(z.string(), z.string()).safeParse(value);
  return read.success ? read.data : {};
});

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    description: z.string(),
    reason: word,
    metadata: z.unknown().transform((value) => paymentInError.safeParse(value).data?.payment_id),
  }),
});
const paymentInError = z.object({ payment_id: z.string() });
export type WireError = z.infer<typeof errorSchema>['error'];

const card = z
  .object({
    last4: word,
    network: word,
    expiry_month: z.number().int().nullish().transform(toNull),
    expiry_year: z.number().int().nullish().transform(toNull),
  })
  .nullish()
  .transform(toNull);

export const paymentSchema = z.object({
  id: z.string(),
  amount: subunits,
  currency,
  status: z.string(),
  order_id: word,
  method: word,
  amount_refunded: subunits.nullish().transform((amount) => amount ?? 0),
  description: word,
  card,
  token_id: word,
  notes,
  fee: subunits.nullish().transform(toNull),
  error_code: word,
  error_reason: word,
  created_at: unixSeconds,
});
export type WirePayment = z.infer<typeof paymentSchema>;

export const orderSchema = z.object({
  id: z.string(),
  amount: subunits,
  currency,
  receipt: word,
  notes,
  created_at: unixSeconds,
  payments: z
    .object({ items: z.array(paymentSchema) })
    .nullish()
    .transform((list) => list?.items ?? []),
});
export type WireOrder = z.infer<typeof orderSchema>;

export const linkSchema = z.object({
  id: z.string(),
  amount: subunits,
  currency,
  reference_id: z.string(),
  status: z.string(),
  short_url: z.url(),
  expire_by: unixSeconds,
  notes,
});
export type WireLink = z.infer<typeof linkSchema>;
export const linkListSchema = z.object({
  payment_links: z
    .array(linkSchema)
    .nullish()
    .transform((links) => links ?? []),
});

/** What a registration link is to Razorpay. */
export const invoiceSchema = z.object({
  id: z.string(),
  status: z.string(),
  customer_id: word,
  customer_details: z.object({ email: word, contact: word }),
  payment_id: word,
  short_url: word,
  expire_by: unixSeconds.nullish().transform(toNull),
  notes,
});
export type WireInvoice = z.infer<typeof invoiceSchema>;

export const tokenSchema = z.object({
  id: z.string(),
  recurring: z
    .boolean()
    .nullish()
    .transform((is) => is ?? false),
  recurring_details: z.object({ status: word }).nullish().transform(toNull),
  card,
});
export type WireToken = z.infer<typeof tokenSchema>;

/** A card's token was deleted, or a UPI token is being cancelled at the bank. */
export const forgottenSchema = z.union([
  z.object({ deleted: z.literal(true) }),
  z.object({ status: z.string() }),
]);

export const recurringSchema = z.object({ razorpay_payment_id: z.string() });

export const refundSchema = z.object({
  id: z.string(),
  amount: subunits,
  currency,
  status: z.string(),
  notes,
});
export type WireRefund = z.infer<typeof refundSchema>;

export const disputeSchema = z.object({
  id: z.string(),
  payment_id: z.string(),
  amount: subunits,
  amount_deducted: subunits.nullish().transform((amount) => amount ?? 0),
  currency,
  reason_code: word,
  respond_by: unixSeconds.nullish().transform(toNull),
  status: z.string(),
  phase: z.string(),
  created_at: unixSeconds,
});
export type WireDispute = z.infer<typeof disputeSchema>;

export const settledSchema = z.object({
  entity_id: z.string(),
  type: z.string(),
  debit: subunits,
  credit: subunits,
  currency,
  fee: subunits,
  settled: z.boolean(),
  settled_at: unixSeconds.nullish().transform(toNull),
  payment_id: word,
  dispute_id: word,
});
export type WireSettled = z.infer<typeof settledSchema>;

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item) });
}

export const webhookSchema = z.object({
  entity: z.literal('event'),
  event: z.string(),
  created_at: unixSeconds.nullish().transform(toNull),
  payload: z.object({
    payment: entityOf(paymentSchema),
    payment_link: entityOf(z.object({ id: z.string(), notes })),
    invoice: entityOf(z.object({ id: z.string(), notes })),
    token: entityOf(z.object({ id: z.string() })),
    dispute: entityOf(z.object({ id: z.string() })),
  }),
});
export type WireWebhook = z.infer<typeof webhookSchema>;

function entityOf<Entity>(entity: z.ZodType<Entity>) {
  return z
    .object({ entity })
    .nullish()
    .transform((held): Entity | null => held?.entity ?? null);
}

function toNull<Value>(value: Value | null | undefined): Value | null {
  return value ?? null;
}
