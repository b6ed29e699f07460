/**
 * Owns: the plan, the list of rows one transaction will write: transfers, opened and closed buckets,
 * holds, events, months, allowances; and the rule that a thing happens once.
 * Does not own: what to move (the decisions beside it) and the writing (db/, function apply_plan).
 * Throw a plan and its LedgerStates away and nothing has happened: that is a quote.
 * Source: docs/domain/ledger.md, "The one way money moves".
 * Example: two events that draw on `quota/message/2026-11` in one plan share one transfer;
 * a second grant under one reference is refused, or recognised by the decision that asks for it.
 */
import { BillingError } from '../billing-error';
import type { MonthKey } from '../calendar';
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { Contact } from '../rating/rate-event';
import type { Taxation } from '../tax/taxation';
import type { Rating, UsageEvent } from '../usage/usage-event';
import {
  type Bucket,
  compareBurnOrder,
  isContraCode,
  type LedgerState,
  type RepeatableKind,
  type TransferKind,
} from './ledger-state';

export interface PlannedTransfer {
  readonly ledgerId: bigint;
  readonly number: number;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  /** Grows while usage of the same kind is added to it. */
  amount: bigint;
  readonly kind: TransferKind;
  readonly reference: string;
  readonly reason: string | null;
  readonly effectiveAtMs: number;
}

export interface UsageTransfer {
  readonly transfer: PlannedTransfer;
  /** The account's month of the usage. */
  readonly month: MonthKey;
}

export interface PlannedHold {
  readonly ledgerId: bigint;
  readonly holdId: string;
  readonly bucket: string;
  readonly asset: string;
  readonly reserved: bigint;
  remaining: bigint;
  captured: bigint;
  readonly deadlineAt: Instant;
}

/** A usage event as it is kept: what was sent, how it was priced, what paid for it. */
export interface PlannedUsageEvent {
  readonly ledgerId: bigint;
  readonly event: UsageEvent;
  readonly localDate: string;
  readonly asset: string;
  readonly rating: Rating;
  readonly isNewVisitor: boolean;
  /** What of the rating's tax is for a visitor beside the use itself. */
  readonly visitorTaxMicros: bigint;
  /** Units that money paid for. */
  readonly paidQuantity: bigint;
  /** How money was taxed; null: none paid. */
  readonly taxation: Taxation | null;
  /** Numbers of the transfers that pay for it, and how much of each. */
  readonly transfers: readonly number[];
  readonly amounts: readonly bigint[];
}

/** What is known of a customer after this plan. */
export interface PlannedContact {
  readonly ledgerId: bigint;
  /** A digest of business number and customer, as a uuid. */
  readonly contactId: string;
  readonly contact: Contact;
}

export interface PlannedCount {
  readonly ledgerId: bigint;
  readonly month: MonthKey;
  readonly counter: string;
  /** On top of what was counted before this plan. */
  added: bigint;
}

/** What usage took from money, which the document of the month will say. Taxations are compared as objects. */
export interface PlannedUsageCharge {
  readonly ledgerId: bigint;
  readonly month: MonthKey;
  readonly category: string;
  readonly taxation: Taxation;
  /** Units that money paid for. */
  quantity: bigint;
  netMicros: bigint;
  taxMicros: bigint;
}

export interface PlannedAllowance {
  readonly ledgerId: bigint;
  readonly asset: string;
  readonly fromMonth: MonthKey;
  readonly quantity: bigint;
}

export interface LedgerPlan {
  /** What the usage in this plan is posted under; operations name their own. */
  readonly reference: string;
  readonly postedAt: Instant;
  readonly ledgers: readonly LedgerState[];
  readonly opened: { readonly ledgerId: bigint; readonly bucket: Bucket }[];
  readonly transfers: PlannedTransfer[];
  readonly holds: Map<string, PlannedHold>;
  readonly events: PlannedUsageEvent[];
  /** One per ledger: of two rows for one ledger, UPDATE would take either. */
  readonly months: Map<bigint, MonthKey>;
  /** Buckets whose life ended; those without holds close. */
  readonly ended: {
    readonly ledgerId: bigint;
    readonly code: string;
    readonly endedAtMs: number;
  }[];
  /** One per ledger, asset and month, for the same reason. */
  readonly allowances: Map<string, PlannedAllowance>;
  /** Usage transfers that later usage of the same kind adds to, by ledger: a handful each. */
  readonly usageTransfers: Map<bigint, UsageTransfer[]>;
  /** One per ledger and customer. */
  readonly contacts: Map<string, PlannedContact>;
  /** One per ledger, month and counter. */
  readonly counts: Map<string, PlannedCount>;
  /** By ledger: a handful each. */
  readonly usageCharges: Map<bigint, PlannedUsageCharge[]>;
  isApplied: boolean;
}

