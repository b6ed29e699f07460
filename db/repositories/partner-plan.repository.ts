import { BillingError } from '../../domain/billing-error';
import type { BillingCycle } from '../../domain/billing-period';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { Availability } from '../../domain/partner-plan/availability';
import { isSameVersion } from '../../domain/partner-plan/change-partner-plan';
import {
  toBenefitFigures,
  toPlanVersion,
  type PartnerPlanTerms,
  type PartnerPlanType,
} from '../../domain/partner-plan/partner-plan';
import type { Allowances, Limits, OnExhausted, UnitPrices } from '../../domain/plan';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';
import { isUniqueViolation } from '../unique-violation';
import { insertPlan, insertPlanVersion, insertVersion } from './plan.repository';

/** A partner plan as it is assigned now. */
export interface PartnerPlanRecord {
  readonly id: string;
  readonly version: number;
  readonly terms: PartnerPlanTerms;
  readonly isEnabled: boolean;
  readonly isVisible: boolean;
  readonly archivedAt: Instant | null;
  /** Accounts that have it now, in whatever version. Among the tenant's own. */
  readonly assignments: number;
  /** The newest version that an account has or had; null: none ever did. */
  readonly takenVersion: number | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export interface PartnerPlanFilter {
  /** Part of either name, whatever the case. */
  readonly search?: string | undefined;
  readonly type?: PartnerPlanType | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly isVisible?: boolean | undefined;
  readonly isArchived?: boolean | undefined;
}

interface PartnerPlanRow {
  readonly id: string;
  readonly version: number;
  readonly type: string;
  readonly plan_name: string;
  readonly display_name: string;
  readonly currency: string;
  readonly is_enabled: boolean;
  readonly is_visible: boolean;
  readonly taken_version: number | null;
  readonly archived_at: Instant | null;
  readonly created_at: Instant;
  readonly updated_at: Instant;
  readonly allowances: Allowances;
  readonly limits: Limits;
  readonly unit_prices: UnitPrices;
  readonly on_exhausted: OnExhausted;
  readonly revenue_share_bps: number | null;
  readonly bears_tax: boolean;
  readonly prices: Readonly<Partial<Record<BillingCycle, string>>>;
  readonly assignments: bigint;
}

/** The partner plan, or null when no plan of that id is one. */
export async function findPartnerPlan(
  trx: Transaction,
  id: string,
): Promise<PartnerPlanRecord | null> {
  const row = await selectPlans(trx).where({ id }).first<PartnerPlanRow | undefined>();
  return row === undefined ? null : fromRowPartnerPlan(row);
}

/** Like `findPartnerPlan`, and nobody else changes or assigns it until this transaction ends. */
export async function lockPartnerPlan(
  trx: Transaction,
  id: string,
): Promise<PartnerPlanRecord | null> {
  await trx('plans').where({ code: id }).forUpdate().select('code');
  return findPartnerPlan(trx, id);
}

/** A page of partner plans, newest first. */
export async function listPartnerPlans(
  trx: Transaction,
  query: PageQuery & PartnerPlanFilter,
): Promise<PartnerPlanRecord[]> {
  const { search, type, isEnabled, isVisible, isArchived } = query;
  const rows = await selectPlans(trx)
    .where({
      ...(type !== undefined && { type }),
      ...(isEnabled !== undefined && { is_enabled: isEnabled }),
      ...(isVisible !== undefined && { is_visible: isVisible }),
    })
    .modify((builder) => {
      if (isArchived !== undefined) {
        builder.whereRaw(`archived_at is ${isArchived ? 'not null' : 'null'}`);
      }
      if (search !== undefined) {
        builder.whereRaw(
          `(position(lower(:search collate pg_c_utf8) in lower(plan_name collate pg_c_utf8)) > 0
            or position(lower(:search collate pg_c_utf8) in lower(display_name collate pg_c_utf8)) > 0)`,
          { search },
        );
      }
      newestFirst(builder, query);
    });
  return rows.map(fromRowPartnerPlan);
}

/** All internal names that begin alike, whatever the case. */
export async function listNamesLike(trx: Transaction, beginning: string): Promise<string[]> {
  return trx('partner_plans')
    .whereRaw('starts_with(lower(plan_name collate pg_c_utf8), lower(? collate pg_c_utf8))', [
      beginning,
    ])
    .pluck('plan_name');
}

/** Writes a new partner plan as version 1. Throws BillingError `already_exists` when its name is taken. */
export async function insertPartnerPlan(
  trx: Transaction,
  plan: { readonly id: string; readonly terms: PartnerPlanTerms } & Omit<
    Availability,
    'isArchived'
  >,
  at: Instant,
): Promise<PartnerPlanRecord> {
  const { id, terms, isEnabled, isVisible } = plan;
  await insertPlan(trx, toPlanVersion(terms, { code: id, version: 1 }), at);
  await insertTerms(trx, { id, version: 1, terms });
  await refuseTakenName(
    trx('partner_plans').insert({
      plan_code: id,
      type: terms.type,
      plan_name: terms.planName,
      currency: terms.currency,
      is_enabled: isEnabled,
      is_visible: isVisible,
      taken_version: null,
      updated_at: at,
    }),
  );
  return {
    id,
    version: 1,
    terms,
    isEnabled,
    isVisible,
    archivedAt: null,
    assignments: 0,
    takenVersion: null,
    createdAt: at,
    updatedAt: at,
  };
}

/**
 * Writes the terms of a locked partner plan anew: as its next version when an account has or had this one, which
 * keeps it (R4.26). Throws BillingError `already_exists` when its name is taken.
 */
export async function savePartnerPlanTerms(
  trx: Transaction,
  { id, version, terms: before, takenVersion }: PartnerPlanRecord,
  { terms, at }: { readonly terms: PartnerPlanTerms; readonly at: Instant },
): Promise<void> {
  await refuseTakenName(
    trx('partner_plans').where({ plan_code: id }).update({
      type: terms.type,
      plan_name: terms.planName,
      currency: terms.currency,
      updated_at: at,
    }),
  );
  if (isSameVersion(before, terms)) return;
  const plan = toPlanVersion(terms, { code: id, version });
  if (takenVersion !== null && takenVersion >= version) {
    const next = await insertPlanVersion(trx, plan, at);
    await insertTerms(trx, { id, version: next.plan.version, terms });
    return;
  }
  await trx.raw('select withdraw_untaken_version(?, ?)', [id, version]);
  await insertVersion(trx, plan, at);
  await insertTerms(trx, { id, version, terms });
}

/** Writes the three facts of a locked partner plan. */
export async function savePartnerPlanAvailability(
  trx: Transaction,
  { id, isEnabled, isVisible, archivedAt }: PartnerPlanRecord,
  at: Instant,
): Promise<void> {
  await trx('partner_plans')
    .where({ plan_code: id })
    .update({ is_enabled: isEnabled, is_visible: isVisible, updated_at: at });
  await trx('plans').where({ code: id }).update({ archived_at: archivedAt });
}

async function insertTerms(
  trx: Transaction,
  of: { readonly id: string; readonly version: number; readonly terms: PartnerPlanTerms },
): Promise<void> {
  await trx('partner_plan_versions').insert({
    plan_code: of.id,
    version: of.version,
    revenue_share_bps: of.terms.revenueShareBps,
  });
}

const PLAN_NAME_KEY = 'partner_plans_plan_name_key';

async function refuseTakenName(write: PromiseLike<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isUniqueViolation(error, PLAN_NAME_KEY)) throw error;
    const message = 'There is a partner plan of this name, maybe an archived one.';
    throw new BillingError('already_exists', message, { field: 'plan_name' });
  }
}

