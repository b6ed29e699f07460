import {
  findPool,
  findPoolMember,
  listAssigned,
  type PoolMember,
} from '../../db/repositories/assignment.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import type { Transaction } from '../../db/transaction';
import { buildEvents } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { findRunningLow, type PoolUse } from '../../domain/partner-plan/pool-low';
import { sumAllocated } from '../../domain/partner-plan/pool';
import type { LockedSubscription } from './subscription-funds';

/** A reseller's pool as it was before a command changed what is given of it. */
export interface PoolWatch {
  readonly member: PoolMember & { readonly houseAccountId: string };
  readonly before: PoolUse | null;
}

/**
 * Looks at the pool an account draws on; null: its account belongs to no reseller that could be told. To be called once
 * the command is decided: only then is the reseller locked (refuse-assignment.ts), and nobody else tells of the same.
 */
export async function watchPool({
  trx,
  request,
  record,
}: LockedSubscription): Promise<PoolWatch | null> {
  const { accountId, servesAccountId = accountId } = record?.state ?? request;
  const found = await findPoolMember(trx, servesAccountId);
  if (found === null || found.houseAccountId === null) return null;
  const member = { ...found, houseAccountId: found.houseAccountId };
  return { member, before: await readUse(trx, member) };
}

/** Tells the house account of each benefit of which four fifths are given since the pool was looked at. */
export async function tellPoolLow(
  { trx, request, recordedAt }: LockedSubscription,
  { member, before }: PoolWatch,
  at: Instant,
): Promise<void> {
  const after = await readUse(trx, member);
  if (after === null) return;
  const house = { id: member.partnerId, accountId: member.houseAccountId };
  const events = findRunningLow({ before, after }, request.id);
  await insertEvents(
    trx,
    buildEvents<'partner_plan'>(house, { events, facts: {}, at }),
    recordedAt,
  );
}

/** Null: the reseller has no plan of its own, and no limit. */
async function readUse(trx: Transaction, member: PoolMember): Promise<PoolUse | null> {
  const pool = await findPool(trx, member);
  if (pool === null) return null;
  return { total: pool.benefits, allocated: sumAllocated(await listAssigned(trx, member)) };
}
