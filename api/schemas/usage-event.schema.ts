import { z } from 'zod';
import { CORRECTION_KINDS } from '../../domain/usage/correction';
import { USAGE_TYPES } from '../../domain/usage/usage-event';
import { idText, instantInput, instantOutput, moneyOutput, word } from './common.schema';
import { transferSchema } from './ledger.schema';
import { ruleSchema } from './rate-card.schema';
import { decimal, ratingSchema, usageChargeSchema } from './usage.schema';
import { pageFields } from '../page';

export const usageEventsQuery = z.strictObject({
  ...pageFields,
  from: instantInput.optional().meta({ description: 'Not before this instant.' }),
  to: instantInput.optional().meta({ description: 'Before this instant.' }),
  asset: word
    .optional()
    .meta({ description: 'What was used.', examples: ['message', 'call_second'] }),
});

const correctedBySchema = z
  .strictObject({
    kind: z.enum(CORRECTION_KINDS),
    reason: z.string(),
    corrected_at: instantOutput,
    amount: decimal.meta({
      description: 'What it costs more since, without tax; below zero: less.',
    }),
    replaced_by: z.string().nullable().meta({ description: 'The id of the event in its place.' }),
    rerating_id: z.string().nullable().meta({
      description: 'The re-rating that gave it another price; null: it was taken back.',
    }),
  })
  .meta({ id: 'CorrectedBy' });

const shown = {
  id: z.string().meta({ description: 'The one it was told under.' }),
  type: z.enum(USAGE_TYPES),
  mode: z.enum(['enforce', 'record']),
  occurred_at: instantOutput,
  recorded_at: instantOutput,
  asset: z.string().meta({ description: 'What was used: `message`, `call_second`, …' }),
  rating: ratingSchema,
  broadcast_id: z.string().nullable(),
  corrected_by: z.array(correctedBySchema).meta({
    description: 'What corrected it, the oldest first. All else is as it was charged at first.',
  }),
  corrects: z
    .string()
    .nullable()
    .meta({ description: 'The id of the event whose place it took; null: it was no correction.' }),
};

export const usageEventSchema = z
  .strictObject({
    ...shown,
    category: z.string(),
    quantity: z.int().meta({ description: 'In units of the asset; calls in seconds.' }),
    charges: z.array(
      z.strictObject({
        bucket: z.string(),
        quantity: z.int().optional().meta({ description: 'Of units.' }),
        amount: moneyOutput.optional().meta({ description: 'Of money.' }),
      }),
    ),
    rate: z.string().nullable().meta({
      description: 'Price of one `rating.unit` in the account’s currency; null: units only.',
    }),
  })
  .meta({ id: 'UsageEvent', description: 'One use, and what paid for it.' });

export const explanationParams = z.strictObject({ id: z.string().min(1).max(255) });
export const explanationQuery = z.strictObject({
  account_id: idText
    .optional()
    .meta({ description: 'Whose event it is; an account’s key may leave it out.' }),
});

export const explanationSchema = z
  .strictObject({
    ...shown,
    account_id: z.string(),
    sentence: z.string().meta({ description: 'For people: why it cost what it cost.' }),
    card: z.string().nullable().meta({ description: 'As in `rating`, like the fields below.' }),
    card_name: z.string().nullable(),
    version: z.int().nullable(),
    window: z.enum(['sent', 'tracked']).nullable(),
    quantity: z.int(),
    rate: z.string().nullable(),
    fee: z.string(),
    rule: ruleSchema.nullable().meta({ description: 'Of the card’s version that priced it.' }),
    buckets: z.array(usageChargeSchema),
    transfers: z.array(transferSchema).meta({
      description: 'Of the account’s ledger. One may pay for several events of a batch.',
    }),
  })
  .meta({ id: 'UsageExplanation' });
