import { z } from 'zod';
import { instantInput, instantOutput, moneyOutput, word } from './common.schema';
import { pageFields } from '../page';

export const usageEventsQuery = z.strictObject({
  ...pageFields,
  from: instantInput.optional().meta({ description: 'Not before this instant.' }),
  to: instantInput.optional().meta({ description: 'Before this instant.' }),
  asset: word
    .optional()
    .meta({ description: 'What was used.', examples: ['message', 'call_second'] }),
});

export const usageEventSchema = z
  .strictObject({
    id: z.string(),
    occurred_at: instantOutput,
    category: z.string(),
    asset: z.string().meta({ description: 'What was used: `message`, `call_second`, …' }),
    quantity: z.int().meta({ description: 'In units of the asset; calls in seconds.' }),
    charges: z.array(
      z.strictObject({
        bucket: z.string(),
        quantity: z.int().optional().meta({ description: 'Of units.' }),
        amount: moneyOutput.optional().meta({ description: 'Of money.' }),
      }),
    ),
    rate: z
      .string()
      .nullable()
      .meta({ description: 'Price of one unit in the account’s currency; null: units only.' }),
    recorded_at: instantOutput,
  })
  .meta({ id: 'UsageEvent', description: 'One use, and what paid for it.' });
