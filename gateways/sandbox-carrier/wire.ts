/**
 * Owns: the sandbox carrier's messages: what its API takes and what it answers. Both ends parse with
 * this file.
 * Does not own: our own API's contract (api/schemas/).
 * Example: `POST /v1/leases {"number": "+12025550100", "reference": "num_1"}`.
 */
import { z } from 'zod';
import { isCurrencyCode } from '../../domain/currency';
import { NUMBER_CAPABILITIES, NUMBER_TYPES } from '../../domain/number-capability';

const TEXT_MAX = 255;
const REFERENCE_MAX = 64;
const LIMIT_MAX = 100;

const text = z.string().trim().min(1).max(TEXT_MAX);
const reference = z.string().trim().min(1).max(REFERENCE_MAX);
const amount = z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string');
const currency = z
  .string()
  .refine((code): boolean => isCurrencyCode(code), 'must be an ISO 4217 code');
const number = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number like +12025550100');
const country = z.string().regex(/^[A-Z]{2}$/, 'must be two capitals');
const capability = z.enum(NUMBER_CAPABILITIES);
const type = z.enum(NUMBER_TYPES);
const instant = z.iso.datetime({ offset: false });

export const searchSchema = z.strictObject({
  country,
  type: type.optional(),
  /** With commas between. */
  capabilities: z
    .string()
    .transform((joined) => joined.split(','))
    .pipe(z.array(capability))
    .optional(),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(20),
});

export const orderSchema = z.strictObject({ number, reference });
export const emptySchema = z.strictObject({});
export const findSchema = z.strictObject({ reference });

export const offeredSchema = z.object({
  number,
  country,
  type,
  capabilities: z.array(capability),
  up_front_fee: amount,
  monthly_price: amount,
  currency,
});
export type WireOffered = z.infer<typeof offeredSchema>;

export const leaseSchema = z.object({
  id: text,
  number,
  reference,
  capabilities: z.array(capability),
  status: z.enum(['pending', 'active', 'releasing', 'released', 'failed']),
  created_at: instant,
});
export type WireLease = z.infer<typeof leaseSchema>;

export const offeredListSchema = z.object({ items: z.array(offeredSchema) });
export const leaseListSchema = z.object({ items: z.array(leaseSchema) });

export const errorSchema = z.object({
  error: z.object({ type: text, code: text, message: z.string() }),
});
export type WireError = z.infer<typeof errorSchema>;
