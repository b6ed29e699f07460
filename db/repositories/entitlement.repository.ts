import { findExcess, type Entitlements, type LimitExcess } from '../../domain/entitlement';
import { applyAgreement, type Limits, type Track } from '../../domain/plan';
import type { SubscriptionStatus } from '../../domain/subscription/subscription';
import type { Transaction } from '../transaction';
import { getAgreedFigures } from './plan.repository';

interface PlanRow {
  readonly plan_code: string;
  readonly status: string;
  readonly limits: Limits;
  readonly features: string[];
  readonly agreed_limits: Limits | null;
}

/**
 * What an account is entitled to at this instant: its current plan's limits and features, what was agreed
 * in their place, and the phone numbers in use. Two callers who each want the last number must lock the
 * account's ledger before they load: nothing here is locked.
 */
export async function loadEntitlements(trx: Transaction, accountId: string): Promise<Entitlements> {
  const phoneNumbersInUse = await countPhoneNumbersInUse(trx, accountId);
  const row = await trx('subscriptions as s')
    .join('plan_versions as v', (join) => {
      join.on('v.plan_code', 's.plan_code').andOn('v.version', 's.plan_version');
    })
    .leftJoin('plan_agreements as a', (join) => {
      join.on('a.plan_code', 's.plan_code').andOn('a.account_id', 's.account_id');
    })
    .where({ 's.account_id': accountId, 's.track': 'plan' })
    .whereNot('s.status', 'ended')
    .first<PlanRow | undefined>(
      's.plan_code',
      's.status',
      'v.limits',
      'v.features',
      'a.limits as agreed_limits',
    );
  if (row === undefined) return { plan: null, limits: {}, features: [], phoneNumbersInUse };
  return { ...fromRowPlan(row), phoneNumbersInUse };
}

function fromRowPlan(row: PlanRow): Omit<Entitlements, 'phoneNumbersInUse'> {
  const agreement =
    row.agreed_limits === null ? null : { allowances: {}, limits: row.agreed_limits };
  const { limits } = applyAgreement({ allowances: {}, limits: row.limits }, agreement);
  return {
    plan: { code: row.plan_code, status: row.status as SubscriptionStatus },
    limits,
    features: row.features,
  };
}

/**
 * What an account has in use beyond what a version of a plan, or what was agreed about it, allows; null:
 * nothing. A support package limits nothing.
 */
export async function findPlanExcess(
  trx: Transaction,
  of: {
    readonly accountId: string;
    readonly track: Track;
    readonly planCode: string;
    readonly planVersion: number;
  },
): Promise<LimitExcess | null> {
  if (of.track !== 'plan') return null;
  const phoneNumbersInUse = await countPhoneNumbersInUse(trx, of.accountId);
  if (phoneNumbersInUse === 0) return null;
  const { limits } = await getAgreedFigures(trx, of);
  return findExcess(limits, { phoneNumbersInUse });
}

/** Rented or being ordered. One that is being given back counts until the carrier has it. */
async function countPhoneNumbersInUse(trx: Transaction, accountId: string): Promise<number> {
  const counted = await trx('phone_numbers')
    .where({ account_id: accountId })
    .whereNotIn('status', ['released', 'failed'])
    .count<{ count: bigint | string }[]>('id as count');
  return Number(counted[0]?.count ?? 0);
}
