import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import {
  decideNextAction,
  type BoughtPackage,
  type PackageKind,
  type PackageStatus,
} from '../../domain/package/package';
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

export function fromRowPackage(row: PackageModel): PackageRecord {
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
