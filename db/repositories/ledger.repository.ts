import { BillingError } from '../../domain/billing-error';
import { nextMonth, monthOf, startOfMonth } from '../../domain/calendar';
import { fromEpochMs, type Instant, toEpochMs } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Hold } from '../../domain/ledger/hold';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import {
  availableIn,
  type Bucket,
  type BucketSource,
  covers,
  isOver,
  type LedgerState,
} from '../../domain/ledger/ledger-state';
import { openMonths } from '../../domain/ledger/month';
import {
  fromRowLedgers,
  fromRowOperation,
  type LedgerRow,
  type OperationRow,
  toRowsPlan,
} from '../ledger-rows';
import { noteCrossings } from '../crossings';
import type { Transaction } from '../transaction';
import { findTaxations, toColumnsEvents, toRowsState, toRowsUsageCharges } from '../usage-rows';

/**
 * Opens an account's ledger with its two empty wallets, once: a second call answers the same id. The
 * zone and currency are the account's. Answers the ledger's id.
 */
export async function createLedger(
  trx: Transaction,
  ledger: {
    readonly accountId: string;
    readonly timeZone: string;
    readonly currency: string;
    readonly at: Instant;
  },
): Promise<bigint> {
  const created = await trx.raw<{ rows: { id: bigint }[] }>(
    // The month before is marked as open, so that the first use opens this one.
    `insert into ledgers (account_id, time_zone, currency, open_month, turned_to)
     select :accountId, :timeZone, :currency, month - interval '1 month', month
       from date_trunc('month', :at::timestamptz at time zone :timeZone) month
     on conflict (account_id) do nothing
     returning id`,
    ledger,
  );
  const id = created.rows[0]?.id;
  if (id === undefined) return findLedgerId(trx, ledger.accountId);
  await trx.raw(
    `insert into buckets (ledger_id, code, asset, source)
     values (:id, 'wallet/initial', :currency, 'wallet_initial'),
            (:id, 'wallet/additional', :currency, 'wallet_additional')`,
    { id: String(id), currency: ledger.currency },
  );
  return id;
}

async function findLedgerId(trx: Transaction, accountId: string): Promise<bigint> {
  const found = await trx<{ id: bigint; account_id: string }>('ledgers')
    .where({ account_id: accountId })
    .first('id');
  if (!found) throw new BillingError('unknown_account', `account ${accountId} has no ledger`);
  return found.id;
}

/**
 * Locks the ledgers of these accounts, in the order of their ids so that two callers never wait for
 * each other, and reads what a decision needs. Accounts without a ledger are not in the answer.
 * `references`: what the decision is about to post under; transfers that happened under them come
 * along, so that `chargeMoney`, `grantMoney`, `grantUnits` recognise a repeat and tell a conflict.
 * Without them PostgreSQL still refuses the second one (`applyLedgerPlan` throws `conflict`).
 */
export async function lockLedgers(
  trx: Transaction,
  accountIds: readonly string[],
  references: readonly string[] = [],
): Promise<Map<string, LedgerState>> {
  const { rows } = await trx.raw<{ rows: OperationRow[] }>('select * from lock_ledgers(?, ?)', [
    [...accountIds],
    [...references],
  ]);
  const row = rows[0];
  invariant(row !== undefined, 'lock_ledgers answers one row');
  return fromRowOperation(row);
}

const APPLY_PLAN = 'apply_plan(?, ?, ?::json, ?::json, ?::json, ?::json, ?::json, ?::json)';
const RECORD_EVENTS = `record_events(?, ?::bigint[], ?::uuid[], ?::text[], ?::uuid[], ?::usage_type[], ?::usage_mode[],
  ?::timestamptz[], ?::date[], ?::text[], ?::text[], ?::usage_asset[], ?::text[], ?::bigint[], ?::numeric[], ?::int[],
  ?::bigint[], ?::bigint[], ?::bigint[], ?::usage_zero_reason[], ?::usage_window_source[], ?::uuid[], ?::text[], ?::text[], ?::uuid[], ?::boolean[], ?::bigint[], ?::text[],
  ?::text[], ?::bigint[], ?::bigint[], ?::int[], ?::jsonb)`;
const KEEP_STATE = 'keep_rating_state(?::json, ?::json, ?::json)';
const KEEP_CHARGES = 'keep_usage_charges(?::json, ?::jsonb)';
/** By what a plan holds; most operations hold no usage, and most usage teaches nothing about anybody. */
const WRITE = {
  plan: `select ${APPLY_PLAN}`,
  charges: `select ${APPLY_PLAN}, ${KEEP_CHARGES}`,
  usage: `select ${APPLY_PLAN}, ${KEEP_CHARGES}, ${RECORD_EVENTS}`,
  usageAndState: `select ${APPLY_PLAN}, ${KEEP_CHARGES}, ${RECORD_EVENTS}, ${KEEP_STATE}`,
} as const;

