import { BillingError } from '../../domain/billing-error';
import type { BillingCycle } from '../../domain/billing-period';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import type { CurrencyCode } from '../../domain/currency';
import { completePolicy } from '../../domain/dunning';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { isPartnerPlanCode } from '../../domain/partner-plan/partner-plan';
import {
  applyAgreement,
  type Allowances,
  type Limits,
  type PlanFigures,
  type PlanKind,
  type PlanPrice,
  type PlanVersion,
} from '../../domain/plan';
import {
  PlanAgreementModel,
  PlanModel,
  PlanPriceModel,
  PlanVersionModel,
} from '../models/plan.model';
import type { Transaction } from '../transaction';

/** A plan as it is sold now, with when it was made. */
export interface PlanRecord {
  readonly plan: PlanVersion;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
}

/** The newest version of a plan, or null. */
export async function findPlan(trx: Transaction, code: string): Promise<PlanRecord | null> {
  const row = await PlanModel.query(trx).findById(code);
  if (!row) return null;
  const [record] = await loadVersions(trx, [row]);
  return record ?? null;
}

/** The newest version of a plan that somebody has: it exists. */
export async function getPlan(trx: Transaction, code: string): Promise<PlanVersion> {
  const record = await findPlan(trx, code);
  invariant(record !== null, `there is no plan ${code}`);
  return record.plan;
}

/**
 * The newest version of a plan that may be taken, or null: an archived one never is again (I8). A partner plan stays
 * as it is until this transaction ends: one that nobody has yet is changed without making a version.
 */
export async function findSoldPlan(trx: Transaction, code: string): Promise<PlanVersion | null> {
  if (isPartnerPlanCode(code)) {
    await trx('plans').where({ code }).forShare().select('code');
  }
  const record = await findPlan(trx, code);
  return record === null || record.archivedAt !== null ? null : record.plan;
}

/** The newest version of a plan or support package, or null: partner plans have a list of their own. */
export async function findCataloguePlan(
  trx: Transaction,
  code: string,
): Promise<PlanRecord | null> {
  const record = await findPlan(trx, code);
  return record?.plan.kind === 'partner_plan' ? null : record;
}

/** Like `findCataloguePlan`, and nobody else makes a version until this transaction ends: read, change, insert. */
export async function lockPlan(trx: Transaction, code: string): Promise<PlanRecord | null> {
  const row = await PlanModel.query(trx)
    .findById(code)
    .whereNot('kind', 'partner_plan')
    .forUpdate();
  if (!row) return null;
  const [record] = await loadVersions(trx, [row]);
  return record ?? null;
}

/** Plans and support packages in the order of their codes; `afterCode` is the last one of the page before. */
export async function listPlans(
  trx: Transaction,
  query: {
    readonly limit: number;
    readonly afterCode: string | null;
    readonly kind?: PlanKind | undefined;
  },
): Promise<PlanRecord[]> {
  const rows = await PlanModel.query(trx)
    .whereNull('archived_at')
    .whereNot('kind', 'partner_plan')
    .modify((builder) => {
      if (query.afterCode !== null) builder.where('code', '>', query.afterCode);
      if (query.kind !== undefined) builder.where('kind', query.kind);
    })
    .orderBy('code')
    .limit(query.limit);
  return loadVersions(trx, rows);
}

/** Writes a new plan as version 1. Throws BillingError `already_exists` when the code is taken. */
export async function insertPlan(
  trx: Transaction,
  plan: PlanVersion,
  at: Instant,
): Promise<PlanRecord> {
  const inserted = await trx('plans')
    .insert({
      code: plan.code,
      kind: plan.kind,
      current_version: 1,
      archived_at: null,
      created_at: at,
    })
    .onConflict('code')
    .ignore()
    .returning<{ code: string }[]>('code');
  if (inserted.length === 0) {
    throw new BillingError('already_exists', `There is a plan "${plan.code}".`, { field: 'code' });
  }
  await insertVersion(trx, { ...plan, version: 1 }, at);
  return { plan: { ...plan, version: 1 }, createdAt: at, archivedAt: null };
}

/** Makes a new version of a locked plan; the old one stays as it is for those who have it. */
export async function insertPlanVersion(
  trx: Transaction,
  plan: PlanVersion,
  at: Instant,
): Promise<PlanRecord> {
  const row = await PlanModel.query(trx).findById(plan.code).forUpdate().throwIfNotFound();
  const next: PlanVersion = { ...plan, version: row.current_version + 1 };
  await insertVersion(trx, next, at);
  await PlanModel.query(trx).findById(plan.code).patch({ current_version: next.version });
  return { plan: next, createdAt: row.created_at, archivedAt: row.archived_at };
}

/** What was agreed with one account in place of a plan's own figures. */
export interface PlanAgreement {
  readonly accountId: string;
  readonly planCode: string;
  readonly allowances: Allowances;
  readonly limits: Limits;
  readonly updatedAt: Instant;
}

/** The agreement with this account about this plan, or null. */
export async function findAgreement(
  trx: Transaction,
  { accountId, planCode }: { readonly accountId: string; readonly planCode: string },
): Promise<PlanAgreement | null> {
  const row = await PlanAgreementModel.query(trx).findById([accountId, planCode]);
  if (!row) return null;
  const { allowances, limits, updated_at: updatedAt } = row;
  return { accountId, planCode, allowances, limits, updatedAt };
}

