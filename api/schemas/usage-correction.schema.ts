import { z } from 'zod';
import { CORRECTION_KINDS } from '../../domain/usage/correction';
import { currency, idText, instantOutput, text } from './common.schema';
import {
  clientId,
  decimal,
  usageChargeSchema,
  usageEvent,
  usageResultSchema,
} from './usage.schema';

export const usageEventParams = z.strictObject({ id: clientId });

const corrected = {
  account_id: idText.describe('Whose event it is.'),
  reason: text()
    .default('corrected by its seller')
    .describe('For the customer and the books: it stands in the ledger.'),
};

export const cancelBody = z.strictObject(corrected).meta({ id: 'UsageCancellation' });

export const amendBody = z
  .strictObject({
    ...corrected,
    event: usageEvent.describe(
      'What is right, all of it, under an id of its own. It happened: it is recorded as in mode `record`.',
    ),
  })
  .meta({ id: 'UsageAmendmentInput' });

const correctionFields = {
  event_id: z.string(),
  account_id: z.string(),
  kind: z.enum(CORRECTION_KINDS),
  reason: z.string(),
  corrected_at: instantOutput,
  date: z.string().meta({ format: 'date', description: 'The event’s day in reports.' }),
  category: z.string(),
  quantity: z.int().meta({ description: 'What the day’s usage has more; below zero: less.' }),
  amount: decimal.meta({ description: 'What it costs more, without tax; below zero: less.' }),
  visitor_amount: decimal.meta({ description: 'The same of the visitor it brought.' }),
  currency,
  returned: z
    .array(usageChargeSchema)
    .meta({ description: 'What went back to the buckets it came from, the last first.' }),
  expired: z.array(usageChargeSchema).meta({
    description: 'What came from buckets that have closed meanwhile: nobody gets it back.',
  }),
  reference: z.string().meta({ description: 'What its transfers stand under in the ledger.' }),
  replaced_by: z
    .string()
    .nullable()
    .meta({ description: 'The id of the event that took its place; null: none did.' }),
};

export const usageCorrectionSchema = z.strictObject(correctionFields).meta({
  id: 'UsageCorrection',
  description: 'How an event was taken back. The event itself stays as it is.',
});

export const usageAmendmentSchema = z
  .strictObject({ ...correctionFields, event: usageResultSchema })
  .meta({
    id: 'UsageAmendment',
    description: 'How an event was taken back, and what came of the one in its place.',
  });
