/**
 * Owns: the calls of a story about usage: rate cards, quotes and holds, telling usage, what the month says of it.
 * Does not own: HTTP (api-client.ts) or what they should answer (tell-whatsapp.ts).
 */
import { z } from 'zod';
import { moneySchema } from './answers';
import type { ApiClient } from './api-client';

const paidSchema = z.object({
  bucket: z.string(),
  asset: z.string(),
  quantity: z.number().optional(),
  amount: z.string().optional(),
});

const rowSchema = z.object({ category: z.string(), market: z.string(), rate: z.string() });
const previewSchema = z.object({
  added: z.array(rowSchema),
  removed: z.array(rowSchema),
  changed: z.array(
    z.object({
      category: z.string(),
      market: z.string(),
      before: rowSchema,
      after: rowSchema,
      changed_by: z.object({
        rate: z.string(),
        rate_percent: z.string().nullable(),
        fee: z.object({ fixed: z.string(), percent: z.string() }),
      }),
    }),
  ),
  unchanged: z.number(),
  refusal: z.object({ detail: z.string() }).nullable(),
});
export type CardPreview = z.output<typeof previewSchema>;
const versionSchema = z.object({ version: z.number(), starts_at: z.string() });

const quoteSchema = z.object({
  recipients: z.number(),
  unique_recipients: z.number(),
  covered_by: z.array(paidSchema),
  total: moneySchema,
  sufficient: z.boolean(),
});
const holdSchema = z.object({
  id: z.string(),
  status: z.string(),
  reserved: z.array(paidSchema),
  captured: z.array(paidSchema),
  remaining: z.array(paidSchema),
});
type Hold = z.output<typeof holdSchema>;

const resultSchema = z.object({
  id: z.string(),
  outcome: z.string(),
  reason: z.string().optional(),
  charges: z.array(paidSchema),
  rating: z
    .object({
      version: z.number().nullable(),
      amount: z.string(),
      zero_reason: z.string().optional(),
    })
    .optional(),
});
type UsageResult = z.output<typeof resultSchema>;

const quotasSchema = z.object({
  month: z.string(),
  items: z.array(
    z.object({
      asset: z.string(),
      initial: z.number(),
      used: z.number(),
      remaining: z.number(),
    }),
  ),
  whatsapp_balance: z.object({ initial: moneySchema, additional: moneySchema }),
});
export type Quotas = z.output<typeof quotasSchema>;

const trendSchema = z.object({
  series: z.array(
    z.object({
      name: z.string(),
      points: z.array(z.object({ date: z.string(), value: z.number(), amount: z.string() })),
    }),
  ),
});
export type Trend = z.output<typeof trendSchema>;

/** A version as a file: the rule stays that of the version before it. */
interface CardFile {
  readonly code: string;
  readonly csv: string;
  readonly effectiveFrom: string;
}

export function previewVersion(client: ApiClient, file: CardFile): Promise<CardPreview> {
  const path = `/v1/rate_cards/${file.code}/versions/preview?effective_from=${file.effectiveFrom}`;
  return client.write('POST', path, { csv: file.csv, schema: previewSchema });
}

export function publishVersion(client: ApiClient, file: CardFile) {
  const path = `/v1/rate_cards/${file.code}/versions?effective_from=${file.effectiveFrom}`;
  return client.write('POST', path, { csv: file.csv, schema: versionSchema });
}

export function quote(client: ApiClient, body: object) {
  return client.write('POST', '/v1/quotes', { body, schema: quoteSchema });
}

export function placeHold(client: ApiClient, body: object): Promise<Hold> {
  return client.write('POST', '/v1/holds', { body, schema: holdSchema });
}

export function releaseHold(client: ApiClient, id: string): Promise<Hold> {
  return client.write('POST', `/v1/holds/${id}/release`, { body: {}, schema: holdSchema });
}

/** One result for each event, in the order sent. */
export async function tellUsage(
  client: ApiClient,
  events: readonly object[],
): Promise<UsageResult[]> {
  const schema = z.object({ results: z.array(resultSchema) });
  return (await client.write('POST', '/v1/usage', { body: { events }, schema })).results;
}

export function getQuotas(client: ApiClient, accountId: string): Promise<Quotas> {
  return client.read(`/v1/accounts/${accountId}/quotas`, quotasSchema);
}

export function getTrend(client: ApiClient, accountId: string, range: string): Promise<Trend> {
  return client.read(`/v1/accounts/${accountId}/usage_trend?${range}`, trendSchema);
}

/** Why a use cost what it cost, in a sentence. */
export async function explainUse(
  client: ApiClient,
  accountId: string,
  eventId: string,
): Promise<string> {
  const path = `/v1/usage_events/${eventId}/explanation?account_id=${accountId}`;
  return (await client.read(path, z.object({ sentence: z.string() }))).sentence;
}
