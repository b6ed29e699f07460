import type { Database } from '../../db/connection';
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
import type { Access } from '../route';
import { hashSecret, isSecret } from '../secrets';

const TOUCH_EVERY_SECONDS = 60;

/**
 * Who asks, by the API key in `Authorization: Bearer …`. Throws `unauthenticated` when it is absent,
 * misspelt, unknown, revoked or expired, always with the same words: a guesser learns nothing.
 */
export async function authenticate(
  authorization: string | undefined,
  { database, now }: { readonly database: Database; readonly now: Instant },
): Promise<Caller> {
  const secret = /^Bearer ([\w]+)$/i.exec(authorization ?? '')?.[1];
  if (secret === undefined || !isSecret(secret)) throw unauthenticated();
  const key = await withTransaction(database, SYSTEM, async (transaction) => {
    const found = await findApiKeyByHash(transaction, hashSecret(secret));
    if (found === null || !isUsable(found, now)) return null;
    const staleBefore = addSeconds(now, -TOUCH_EVERY_SECONDS);
    if (found.lastUsedAt === null || isBefore(found.lastUsedAt, staleBefore)) {
      await touchApiKey(transaction, { id: found.id, usedAt: now, staleBefore });
    }
    return found;
  });
  if (key === null) throw unauthenticated();
  const { id, role, scopes, partnerId, accountId } = key;
  return { keyId: id, role, scopes, partnerId, accountId };
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

function isUsable(key: ApiKey, now: Instant): boolean {
  return key.revokedAt === null && (key.expiresAt === null || !isAtOrBefore(key.expiresAt, now));
}

function unauthenticated(): BillingError {
  const message = 'Send a valid API key as "Authorization: Bearer tg_live_…" (or tg_test_…).';
  return new BillingError('unauthenticated', message);
}
