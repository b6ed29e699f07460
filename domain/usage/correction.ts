/**
 * Owns: what a use has paid by now, and giving that back: to the buckets it came from, in reverse order.
 * Does not own: prices (rating/), the event that takes the place of an amended one (decide-usage.ts), rows (db/).
 * Rules: nothing is edited. A correction is a row of its own with transfers of kind `rerating`. What came from a
 * bucket that has closed meanwhile has expired, so it goes to breakage and nobody gets it.
 * Example: a message that took 1 from a package and 0.50 from the wallet is cancelled → 0.50 to the wallet, then 1 to
 * the package.
 */
import type { LocalDate } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { type LedgerPlan, postOnce } from '../ledger/ledger-plan';
import { contraCode, findBucket, type LedgerState } from '../ledger/ledger-state';
import { settleDebt } from '../ledger/settlement';
import type { UsageType } from './usage-event';

export const CORRECTION_KINDS = ['cancellation', 'amendment'] as const;
export type CorrectionKind = (typeof CORRECTION_KINDS)[number];

/** The run of what takes an event back: it happens once. */
export const TAKEN_BACK = 'cancel';

/** What one bucket paid. */
export interface PaidPart {
  readonly bucket: string;
  /** Where it went: revenue, consumption, tax. */
  readonly counter: string;
  readonly asset: string;
  /** Units or micros; in a correction below zero: given back. */
  readonly amount: bigint;
}

export interface CorrectedPart extends PaidPart {
  readonly transfer: number;
  /** It came from a bucket that has closed meanwhile, and went to breakage. */
  readonly isExpired: boolean;
}

