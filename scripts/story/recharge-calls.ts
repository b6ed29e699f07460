/**
 * Owns: the calls of a story about auto-recharge.
 * Does not own: HTTP (api-client.ts) or what they should answer (tell-recharge.ts).
 */
import { z } from 'zod';
import type { ApiClient } from './api-client';

const rechargeSchema = z.object({
  status: z.string(),
  reason: z.string(),
  charged_this_month: z.string(),
  next_action: z.object({ kind: z.string(), at: z.string().nullable() }),
  workflow_id: z.string(),
});
export type Recharge = z.output<typeof rechargeSchema>;

const pathOf = (accountId: string) => `/v1/accounts/${accountId}/auto_recharge`;

export function setRecharge(client: ApiClient, accountId: string, body: object): Promise<Recharge> {
  return client.write('PUT', pathOf(accountId), { body, schema: rechargeSchema });
}

export function getRecharge(client: ApiClient, accountId: string): Promise<Recharge> {
  return client.read(pathOf(accountId), rechargeSchema);
}

export function turnRechargeOff(client: ApiClient, accountId: string): Promise<Recharge> {
  return client.write('DELETE', pathOf(accountId), { schema: rechargeSchema });
}

/** Why its last event of a type happened, in a sentence; null: it was told none. */
export async function lastReason(
  client: ApiClient,
  accountId: string,
  type: string,
): Promise<string | null> {
  const schema = z.object({ type: z.string(), reason: z.string() });
  const events = await client.readAll(`/v1/events?account_id=${accountId}`, schema);
  return events.find((event) => event.type === `auto_recharge.${type}`)?.reason ?? null;
}