/** A row per partner plan, in the version that is assigned now. */
function selectPlans(trx: Transaction) {
  return trx
    .from<PartnerPlanRow>(
      trx('partner_plans as t')
        .join('plans as p', 'p.code', 't.plan_code')
        .join('plan_versions as v', (join) => {
          join.on('v.plan_code', 'p.code').andOn('v.version', 'p.current_version');
        })
        .join('partner_plan_versions as w', (join) => {
          join.on('w.plan_code', 'p.code').andOn('w.version', 'p.current_version');
        })
        .select(
          'p.code as id',
          'p.current_version as version',
          't.type',
          't.plan_name',
          'v.name as display_name',
          't.currency',
          't.is_enabled',
          't.is_visible',
          't.taken_version',
          'p.archived_at',
          'p.created_at',
          't.updated_at',
          'v.allowances',
          'v.limits',
          'v.unit_prices',
          'v.on_exhausted',
          'w.revenue_share_bps',
          'v.bears_tax',
          trx.raw(
            `(select json_object_agg(x.cycle, x.amount_micros::text) from plan_prices x
               where x.plan_code = p.code and x.version = p.current_version) as prices`,
          ),
          trx.raw(
            `(select count(*) from subscriptions s
               where s.plan_code = p.code and s.status <> 'ended' and s.plan_code like 'pplan\\_%') as assignments`,
          ),
        )
        .as('partner_plan'),
    )
    .select<PartnerPlanRow[]>(...COLUMNS);
}

const COLUMNS = [
  'id',
  'version',
  'type',
  'plan_name',
  'display_name',
  'currency',
  'is_enabled',
  'is_visible',
  'taken_version',
  'archived_at',
  'created_at',
  'updated_at',
  'allowances',
  'limits',
  'unit_prices',
  'on_exhausted',
  'revenue_share_bps',
  'bears_tax',
  'prices',
  'assignments',
] as const;

function fromRowPartnerPlan(row: PartnerPlanRow): PartnerPlanRecord {
  return {
    id: row.id,
    version: row.version,
    terms: fromRowTerms(row),
    isEnabled: row.is_enabled,
    isVisible: row.is_visible,
    archivedAt: row.archived_at,
    assignments: Number(row.assignments),
    takenVersion: row.taken_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function fromRowTerms(row: PartnerPlanRow): PartnerPlanTerms {
  const currency = row.currency as CurrencyCode;
  const message = row.unit_prices.message?.[currency];
  const conversation = row.unit_prices.wa_conversation?.[currency];
  return {
    type: row.type as PartnerPlanType,
    planName: row.plan_name,
    displayName: row.display_name,
    currency,
    prices: Object.fromEntries(
      Object.entries(row.prices).map(([cycle, micros]) => [cycle, BigInt(micros)]),
    ),
    hasGst: row.bears_tax,
    benefits: toBenefitFigures(row),
    revenueShareBps: row.revenue_share_bps,
    onExhausted: row.on_exhausted.message ?? 'block',
    unitPrices: {
      ...(message !== undefined && { message }),
      ...(conversation !== undefined && { wa_conversation: conversation }),
    },
  };
}
