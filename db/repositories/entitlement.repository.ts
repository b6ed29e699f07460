import {
  findExcess,
  type Entitlements,
  type InUse,
  type LimitExcess,
} from '../../domain/entitlement';
import { SEATED_ROLES } from '../../domain/member';
import { applyAgreement, type Limits, type Track } from '../../domain/plan';
import type { SubscriptionStatus } from '../../domain/subscription/subscription';
import type { Transaction } from '../transaction';
import { findServiceHold } from './dispute.repository';
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
 * in their place, and what is in use. Two callers who each want the last number or seat must lock the
 * account's ledger before they load: nothing here is locked.
 */
export async function loadEntitlements(trx: Transaction, accountId: string): Promise<Entitlements> {
  const inUse = await countInUse(trx, accountId);
  const hold = await findServiceHold(trx, accountId);
  const of = { inUse, heldBecause: hold?.reason ?? null };
  const row = await trx('subscriptions as s')
    .join('plan_versions as v', (join) => {
      join.on('v.plan_code', 's.plan_code').andOn('v.version', 's.plan_version');
    })
    .leftJoin('plan_agreements as a', (join) => {
      join.on('a.plan_code', 's.plan_code').andOn('a.account_id', 's.serves_account_id');
    })
    .where({ 's.serves_account_id': accountId, 's.track': 'plan' })
    .whereNot('s.status', 'ended')
    .first<PlanRow | undefined>(
      's.plan_code',
      's.status',
      'v.limits',
      'v.features',
      'a.limits as agreed_limits',
    );
  if (row === undefined) return { plan: null, limits: {}, features: [], ...of };
  return { ...fromRowPlan(row), ...of };
}

function fromRowPlan(row: PlanRow): Omit<Entitlements, 'inUse' | 'heldBecause'> {
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
 * What an account has in use beyond what a version of a plan, or what was agreed about it, allows. A support
 * package limits nothing.
 */
export async function findPlanExcess(
  trx: Transaction,
  of: {
    readonly accountId: string;
    readonly track: Track;
    readonly planCode: string;
    readonly planVersion: number;
  },
): Promise<LimitExcess[]> {
  if (of.track !== 'plan') return [];
  const inUse = await countInUse(trx, of.accountId);
  if (Object.values(inUse).every((used) => used === 0)) return [];
  const { limits } = await getAgreedFigures(trx, of);
  return findExcess(limits, inUse);
}

/** A number that is being given back counts until the carrier has it. In one statement: every change asks. */
async function countInUse(trx: Transaction, accountId: string): Promise<InUse> {
  const { rows } = await trx.raw<{ rows: { phone_numbers: bigint; team_members: bigint }[] }>(
    `select (select count(*) from phone_numbers
              where account_id = :accountId and status not in ('released', 'failed')) as phone_numbers,
            (select count(*) from members
              where account_id = :accountId and role = any (:seated)) as team_members`,
    { accountId, seated: [...SEATED_ROLES] },
  );
  const [counted] = rows;
  return {
    phone_numbers: Number(counted?.phone_numbers ?? 0),
    team_members: Number(counted?.team_members ?? 0),
  };
}
