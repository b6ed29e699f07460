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

/** The account's events of auto-recharge go to this URL from now on; the secret they are signed with is told once. */
export function listenTo(
  client: ApiClient,
  { accountId, url }: { readonly accountId: string; readonly url: string },
): Promise<{ readonly secret: string }> {
  const types = ['armed', 'charged', 'declined', 'backing_off', 'cap_reached', 'stopped'];
  return client.write('POST', '/v1/webhook_endpoints', {
    body: {
      url,
      account_id: accountId,
      event_types: types.map((type) => `auto_recharge.${type}`),
    },
    schema: z.object({ secret: z.string() }),
  });
}