/**
 * An empty plan over ledgers that are locked in this transaction. Decisions move the balances of these
 * very LedgerStates and note the rows; `applyLedgerPlan` writes them, once.
 */
export function createLedgerPlan(
  ledgers: readonly LedgerState[],
  { reference, postedAt }: { readonly reference: string; readonly postedAt: Instant },
): LedgerPlan {
  invariant(reference !== '', 'a plan names what it is for');
  return {
    reference,
    postedAt,
    ledgers,
    opened: [],
    transfers: [],
    holds: new Map(),
    events: [],
    months: new Map(),
    ended: [],
    allowances: new Map(),
    usageTransfers: new Map(),
    contacts: new Map(),
    counts: new Map(),
    usageCharges: new Map(),
    isApplied: false,
  };
}

export interface Posting {
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly effectiveAtMs: number;
}

/**
 * Notes a transfer that happens once under (kind, reference, debit, credit). It moves no cached balance:
 * the decision that calls it has done that, or does it next. Answers the transfer's number.
 * Throws `conflict` when the same thing is already noted: decisions look first (`findHappened`).
 */
export function postOnce(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: Posting & {
    readonly kind: Exclude<TransferKind, RepeatableKind>;
    readonly reference: string;
    readonly reason?: string | null;
  },
): number {
  const { kind, reference, debit, credit } = posting;
  if (
    ledger.happened.some(
      (t) =>
        t.kind === kind && t.reference === reference && t.debit === debit && t.credit === credit,
    )
  ) {
    throw alreadyHappened({ kind, reference });
  }
  ledger.happened.push({
    kind,
    reference,
    debit,
    credit,
    asset: posting.asset,
    amount: posting.amount,
  });
  return addTransfer(plan, ledger, {
    debit,
    credit,
    asset: posting.asset,
    amount: posting.amount,
    kind,
    reference,
    reason: posting.reason ?? null,
    effectiveAtMs: posting.effectiveAtMs,
  }).number;
}

/** Notes a settlement. What there is to settle makes it happen once, not its reference. */
export function postSettlement(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: Posting & { readonly reference: string },
): number {
  return addTransfer(plan, ledger, { ...posting, kind: 'settlement', reason: null }).number;
}

/**
 * Notes usage. Usage of one bucket, counter, month and reference shares one transfer per plan, whose
 * business time is that of the first. Answers the transfer's number.
 */
export function postUsage(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: Posting & { readonly month: MonthKey; readonly reference?: string },
): number {
  const {
    debit,
    credit,
    asset,
    amount,
    effectiveAtMs,
    month,
    reference = plan.reference,
  } = posting;
  const ofLedger = listOf(plan.usageTransfers, ledger.ledgerId);
  const known = ofLedger.find(
    (one) =>
      one.transfer.debit === debit &&
      one.transfer.credit === credit &&
      one.month === month &&
      one.transfer.reference === reference,
  );
  if (known !== undefined) {
    known.transfer.amount += amount;
    return known.transfer.number;
  }
  const transfer = addTransfer(plan, ledger, {
    debit,
    credit,
    asset,
    amount,
    kind: 'usage',
    reference,
    reason: null,
    effectiveAtMs,
  });
  ofLedger.push({ transfer, month });
  return transfer.number;
}

function listOf<T>(lists: Map<bigint, T[]>, ledgerId: bigint): T[] {
  const known = lists.get(ledgerId);
  if (known !== undefined) return known;
  const list: T[] = [];
  lists.set(ledgerId, list);
  return list;
}

