import { z } from 'zod';
import { WHATSAPP_CATEGORIES } from '../../domain/rating/rate-card';
import { USAGE_OUTCOMES, USAGE_REFUSALS, ZERO_REASONS } from '../../domain/usage/usage-event';
import { idText, instantInput, text, word } from './common.schema';

/** More in one request would take longer to answer than to send again. */
const EVENTS_MAX = 1_000;
const CLIENT_ID_MAX = 255;
/** Far beyond any message or call. */
const QUANTITY_MAX = 1_000_000;
/** How many members a message may reach is the rate card's to say. */
const MEMBERS_MAX = 1_024;

// PostgreSQL stores no NUL and JSON no half characters.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const PRINTABLE = String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`;
const PHONE_NUMBER = /^\+?[1-9][0-9]{6,14}$/;
const RECIPIENT = /^(\+?[1-9][0-9]{6,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})$/;

/** An id of the client's own, kept as it is. */
export const clientId = z
  .string()
  .min(1)
  .max(CLIENT_ID_MAX)
  .refine((id) => !UNPRINTABLE.test(id), {
    error: 'Control characters are not allowed.',
    params: { code: 'invalid_format' },
  })
  .meta({ id: 'ClientId', pattern: PRINTABLE });

export const phoneNumber = z
  .string()
  .regex(PHONE_NUMBER, { error: 'This is not a phone number like +628912345678.' })
  .transform(withoutPlus)
  .meta({
    id: 'PhoneNumber',
    description: 'E.164, with or without “+”. Priced, and then kept as a digest only.',
    examples: ['+628912345678'],
  });

/** Somebody on WhatsApp: whoever hides the number has an id that begins with a country. */
export const recipient = z
  .string()
  .regex(RECIPIENT, {
    error: 'This is neither a phone number like +628912345678 nor a user id like MY.2026a1b2c3.',
  })
  .transform(withoutPlus)
  .meta({
    id: 'WhatsAppRecipient',
    description:
      'E.164, with or without “+”, or a business-scoped user id. Priced, and then kept as a digest only.',
    examples: ['+628912345678', 'MY.2026a1b2c3'],
  });

/** A person on a channel: a phone number, or what else the channel knows them by. */
export const person = clientId
  .transform((id) => (PHONE_NUMBER.test(id) ? withoutPlus(id) : id))
  .meta({
    description:
      'A phone number in E.164, or another id of the channel, like a business-scoped user id. Kept as a digest only.',
    examples: ['+628912345678', 'MY.2026a1b2c3'],
  });

function withoutPlus(number: string): string {
  return number.startsWith('+') ? number.slice(1) : number;
}

const quantity = z.int().min(1).max(QUANTITY_MAX);
const visitor = z
  .strictObject({ channel: word, id: person })
  .meta({ id: 'UsageVisitor', description: 'Counted once per account, channel and local month.' });

const everyEvent = {
  id: clientId.describe(
    'Yours, unique within the account: the same id again answers what it was charged, and nothing is charged twice. A report of a message has one for each status: `wamid.HBg:delivered`.',
  ),
  account_id: idText,
  occurred_at: instantInput.describe(
    'When it happened: at most 40 days ago and 1 day ahead, in the account’s time.',
  ),
  mode: z
    .enum(['enforce', 'record'])
    .default('enforce')
    .describe(
      '`enforce`: before it happens, refused without quota or money. `record`: it happened, so money may go below zero.',
    ),
  hold_id: idText.optional().describe('Paid from this hold first.'),
  broadcast: z
    .strictObject({ id: clientId, name: text().optional() })
    .meta({ id: 'UsageBroadcast' })
    .optional(),
};

const message = z
  .strictObject({
    ...everyEvent,
    type: z.literal('message'),
    channel: word.meta({ examples: ['sms', 'email', 'live_chat'] }),
    quantity: quantity.default(1),
    to: phoneNumber.optional(),
    visitor: visitor.optional(),
  })
  .meta({ id: 'MessageUsage', description: 'A message on any channel but WhatsApp.' });

const waMessage = z
  .strictObject({
    ...everyEvent,
    type: z.literal('wa_message'),
    category: z.enum(WHATSAPP_CATEGORIES),
    to: recipient.optional().describe('Left out only where `members` says to whom.'),
    number: person.optional().describe('The business number; left out where there is one.'),
    status: z
      .enum(['sent', 'delivered', 'read'])
      .optional()
      .transform((status) => (status === 'read' ? 'delivered' : status))
      .describe(
        'Which report of the message this is; `read` counts as `delivered`. Left out: the one that its rate card charges, so a message that is told once is charged. A message that failed is not told.',
      ),
    service_window_open: z
      .boolean()
      .optional()
      .describe('What you know of the 24-hour window; left out, what Tollgate has seen counts.'),
    free_entry_point: z
      .boolean()
      .optional()
      .describe('The same of the 72 hours after an ad or a page button.'),
    group_members: z
      .int()
      .min(1)
      .max(MEMBERS_MAX)
      .optional()
      .describe('Members of a group it was sent to, each priced at the market of `to`.'),
    members: z
      .array(recipient)
      .min(1)
      .max(MEMBERS_MAX)
      .optional()
      .describe('Or the members themselves, each priced at their own market.'),
    visitor: visitor.optional(),
  })
  .refine(({ to, members }) => to !== undefined || members !== undefined, {
    path: ['to'],
    error: 'This field is required.',
    params: { code: 'required' },
  })
  .refine((event) => event.group_members === undefined || event.members === undefined, {
    path: ['group_members'],
    error: 'Say how many members, or which ones.',
  })
  .meta({ id: 'WhatsAppMessageUsage', description: 'A message that a business sent.' });

