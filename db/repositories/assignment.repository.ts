/**
 * Owns: reading who of a reseller has which partner plan, and what of it was used.
 * Does not own: the subscriptions themselves (subscription.repository.ts), the plans (partner-plan.repository.ts).
 */
import {
  benefitsOf,
  NO_BENEFITS,
  poolOf,
  type Assigned,
  type Benefit,
  type Benefits,
} from '../../domain/partner-plan/pool';
import type { PartnerPlanType } from '../../domain/partner-plan/partner-plan';
import type { Allowances, Limits, PlanFigures } from '../../domain/plan';
import type { Instant } from '../../domain/instant';
import { SEATED_ROLES } from '../../domain/member';
import type { SubscriptionStatus } from '../../domain/subscription/subscription';
import type { Transaction } from '../transaction';
import { subscriptions, type SubscriptionRecord } from './subscription.repository';

/** A partner plan as an account has it: in the version it was given. */
export interface AssignmentRecord {
  readonly record: SubscriptionRecord;
  readonly type: PartnerPlanType;
  readonly displayName: string;
  readonly figures: PlanFigures;
}

/** The partner plan an account has, whoever pays; null: none that has not ended. */
export async function findAssignment(
  trx: Transaction,
  accountId: string,
): Promise<AssignmentRecord | null> {
  const last = await findLastAssignment(trx, accountId);
  return last === null || last.record.state.status === 'ended' ? null : last;
}

/** The newest partner plan of an account, also one that has ended; null: it never had one. */
export async function findLastAssignment(
  trx: Transaction,
  accountId: string,
): Promise<AssignmentRecord | null> {
  const [record] = await subscriptions.list(trx, (query) =>
    query
      .where({ serves_account_id: accountId })
      .whereRaw('plan_code in (select plan_code from partner_plans)')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(1),
  );
  if (record === undefined) return null;
  const { planCode, planVersion } = record.state;
  const row = await trx('partner_plans as t')
    .join('plan_versions as v', 'v.plan_code', 't.plan_code')
    .where({ 't.plan_code': planCode, 'v.version': planVersion })
    .first<PlanRow | undefined>('t.type', 'v.name', 'v.allowances', 'v.limits');
  if (row === undefined) return null;
  const { type, name: displayName, allowances, limits } = row;
  return { record, type, displayName, figures: { allowances, limits } };
}

interface PlanRow extends PlanFigures {
  readonly type: PartnerPlanType;
  readonly name: string;
}

/**
 * Nobody else assigns a plan of this reseller, or changes one, until the transaction ends. Ledgers are locked before.
 * Not a whole lock: rows that only name the reseller, its share of a sale for one, are written meanwhile.
 */
export async function lockPartner(trx: Transaction, partnerId: string): Promise<void> {
  await trx('partners').where({ id: partnerId }).forNoKeyUpdate().first('id');
}

/** Whose pool an account draws on, and whether it is the reseller's own house account. */
export interface PoolMember {
  readonly partnerId: string;
  readonly houseAccountId: string | null;
}

/** Null: the account belongs to no reseller. */
export async function findPoolMember(
  trx: Transaction,
  accountId: string,
): Promise<PoolMember | null> {
  const row = await trx('accounts as a')
    .join('partners as p', 'p.id', 'a.partner_id')
    .where({ 'a.id': accountId })
    .first<{ id: string; house_account_id: string | null } | undefined>(
      'p.id',
      'p.house_account_id',
    );
  return row === undefined ? null : { partnerId: row.id, houseAccountId: row.house_account_id };
}

/** Whether the same account pays for partner plans of these ids. */
export async function arePaidAlike(trx: Transaction, ids: readonly string[]): Promise<boolean> {
  const types = await trx('partner_plans')
    .whereIn('plan_code', [...ids])
    .distinct('type');
  return types.length <= 1;
}

/** Whether an invoice is for a partner plan, whichever it was then. */
export async function isOfPartnerPlan(trx: Transaction, invoiceId: string): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { is_of_partner_plan: boolean }[] }>(
    `select exists (
       select from documents d
         join subscriptions s on d.subject_kind = 'subscription' and s.id = d.subject_id
         join partner_plans t on t.plan_code = s.plan_code
        where d.id = ?
     ) as is_of_partner_plan`,
    [invoiceId],
  );
  return rows[0]?.is_of_partner_plan ?? false;
}

interface AssignedRow {
  readonly statuses: readonly SubscriptionStatus[];
  readonly customers: bigint;
  readonly allowances: Allowances;
  readonly limits: Limits;
  readonly next_allowances: Allowances | null;
  readonly next_limits: Limits | null;
}

