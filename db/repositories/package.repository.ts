import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import {
  decideNextAction,
  type BoughtPackage,
  type PackageStatus,
} from '../../domain/package/package';
import type { PackageKind } from '../../domain/package/package-offer';
import { packageBucket } from '../../domain/package/post-package';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { PackageModel } from '../models/package.model';
import type { PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export const packages = createLifecycleTable({
  kind: 'package',
  model: PackageModel,
  fromRows: (_, rows: readonly PackageModel[]) => rows.map(fromRowPackage),
  toRow: toRowPackage,
  decideNextAction,
  describe: ({ expiresAt }: BoughtPackage) => ({ attributes: { ExpiresAt: expiresAt } }),
});
export type PackageRecord = LifecycleRecord<BoughtPackage>;

/**
 * Which packages a list shows at an instant. `active`: not over and something left (R0.12). `current`: not
 * over, also when used up. `all`: the history.
 */
export type PackageFilter = 'active' | 'current' | 'all';

/** An account's packages of a kind, newest first. */
export function listPackages(
  trx: Transaction,
  { kind, filter, at, ...page }: PackagesQuery,
): Promise<PackageRecord[]> {
  return packages.page(trx, page, (query) => {
    query.where({ kind });
    if (filter !== 'all') query.where({ status: 'active' }).where('expires_at', '>', at);
    if (filter === 'active') query.whereRaw(HAS_UNITS_LEFT);
  });
}

interface PackagesQuery extends PageQuery {
  readonly accountId: string;
  readonly kind: PackageKind;
  readonly filter: PackageFilter;
  readonly at: Instant;
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

function fromRowPackage(row: PackageModel): BoughtPackage {
  return {
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
  };
}
