import { z } from 'zod';
import { isCountryCode } from '../../domain/country';
import { isCurrencyCode } from '../../domain/currency';
import { isTimeZone } from '../../domain/calendar';

// PostgreSQL stores no NUL, JSON no half characters, and people cannot see control characters.
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;
const TEXT_MAX = 200;
const ID_MAX = 80;

/** A line of text for people: trimmed, not blank, printable. */
export function text(max: number = TEXT_MAX) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(PRINTABLE, { error: 'Control characters are not allowed.' });
}

/** An id, a code or another word of ours, as it comes in an address or a body. */
export const idText = z
  .string()
  .min(1)
  .max(ID_MAX)
  .regex(/^[A-Za-z0-9_.-]+$/, { error: 'This is not spelled like an id.' });

export const country = z
  .string()
  .refine(isCountryCode, {
    error: 'This is not an ISO 3166-1 alpha-2 country code.',
    params: { code: 'invalid_country' },
  })
  .meta({ description: 'ISO 3166-1 alpha-2, capitals.', examples: ['TR', 'IN'] });

export const currency = z
  .string()
  .refine(isCurrencyCode, {
    error: 'This is not an ISO 4217 currency code.',
    params: { code: 'invalid_currency' },
  })
  .meta({ description: 'ISO 4217, capitals.', examples: ['TRY', 'INR'] });

export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: 'This is not an IANA time zone.',
    params: { code: 'invalid_time_zone' },
  })
  .meta({ description: 'IANA name.', examples: ['Europe/Istanbul', 'Asia/Kolkata'] });

/** A positive or zero amount as decimal text: at most 12 digits and 6 decimals, as domain/money.ts. */
export const amountInput = z
  .string()
  .refine((amount) => /^(0|[1-9]\d{0,11})(\.\d{1,6})?$/.test(amount), {
    error: 'This is not a decimal text like "600.00".',
    params: { code: 'invalid_amount' },
  })
  .meta({ description: 'Decimal text.', examples: ['600.00'] });

/** An instant as clients send it: UTC with `Z`, between the years 2000 and 2199. */
export const instantInput = z
  .string()
  .refine(isInstantText, { error: 'This is not an instant like 2026-11-22T10:00:00Z.' })
  .transform((instant) => new Date(instant).toISOString())
  .meta({ format: 'date-time', description: 'UTC, with Z.', examples: ['2026-11-22T10:00:00Z'] });

/** An instant as we answer it. */
export const instantOutput = z.iso.datetime().meta({ id: 'Instant', description: 'UTC.' });

export const moneyOutput = z
  .strictObject({
    amount: z.string().regex(/^-?\d+\.\d+$|^-?\d+$/),
    currency: z.string().length(3),
  })
  .meta({
    id: 'Money',
    description: 'A decimal text, as many decimals as the value needs.',
    examples: [{ amount: '600.00', currency: 'INR' }],
  });

const INSTANT =
  /^2[01]\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,3})?Z$/;

/** 31 February parses, as 3 March: the day must come back as it was written. */
function isInstantText(text: string): boolean {
  return INSTANT.test(text) && new Date(text).toISOString().slice(0, 10) === text.slice(0, 10);
}