/** Adds up what usage took from money; nothing adds nothing. */
export function noteUsageCharge(
  plan: LedgerPlan,
  of: Pick<PlannedUsageCharge, 'ledgerId' | 'month' | 'category' | 'taxation'>,
  money: Pick<PlannedUsageCharge, 'quantity' | 'netMicros' | 'taxMicros'>,
): void {
  const { ledgerId, month, category, taxation } = of;
  const { quantity, netMicros, taxMicros } = money;
  if (netMicros === 0n && taxMicros === 0n) return;
  const ofLedger = listOf(plan.usageCharges, ledgerId);
  const known = ofLedger.find(
    (one) => one.category === category && one.month === month && one.taxation === taxation,
  );
  if (known === undefined) {
    ofLedger.push({ ledgerId, month, category, taxation, quantity, netMicros, taxMicros });
    return;
  }
  known.quantity += quantity;
  known.netMicros += netMicros;
  known.taxMicros += taxMicros;
}

/** The alarm for one key with different data. Nobody expects it: it is a bug of ours or an attack. */
export function alreadyHappened(what: {
  readonly kind: TransferKind;
  readonly reference: string;
}): BillingError {
  return new BillingError(
    'conflict',
    `a ${what.kind} under the reference "${what.reference}" happened already, with other data`,
    { kind: what.kind, reference: what.reference },
  );
}

/** Adds to a bucket what was granted into it; the caller posts the transfer. */
export function fillBucket(bucket: Bucket, amount: bigint): void {
  bucket.posted += amount;
  bucket.granted += amount;
}

/** Opens a bucket, empty. Throws when the code is taken or names a counter. */
export function openBucket(plan: LedgerPlan, ledger: LedgerState, bucket: Bucket): Bucket {
  invariant(!isContraCode(bucket.code), `${bucket.code} is a counter, not a bucket`);
  invariant(
    ledger.buckets.every((known) => known.code !== bucket.code),
    `${bucket.code} is open already`,
  );
  invariant(bucket.posted === 0n && bucket.held === 0n, 'a bucket opens empty');
  plan.opened.push({ ledgerId: ledger.ledgerId, bucket });
  ledger.buckets.push(bucket);
  ledger.buckets.sort(compareBurnOrder);
  return bucket;
}

/**
 * Ends a bucket's life: it covers nothing any more. An empty one closes: it leaves the state, and no
 * transfer can name it again. One with holds stays until they end.
 */
export function endBucket(
  plan: LedgerPlan,
  ledger: LedgerState,
  { bucket, atMs }: { readonly bucket: Bucket; readonly atMs: number },
): void {
  invariant(bucket.posted === bucket.held, `${bucket.code} still holds something free`);
  const endedAtMs = Math.max(bucket.startsAtMs, Math.min(bucket.expiresAtMs, atMs));
  bucket.expiresAtMs = endedAtMs;
  plan.ended.push({ ledgerId: ledger.ledgerId, code: bucket.code, endedAtMs });
  if (bucket.held === 0n) ledger.buckets.splice(ledger.buckets.indexOf(bucket), 1);
}

function addTransfer(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: Posting & {
    readonly kind: TransferKind;
    readonly reference: string;
    readonly reason: string | null;
  },
): PlannedTransfer {
  invariant(!plan.isApplied, 'the plan was applied: lock again and make a new one');
  invariant(posting.amount > 0n, 'a transfer moves a positive amount');
  invariant(posting.debit !== posting.credit, 'a transfer moves between two ledger accounts');
  ledger.transferCount += 1;
  const transfer: PlannedTransfer = {
    ledgerId: ledger.ledgerId,
    number: ledger.transferCount,
    debit: posting.debit,
    credit: posting.credit,
    asset: posting.asset,
    amount: posting.amount,
    kind: posting.kind,
    reference: posting.reference,
    reason: posting.reason,
    effectiveAtMs: posting.effectiveAtMs,
  };
  plan.transfers.push(transfer);
  return transfer;
}

/**
 * The text whose SHA-256, after the hash before it, is a transfer's hash. migrations/0002 and
 * `checkLedger` spell the same text in SQL; a test compares the two.
 */
export function canonicalTransfer(transfer: PlannedTransfer, postedAtMs: number): string {
  return [
    transfer.ledgerId,
    transfer.number,
    JSON.stringify(transfer.debit),
    JSON.stringify(transfer.credit),
    JSON.stringify(transfer.asset),
    transfer.amount,
    transfer.kind,
    JSON.stringify(transfer.reference),
    JSON.stringify(transfer.reason),
    transfer.effectiveAtMs,
    postedAtMs,
  ].join('|');
}
