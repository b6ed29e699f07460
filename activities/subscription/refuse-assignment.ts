import {
  arePaidAlike,
  findAssignment,
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

type AssignmentRefusal = Refusal & { readonly kind: 'refused' };

/**
 * Why a partner plan cannot be given to an account: its reseller's pool has too little left, or, of the reseller's
 * own plan, its customers have more than that would hold. Null: it can. Nobody else draws on the pool until the
 * transaction ends (R4.20).
 */
export async function refusePool(
  trx: Transaction,
  { accountId, plan }: { readonly accountId: string; readonly plan: PlanVersion },
): Promise<AssignmentRefusal | null> {
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

/** Why a partner plan cannot become another one: a different account would have to pay. Null: it can (ADR 0041). */
export async function refuseOtherPayer(
  trx: Transaction,
  { from, plan }: { readonly from: string; readonly plan: PlanVersion },
): Promise<AssignmentRefusal | null> {
  if (plan.kind !== 'partner_plan' || (await arePaidAlike(trx, [from, plan.code]))) return null;
  const message = 'another account pays for that plan: end this one and give that one anew';
  return { kind: 'refused', code: 'plan_not_assignable', message };
}

/**
 * Why an account's plan cannot be given back now: it is a pool that customers draw on, and its price would come back
 * while they keep their part of it. Null: it can.
 */
export async function refuseGivingBack(
  trx: Transaction,
  accountId: string,
): Promise<AssignmentRefusal | null> {
  const member = await findPoolMember(trx, accountId);
  if (member?.houseAccountId !== accountId) return null;
  if ((await findAssignment(trx, accountId)) === null) return null;
  await lockPartner(trx, member.partnerId);
  if ((await listAssigned(trx, member)).length === 0) return null;
  const message =
    'customers have plans from this pool: end theirs first, or this one with its period';
  return { kind: 'refused', code: 'invalid_state', message };
}
