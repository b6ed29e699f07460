/**
 * Owns: the `webhooks` of the OpenAPI document: one for each type of event, with the schema of its body.
 * Does not own: any fact of an event (domain/event-catalogue.ts), sending them.
 * Example: `webhooks['order.paid']` is the POST we make when an order is paid, its `data.data` with each fact named.
 */
import { z } from 'zod';
import { EVENT_CATALOGUE } from '../domain/event-catalogue';
import type { Facts, SubjectOfEvents } from '../domain/events-of-use';
import { TEST_TYPE } from '../domain/webhook/webhook-message';
import type { Json, SchemaBook } from './json-schema';
import { instantOutput } from './schemas/common.schema';

interface DescribedType {
  readonly says: string;
  readonly about: string;
  readonly facts: Facts;
  /** Of the account it happened to; null where none did. */
  readonly accountId: z.ZodType;
}

/** The webhooks we send, by type; every schema is written into the book. */
export function describeWebhooks(
  book: SchemaBook,
): Readonly<Record<string, Readonly<Record<string, Json>>>> {
  const subjects: readonly SubjectOfEvents[] = Object.values(EVENT_CATALOGUE);
  const told = subjects.flatMap(({ about, facts, events }) =>
    Object.entries(events).map(([type, { says, facts: own }]) => {
      const all = { ...facts, ...own };
      const accountId = type.startsWith('webhook_endpoint.') ? z.string().nullable() : z.string();
      return [type, describeType(type, { says, about, facts: all, accountId }, book)] as const;
    }),
  );
  const test = {
    says: 'Somebody asked for a test of the endpoint.',
    about: 'the endpoint',
    facts: {},
    accountId: z.string().nullable(),
  };
  return Object.fromEntries([...told, [TEST_TYPE, describeType(TEST_TYPE, test, book)]]);
}

function describeType(
  type: string,
  described: DescribedType,
  book: SchemaBook,
): Readonly<Record<string, Json>> {
  const schema = book.write(toSchema(type, described), 'output');
  return {
    post: {
      operationId: `told_${type.replace('.', '_')}`,
      summary: described.says,
      tags: ['Webhooks'],
      security: [],
      parameters: HEADERS,
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '2XX': { description: 'Taken. The body of the answer is not read.' },
        default: { description: 'Not taken: tried again for a day. 410 disables the endpoint.' },
      },
    },
  };
}

const HEADERS: readonly Json[] = [
  ['webhook-id', 'The event’s id, the same on every try: what has come before is not new.'],
  ['webhook-timestamp', 'Of this try, in seconds since 1970.'],
  ['webhook-signature', '`v1,` and base64; while a secret is rotated two, with a blank between.'],
].map(([name, description]) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
}));

function toSchema(type: string, { says, about, facts, accountId }: DescribedType): z.ZodType {
  const named = Object.entries(facts).map(([name, meaning]) => [
    name,
    factValue.meta({ description: meaning }),
  ]);
  const told = z.strictObject({
    id: z.string(),
    account_id: accountId,
    type: z.literal(type),
    subject_id: z.string().meta({ description: `Names ${about}.` }),
    reason: z.string().meta({ description: 'A sentence for people.' }),
    data: z.strictObject(Object.fromEntries(named)),
    occurred_at: instantOutput,
    recorded_at: instantOutput,
  });
  const body = { type: z.literal(type), timestamp: instantOutput, data: told };
  return z.strictObject(body).meta({ id: `webhook.${type}`, description: says });
}

const factValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
