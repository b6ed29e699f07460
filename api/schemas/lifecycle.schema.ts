import { z } from 'zod';
import { instantOutput } from './common.schema';

/** What happens next to something that bills over time, when and why; null once nothing ever will. */
export const nextActionSchema = z
  .strictObject({
    kind: z.string(),
    at: instantOutput.nullable().meta({
      description:
        'On the account’s clock; what waits for a gateway or carrier also comes by real time. ' +
        'null: only a message moves it.',
    }),
    reason: z.string(),
  })
  .meta({ id: 'NextAction', description: 'What happens next, when and why.' })
  .nullable();

/** All there is to show of something new before its workflow has answered. */
export const startedSchema = z
  .strictObject({ id: z.string(), status: z.enum(['pending', 'requested']) })
  .meta({ id: 'Started', description: 'It is being made: ask for it under its id.' });

/** What every lifecycle shows besides its own fields. */
export const lifecycleFields = {
  next_action: nextActionSchema,
  workflow_id: z
    .string()
    .meta({ description: 'Its workflow in the Temporal UI.', examples: ['subscription/sub_…'] }),
};