/** What the document of the event's month says more; below zero: less. */
export interface ChargeDifference {
  readonly category: string;
  /** Units that money paid for. */
  readonly quantity: bigint;
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

/** A row that corrects one event. Its figures are differences. */
export interface Correction {
  readonly ledgerId: bigint;
  /** Of the event, */
  readonly key: string;
  /** and the client's id of it. */
  readonly eventId: string;
  readonly run: string;
  readonly kind: CorrectionKind;
  readonly reason: string;
  /** The event that takes its place. */
  readonly successor: { readonly key: string; readonly id: string } | null;
  readonly localDate: LocalDate;
  readonly category: string;
  readonly events: bigint;
  readonly quantity: bigint;
  readonly visitors: bigint;
  /** With the fee, without tax. */
  readonly amountMicros: bigint;
  readonly feeMicros: bigint;
  readonly taxMicros: bigint;
  readonly visitorMicros: bigint;
  readonly parts: readonly CorrectedPart[];
  readonly correctedAt: Instant;
}

/** A use as it was stored, and what has corrected it since, the oldest first. */
export interface StoredUse {
  readonly ledgerId: bigint;
  readonly key: string;
  /** The client's. */
  readonly id: string;
  readonly type: UsageType;
  readonly localDate: LocalDate;
  readonly category: string;
  readonly asset: string;
  readonly quantity: bigint;
  readonly amountMicros: bigint;
  readonly feeMicros: bigint;
  readonly taxMicros: bigint;
  readonly visitorMicros: bigint;
  readonly isNewVisitor: boolean;
  readonly visitor: string | null;
  /** In the order they paid. */
  readonly paid: readonly PaidPart[];
  readonly corrections: readonly Correction[];
}

/** What cancelled the use or took it back for another one; null: it stands. */
export function findTakenBack({ corrections }: StoredUse): Correction | null {
  return corrections.find(({ run }) => run === TAKEN_BACK) ?? null;
}

/** What the use has paid by now, in the order it was paid. */
export function standingParts({ paid, corrections }: StoredUse): PaidPart[] {
  const standing: PaidPart[] = paid.map((part) => ({ ...part }));
  for (const part of corrections.flatMap(({ parts }) => parts)) {
    if (part.amount > 0n) standing.push(part);
    else takeFrom(standing, -part.amount, (one) => isSamePlace(one, part));
  }
  return standing;
}

function isSamePlace(left: PaidPart, right: PaidPart): boolean {
  return left.bucket === right.bucket && left.counter === right.counter;
}

/** Takes up to `amount` from the last parts that fit, and answers what it took, the last first. */
export function takeFrom(
  parts: PaidPart[],
  amount: bigint,
  fits: (part: PaidPart) => boolean,
): PaidPart[] {
  const taken: PaidPart[] = [];
  let missing = amount;
  for (let index = parts.length - 1; index >= 0 && missing > 0n; index -= 1) {
    const part = parts[index];
    if (part === undefined || !fits(part)) continue;
    const amountOfPart = part.amount < missing ? part.amount : missing;
    taken.push({ ...part, amount: amountOfPart });
    missing -= amountOfPart;
    if (amountOfPart === part.amount) parts.splice(index, 1);
    else parts[index] = { ...part, amount: part.amount - amountOfPart };
  }
  return taken;
}

export interface TakingBack {
  readonly kind: CorrectionKind;
  readonly reason: string;
  readonly successor: Correction['successor'];
  /** The event that takes its place names the same visitor, who was there and stays paid. */
  readonly keepsVisitor: boolean;
  readonly at: Instant;
}

/**
 * Takes a use back: all it has paid by now returns, and its day counts it no more. The visitor it brought, the
 * conversation it opened and free units it took stay as they are: other events were rated by them.
 */
export function takeBack(
  plan: LedgerPlan,
  ledger: LedgerState,
  { use, ...taking }: TakingBack & { readonly use: StoredUse },
): Correction {
  const { kind, reason, successor, keepsVisitor, at } = taking;
  const standing = standingParts(use);
  const keeps = keepsVisitor && use.isNewVisitor;
  const visit = visitOf(use);
  if (keeps) takeVisitor(ledger, visit, standing);
  const reference = `${TAKEN_BACK}/${use.key}`;
  const parts = returnParts(plan, ledger, { parts: standing.reverse(), reference, reason, at });
  const sum = sumOf(use);
  const isVisit = use.type === 'visitor';
  const staysPaid = keeps && isVisit;
  return {
    ledgerId: use.ledgerId,
    key: use.key,
    eventId: use.id,
    run: TAKEN_BACK,
    kind,
    reason,
    successor,
    localDate: use.localDate,
    category: use.category,
    events: -1n,
    quantity: staysPaid ? 0n : -use.quantity,
    visitors: use.isNewVisitor && !keeps ? -1n : 0n,
    amountMicros: staysPaid ? 0n : -sum.amountMicros,
    feeMicros: -sum.feeMicros,
    taxMicros: (keeps ? visit.taxMicros : 0n) - sum.taxMicros,
    visitorMicros: keeps ? 0n : -sum.visitorMicros,
    parts,
    correctedAt: at,
  };
}

const VISITORS = 'unique_visitor';

interface Visit {
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

/** What the new visitor cost. An event keeps one tax, of which the visitor's is its share by price. */
function visitOf(use: StoredUse): Visit {
  const { amountMicros, visitorMicros, taxMicros } = sumOf(use);
  const netMicros = use.type === 'visitor' ? amountMicros : visitorMicros;
  const allMicros = amountMicros + visitorMicros;
  return { netMicros, taxMicros: allMicros === 0n ? 0n : (taxMicros * netMicros) / allMicros };
}

/** What the month's document says less once the use is taken back. */
export function chargesTakenBack(
  use: StoredUse,
  { visitorMicros, amountMicros }: Correction,
): ChargeDifference[] {
  const sum = sumOf(use);
  const visit = visitOf(use);
  const isVisit = use.type === 'visitor';
  const covered = use.paid.reduce(
    (total, { asset, amount }) => (asset === use.asset ? total + amount : total),
    0n,
  );
  const ofUse: ChargeDifference = {
    category: use.category,
    quantity: covered - use.quantity,
    netMicros: -sum.amountMicros,
    taxMicros: visit.taxMicros - sum.taxMicros,
  };
  const ofVisit: ChargeDifference = {
    category: VISITORS,
    quantity: -1n,
    netMicros: -visit.netMicros,
    taxMicros: -visit.taxMicros,
  };
  const isVisitTaken = (isVisit ? amountMicros : visitorMicros) !== 0n;
  return [...(isVisit ? [] : [ofUse]), ...(isVisitTaken ? [ofVisit] : [])].filter(
    ({ netMicros, taxMicros }) => netMicros !== 0n || taxMicros !== 0n,
  );
}

/** Takes out of `standing` what a new visitor has paid, which came after everything else. */
function takeVisitor({ currency }: LedgerState, visit: Visit, standing: PaidPart[]): void {
  takeFrom(standing, 1n, ({ asset }) => asset === VISITORS);
  const tax = contraCode('tax_payable', currency);
  takeFrom(standing, visit.taxMicros, ({ counter }) => counter === tax);
  takeFrom(standing, visit.netMicros, ({ counter }) => counter === contraCode('revenue', currency));
}

type Figures = Pick<StoredUse, 'amountMicros' | 'feeMicros' | 'taxMicros' | 'visitorMicros'>;

/** What the use costs by now. */
export function sumOf({ corrections, ...use }: StoredUse): Figures {
  const sum = (figure: keyof Figures): bigint =>
    corrections.reduce((total, correction) => total + correction[figure], use[figure]);
  return {
    amountMicros: sum('amountMicros'),
    feeMicros: sum('feeMicros'),
    taxMicros: sum('taxMicros'),
    visitorMicros: sum('visitorMicros'),
  };
}

/**
 * Gives parts back in the order given: to their buckets, and of those that have closed to breakage. A debt that is
 * left is settled from what came back.
 */
export function returnParts(
  plan: LedgerPlan,
  ledger: LedgerState,
  returned: {
    readonly parts: readonly PaidPart[];
    readonly reference: string;
    readonly reason: string;
    readonly at: Instant;
  },
): CorrectedPart[] {
  const { parts, reference, reason, at } = returned;
  const moves = new Map<string, Move>();
  for (const part of parts) addTo(moves, ledger, part);
  const corrected: CorrectedPart[] = [];
  for (const { credit, isExpired, parts: ofMove } of moves.values()) {
    const [first] = ofMove;
    if (first === undefined) continue;
    const transfer = postOnce(plan, ledger, {
      debit: first.counter,
      credit,
      asset: first.asset,
      amount: ofMove.reduce((sum, { amount }) => sum + amount, 0n),
      kind: 'rerating',
      reference,
      reason,
      effectiveAtMs: toEpochMs(at),
    });
    corrected.push(
      ...ofMove.map((part) => ({ ...part, amount: -part.amount, transfer, isExpired })),
    );
  }
  settleDebt(plan, ledger, { at, reference });
  return corrected;
}

interface Move {
  readonly credit: string;
  readonly isExpired: boolean;
  readonly parts: PaidPart[];
}

/** What goes the same way goes in one transfer. */
function addTo(moves: Map<string, Move>, ledger: LedgerState, part: PaidPart): void {
  const bucket = findBucket(ledger, part.bucket);
  if (bucket !== undefined) bucket.posted += part.amount;
  const credit = bucket?.code ?? contraCode('breakage', part.asset);
  const name = `${part.counter}|${credit}`;
  const move = moves.get(name) ?? { credit, isExpired: bucket === undefined, parts: [] };
  const same = move.parts.findIndex(({ bucket: code }) => code === part.bucket);
  const known = move.parts[same];
  if (known === undefined) move.parts.push(part);
  else move.parts[same] = { ...known, amount: known.amount + part.amount };
  moves.set(name, move);
}
