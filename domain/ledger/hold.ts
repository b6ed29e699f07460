/**
 * Owns: reserving units or money for something about to happen, paying for the part that happened,
 * and giving the rest back.
 * Does not own: when a deadline has passed (a workflow or sweep releases), rating, usage events.
 * Source: docs/domain/ledger.md (pending → posted for at most the held amount, or voided); R3 broadcasts
 * (hold 100 recipients, capture the delivered).
 * Example: hold 100 messages from a quota of 60 and a package → 60 + 40 held; capture 70 → usage 60
 * from the quota and 10 from the package; release → 30 of the package are free again.
 */
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { giveBack, type Part, payUnits } from './burn';
import { forfeitBucket } from './expiry';
import { type LedgerPlan, type PlannedHold, postUsage } from './ledger-plan';
import {
  availableIn,
  type Bucket,
  contraCode,
  findBucket,
  isOver,
  type LedgerState,
} from './ledger-state';
import { settleDebt } from './settlement';

/** One hold of one ledger: a part per bucket it reserves from, in burn order. A working copy. */
export interface Hold {
  readonly holdId: string;
  readonly deadlineAt: Instant;
  readonly parts: readonly PlannedHold[];
}

export interface HoldRequest {
  readonly holdId: string;
  readonly asset: string;
  readonly quantity: bigint;
  /** What a unit that no bucket covers costs, in 1e-10 of the currency; null: units only. */
  readonly unitPrice: bigint | null;
  readonly at: Instant;
  /** The local month of `at`. */
  readonly month: MonthKey;
  readonly deadlineAt: Instant;
}

export type HoldOutcome =
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'quota_exhausted' | 'insufficient_balance'; readonly missing: bigint };

/**
 * Reserves units in burn order, and money for those that no bucket covers. All or nothing; never into
 * the red. A hold id is used once: `applyLedgerPlan` throws `conflict` the second time.
 */
export function placeHold(
  plan: LedgerPlan,
  ledger: LedgerState,
  request: HoldRequest,
): HoldOutcome {
  invariant(request.quantity > 0n, 'a hold is positive');
  const parts: Part[] = [];
  const unpaid = payUnits(
    ledger,
    { ...request, atMs: toEpochMs(request.at), mayOverdraw: false },
    parts,
  );
  if (unpaid !== null) {
    giveBack(parts);
    return { kind: unpaid.reason, missing: unpaid.missing };
  }
  // Reserved, not spent: what burn took from the balance is held instead.
  giveBack(parts);
  const hold: Hold = {
    holdId: request.holdId,
    deadlineAt: request.deadlineAt,
    parts: parts.map((part) => reserve(plan, ledger, { request, part })),
  };
  return { kind: 'held', hold };
}

/**
 * Reserves what a quote named, bucket by bucket: the quote is of this very state, so every bucket has it.
 * A hold id is used once, as in `placeHold`.
 */
export function reserveQuoted(
  plan: LedgerPlan,
  ledger: LedgerState,
  reservation: {
    readonly holdId: string;
    readonly deadlineAt: Instant;
    readonly charges: readonly { readonly bucket: string; readonly amount: bigint }[];
  },
): Hold {
  const { holdId, deadlineAt, charges } = reservation;
  const parts = charges.map(({ bucket: code, amount }) => {
    const bucket = findBucket(ledger, code);
    invariant(bucket !== undefined && availableIn(bucket) >= amount, `${code} has what was quoted`);
    return reserve(plan, ledger, { request: { holdId, deadlineAt }, part: { bucket, amount } });
  });
  return { holdId, deadlineAt, parts };
}

/**
 * Takes up to `want.amount` of an asset from what a hold reserves, in burn order, also from buckets that have ended
 * meanwhile. A quota pays for usage of its own month only: a hold neither carries it over nor borrows ahead.
 * Adds to `parts`; answers what is still missing.
 */
export function drawOnHold(
  ledger: LedgerState,
  draw: {
    readonly hold: Hold;
    readonly asset: string;
    readonly amount: bigint;
    /** The account's month of what is paid. */
    readonly month: MonthKey;
  },
  parts: Part[],
): bigint {
  let missing = draw.amount;
  for (const reserved of draw.hold.parts) {
    if (missing === 0n) break;
    if (reserved.asset !== draw.asset || reserved.remaining === 0n) continue;
    const bucket = heldBucket(ledger, reserved);
    if (bucket.month !== null && bucket.month !== draw.month) continue;
    const taken = reserved.remaining < missing ? reserved.remaining : missing;
    bucket.posted -= taken;
    bucket.held -= taken;
    reserved.remaining -= taken;
    reserved.captured += taken;
    parts.push({ bucket, amount: taken, hold: reserved });
    missing -= taken;
  }
  return missing;
}

/** Notes what was drawn on holds, once it is paid for good. */
export function noteDrawn(plan: LedgerPlan, parts: readonly Part[]): void {
  for (const { hold } of parts) if (hold !== undefined) noteHold(plan, hold);
}

