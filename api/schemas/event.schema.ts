import { z } from 'zod';
import { EVENT_TYPES } from '../../domain/event';
import { instantOutput } from './common.schema';

/** The list is closed: a type that is not here is never told. */
export const eventType = z.enum(EVENT_TYPES);

export const eventSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    type: eventType,
    subject_id: z.string().meta({ description: 'The id of what it happened to.' }),
    reason: z.string().meta({ description: 'A sentence for people.' }),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
      description:
        'The facts of this type, always all of them, null where they do not apply: docs/events.md.',
    }),
    occurred_at: instantOutput,
    recorded_at: instantOutput,
  })
  .meta({ id: 'Event' });
