/**
 * Owns: the shape of a ledger as lock_and_read answers it and of a plan as apply_plan takes it, and the way
 * to and from the domain.
 * Does not own: usage (usage-rows.ts), the calls (repositories/ledger.repository.ts, record-usage.ts).
 */
import { fromEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import type { LedgerPlan } from '../domain/ledger/ledger-plan';
import {
  type Bucket,
  compareBurnOrder,
  type LedgerState,
  type TransferKind,
} from '../domain/ledger/ledger-state';
import { sealPlan } from './ledger-chain';

type Column<T> = readonly T[] | null;

/** What read_ledger answers, and the others begin with. Columns travel as one array each, amounts as text. */
export interface LedgerRow {
  readonly ledger_rows: readonly [
    ids: Column<number>,
    accountIds: Column<string>,
    currencies: Column<string>,
    timeZones: Column<string>,
    openMonths: Column<string>,
    transferCounts: Column<number>,
    chainHeads: Column<string>,
    termsVersions: Column<number>,
    /** Of locked ledgers only. */
    watchedMicros?: Column<string | null>,
  ];
  readonly bucket_rows: readonly [
    ledgerIds: Column<number>,
    codes: Column<string>,
    assets: Column<string>,
    sources: Column<Bucket['source']>,
    months: Column<string | null>,
    startsAtMs: Column<number | null>,
    expiresAtMs: Column<number | null>,
    creditLimits: Column<string>,
    granted: Column<string>,
    posted: Column<string>,
    held: Column<string>,
    channels: Column<readonly string[] | null>,
  ];
  readonly allowance_rows:
    | readonly (readonly [ledgerId: number, asset: string, fromMonth: string, quantity: string])[]
    | null;
}

/** One row of lock_ledgers. */
export interface OperationRow extends LedgerRow {
  readonly happened_rows: readonly HappenedRow[] | null;
}
type HappenedRow = readonly [
  ledgerId: number,
  kind: TransferKind,
  reference: string,
  debit: string,
  credit: string,
  asset: string,
  amount: string,
];

/** The locked ledgers by account id, their buckets in burn order. */
export function fromRowLedgers(row: LedgerRow): {
  readonly byAccount: Map<string, LedgerState>;
  readonly byId: Map<number, LedgerState>;
} {
  const byAccount = new Map<string, LedgerState>();
  const byId = new Map<number, LedgerState>();
  const [
    ids,
    accountIds,
    currencies,
    timeZones,
    openMonths,
    transferCounts,
    chainHeads,
    ,
    watched,
  ] = row.ledger_rows;
  for (const [index, id] of (ids ?? []).entries()) {
    const ledger: LedgerState = {
      ledgerId: BigInt(id),
      accountId: at(accountIds, index),
      currency: at(currencies, index),
      timeZone: at(timeZones, index),
      watchedMicros: toMicros(watched?.[index]),
      openMonth: at(openMonths, index),
      transferCount: at(transferCounts, index),
      chainHead: at(chainHeads, index),
      buckets: [],
      allowances: [],
      happened: [],
    };
    byAccount.set(ledger.accountId, ledger);
    byId.set(id, ledger);
  }
  addBuckets(row.bucket_rows, byId);
  for (const [id, asset, fromMonth, quantity] of row.allowance_rows ?? []) {
    byId.get(id)?.allowances.push({ asset, fromMonth, quantity: BigInt(quantity) });
  }
  return { byAccount, byId };
}

function toMicros(text: string | null | undefined): bigint | null {
  return text === null || text === undefined ? null : BigInt(text);
}

function addBuckets(
  columns: LedgerRow['bucket_rows'],
  byId: ReadonlyMap<number, LedgerState>,
): void {
  const [
    ids,
    codes,
    assets,
    sources,
    months,
    starts,
    expires,
    limits,
    granted,
    posted,
    held,
    channels,
  ] = columns;
  for (const [index, id] of (ids ?? []).entries()) {
    byId.get(id)?.buckets.push({
      code: at(codes, index),
      asset: at(assets, index),
      source: at(sources, index),
      month: at(months, index),
      startsAtMs: at(starts, index) ?? -Infinity,
      expiresAtMs: at(expires, index) ?? Infinity,
      creditLimit: BigInt(at(limits, index)),
      channels: at(channels, index),
      granted: BigInt(at(granted, index)),
      posted: BigInt(at(posted, index)),
      held: BigInt(at(held, index)),
    });
  }
  for (const ledger of byId.values()) ledger.buckets.sort(compareBurnOrder);
}

function at<T>(column: Column<T>, index: number): T {
  const value = column?.[index];
  invariant(value !== undefined, 'lock_and_read answers columns of one length');
  return value;
}

/** The locked ledgers by account id, with what happened under the references asked for. */
export function fromRowOperation(row: OperationRow): Map<string, LedgerState> {
  const { byAccount, byId } = fromRowLedgers(row);
  for (const [id, kind, reference, debit, credit, asset, amount] of row.happened_rows ?? []) {
    const happened = { kind, reference, debit, credit, asset, amount: BigInt(amount) };
    byId.get(id)?.happened.push(happened);
  }
  return byAccount;
}

/** The parameters of apply_plan after reference and instant: JSON rows named like the columns, or null. */
export function toRowsPlan(plan: LedgerPlan): (string | null)[] {
  return [
    toJson(plan.opened, ({ ledgerId, bucket }) => ({
      ledger_id: String(ledgerId),
      code: bucket.code,
      asset: bucket.asset,
      source: bucket.source,
      month: bucket.month === null ? null : toRowMonth(bucket.month),
      starts_at: Number.isFinite(bucket.startsAtMs) ? fromEpochMs(bucket.startsAtMs) : null,
      expires_at: Number.isFinite(bucket.expiresAtMs) ? fromEpochMs(bucket.expiresAtMs) : null,
      channels: bucket.channels,
      credit_limit: String(bucket.creditLimit),
    })),
    toJson(sealPlan(plan), ({ transfer, hash }) => ({
      ledger_id: String(transfer.ledgerId),
      number: transfer.number,
      debit: transfer.debit,
      credit: transfer.credit,
      asset: transfer.asset,
      amount: String(transfer.amount),
      kind: transfer.kind,
      // Left out, it is the plan's: most of a hot batch. JSON leaves out what is undefined.
      reference: transfer.reference === plan.reference ? undefined : transfer.reference,
      reason: transfer.reason ?? undefined,
      effective_at: fromEpochMs(transfer.effectiveAtMs),
      hash: `\\x${hash}`,
    })),
    toJson([...plan.holds.values()], (hold) => ({
      ledger_id: String(hold.ledgerId),
      hold_id: hold.holdId,
      bucket: hold.bucket,
      asset: hold.asset,
      reserved: String(hold.reserved),
      remaining: String(hold.remaining),
      captured: String(hold.captured),
      deadline_at: hold.deadlineAt,
    })),
    toJson([...plan.months], ([ledgerId, month]) => ({
      ledger_id: String(ledgerId),
      open_month: toRowMonth(month),
    })),
    toJson(plan.ended, ({ ledgerId, code, endedAtMs }) => ({
      ledger_id: String(ledgerId),
      code,
      expires_at: fromEpochMs(endedAtMs),
    })),
    toJson([...plan.allowances.values()], ({ ledgerId, asset, fromMonth, quantity }) => ({
      ledger_id: String(ledgerId),
      asset,
      from_month: toRowMonth(fromMonth),
      quantity: String(quantity),
    })),
  ];
}

export function toRowMonth(month: string): string {
  return `${month}-01`;
}

/** JSON rows, or null for none. */
export function toJson<T>(
  items: readonly T[],
  toRow: (item: T) => Record<string, unknown>,
): string | null {
  return items.length === 0 ? null : JSON.stringify(items.map(toRow));
}
