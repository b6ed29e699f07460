import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { insertApiKey, listApiKeys, revokeApiKey } from '../../db/repositories/api-key.repository';
import { getPartner } from '../../db/repositories/partner.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { isAtOrBefore } from '../../domain/instant';
import { created, ok } from '../answer';
import type { Caller } from '../caller';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiApiKey } from '../presenters/api-key.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { apiKeySchema, createdApiKeySchema, newApiKeySchema } from '../schemas/api-key.schema';
import { idText } from '../schemas/common.schema';
import { hashSecret, newSecret, shownPrefix } from '../secrets';

const tag = 'API keys';
type NewApiKeyBody = z.output<typeof newApiKeySchema>;

const createApiKey = writeRoute({
  method: 'post',
  path: '/v1/api_keys',
  operation: 'createApiKey',
  summary: 'Make an API key',
  description:
    'The secret is in this answer and never again. A partner makes keys for itself and its accounts.',
  tag,
  roles: ['operator', 'partner'],
  body: newApiKeySchema,
  responses: { 201: { description: 'The key with its secret.', schema: createdApiKeySchema } },
  refusals: ['not_found', 'scheduled_in_past'],
  answersWithSecret: true,
  async handler({ body, caller, receivedAt }, trx) {
    const expiresAt = body.expires_at ?? null;
    if (expiresAt !== null && isAtOrBefore(expiresAt, receivedAt)) {
      const message = 'The key would be expired from the start.';
      throw new BillingError('scheduled_in_past', message, { field: 'expires_at' });
    }
    const tenant = await findKeyTenant(body, { caller, trx });
    const secret = newSecret(body.mode);
    const key = await insertApiKey(trx, {
      secretHash: hashSecret(secret),
      prefix: shownPrefix(secret),
      mode: body.mode,
      role: body.role,
      scopes: body.scopes,
      ...tenant,
      name: body.name ?? null,
      createdAt: receivedAt,
      expiresAt,
    });
    return created({ ...toApiApiKey(key), secret }, `/v1/api_keys/${key.id}`);
  },
});

const listKeys = readRoute({
  method: 'get',
  path: '/v1/api_keys',
  operation: 'listApiKeys',
  summary: 'List API keys',
  tag,
  roles: ['operator', 'partner'],
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'Keys, newest first.', schema: pageOf(apiKeySchema) } },
  async handler({ query }, trx) {
    const { limit, cursor } = query;
    const rows = await listApiKeys(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
    });
    return ok(
      toApiPage(rows, {
        limit,
        present: toApiApiKey,
        cursorOf: ({ createdAt, id }) => [createdAt, id],
      }),
    );
  },
});

const revokeKey = writeRoute({
  method: 'post',
  path: '/v1/api_keys/{key_id}/revoke',
  operation: 'revokeApiKey',
  summary: 'Revoke an API key for ever',
  description: 'From now on the key is refused. Revoking it again changes nothing.',
  tag,
  roles: ['operator', 'partner'],
  params: z.strictObject({ key_id: idText }),
  responses: { 200: { description: 'The revoked key.', schema: apiKeySchema } },
  async handler({ params, receivedAt }, trx) {
    const key = await revokeApiKey(trx, { id: params.key_id, revokedAt: receivedAt });
    if (key === null) throw new BillingError('not_found', 'There is no such API key.');
    return ok(toApiApiKey(key));
  },
});

/** The partner and account of a new key. Throws `forbidden` or `not_found`: never more than the caller's own. */
async function findKeyTenant(
  body: NewApiKeyBody,
  { caller, trx }: { readonly caller: Caller; readonly trx: Transaction },
): Promise<{ partnerId: string | null; accountId: string | null }> {
  if (body.role === 'account') {
    const { id, partnerId } = await getAccount(trx, body.account_id);
    return { partnerId, accountId: id };
  }
  if (body.role === 'partner') {
    const { id: partnerId } = await getPartner(trx, body.partner_id);
    return { partnerId, accountId: null };
  }
  if (caller.role !== 'operator') {
    throw new BillingError('forbidden', 'Only operators make keys for operators.');
  }
  return { partnerId: null, accountId: null };
}

export const apiKeyRoutes: readonly Route[] = [createApiKey, listKeys, revokeKey];
