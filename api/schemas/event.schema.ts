import { z } from 'zod';
import { instantOutput } from './common.schema';

export const eventSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    type: z.string(),
    subject_id: z.string().meta({ description: 'The id of what it happened to.' }),
    reason: z.string().meta({ description: 'A sentence for people.' }),
    data: z.record(z.string(), z.unknown()),
    occurred_at: instantOutput,
    recorded_at: instantOutput,
  })
  .meta({ id: 'Event' });
