import { z } from 'zod';
import { USAGE_TYPES } from '../../domain/usage/usage-event';
import { idText, instantInput, instantOutput, moneyOutput, word } from './common.schema';
import { transferSchema } from './ledger.schema';
import { ruleSchema } from './rate-card.schema';
import { ratingSchema, usageChargeSchema } from './usage.schema';
import { pageFields } from '../page';

export const usageEventsQuery = z.strictObject({
  ...pageFields,
  from: instantInput.optional().meta({ description: 'Not before this instant.' }),
  to: instantInput.optional().meta({ description: 'Before this instant.' }),
  asset: word
    .optional()
    .meta({ description: 'What was used.', examples: ['message', 'call_second'] }),
});

const shown = {
  id: z.string().meta({ description: 'The one it was told under.' }),
  type: z.enum(USAGE_TYPES),
  mode: z.enum(['enforce', 'record']),
  occurred_at: instantOutput,
  recorded_at: instantOutput,
  asset: z.string().meta({ description: 'What was used: `message`, `call_second`, …' }),
  rating: ratingSchema,
  broadcast_id: z.string().nullable(),
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
    card_name: z.string().nullable(),
    rule: ruleSchema.nullable().meta({ description: 'Of the card’s version that priced it.' }),
    buckets: z.array(usageChargeSchema),
    transfers: z.array(transferSchema).meta({
      description: 'Of the account’s ledger. One may pay for several events of a batch.',
    }),
  })
  .meta({ id: 'UsageExplanation' });
