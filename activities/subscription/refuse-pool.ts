import {
  findPool,
  findPoolMember,
  listAssigned,
  lockPartner,
} from '../../db/repositories/assignment.repository';
import type { Transaction } from '../../db/transaction';
import {
  benefitsOf,
  describeShortage,
  findShortage,
  NO_BENEFITS,
  sumAllocated,
} from '../../domain/partner-plan/pool';
import type { PlanVersion } from '../../domain/plan';
import type { Refusal } from '../lifecycle/once';

/**
 * Why a partner plan cannot be given to an account: its reseller's pool has too little left, or, of the reseller's
 * own plan, its customers have more than that would hold. Null: it can. Nobody else draws on the pool until the
 * transaction ends (R4.20).
 */
export async function refusePool(
  trx: Transaction,
  { accountId, plan }: { readonly accountId: string; readonly plan: PlanVersion },
): Promise<(Refusal & { readonly kind: 'refused' }) | null> {
  if (plan.kind !== 'partner_plan') return null;
  const member = await findPoolMember(trx, accountId);
  if (member === null) {
    const message = 'the account belongs to no reseller, so it can have no partner plan';
    return { kind: 'refused', code: 'plan_not_assignable', message };
  }
  await lockPartner(trx, member.partnerId);
  const wanted = benefitsOf(plan);
  const isHouse = member.houseAccountId === accountId;
  const found = isHouse ? { benefits: wanted, isStopped: false } : await findPool(trx, member);
  if (found === null) return null;
  const pool = found.isStopped ? NO_BENEFITS : found.benefits;
  const allocated = sumAllocated(
    await listAssigned(trx, { ...member, exceptAccountId: accountId }),
  );
  const shortage = findShortage(pool, { allocated, wanted: isHouse ? NO_BENEFITS : wanted });
  if (shortage === null) return null;
  const { benefit, free } = shortage;
  const message = isHouse
    ? `your customers have more ${benefit} than this plan holds`
    : describeShortage(shortage, wanted);
  return {
    kind: 'refused',
    code: 'pool_exhausted',
    message,
    details: { benefit, free: `${free}` },
  };
}
