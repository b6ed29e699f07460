/**
 * Owns: the sandbox gateway's messages: what its API takes, what it answers, what its webhooks say.
 * Does not own: our own API's contract (api/schemas/). Both ends of the sandbox parse with this file.
 * Money is flat here, as gateways have it: `amount` a decimal string, `currency` beside it.
 * Example: `{"reference": "ord_1", "amount": "600.00", "currency": "INR", "modes": ["upi"], …}`.
 */
import { z } from 'zod';
import { isCurrencyCode } from '../../domain/currency';

/** A gateway's key is at most this long, and so is every id we hand over. */
const TEXT_MAX = 255;
const LINES_MAX = 50;
const URL_MAX = 2_048;

/** Without NUL, which PostgreSQL keeps in no text. */
const text = z
  .string()
  .trim()
  .min(1)
  .max(TEXT_MAX)
  .regex(/^[^\0]*$/);
/** As domain/money.ts reads it, so that what passes here parses there. */
export const amount = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string');
export const currency = z
  .string()
  .refine((code): boolean => isCurrencyCode(code), 'must be an ISO 4217 code');
export const instant = z.iso.datetime({ offset: false });
const mode = z.enum(['upi', 'card']);
const returnUrl = z.url({ protocol: /^https?$/ }).max(URL_MAX);

export const checkoutRequestSchema = z.strictObject({
  reference: text,
  customer_reference: text,
  amount,
  currency,
  modes: z.array(mode).min(1).max(2),
  merchant: text,
  lines: z
    .array(z.strictObject({ description: text, amount }))
    .min(1)
    .max(LINES_MAX),
  return_url: returnUrl,
  expires_at: instant.optional(),
});

export const setupRequestSchema = z.strictObject({
  reference: text,
  customer_reference: text,
  mode,
  currency,
  max_amount: amount.nullable(),
  merchant: text,
  return_url: returnUrl,
});

export const chargeRequestSchema = z.strictObject({
  reference: text,
  customer_reference: text,
  amount,
  currency,
  payment_method: text,
});

export const refundRequestSchema = z.strictObject({ payment: text, amount, currency });

export const payoutRequestSchema = z.strictObject({
  reference: text,
  beneficiary: text,
  amount,
  currency,
});

export const emptyRequestSchema = z.strictObject({});

const methodFactsSchema = z.object({
  id: text.nullable(),
  kind: mode,
  brand: text,
  last_four: z
    .string()
    .regex(/^\d{4}$/)
    .nullable(),
});

export const paymentSchema = z.object({
  id: text,
  checkout_id: text.nullable(),
  reference: text,
  customer_reference: text,
  status: z.enum(['processing', 'succeeded', 'failed']),
  amount,
  currency,
  amount_refunded: amount,
  fee: amount.nullable().default(null),
  mode,
  decline_code: text.nullable(),
  payment_method: methodFactsSchema,
  idempotency_key: text.nullable(),
  created_at: instant,
  updated_at: instant,
});
export type WirePayment = z.infer<typeof paymentSchema>;

export const checkoutSchema = z.object({
  id: text,
  url: z.url().max(URL_MAX),
  reference: text,
  customer_reference: text,
  status: z.enum(['open', 'complete', 'expired']),
  amount,
  currency,
  created_at: instant,
  expires_at: instant,
  payments: z.array(paymentSchema),
});
export type WireCheckout = z.infer<typeof checkoutSchema>;

export const methodSchema = z.object({
  id: text,
  kind: mode,
  brand: text,
  last_four: methodFactsSchema.shape.last_four,
  customer_reference: text,
  status: z.enum(['active', 'detached']),
  expiry: z
    .object({ month: z.int().min(1).max(12), year: z.int().min(2_000).max(2_099) })
    .nullable(),
  mandate: z
    .object({
      max_amount: amount.nullable(),
      currency,
      status: z.enum(['pending', 'active', 'paused', 'revoked']),
    })
    .nullable(),
  created_at: instant,
});
export type WireMethod = z.infer<typeof methodSchema>;

export const setupSchema = z.object({
  id: text,
  url: z.url().max(URL_MAX),
  reference: text,
  customer_reference: text,
  status: z.enum(['open', 'complete', 'expired']),
  mode,
  currency,
  max_amount: amount.nullable(),
  created_at: instant,
  expires_at: instant,
  payment_method: methodSchema.nullable(),
});
export type WireSetup = z.infer<typeof setupSchema>;

export const refundSchema = z.object({
  id: text,
  payment_id: text,
  status: z.literal('succeeded'),
  amount,
  currency,
  created_at: instant,
});
export type WireRefund = z.infer<typeof refundSchema>;

export const disputeSchema = z.object({
  id: text,
  payment_id: text,
  reference: text,
  customer_reference: text,
  status: z.enum(['warning', 'needs_response', 'under_review', 'won', 'lost']),
  amount,
  currency,
  fee: amount.nullable(),
  reason: text,
  evidence_due_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
});
export type WireDispute = z.infer<typeof disputeSchema>;

export const payoutSchema = z.object({
  id: text,
  reference: text,
  beneficiary: text,
  status: z.enum(['processing', 'paid', 'failed']),
  amount,
  currency,
  failure_code: text.nullable(),
  created_at: instant,
});
export type WirePayout = z.infer<typeof payoutSchema>;

export const payoutListSchema = z.object({ items: z.array(payoutSchema) });

export const settledQuerySchema = z.strictObject({
  from: instant,
  to: instant,
  cursor: text.optional(),
});

export const settledSchema = z.object({
  id: text,
  kind: z.enum(['payment', 'refund', 'dispute', 'other']),
  payment_id: text.nullable(),
  amount,
  currency,
  fee: amount,
  settled_at: instant,
});
export type WireSettled = z.infer<typeof settledSchema>;

export const settledPageSchema = z.object({
  items: z.array(settledSchema),
  next_cursor: text.nullable(),
});

export const paymentListSchema = z.object({ items: z.array(paymentSchema) });
export const methodListSchema = z.object({ items: z.array(methodSchema) });

/** `payment` comes with a decline: the try that failed is a payment of its own. */
export const errorSchema = z.object({
  error: z.object({
    type: text,
    code: text,
    message: z.string(),
    decline_code: text.optional(),
    payment: paymentSchema.optional(),
  }),
});
export type WireError = z.infer<typeof errorSchema>;

export const webhookSchema = z.object({
  id: text,
  type: text,
  created_at: instant,
  data: z.object({
    payment: paymentSchema.optional(),
    checkout: checkoutSchema.omit({ payments: true }).optional(),
    refund: refundSchema.optional(),
    setup: setupSchema.optional(),
    payment_method: methodSchema.optional(),
    dispute: disputeSchema.optional(),
  }),
});
export type WireWebhook = z.infer<typeof webhookSchema>;

/** The header that carries the signature of a webhook (gateways/webhook-signature.ts). */
export const SIGNATURE_HEADER = 'sandbox-signature';
