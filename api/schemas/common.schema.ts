import { z } from 'zod';
import { BILLING_CYCLES } from '../../domain/billing-period';
import { COUNTRY_CODES, isCountryCode } from '../../domain/country';
import { CURRENCY_CODES, isCurrencyCode } from '../../domain/currency';
import { isTimeZone } from '../../domain/calendar';
import { NUMBER_CAPABILITIES } from '../../domain/number-capability';

const TEXT_MAX = 200;
const ID_MAX = 80;
const EMAIL_MAX = 254;

// Patterns stand in the OpenAPI document, so they keep to what every regular expression engine reads
// alike: no \d, \s or \p, no lookaround.
const CONTROL = String.raw`\u0000-\u001f\u007f-\u009f`;
const SPACE = String.raw`\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
const AROUND = String.raw`[\u0009-\u000d${SPACE}]*`;
const LINE = `^${AROUND}[^${CONTROL}${SPACE}][^${CONTROL}]*${AROUND}$`;

// PostgreSQL stores no NUL, JSON no half characters, and people cannot see control characters.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const lines = new Map<number, z.ZodString>();

/** A line of text for people: not blank, printable, at most `max` characters; blanks around it go. */
export function text(max: number = TEXT_MAX): z.ZodString {
  const id = max === TEXT_MAX ? 'Line' : `LineOf${max}`;
  const line = lines.get(max) ?? makeLine(max).meta({ id });
  lines.set(max, line);
  return line;
}

function makeLine(max: number): z.ZodString {
  return z
    .string()
    .min(1, { abort: true })
    .refine((line) => line.trim() !== '', {
      abort: true,
      error: 'This field is required.',
      params: { code: 'required' },
    })
    .refine((line) => Array.from(line).length <= max, {
      abort: true,
      error: `This has more than ${max} characters.`,
      params: { code: 'too_big' },
    })
    .refine((line) => !UNPRINTABLE.test(line.trim()), {
      error: 'Control characters are not allowed.',
      params: { code: 'invalid_format' },
    })
    .trim()
    .meta({ maxLength: max, pattern: LINE });
}

const EMAIL = String.raw`[A-Za-z0-9_'+-]+(\.[A-Za-z0-9_'+-]+)*@([A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}`;

export const email = makeLine(EMAIL_MAX)
  .meta({ pattern: `^${AROUND}${EMAIL}${AROUND}$`, examples: ['billing@example.com'] })
  .pipe(z.email({ pattern: new RegExp(`^${EMAIL}$`), error: 'This is not an e-mail address.' }));

/** An id, a code or another word of ours, as it comes in an address or a body. */
export const idText = z
  .string()
  .min(1)
  .max(ID_MAX)
  .regex(/^[A-Za-z0-9_.-]+$/, { error: 'This is not spelled like an id.' });

export const billingCycle = z.enum(BILLING_CYCLES).meta({ id: 'BillingCycle' });
export const numberCapability = z.enum(NUMBER_CAPABILITIES).meta({ id: 'NumberCapability' });

/** A word of ours that is no id: a feature, a meter, a channel. */
export const word = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
  error: 'This has 1 to 64 of a-z, 0-9, - and _, and begins with a letter or digit.',
});

export const country = z
  .string()
  .refine(isCountryCode, {
    error: 'This is not an ISO 3166-1 alpha-2 country code.',
    params: { code: 'invalid_country' },
  })
  .meta({ id: 'Country', description: 'ISO 3166-1 alpha-2, capitals.', enum: COUNTRY_CODES });

export const currency = z
  .string()
  .refine(isCurrencyCode, {
    error: 'This is not an ISO 4217 currency code.',
    params: { code: 'invalid_currency' },
  })
  .meta({ id: 'Currency', description: 'ISO 4217, capitals.', enum: CURRENCY_CODES });

export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: 'This is not an IANA time zone.',
    params: { code: 'invalid_time_zone' },
  })
  .meta({
    format: 'time-zone',
    description: 'IANA name.',
    examples: ['Europe/Istanbul', 'Asia/Kolkata'],
  });

const AMOUNT = /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$/;

/** A positive or zero amount as decimal text: at most 12 digits and 6 decimals, as domain/money.ts. */
export const amountInput = z
  .string()
  .refine((amount) => AMOUNT.test(amount), {
    error: 'This is not a decimal text like "600.00".',
    params: { code: 'invalid_amount' },
  })
  .meta({ description: 'Decimal text.', pattern: AMOUNT.source, examples: ['600.00'] });

const INSTANT =
  /^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,3})?Z$/;

/** An instant as clients send it: UTC with `Z`, between the years 2000 and 2199. */
export const instantInput = z
  .string()
  .refine(isInstantText, { error: 'This is not an instant like 2026-11-22T10:00:00Z.' })
  .transform((instant) => new Date(instant).toISOString())
  .meta({
    format: 'date-time',
    pattern: INSTANT.source,
    description: 'UTC, with Z.',
    examples: ['2026-11-22T10:00:00Z'],
  });

/** The page of an operation under /docs (R3.03). */
export const documentationUrl = z
  .string()
  .meta({ format: 'uri-reference', description: 'Where this answer is explained.' });

/** An instant as we answer it. */
export const instantOutput = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/)
  .meta({
    id: 'Instant',
    format: 'date-time',
    description: 'UTC, to the millisecond.',
    examples: ['2026-11-22T10:00:00.000Z'],
  });

export const moneyOutput = z
  .strictObject({
    amount: z.string().regex(/^-?[0-9]+(\.[0-9]+)?$/),
    currency: z.string().length(3),
  })
  .meta({
    id: 'Money',
    description: 'A decimal text, as many decimals as the value needs.',
    examples: [{ amount: '600.00', currency: 'INR' }],
  });

/** 31 February parses, as 3 March: the day must come back as it was written. */
function isInstantText(text: string): boolean {
  return INSTANT.test(text) && new Date(text).toISOString().slice(0, 10) === text.slice(0, 10);
}
