/**
 * Owns: what a use has paid by now, and giving that back: to the buckets it came from, in reverse order.
 * Does not own: prices (rating/), the event that takes the place of an amended one (decide-usage.ts), rows (db/).
 * Rules: nothing is edited. A correction is a row of its own with transfers of kind `rerating`. What came from a
 * bucket that has closed meanwhile has expired, so it goes to breakage and nobody gets it.
 * Example: a message of 1 from a package and 0.50 from the wallet is cancelled → 0.50 to the wallet, 1 to the package.
 */
import type { LocalDate } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { type LedgerPlan, postOnce } from '../ledger/ledger-plan';
import { contraCode, findBucket, type LedgerState } from '../ledger/ledger-state';
import { settleDebt } from '../ledger/settlement';
import type { UsageType } from './usage-event';
import type { Rerated } from './use-price';

/** visitor_cancellation: the visitor an amended event brought, who was its successor's, was taken back with that. */
export const CORRECTION_KINDS = [
  'cancellation',
  'amendment',
  'visitor_cancellation',
  'rerating',
] as const;
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
  /** Null: it was taken back. */
  readonly rerated: Rerated | null;
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
  /** What of the tax is for that. */
  readonly visitorTaxMicros: bigint;
  /** Units that money paid for. */
  readonly paidQuantity: bigint;
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
  /** What of the tax is for that. */
  readonly visitorTaxMicros: bigint;
  /** Units that money paid for. */
  readonly paidQuantity: bigint;
  readonly isNewVisitor: boolean;
  readonly visitor: string | null;
  /** How its money was taxed, by the row; null: no money paid. */
  readonly taxationId: number | null;
  /** The number of the last transfer that paid for it; 0: none did. */
  readonly lastTransfer: bigint;
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
  readonly kind: Exclude<CorrectionKind, 'rerating'>;
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
  const kept = keepsVisitor ? visitOf(use) : NOTHING;
  takeVisitor(ledger, kept, standing);
  const reference = `${TAKEN_BACK}/${use.key}`;
  const parts = returnParts(plan, ledger, { parts: standing.reverse(), reference, reason, at });
  return {
    ledgerId: use.ledgerId,
    key: use.key,
    eventId: use.id,
    run: TAKEN_BACK,
    kind,
    reason,
    successor,
    rerated: null,
    localDate: use.localDate,
    category: use.category,
    events: -1n,
    ...subtract(kept, sumOf(use)),
    parts,
    correctedAt: at,
  };
}

/** Whether a new visitor it brought is still paid for by it. */
export function hasVisitor(use: StoredUse): boolean {
  return sumOf(use).visitors > 0n;
}

/** The run of what takes back the visitor of an amended event, together with the event that had taken its place. */
export function visitorRun(heirKey: string): string {
  return `visitor/${heirKey}`;
}

/**
 * Takes back the visitor whom an amended event brought. They stayed paid for the event in its place; once that is
 * taken back and nothing with this visitor takes its place, no event that stands has them.
 */
export function takeVisitorBack(
  plan: LedgerPlan,
  ledger: LedgerState,
  {
    use,
    heirKey,
    reason,
    at,
  }: {
    readonly use: StoredUse;
    readonly heirKey: string;
    readonly reason: string;
    readonly at: Instant;
  },
): Correction {
  const visit = visitOf(use);
  const run = visitorRun(heirKey);
  const parts = takeVisitor(ledger, visit, standingParts(use));
  return {
    ledgerId: use.ledgerId,
    key: use.key,
    eventId: use.id,
    run,
    kind: 'visitor_cancellation',
    reason,
    successor: null,
    rerated: null,
    localDate: use.localDate,
    category: use.category,
    events: 0n,
    ...subtract(NOTHING, visit),
    parts: returnParts(plan, ledger, { parts, reference: run, reason, at }),
    correctedAt: at,
  };
}

const VISITORS = 'unique_visitor';

