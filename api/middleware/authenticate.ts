import { SYSTEM } from '../../db/tenant';
import {
  findApiKeyByHash,
  touchApiKey,
  type ApiKey,
} from '../../db/repositories/api-key.repository';
import { withTransaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { addSeconds, isAtOrBefore, isBefore, type Instant } from '../../domain/instant';
import type { Caller } from '../caller';
import type { ApiDependencies } from '../dependencies';
import type { RequestFacts } from '../request';
import type { Access } from '../route';
import { hashSecret, isSecret } from '../secrets';

const TOUCH_EVERY_SECONDS = 60;

/** Why a key was not taken: for the metrics, never for the caller. */
type KeyRefusal = 'missing' | 'malformed' | 'unknown' | 'revoked' | 'expired';

/**
 * Who asks, by the API key in `Authorization: Bearer …`. Throws `unauthenticated` when it is absent,
 * misspelt, unknown, revoked or expired, always with the same words: a guesser learns nothing. Throws
 * `rate_limited` instead when its address was refused too often; a valid key is served all the same.
 */
export async function authenticate(
  { headers, address }: Pick<RequestFacts, 'headers' | 'address'>,
  dependencies: ApiDependencies,
): Promise<Caller> {
  const key = await findKey({ authorization: headers.authorization, address }, dependencies);
  if (typeof key === 'string') {
    dependencies.metrics.refusedKeys.inc({ reason: key });
    await dependencies.refusals.count(address);
    const message = 'Send a valid API key as "Authorization: Bearer tg_live_…" (or tg_test_…).';
    throw new BillingError('unauthenticated', message);
  }
  const { id, role, scopes, partnerId, accountId } = key;
  return { keyId: id, role, scopes, partnerId, accountId };
}

/** The database is asked only for what is spelled like a key and was not refused before. */
async function findKey(
  {
    authorization,
    address,
  }: { readonly authorization: string | undefined; readonly address: string },
  { database, refusals, now }: ApiDependencies,
): Promise<ApiKey | KeyRefusal> {
  if (authorization === undefined) return 'missing';
  const secret = /^Bearer ([\w]+)$/i.exec(authorization)?.[1];
  if (secret === undefined || !isSecret(secret)) return 'malformed';
  const hash = hashSecret(secret);
  const at = now();
  return refusals.lookUp<ApiKey | KeyRefusal>({ address, keyHash: hash }, () =>
    withTransaction(database, SYSTEM, async (trx) => {
      const found = await findApiKeyByHash(trx, hash);
      if (found === null) return 'unknown';
      const refusal = findRefusal(found, at);
      if (refusal !== null) return refusal;
      const staleBefore = addSeconds(at, -TOUCH_EVERY_SECONDS);
      if (found.lastUsedAt === null || isBefore(found.lastUsedAt, staleBefore)) {
        await touchApiKey(trx, { id: found.id, usedAt: at, staleBefore });
      }
      return found;
    }),
  );
}

/** Throws `forbidden` unless the caller's role and scope fit the route. */
export function authorize(access: Extract<Access, { kind: 'key' }>, caller: Caller): void {
  if (!access.roles.includes(caller.role)) {
    throw new BillingError('forbidden', `Keys with the role "${caller.role}" may not call this.`);
  }
  if (!caller.scopes.includes(access.scope)) {
    throw new BillingError('forbidden', `This needs a key with the scope "${access.scope}".`);
  }
}

function findRefusal(key: ApiKey, now: Instant): KeyRefusal | null {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && isAtOrBefore(key.expiresAt, now) ? 'expired' : null;
}
