/**
 * Owns: what something that has not happened would cost, what would pay for it, and what is missing.
 * Does not own: the decision itself (decide-usage.ts), reserving it (ledger/hold.ts), locks and rows (db/).
 * Source: R3.09, R3.33. A quote is the decision about the events with its plan thrown away, so that the two
 * cannot disagree.
 * Example: a broadcast to 3 people at 500.00 IDR with 1,200.00 IDR → total 1,500.00, missing 300.00.
 */
import { toEpochMs } from '../instant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import { availableIn, covers, type LedgerState } from '../ledger/ledger-state';
import { decideUsage, type TariffedEvent, type UsageReading } from './decide-usage';
import type { Rating, UsageCharge, UsageOutcome, UsageRefusal, ZeroReason } from './usage-event';

/** Working copies of what was read, and a plan that nobody applies. */
export interface QuoteScope {
  readonly plan: LedgerPlan;
  readonly reading: UsageReading;
}

/** What is priced alike. */
export interface QuoteLine {
  readonly category: string;
  readonly market: string | null;
  readonly zeroReason: ZeroReason | null;
  /** 1e-10 of the currency per unit, without the fee; null: there are several, or none. */
  readonly unitRate: bigint | null;
  quantity: bigint;
  /** With fee, without tax. */
  amountMicros: bigint;
}

export interface Quoted {
  readonly kind: 'quoted';
  readonly lines: readonly QuoteLine[];
  /** What would pay, bucket by bucket; of what is not covered, as far as it goes. */
  readonly coveredBy: readonly UsageCharge[];
  /** With tax. */
  readonly totalMicros: bigint;
  readonly taxMicros: bigint;
  readonly missingMicros: bigint;
  /** Of a meter that no money pays for. */
  readonly missingUnits: readonly { readonly asset: string; readonly quantity: bigint }[];
}

export type Quote = Quoted | { readonly kind: 'refused'; readonly reason: UsageRefusal };

/** Whether nothing is missing. */
export function isSufficient({ missingMicros, missingUnits }: Quoted): boolean {
  return missingMicros === 0n && missingUnits.length === 0;
}

const SHORT: ReadonlySet<UsageRefusal> = new Set(['insufficient_balance', 'quota_exhausted']);

/**
 * Quotes events of one account that would happen at one instant. `open` makes a scope anew: what is not covered is
 * decided a second time as if it had to be, to know what it would have cost.
 */
export function quoteUsage(open: () => QuoteScope, events: readonly TariffedEvent[]): Quote {
  const asked = decide(open(), events, 'enforce');
  const refusals = refusalsOf(asked);
  const isCovered = refusals.length === 0;
  const priced = isCovered ? asked : decide(open(), events, 'record');
  const [unknown] = [...refusals, ...refusalsOf(priced)].filter((reason) => !SHORT.has(reason));
  if (unknown !== undefined) return { kind: 'refused', reason: unknown };
  const totals = addUp(priced.map(ratingOf));
  return {
    kind: 'quoted',
    ...totals,
    coveredBy: sumByBucket(asked),
    missingMicros: isCovered ? 0n : shortBy(open(), events, totals.totalMicros),
    missingUnits: isCovered ? [] : findMissingUnits(events, priced),
  };
}

function refusalsOf(outcomes: readonly UsageOutcome[]): UsageRefusal[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.reason] : []));
}

function decide(
  { plan, reading }: QuoteScope,
  events: readonly TariffedEvent[],
  mode: 'enforce' | 'record',
): UsageOutcome[] {
  const asked = events.map(({ event, tariff }) => ({
    event: { ...event, mode },
    tariff,
  }));
  return decideUsage(plan, reading, asked);
}

function ratingOf(outcome: UsageOutcome): Rating[] {
  return outcome.kind === 'charged' ? [outcome.rating] : [];
}

function addUp(
  ratings: readonly (readonly Rating[])[],
): Pick<Quoted, 'lines' | 'totalMicros' | 'taxMicros'> {
  const lines = new Map<string, QuoteLine>();
  let totalMicros = 0n;
  let taxMicros = 0n;
  for (const { category, market, unitRate, zeroReason, quantity, ...money } of ratings.flat()) {
    const { amountMicros } = money;
    totalMicros += amountMicros + money.taxMicros;
    taxMicros += money.taxMicros;
    const key = [category, market, unitRate, zeroReason].join('|');
    const line = lines.get(key);
    if (line === undefined) {
      lines.set(key, { category, market, zeroReason, unitRate, quantity, amountMicros });
    } else {
      line.quantity += quantity;
      line.amountMicros += amountMicros;
    }
  }
  return { lines: [...lines.values()], totalMicros, taxMicros };
}

function sumByBucket(outcomes: readonly UsageOutcome[]): UsageCharge[] {
  const charges = new Map<string, { bucket: string; asset: string; amount: bigint }>();
  for (const outcome of outcomes) {
    if (outcome.kind !== 'charged') continue;
    for (const { bucket, asset, amount } of outcome.charges) {
      const known = charges.get(bucket);
      if (known === undefined) charges.set(bucket, { bucket, asset, amount });
      else known.amount += amount;
    }
  }
  return [...charges.values()];
}

/** What usage of this instant could not be charged of an amount. */
function shortBy(
  { reading }: QuoteScope,
  [first]: readonly TariffedEvent[],
  totalMicros: bigint,
): bigint {
  const ledger = first && reading.ledgers.get(first.event.accountId);
  if (ledger === undefined || first === undefined) return totalMicros;
  const available = availableForUsage(ledger, toEpochMs(first.event.occurredAt));
  const missing = totalMicros - available - heldMoney(reading, ledger.currency);
  return missing > 0n ? missing : 0n;
}

/** Of the holds that pay first. */
function heldMoney({ holds }: UsageReading, currency: string): bigint {
  const parts = [...holds.values()].flatMap((hold) => hold.parts);
  return parts.reduce(
    (sum, { asset, remaining }) => (asset === currency ? sum + remaining : sum),
    0n,
  );
}

function availableForUsage(ledger: LedgerState, atMs: number): bigint {
  return ledger.buckets.reduce((sum, bucket) => {
    // Money has no month.
    if (bucket.asset !== ledger.currency || !covers(bucket, atMs, '')) return sum;
    const free = availableIn(bucket);
    return free > 0n ? sum + free : sum;
  }, 0n);
}

function findMissingUnits(
  events: readonly TariffedEvent[],
  outcomes: readonly UsageOutcome[],
): Quoted['missingUnits'] {
  const missing = new Map<string, bigint>();
  for (const [index, { tariff }] of events.entries()) {
    const outcome = outcomes[index];
    if (tariff.kind === 'refused' || tariff.onExhausted !== 'quota_exhausted') continue;
    if (outcome?.kind !== 'charged' || outcome.rating.zeroReason !== 'priced_at_zero') continue;
    const { asset } = tariff;
    const paid = outcome.charges.filter((charge) => charge.asset === asset);
    const uncovered = paid.reduce((rest, { amount }) => rest - amount, outcome.rating.quantity);
    missing.set(asset, (missing.get(asset) ?? 0n) + uncovered);
  }
  return [...missing].map(([asset, quantity]) => ({ asset, quantity }));
}