/** What a use is in reports and on documents. */
type Figures = Pick<
  Correction,
  | 'quantity'
  | 'visitors'
  | 'amountMicros'
  | 'feeMicros'
  | 'taxMicros'
  | 'visitorMicros'
  | 'visitorTaxMicros'
  | 'paidQuantity'
>;

const NOTHING: Figures = {
  quantity: 0n,
  visitors: 0n,
  amountMicros: 0n,
  feeMicros: 0n,
  taxMicros: 0n,
  visitorMicros: 0n,
  visitorTaxMicros: 0n,
  paidQuantity: 0n,
};

/** What the new visitor is of a use by now: of an event that is a visit and nothing else, all of it. */
function visitOf(use: StoredUse): Figures {
  const sum = sumOf(use);
  if (sum.visitors === 0n) return NOTHING;
  if (use.type === 'visitor') return sum;
  const { visitorMicros, visitorTaxMicros } = sum;
  return { ...NOTHING, visitors: 1n, visitorMicros, visitorTaxMicros, taxMicros: visitorTaxMicros };
}

function subtract(from: Figures, figures: Figures): Figures {
  return {
    quantity: from.quantity - figures.quantity,
    visitors: from.visitors - figures.visitors,
    amountMicros: from.amountMicros - figures.amountMicros,
    feeMicros: from.feeMicros - figures.feeMicros,
    taxMicros: from.taxMicros - figures.taxMicros,
    visitorMicros: from.visitorMicros - figures.visitorMicros,
    visitorTaxMicros: from.visitorTaxMicros - figures.visitorTaxMicros,
    paidQuantity: from.paidQuantity - figures.paidQuantity,
  };
}

/** What the document of the use's month says more by a correction; below zero: less. */
export function chargesOf(correction: Correction): ChargeDifference[] {
  const { category, visitorMicros, visitorTaxMicros } = correction;
  const ofUse: ChargeDifference = {
    category,
    quantity: correction.paidQuantity,
    netMicros: correction.amountMicros,
    taxMicros: correction.taxMicros - visitorTaxMicros,
  };
  const ofVisit: ChargeDifference = {
    category: VISITORS,
    quantity: correction.visitors,
    netMicros: visitorMicros,
    taxMicros: visitorTaxMicros,
  };
  return [ofUse, ofVisit].filter(
    ({ netMicros, taxMicros }) => netMicros !== 0n || taxMicros !== 0n,
  );
}

/** Takes out of `standing` what a new visitor has paid, which came after everything else. Answers it, the last first. */
function takeVisitor({ currency }: LedgerState, visit: Figures, standing: PaidPart[]): PaidPart[] {
  if (visit.visitors === 0n) return [];
  const tax = contraCode('tax_payable', currency);
  const revenue = contraCode('revenue', currency);
  const netMicros = visit.amountMicros + visit.visitorMicros;
  return [
    ...takeFrom(standing, visit.taxMicros, ({ counter }) => counter === tax),
    ...takeFrom(standing, netMicros, ({ counter }) => counter === revenue),
    ...takeFrom(standing, 1n, ({ asset }) => asset === VISITORS),
  ];
}

/** What the use is and costs by now. */
export function sumOf({ corrections, isNewVisitor, ...use }: StoredUse): Figures {
  const sum = (figure: keyof Figures, first: bigint): bigint =>
    corrections.reduce((total, correction) => total + correction[figure], first);
  return {
    quantity: sum('quantity', use.quantity),
    visitors: sum('visitors', isNewVisitor ? 1n : 0n),
    amountMicros: sum('amountMicros', use.amountMicros),
    feeMicros: sum('feeMicros', use.feeMicros),
    taxMicros: sum('taxMicros', use.taxMicros),
    visitorMicros: sum('visitorMicros', use.visitorMicros),
    visitorTaxMicros: sum('visitorTaxMicros', use.visitorTaxMicros),
    paidQuantity: sum('paidQuantity', use.paidQuantity),
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