/**
 * The figures of a plan's version for one account: the plan's, or what was agreed. A reseller's own partner plan
 * grants it nothing: it is handed out, or else its units would be there twice (ADR 0041). In one statement, for
 * every grant asks. Throws when there is no such version: a subscription names one that exists.
 */
export async function getAgreedFigures(
  trx: Transaction,
  of: { readonly accountId: string; readonly planCode: string; readonly planVersion: number },
): Promise<PlanFigures> {
  const row = await trx('plan_versions as v')
    .leftJoin('plan_agreements as a', (join) => {
      join.on('a.plan_code', 'v.plan_code').andOnVal('a.account_id', of.accountId);
    })
    .where({ 'v.plan_code': of.planCode, 'v.version': of.planVersion })
    .first<AgreedRow | undefined>(
      'v.allowances',
      'v.limits',
      trx.raw(
        `(exists (select from partners h where h.house_account_id = ?)
          and exists (select from partner_plans t where t.plan_code = v.plan_code)) as is_pool`,
        [of.accountId],
      ),
      'a.allowances as agreed_allowances',
      'a.limits as agreed_limits',
    );
  invariant(row !== undefined, `plan ${of.planCode} has no version ${of.planVersion}`);
  const { agreed_allowances: agreed, agreed_limits: limits } = row;
  const agreement = agreed === null || limits === null ? null : { allowances: agreed, limits };
  const allowances = row.is_pool ? {} : row.allowances;
  return applyAgreement({ allowances, limits: row.limits }, agreement);
}

interface AgreedRow extends PlanFigures {
  readonly is_pool: boolean;
  readonly agreed_allowances: Allowances | null;
  readonly agreed_limits: Limits | null;
}

/** Writes or replaces an agreement; it counts from the next grant of allowances. */
export async function saveAgreement(trx: Transaction, agreement: PlanAgreement): Promise<void> {
  await PlanAgreementModel.query(trx)
    .insert({
      account_id: agreement.accountId,
      plan_code: agreement.planCode,
      allowances: agreement.allowances,
      limits: agreement.limits,
      updated_at: agreement.updatedAt,
    })
    .onConflict(['account_id', 'plan_code'])
    .merge();
}

/** Writes a version with its prices. */
export async function insertVersion(
  trx: Transaction,
  plan: PlanVersion,
  at: Instant,
): Promise<void> {
  await PlanVersionModel.query(trx).insert({
    plan_code: plan.code,
    version: plan.version,
    name: plan.name,
    tier: plan.tier,
    allowances: plan.allowances,
    limits: plan.limits,
    features: [...plan.features],
    support: plan.support,
    unit_prices: plan.unitPrices,
    on_exhausted: plan.onExhausted,
    bears_tax: plan.bearsTax,
    dunning: plan.dunning,
    changes: plan.changes,
    created_at: at,
  });
  await PlanPriceModel.query(trx).insert(
    plan.prices.map(({ cycle, price }) => ({
      plan_code: plan.code,
      version: plan.version,
      cycle,
      currency: price.currency,
      amount_micros: price.amountMicros,
    })),
  );
}

/** The newest version of each. */
async function loadVersions(trx: Transaction, rows: readonly PlanModel[]): Promise<PlanRecord[]> {
  const keys = rows.map((row): [string, number] => [row.code, row.current_version]);
  if (keys.length === 0) return [];
  const versions = await PlanVersionModel.query(trx).whereInComposite(
    ['plan_code', 'version'],
    keys,
  );
  const prices = await PlanPriceModel.query(trx)
    .whereInComposite(['plan_code', 'version'], keys)
    .orderBy(['cycle', 'currency']);
  return rows.flatMap((row) => {
    const found = versions.find((candidate) => candidate.plan_code === row.code);
    if (!found) return [];
    const own = prices.filter((price) => price.plan_code === row.code);
    return [
      {
        plan: fromRowPlanVersion(row, found, own),
        createdAt: row.created_at,
        archivedAt: row.archived_at,
      },
    ];
  });
}

function fromRowPlanVersion(
  row: PlanModel,
  version: PlanVersionModel,
  prices: readonly PlanPriceModel[],
): PlanVersion {
  return {
    code: row.code,
    version: version.version,
    kind: row.kind as PlanKind,
    name: version.name,
    tier: version.tier,
    prices: prices.map(fromRowPlanPrice),
    allowances: version.allowances,
    limits: version.limits,
    features: version.features,
    support: version.support,
    unitPrices: version.unit_prices,
    onExhausted: version.on_exhausted,
    bearsTax: version.bears_tax,
    dunning: completePolicy(version.dunning),
    // A version from before a field was there has its default.
    changes: { ...DEFAULT_CHANGE_POLICY, ...version.changes },
  };
}

function fromRowPlanPrice(row: PlanPriceModel): PlanPrice {
  return {
    cycle: row.cycle as BillingCycle,
    price: { amountMicros: row.amount_micros, currency: row.currency as CurrencyCode },
  };
}
