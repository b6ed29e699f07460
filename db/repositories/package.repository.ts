import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import {
  decideNextAction,
  type BoughtPackage,
  type PackageStatus,
} from '../../domain/package/package';
import type { PackageKind } from '../../domain/package/package-offer';
import { packageBucket } from '../../domain/package/post-package';
import { PackageModel } from '../models/package.model';
import type { Transaction } from '../transaction';
import { toRowNextAction } from './next-action.columns';

/** A bought package with what only its row knows. `revision` counts its changes. */
export interface PackageRecord {
  readonly bought: BoughtPackage;
  readonly workflowId: string;
  readonly revision: number;
  readonly createdAt: Instant;
}

/** Reads one package of the tenant, or null. */
export async function findPackage(trx: Transaction, id: string): Promise<PackageRecord | null> {
  const row = await PackageModel.query(trx).findById(id);
  return row ? fromRowPackage(row) : null;
}

/** Reads and locks one package. Lock the account's ledger first. */
export async function lockPackage(trx: Transaction, id: string): Promise<PackageRecord | null> {
  const row = await PackageModel.query(trx).findById(id).forUpdate();
  return row ? fromRowPackage(row) : null;
}

/**
 * Which packages a list shows at an instant. `active`: not over and something left (R0.12). `current`: not
 * over, also when used up. `all`: the history.
 */
export type PackageFilter = 'active' | 'current' | 'all';

/** An account's packages of a kind, newest first. `before` is the last row of the page before. */
export async function listPackages(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly kind: PackageKind;
    readonly filter: PackageFilter;
    readonly at: Instant;
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
  },
): Promise<PackageRecord[]> {
  const { accountId, kind, filter, at, before } = query;
  const rows = await PackageModel.query(trx)
    .where({ account_id: accountId, kind })
    .modify((builder) => {
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
      if (filter !== 'all') builder.where({ status: 'active' }).where('expires_at', '>', at);
      if (filter === 'active') builder.whereRaw(HAS_UNITS_LEFT);
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  return rows.map(fromRowPackage);
}

/** What is held counts as left: the broadcast may give it back. */
const HAS_UNITS_LEFT = `exists (
  select from ledgers l join buckets b on b.ledger_id = l.id
   where l.account_id = packages.account_id and b.code = packages.bucket and b.posted > 0)`;

/** Where a package's units are, in the ledger's units: messages or seconds. */
export interface PackageUnits {
  /** Free and held together. */
  readonly posted: bigint;
  readonly held: bigint;
  readonly forfeited: bigint;
}

/** The units of these packages of one account, by id. */
export async function readPackageUnits(
  trx: Transaction,
  { accountId, ids }: { readonly accountId: string; readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, PackageUnits>> {
  if (ids.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: (PackageUnits & { readonly id: string })[] }>(
    `select p.id, b.posted, b.held, coalesce(f.forfeited, 0)::bigint as forfeited
       from packages p
       join ledgers l on l.account_id = p.account_id
       join buckets b on b.ledger_id = l.id and b.code = p.bucket
      cross join lateral (
            select sum(t.amount) as forfeited
              from transfers t
             where t.ledger_id = l.id and t.debit = p.bucket and t.kind = 'expiry') f
      where p.account_id = ? and p.id = any (?)`,
    [accountId, [...ids]],
  );
  return new Map(rows.map(({ id, posted, held, forfeited }) => [id, { posted, held, forfeited }]));
}

/** Writes a new package at revision 1. */
export async function insertPackage(
  trx: Transaction,
  bought: BoughtPackage,
  { workflowId, at }: { readonly workflowId: string; readonly at: Instant },
): Promise<PackageRecord> {
  const row = { ...toRowPackage(bought), workflow_id: workflowId, revision: 1n };
  await PackageModel.query(trx).insert({ ...row, created_at: at, updated_at: at });
  return { bought, workflowId, revision: 1, createdAt: at };
}

/** Writes the new state of a locked package and what happens to it next. */
export async function updatePackage(
  trx: Transaction,
  record: PackageRecord,
  { bought, at }: { readonly bought: BoughtPackage; readonly at: Instant },
): Promise<PackageRecord> {
  const revision = record.revision + 1;
  const changed = await PackageModel.query(trx)
    .where({ id: bought.id, revision: BigInt(record.revision) })
    .patch({ ...toRowPackage(bought), revision: BigInt(revision), updated_at: at });
  invariant(changed === 1, `package ${bought.id} changed under its lock`);
  return { ...record, bought, revision };
}

function fromRowPackage(row: PackageModel): PackageRecord {
  const bought: BoughtPackage = {
    id: row.id,
    accountId: row.account_id,
    orderId: row.order_id,
    kind: row.kind as PackageKind,
    code: row.code,
    name: row.name,
    units: Number(row.units),
    price: { amountMicros: row.price_micros, currency: row.currency as CurrencyCode },
    timeZone: row.time_zone,
    purchasedAt: row.purchased_at,
    expiresAt: row.expires_at,
    status: row.status as PackageStatus,
    warnedDays: row.warned_days,
    endedAt: row.ended_at,
  };
  return {
    bought,
    workflowId: row.workflow_id,
    revision: Number(row.revision),
    createdAt: row.created_at,
  };
}

function toRowPackage(bought: BoughtPackage) {
  return {
    id: bought.id,
    account_id: bought.accountId,
    order_id: bought.orderId,
    kind: bought.kind,
    code: bought.code,
    name: bought.name,
    units: BigInt(bought.units),
    currency: bought.price.currency,
    price_micros: bought.price.amountMicros,
    bucket: packageBucket(bought.id),
    time_zone: bought.timeZone,
    purchased_at: bought.purchasedAt,
    expires_at: bought.expiresAt,
    status: bought.status,
    warned_days: bought.warnedDays,
    ended_at: bought.endedAt,
    ...toRowNextAction(decideNextAction(bought)),
  };
}