/**
 * Writes a plan, once, in the transaction that locked its ledgers, and notes whose balance fell below what its
 * auto-recharge watches for: nobody moves money past this. Throws `conflict` when something in it
 * happened before under the same reference: roll back, nothing has moved.
 */
export async function applyLedgerPlan(trx: Transaction, plan: LedgerPlan): Promise<void> {
  invariant(!plan.isApplied, 'a plan is applied once');
  const rows = toRowsPlan(plan);
  plan.isApplied = true;
  if (plan.events.length === 0 && rows.every((part) => part === null)) return;
  try {
    await writeRows(trx, plan, rows);
  } catch (error) {
    throw toConflict(error, plan) ?? error;
  }
  await noteCrossings(trx, plan);
}

async function writeRows(
  trx: Transaction,
  plan: LedgerPlan,
  rows: readonly (string | null)[],
): Promise<void> {
  const { reference, postedAt, events, usageCharges } = plan;
  const ofPlan = [reference, postedAt, ...rows];
  if (events.length === 0 && usageCharges.size === 0) {
    await trx.raw(WRITE.plan, ofPlan);
    return;
  }
  const taxations = findTaxations(plan);
  const ofCharges = [...ofPlan, ...toRowsUsageCharges(plan, taxations)];
  if (events.length === 0) {
    await trx.raw(WRITE.charges, ofCharges);
    return;
  }
  const ofUsage = [...ofCharges, postedAt, ...toColumnsEvents(events, taxations)];
  const state = toRowsState(plan);
  const hasState = state.some((part) => part !== null);
  await (hasState
    ? trx.raw(WRITE.usageAndState, [...ofUsage, ...state])
    : trx.raw(WRITE.usage, ofUsage));
}

/** Violations that mean "this happened already": the last line behind the domain's own check. */
const HAPPENED_ALREADY = new Set(['transfers_happen_once', 'buckets_pkey', 'holds_pkey']);

function toConflict(error: unknown, plan: LedgerPlan): BillingError | null {
  if (!(error instanceof Error) || !('constraint' in error)) return null;
  const { constraint } = error;
  if (typeof constraint !== 'string' || !HAPPENED_ALREADY.has(constraint)) return null;
  return new BillingError('conflict', `the ledger holds this already: ${error.message}`, {
    reference: plan.reference,
    constraint,
  });
}

/**
 * Reads a hold of a locked ledger, or null: with its further slices, which are holds named `hold_x/2`. Its parts
 * are a working copy, like the ledger's state.
 */
export async function findHold(
  trx: Transaction,
  ledger: LedgerState,
  holdId: string,
): Promise<Hold | null> {
  const { rows } = await trx.raw<{ rows: HoldRow[] }>(
    `select h.hold_id, h.bucket, h.asset, h.reserved, h.remaining, h.captured, h.deadline_at
       from holds h join buckets b on b.ledger_id = h.ledger_id and b.code = h.bucket
      where h.ledger_id = :ledgerId and h.hold_id >= :holdId and h.hold_id < :holdId || '0' -- "0" comes after "/".
      order by h.placed_at, h.hold_id`,
    { ledgerId: String(ledger.ledgerId), holdId },
  );
  const first = rows[0];
  if (first === undefined) return null;
  const place = new Map(ledger.buckets.map((bucket, index) => [bucket.code, index]));
  return {
    holdId,
    deadlineAt: first.deadline_at,
    parts: rows
      .map((row) => ({
        ledgerId: ledger.ledgerId,
        holdId: row.hold_id,
        bucket: row.bucket,
        asset: row.asset,
        reserved: row.reserved,
        remaining: row.remaining,
        captured: row.captured,
        deadlineAt: row.deadline_at,
      }))
      .sort((left, right) => (place.get(left.bucket) ?? -1) - (place.get(right.bucket) ?? -1)),
  };
}

interface HoldRow {
  readonly hold_id: string;
  readonly bucket: string;
  readonly asset: string;
  readonly reserved: bigint;
  readonly remaining: bigint;
  readonly captured: bigint;
  readonly deadline_at: Instant;
}

/** A bucket as the account sees it at an instant. Amounts are micros or units: the asset tells. */
export interface BucketView {
  readonly code: string;
  readonly asset: string;
  readonly source: BucketSource;
  /** All that was ever granted into it. */
  readonly granted: bigint;
  readonly posted: bigint;
  readonly held: bigint;
  /** What could be drawn now; zero outside its life, negative when overdrawn. */
  readonly available: bigint;
  readonly startsAt: Instant | null;
  /** Not covered any more; null: never ends. A monthly quota ends with its local month. */
  readonly expiresAt: Instant | null;
  /** 1 burns first, among the buckets of its asset. */
  readonly burnOrder: number;
}

