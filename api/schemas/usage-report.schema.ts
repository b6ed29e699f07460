import { z } from 'zod';
import { CORRECTION_KINDS } from '../../domain/usage/correction';
import { TREND_SERIES } from '../../domain/usage/usage-trend';
import { isLocalDate } from '../../domain/calendar';
import { pageFields } from '../page';
import { documentationUrl, idText, instantOutput } from './common.schema';

const DATE = /^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;

/** A day that exists, of this century or the next. */
export const localDate = z
  .string()
  .refine((text) => DATE.test(text) && isLocalDate(text), {
    error: 'This is not a date like 2026-11-22.',
    params: { code: 'invalid_format' },
  })
  .meta({ format: 'date', pattern: DATE.source, examples: ['2026-11-22'] });

const range = {
  from: localDate
    .optional()
    .describe('First day, in the account’s zone; left out: a month before `to`.'),
  to: localDate.optional().describe('Last day, within; left out: today. At most 3 months on.'),
};

const series = z
  .string()
  .refine((text) => text.split(',').every(isSeries), {
    error: `This is a list of ${TREND_SERIES.join(', ')}, with commas.`,
    params: { code: 'invalid_value' },
  })
  .transform((text) => TREND_SERIES.filter((name) => text.split(',').includes(name)))
  .optional()
  .meta({
    description: `Any of ${TREND_SERIES.join(', ')}, with commas; left out: all.`,
    pattern: `^(${TREND_SERIES.join('|')})(,(${TREND_SERIES.join('|')}))*$`,
    examples: ['bi_conversation,unique_visitor'],
  });

function isSeries(name: string): boolean {
  return TREND_SERIES.some((known) => known === name);
}

export const trendQuery = z.strictObject({ ...range, series });
export const downloadQuery = z.strictObject(range);
export const reportQuery = z.strictObject({ ...range, ...pageFields });
export const reportParams = z.strictObject({ account_id: idText });

const decimal = z.string().regex(/^-?[0-9]+(\.[0-9]+)?$/);

export const trendSchema = z
  .strictObject({
    from: z.string().meta({ format: 'date' }),
    to: z.string().meta({ format: 'date' }),
    currency: z.string(),
    documentation_url: documentationUrl,
    series: z.array(
      z.strictObject({
        name: z.enum(TREND_SERIES),
        colour: z.string().meta({ description: 'A suggestion for whoever draws it.' }),
        points: z.array(
          z.strictObject({
            date: z.string().meta({ format: 'date' }),
            value: z.int().meta({ description: 'Messages or conversations, or new visitors.' }),
            amount: decimal.meta({ description: 'What money paid, without tax.' }),
          }),
        ),
      }),
    ),
  })
  .meta({
    id: 'UsageTrend',
    description: 'A point for every day of the range, also the empty ones.',
  });

const text = z.string();
const orNull = text.nullable();

const correctedBy = z.enum(CORRECTION_KINDS).nullable().meta({
  description: 'What corrected it last; quantity and money are as corrected. Null: nothing did.',
});

const occurrence = {
  occurred_at: instantOutput,
  date: text.meta({ format: 'date', description: 'In the account’s zone.' }),
  event_id: text,
};
const contact = orNull.meta({ description: 'The first 12 characters of a digest.' });
const price = {
  category: text,
  market: orNull,
  quantity: z.int(),
  unit_rate: decimal.nullable(),
  fee: decimal,
  amount: decimal.meta({ description: 'With the fee, without tax.' }),
};

/** The columns of each report, in the order of the CSV. */
export const REPORT_COLUMNS = {
  broadcast: {
    ...occurrence,
    broadcast_id: orNull,
    broadcast_name: orNull,
    contact,
    ...price,
    currency: text,
    zero_reason: orNull,
    corrected_by: correctedBy,
  },
  whatsapp_usage: {
    ...occurrence,
    contact,
    ...price,
    currency: text,
    zero_reason: orNull,
    broadcast_id: orNull,
    corrected_by: correctedBy,
  },
  whatsapp_balance: {
    ...occurrence,
    ...price,
    tax: decimal,
    from_initial: decimal.meta({ description: 'Paid by the balance of the plan.' }),
    from_additional: decimal.meta({ description: 'Paid by the balance that was topped up.' }),
    currency: text,
    corrected_by: correctedBy,
  },
  unique_visitors: {
    ...occurrence,
    visitor: orNull.meta({ description: 'The first 12 characters of a digest.' }),
    type: text.meta({ description: 'The event that brought the visitor.' }),
    corrected_by: correctedBy,
  },
} as const;
