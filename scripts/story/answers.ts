/**
 * Owns: what a client reads of the API's answers, parsed at the edge. Written from the public contract,
 * not imported from the API, so that a field that changes its name is found by whoever uses it.
 * Does not own: sending requests (api-client.ts).
 */
import { z } from 'zod';

export const moneySchema = z.object({ amount: z.string(), currency: z.string() });
export type Money = z.output<typeof moneySchema>;

const nextActionSchema = z.object({
  kind: z.string(),
  at: z.string().nullable(),
  reason: z.string(),
});
export type NextAction = z.output<typeof nextActionSchema>;
const lifecycle = { next_action: nextActionSchema.nullable(), workflow_id: z.string() };

export const testClockSchema = z.object({
  id: z.string(),
  now: z.string(),
  status: z.enum(['ready', 'advancing', 'failed']),
  failure: z.string().nullable(),
  workflow_id: z.string(),
});
export type TestClock = z.output<typeof testClockSchema>;

export const accountSchema = z.object({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  time_zone: z.string(),
  test_clock_id: z.string().nullable(),
});
export type Account = z.output<typeof accountSchema>;

export const addressSchema = z.object({ business_name: z.string(), city: z.string() });

export const topUpSchema = z.object({
  id: z.string(),
  status: z.enum(['awaiting_payment', 'paid', 'failed', 'expired']),
  checkout_url: z.string().nullable(),
  order_details: z.object({ total_amount: moneySchema }),
  failure_reason: z.string().nullable(),
  placed_at: z.string(),
  expires_at: z.string(),
  paid_at: z.string().nullable(),
  ...lifecycle,
});
export type TopUp = z.output<typeof topUpSchema>;

export const subscriptionSchema = z.object({
  id: z.string(),
  status: z.enum(['active', 'past_due', 'suspended', 'ended']),
  plan_code: z.string(),
  cycle: z.string(),
  price: moneySchema,
  anchor_at: z.string(),
  current_period: z.object({ number: z.number(), starts_at: z.string(), ends_at: z.string() }),
  cancels_at_period_end: z.boolean(),
  past_due_since: z.string().nullable(),
  ended_at: z.string().nullable(),
  end_reason: z.string().nullable(),
  ...lifecycle,
});
export type Subscription = z.output<typeof subscriptionSchema>;

export const eventSchema = z.object({
  id: z.string(),
  type: z.string(),
  subject_id: z.string(),
  reason: z.string(),
  data: z.record(z.string(), z.unknown()),
  occurred_at: z.string(),
});
export type ApiEvent = z.output<typeof eventSchema>;

export const paymentSchema = z.object({
  id: z.string(),
  top_up_id: z.string().nullable(),
  gateway_payment_id: z.string(),
  money: moneySchema,
  status: z.enum(['succeeded', 'failed', 'mismatched']),
  decline_code: z.string().nullable(),
});
export type Payment = z.output<typeof paymentSchema>;

/** What every refusal looks like (RFC 9457), with what some codes add. */
export const problemSchema = z.object({
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ field: z.string(), code: z.string() })).optional(),
  required: moneySchema.optional(),
  available: moneySchema.optional(),
  missing: moneySchema.optional(),
});
export type Problem = z.output<typeof problemSchema>;

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}