/**
 * The buckets of an account in burn order, as they are at `at`: quotas of a month that nobody has used
 * yet are shown full, those that ended and hold nothing are left out. Locks nothing.
 */
export async function listBuckets(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: Instant },
): Promise<BucketView[]> {
  const ledger = await readLedger(trx, accountId);
  const month = monthOf(at, ledger.timeZone);
  const atMs = toEpochMs(at);
  // The same opening that the first event of the month would cause, on a plan that is thrown away.
  openMonths(createLedgerPlan([ledger], { reference: 'view', postedAt: at }), ledger, {
    month,
    atMs,
  });
  const places = new Map<string, number>();
  return ledger.buckets
    .filter((bucket) => bucket.held > 0n || !isOver(bucket, atMs, month))
    .map((bucket) => {
      const burnOrder = (places.get(bucket.asset) ?? 0) + 1;
      places.set(bucket.asset, burnOrder);
      return {
        code: bucket.code,
        asset: bucket.asset,
        source: bucket.source,
        granted: bucket.granted,
        posted: bucket.posted,
        held: bucket.held,
        available: covers(bucket, atMs, month) ? availableIn(bucket) : 0n,
        startsAt: Number.isFinite(bucket.startsAtMs) ? fromEpochMs(bucket.startsAtMs) : null,
        expiresAt: endOf(bucket, ledger.timeZone),
        burnOrder,
      };
    });
}

function endOf(bucket: Bucket, timeZone: string): Instant | null {
  if (bucket.month !== null) return startOfMonth(nextMonth(bucket.month), timeZone);
  return Number.isFinite(bucket.expiresAtMs) ? fromEpochMs(bucket.expiresAtMs) : null;
}

/** A ledger without its lock, in one statement so that its parts fit together. Only for reading. */
export async function readLedger(trx: Transaction, accountId: string): Promise<LedgerState> {
  const { rows } = await trx.raw<{ rows: LedgerRow[] }>(
    `select read.* from ledgers l cross join lateral read_ledger(l.id) read where l.account_id = ?`,
    [accountId],
  );
  const ledger = rows[0] && fromRowLedgers(rows[0]).byAccount.get(accountId);
  if (!ledger) throw new BillingError('unknown_account', `account ${accountId} has no ledger`);
  return ledger;
}

export interface LedgerCheck {
  readonly assets: readonly {
    readonly asset: string;
    /** Credits less debits over all ledger accounts: zero. */
    readonly sumOfTransfers: bigint;
    /** Every cached balance (posted, granted, held) is what transfers and holds add up to. */
    readonly cachedEqualsPosted: boolean;
  }[];
  /** Numbers without gaps, every hash recomputed, the last one on the ledger's row. */
  readonly chainIntact: boolean;
  /** The number of the first transfer that does not fit; null when all do, or when the last are missing. */
  readonly firstBroken: bigint | null;
  readonly transferCount: bigint;
}

/** How many transfers an account has: what `checkLedger` would read. */
export async function countTransfers(trx: Transaction, accountId: string): Promise<number> {
  const row = await trx('ledgers')
    .where({ account_id: accountId })
    .first<{ readonly transfer_count: bigint } | undefined>('transfer_count');
  return Number(row?.transfer_count ?? 0);
}

/** Recomputes a ledger from its rows. Reads every transfer: 10 us of CPU each. */
export async function checkLedger(trx: Transaction, accountId: string): Promise<LedgerCheck> {
  const { rows } = await trx.raw<{ rows: { result: LedgerCheckJson }[] }>(
    'select check_ledger(l.id) as result from ledgers l where l.account_id = ?',
    [accountId],
  );
  const result = rows[0]?.result;
  if (!result) throw new BillingError('unknown_account', `account ${accountId} has no ledger`);
  return {
    assets: (result.assets ?? []).map(({ asset, sum, cached_equals_posted: cached }) => ({
      asset,
      sumOfTransfers: BigInt(sum),
      cachedEqualsPosted: cached,
    })),
    chainIntact: result.chain_intact,
    firstBroken: result.first_broken === null ? null : BigInt(result.first_broken),
    transferCount: BigInt(result.transfer_count),
  };
}

interface LedgerCheckJson {
  readonly assets: { asset: string; sum: string; cached_equals_posted: boolean }[] | null;
  readonly chain_intact: boolean;
  readonly first_broken: string | null;
  readonly transfer_count: string;
}
