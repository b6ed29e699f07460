import { z } from 'zod';
import { LEFT_OUT_REASONS } from '../../domain/usage/rate-again';
import { RERATING_PART_EVENTS, RERATING_STATUSES } from '../../domain/usage/rerating';
import { currency, idText, instantOutput, text } from './common.schema';
import { localDate } from './usage-report.schema';
import { decimal } from './usage.schema';

export const reratingParams = z.strictObject({ account_id: idText, rerating_id: idText });

export const reratingBody = z
  .strictObject({
    from: localDate.describe('First day, in the account’s zone.'),
    to: localDate.describe('Last day, within. At most 3 months on.'),
    card: idText
      .optional()
      .describe('Code of the card to rate by; left out: each event’s own, as it is now.'),
    reason: text()
      .default('the price was wrong')
      .describe('For the customer and the books: it stands in the ledger.'),
  })
  .meta({ id: 'NewRerating' });

const date = z.string().meta({ format: 'date' });

const categorySchema = z
  .strictObject({
    category: z.string(),
    events: z.int(),
    quantity: z.int(),
    amount_before: decimal,
    amount_after: decimal,
    difference: decimal.meta({ description: 'Below zero: less.' }),
    tax_difference: decimal,
  })
  .meta({ id: 'ReratedCategory', description: 'Events that cost something else, without tax.' });

const leftOutSchema = z.strictObject({ reason: z.enum(LEFT_OUT_REASONS), events: z.int() }).meta({
  id: 'ReratingLeftOut',
  description:
    'Events whose price stays. `several_markets`: a group whose members were priced in several; `unknown_market`: ' +
    'the card has other markets, and numbers are not kept; `counted_otherwise`: the card counts conversations where ' +
    'messages were counted, or the other way round; `no_price`: the card has none for it; `unknown_units`: the charge ' +
    'does not say for how many units it was.',
});

export const reratingSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    status: z.enum(RERATING_STATUSES).meta({
      description: '`applying`: a part is done, and the next one waits to be asked for.',
    }),
    from: date,
    to: date,
    card: z.string().nullable().meta({ description: 'Null: each event’s own.' }),
    reason: z.string(),
    categories: z.array(categorySchema),
    difference: decimal.meta({ description: 'Of all categories.' }),
    tax_difference: decimal,
    currency,
    events: z.int().meta({ description: 'That cost something else.' }),
    applied_events: z.int().meta({
      description: `Of these, so many are corrected. Each call applies at most ${RERATING_PART_EVENTS}.`,
    }),
    unchanged_events: z.int(),
    left_out: z.array(leftOutSchema),
    reference: z.string().meta({
      description:
        'What its transfers stand under in the ledger, each part with its number after it.',
    }),
    created_at: instantOutput,
    applied_at: instantOutput.nullable(),
  })
  .meta({ id: 'Rerating', description: 'Days of an account that are rated again.' });