/** What a reseller's customers have of partner plans, one entry for each pair of plans. */
export async function listAssigned(
  trx: Transaction,
  member: PoolMember & {
    /** Of the account whose plan is about to begin or to change: it does not count. */
    readonly exceptAccountId?: string;
  },
): Promise<Assigned[]> {
  const rows = await selectAssigned(trx, { ...member, isHouse: false });
  return rows.map(fromRowAssigned);
}

/** What a reseller's own plan allows it to hand out. */
export interface Pool {
  readonly benefits: Benefits;
  /** It is suspended or paused: nothing more can be handed out. */
  readonly isStopped: boolean;
}

const ENDED: Pool = { benefits: NO_BENEFITS, isStopped: true };

/** Null: the reseller never had a plan of its own, and has no limit. Who ended it has nothing to hand out any more. */
export async function findPool(trx: Transaction, member: PoolMember): Promise<Pool | null> {
  const [row] = await selectAssigned(trx, { ...member, isHouse: true });
  if (row === undefined) return (await hadPool(trx, member)) ? ENDED : null;
  const isStopped = row.statuses.some((status) => status !== 'active' && status !== 'past_due');
  return { benefits: poolOf(fromRowAssigned(row)), isStopped };
}

async function hadPool(trx: Transaction, { houseAccountId }: PoolMember): Promise<boolean> {
  return houseAccountId !== null && (await findLastAssignment(trx, houseAccountId)) !== null;
}

async function selectAssigned(
  trx: Transaction,
  asked: PoolMember & { readonly exceptAccountId?: string; readonly isHouse: boolean },
): Promise<AssignedRow[]> {
  const { rows } = await trx.raw<{ rows: AssignedRow[] }>(
    `select count(*) as customers, array_agg(distinct s.status) as statuses, v.allowances, v.limits,
            n.allowances as next_allowances, n.limits as next_limits
       from accounts a
       join subscriptions s on s.serves_account_id = a.id and s.track = 'plan' and s.status <> 'ended'
       join plans p on p.code = s.plan_code and p.kind = 'partner_plan'
       join plan_versions v on v.plan_code = s.plan_code and v.version = s.plan_version
       left join plan_versions n on n.plan_code = s.scheduled_change -> 'target' ->> 'planCode'
        and n.version = (s.scheduled_change -> 'target' ->> 'planVersion')::int
      where a.partner_id = :partnerId and a.id is distinct from :exceptAccountId
        and (a.id is not distinct from :houseAccountId) = :isHouse
      group by v.plan_code, v.version, n.plan_code, n.version`,
    { exceptAccountId: null, ...asked },
  );
  return rows;
}

function fromRowAssigned(row: AssignedRow): Assigned {
  const { customers, allowances, limits, next_allowances: next, next_limits: nextLimits } = row;
  return {
    customers,
    current: benefitsOf({ allowances, limits }),
    scheduled: next === null ? null : benefitsOf({ allowances: next, limits: nextLimits ?? {} }),
  };
}

/**
 * What a reseller's customers have used of their partner plans: units of the months that hold `at`, and the seats
 * that are taken.
 */
export async function countUsed(
  trx: Transaction,
  { partnerId, houseAccountId, at }: PoolMember & { readonly at: Instant },
): Promise<Readonly<Record<Benefit, bigint>>> {
  const { rows } = await trx.raw<{ rows: Readonly<Record<Benefit, bigint>>[] }>(
    `with served as (
       select s.id, s.serves_account_id as account_id, l.id as ledger_id,
              to_char(:at::timestamptz at time zone l.time_zone, 'YYYY-MM') as month
         from accounts a
         join subscriptions s on s.serves_account_id = a.id and s.track = 'plan' and s.status <> 'ended'
         join plans p on p.code = s.plan_code and p.kind = 'partner_plan'
         join ledgers l on l.account_id = a.id
        where a.partner_id = :partnerId and a.id is distinct from :houseAccountId
     )
     select (select coalesce(sum(b.granted - b.posted), 0)::bigint
               from served join buckets b using (ledger_id)
              where b.asset = 'message' and b.source = 'plan_quota' and b.closed_at is null
                and b.starts_at <= :at and b.expires_at > :at and b.code like '%/' || served.id) as messages,
            (select coalesce(sum(b.granted - b.posted), 0)::bigint
               from served join buckets b using (ledger_id)
              where b.code = 'quota/wa_conversation/' || served.month) as wa_conversations,
            (select count(*) from served join members m using (account_id)
              where m.role = any (:seated)) as team_members`,
    { partnerId, houseAccountId, at, seated: [...SEATED_ROLES] },
  );
  const [used] = rows;
  return used ?? { messages: 0n, wa_conversations: 0n, team_members: 0n };
}