/** Whether all it reserved is paid for. One that never reserved anything has nothing to be captured. */
export function isCaptured({ parts }: Hold): boolean {
  return parts.length > 0 && parts.every(({ remaining }) => remaining === 0n);
}

export type CaptureOutcome =
  | {
      readonly kind: 'captured';
      readonly parts: readonly { readonly bucket: string; readonly amount: bigint }[];
    }
  | { readonly kind: 'exceeds_hold'; readonly remaining: bigint };

/**
 * Pays `amount` of one asset of a hold, in burn order: usage from the held buckets, even when their life
 * has ended meanwhile. Never more than is still held: then `exceeds_hold`, and nothing has moved.
 */
export function captureHold(
  plan: LedgerPlan,
  ledger: LedgerState,
  capture: {
    readonly hold: Hold;
    readonly asset: string;
    readonly amount: bigint;
    readonly at: Instant;
    readonly month: MonthKey;
  },
): CaptureOutcome {
  const { hold, asset } = capture;
  invariant(capture.amount > 0n, 'a capture is positive');
  const open = hold.parts.filter((part) => part.asset === asset && part.remaining > 0n);
  const remaining = open.reduce((sum, part) => sum + part.remaining, 0n);
  if (capture.amount > remaining) return { kind: 'exceeds_hold', remaining };
  let wanted = capture.amount;
  const parts: { bucket: string; amount: bigint }[] = [];
  for (const part of open) {
    if (wanted === 0n) break;
    const amount = part.remaining < wanted ? part.remaining : wanted;
    wanted -= amount;
    pay(plan, ledger, { part, amount, capture });
    parts.push({ bucket: part.bucket, amount });
  }
  return { kind: 'captured', parts };
}

/**
 * Gives back what is still held. A bucket whose life ended meanwhile forfeits it at once, and money that
 * is free again settles a debt. Twice changes nothing. Answers what was released, per bucket.
 */
export function releaseHold(
  plan: LedgerPlan,
  ledger: LedgerState,
  release: { readonly hold: Hold; readonly at: Instant; readonly month: MonthKey },
): readonly { readonly bucket: string; readonly amount: bigint }[] {
  const { hold, at } = release;
  const released: { bucket: string; amount: bigint }[] = [];
  for (const part of hold.parts) {
    if (part.remaining === 0n) continue;
    const bucket = heldBucket(ledger, part);
    released.push({ bucket: part.bucket, amount: part.remaining });
    bucket.held -= part.remaining;
    part.remaining = 0n;
    noteHold(plan, part);
    if (isOver(bucket, toEpochMs(at), release.month)) {
      forfeitBucket(plan, ledger, { code: bucket.code, at, reference: hold.holdId });
    }
  }
  if (released.length > 0) settleDebt(plan, ledger, { at, reference: hold.holdId });
  return released;
}

function reserve(
  plan: LedgerPlan,
  ledger: LedgerState,
  {
    request,
    part,
  }: {
    readonly request: Pick<HoldRequest, 'holdId' | 'deadlineAt'>;
    readonly part: Part;
  },
): PlannedHold {
  part.bucket.held += part.amount;
  const held: PlannedHold = {
    ledgerId: ledger.ledgerId,
    holdId: request.holdId,
    bucket: part.bucket.code,
    asset: part.bucket.asset,
    reserved: part.amount,
    remaining: part.amount,
    captured: 0n,
    deadlineAt: request.deadlineAt,
  };
  noteHold(plan, held);
  return held;
}

function pay(
  plan: LedgerPlan,
  ledger: LedgerState,
  payment: {
    readonly part: PlannedHold;
    readonly amount: bigint;
    readonly capture: { readonly hold: Hold; readonly at: Instant; readonly month: MonthKey };
  },
): void {
  const { part, amount, capture } = payment;
  const bucket = heldBucket(ledger, part);
  part.remaining -= amount;
  part.captured += amount;
  bucket.held -= amount;
  bucket.posted -= amount;
  noteHold(plan, part);
  const contra = part.asset === ledger.currency ? 'revenue' : 'consumption';
  postUsage(plan, ledger, {
    debit: part.bucket,
    credit: contraCode(contra, part.asset),
    asset: part.asset,
    amount,
    effectiveAtMs: toEpochMs(capture.at),
    month: capture.month,
    reference: capture.hold.holdId,
  });
}

function heldBucket(ledger: LedgerState, part: PlannedHold): Bucket {
  const bucket = findBucket(ledger, part.bucket);
  invariant(
    bucket !== undefined && bucket.held >= part.remaining,
    `${part.bucket} does not hold what ${part.holdId} reserved`,
  );
  return bucket;
}

/** One row per hold and bucket in a plan: the last state counts. */
function noteHold(plan: LedgerPlan, part: PlannedHold): void {
  plan.holds.set(`${part.ledgerId}|${part.holdId}|${part.bucket}`, part);
}
