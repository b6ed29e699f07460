import { z } from 'zod';
import { WHATSAPP_CATEGORIES } from '../../domain/rating/rate-card';
import { ZERO_REASONS } from '../../domain/usage/usage-event';
import { currency, idText, instantInput, instantOutput, moneyOutput } from './common.schema';
import { decimal, person, phoneNumber, recipient, usageChargeSchema } from './usage.schema';

const RECIPIENTS_MAX = 10_000;
const MEMBERS_MAX = 1_024;
/** Longer than any call. */
const CALL_SECONDS_MAX = 86_400;

const at = instantInput
  .optional()
  .describe('When it would happen; left out: now, in the account’s time.');
const number = person.optional().describe('The business number; left out where there is one.');

const broadcast = {
  account_id: idText,
  kind: z.literal('broadcast'),
  category: z.enum(WHATSAPP_CATEGORIES),
  recipients: z
    .array(recipient)
    .min(1)
    .max(RECIPIENTS_MAX)
    .describe('One who is named twice is written to once.'),
  number,
  at,
};
const groupMessage = {
  account_id: idText,
  kind: z.literal('group_message'),
  category: z.enum(WHATSAPP_CATEGORIES).default('utility'),
  members: z
    .union([z.int().min(1).max(MEMBERS_MAX), z.array(recipient).min(1).max(MEMBERS_MAX)])
    .describe('How many, priced at the market of `to`; or who, each priced at their own.'),
  to: recipient.optional(),
  number,
  at,
};
const call = {
  account_id: idText,
  kind: z.literal('call'),
  duration_seconds: z.int().min(1).max(CALL_SECONDS_MAX),
  to: phoneNumber.optional(),
  at,
};
const deadline = {
  deadline_at: instantInput.describe('What is held then is free again by itself: within 31 days.'),
};

const KINDS = { error: 'This is not something to quote: broadcast, group_message or call.' };

export const quoteBody = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject(broadcast).meta({ id: 'BroadcastQuote' }),
      z.strictObject(groupMessage).meta({ id: 'GroupMessageQuote' }),
      z.strictObject(call).meta({ id: 'CallQuote' }),
    ],
    KINDS,
  )
  .meta({ id: 'QuoteInput', description: 'Something that has not happened yet.' });
export type AskedQuote = z.output<typeof quoteBody>;

export const holdBody = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ ...broadcast, ...deadline }).meta({ id: 'BroadcastHold' }),
      z.strictObject({ ...groupMessage, ...deadline }).meta({ id: 'GroupMessageHold' }),
      z.strictObject({ ...call, ...deadline }).meta({ id: 'CallHold' }),
    ],
    KINDS,
  )
  .meta({ id: 'HoldInput', description: 'What a quote takes, and until when it is held.' });

const quoteLineSchema = z
  .strictObject({
    category: z.string(),
    market: z.string().nullable(),
    quantity: z.int().meta({ description: 'Messages, conversations, or seconds of a call.' }),
    unit_rate: decimal
      .nullable()
      .meta({ description: 'Per message, conversation or minute, without the fee.' }),
    amount: decimal.meta({ description: 'In `currency`, with the fee, without tax.' }),
    zero_reason: z.enum(ZERO_REASONS).optional(),
  })
  .meta({ id: 'QuoteLine' });

export const quoteSchema = z
  .strictObject({
    account_id: z.string(),
    kind: z.enum(['broadcast', 'group_message', 'call']),
    at: instantOutput,
    recipients: z.int().meta({ description: 'As sent; of a call 1.' }),
    unique_recipients: z.int(),
    currency,
    lines: z.array(quoteLineSchema),
    covered_by: z.array(usageChargeSchema).meta({
      description: 'What would pay, in burn order; where it does not suffice, as far as it goes.',
    }),
    tax: moneyOutput,
    total: moneyOutput.meta({ description: 'What money would pay, with tax.' }),
    sufficient: z.boolean(),
    missing: moneyOutput,
    missing_units: z
      .array(z.strictObject({ asset: z.string(), quantity: z.int() }))
      .meta({ description: 'Of meters that no money pays for.' }),
  })
  .meta({ id: 'Quote', description: 'What it would cost. Nothing is stored.' });