const waInbound = z
  .strictObject({
    ...everyEvent,
    type: z.literal('wa_inbound'),
    from: person,
    number: person.optional().describe('The business number; left out where there is one.'),
    entry_point: z.enum(['ad', 'page']).optional(),
    visitor: visitor.optional().describe('Left out, it is `from` on the channel `whatsapp`.'),
  })
  .meta({
    id: 'WhatsAppInboundUsage',
    description:
      'A message that a customer sent. Free; opens the 24-hour window and counts the visitor.',
  });

const call = z
  .strictObject({
    ...everyEvent,
    type: z.literal('call'),
    duration_seconds: z
      .int()
      .min(0)
      .max(QUANTITY_MAX)
      .describe('From answer to end; 0 when nobody answered.'),
    to: phoneNumber.optional(),
    direction: z.enum(['inbound', 'outbound']).optional(),
    visitor: visitor.optional(),
  })
  .meta({ id: 'CallUsage' });

const visit = z
  .strictObject({ ...everyEvent, type: z.literal('visitor'), visitor })
  .meta({ id: 'VisitorUsage', description: 'Somebody was there; nothing else is charged.' });

export const usageEvent = z
  .discriminatedUnion('type', [message, waMessage, waInbound, call, visit], {
    error: 'This is not a type of usage: message, wa_message, wa_inbound, call or visitor.',
  })
  .meta({ id: 'UsageTold', description: 'Something used, as its source tells it.' });

export const usageBody = z.strictObject({
  events: z.array(usageEvent).min(1).max(EVENTS_MAX),
});
/** A usage event as it was sent, checked and filled in. */
export type ToldUsage = z.output<typeof usageEvent>;

export const decimal = z.string().regex(/^-?[0-9]+(\.[0-9]+)?$/);

/** What one bucket paid: units, or money as decimal text in the asset's currency. */
export const usageChargeSchema = z
  .strictObject({
    bucket: z.string(),
    asset: z.string().meta({ examples: ['message', 'INR'] }),
    quantity: z.int().optional().meta({ description: 'Of units.' }),
    amount: decimal.optional().meta({ description: 'Of money, in the currency `asset`.' }),
  })
  .meta({ id: 'UsageCharge' });

/** At which price of which card, and why it was free where it was. */
export const ratingSchema = z
  .strictObject({
    card: z
      .string()
      .nullable()
      .meta({ description: 'The rate card; null: the plan’s price, or none.' }),
    version: z.int().nullable(),
    effective_from: z
      .string()
      .nullable()
      .meta({ format: 'date', description: '00:00 of this day in the card’s zone.' }),
    category: z.string(),
    market: z.string().nullable(),
    unit: z.enum(['conversation', 'message', 'minute', 'visitor']),
    quantity: z
      .int()
      .meta({ description: 'Messages, conversations, seconds of a call, visitors.' }),
    unit_rate: decimal
      .nullable()
      .meta({ description: 'Per unit, without the fee; null: units only.' }),
    fee: decimal,
    amount: decimal.meta({ description: 'With the fee, without tax.' }),
    tax: decimal.meta({ description: 'On top, where usage is the tax point.' }),
    visitor_amount: decimal
      .optional()
      .meta({ description: 'What money paid beside the amount for a visitor who was new.' }),
    zero_reason: z.enum(ZERO_REASONS).optional(),
    window_from: z
      .enum(['sent', 'tracked'])
      .optional()
      .meta({ description: 'Whether the window that decided was told in the event, or tracked.' }),
  })
  .meta({ id: 'Rating' });

export const usageResultSchema = z
  .strictObject({
    id: z.string(),
    outcome: z.enum(USAGE_OUTCOMES).meta({
      description:
        '`replayed`: charged before under this id, as shown. `conflict`: this id was told before with other data. A refused event moved nothing and may be sent again.',
    }),
    reason: z.enum(USAGE_REFUSALS).optional(),
    charges: z.array(usageChargeSchema),
    rating: ratingSchema.optional(),
  })
  .meta({ id: 'UsageResult' });

export const usageAnswerSchema = z
  .strictObject({ results: z.array(usageResultSchema) })
  .meta({ id: 'UsageResults', description: 'One result for each event, in the order sent.' });
