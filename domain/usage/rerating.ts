/**
 * Owns: what a re-rating is: a range of an account's days, rated anew, shown before it is done, done part by part.
 * Does not own: what one use costs anew (rate-again.ts), what pays the difference (post-rerating.ts), rows (db/).
 * Rules: R3.27 and ADR 0042. What is done is what was shown: each part is rated once more under the account's lock, and
 * one that has moved is refused.
 * Example: a day of 12,000 messages whose price was wrong is applied in six parts of at most 2,000 events.
 */
import { BillingError } from '../billing-error';
import type { LocalDate } from '../calendar';
import type { CurrencyCode } from '../currency';
import type { Instant } from '../instant';
import { describeMoney } from '../money';
import type { LeftOutReason, RatedAgain, RepricedUse } from './rate-again';

export const RERATING_STATUSES = ['draft', 'applying', 'applied'] as const;
export type ReratingStatus = (typeof RERATING_STATUSES)[number];

/** Rated and written under one lock, which usage of the account waits for. */
export const RERATING_PART_EVENTS = 2_000;
/** Shown at once, in one request. */
export const RERATING_EVENTS_MAX = 100_000;

/** What changes of a category. Money in micros, with the fee and without tax. */
export interface RepricedCategory {
  readonly category: string;
  readonly events: number;
  readonly quantity: bigint;
  readonly beforeMicros: bigint;
  readonly afterMicros: bigint;
  /** A difference. */
  readonly taxMicros: bigint;
}

/** An event's place in the order of events. */
export interface EventPlace {
  readonly occurredAt: Instant;
  readonly key: string;
}

/** Events one after the other, of which some change. */
export interface ReratingPart {
  /** Null: from the beginning of the range. */
  readonly after: EventPlace | null;
  /** The last one of it. */
  readonly until: EventPlace;
  readonly categories: readonly RepricedCategory[];
}

export interface Rerating {
  readonly id: string;
  readonly accountId: string;
  /** First and last day, both within, in the account's zone. */
  readonly from: LocalDate;
  readonly to: LocalDate;
  /** Null: each event by the card that rated it. */
  readonly cardCode: string | null;
  readonly reason: string;
  readonly status: ReratingStatus;
  readonly parts: readonly ReratingPart[];
  readonly partsApplied: number;
  /** Events that money paid for and whose price stays. */
  readonly unchanged: number;
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>;
  readonly createdAt: Instant;
  /** When the last part was. */
  readonly appliedAt: Instant | null;
}

export function isRepriced(rated: RatedAgain): rated is RepricedUse {
  return rated.kind === 'repriced';
}

/** What changes, by category in the order of their names. */
export function sumCategories(repriced: readonly RepricedUse[]): RepricedCategory[] {
  return mergeCategories(
    repriced.map(({ use, beforeMicros, netMicros, taxMicros }) => ({
      category: use.category,
      events: 1,
      quantity: use.quantity,
      beforeMicros,
      afterMicros: beforeMicros + netMicros,
      taxMicros,
    })),
  );
}

/** All categories of a re-rating, or of some of its parts. */
export function mergeCategories(categories: readonly RepricedCategory[]): RepricedCategory[] {
  const merged = new Map<string, RepricedCategory>();
  for (const one of categories) {
    const known = merged.get(one.category);
    merged.set(one.category, known === undefined ? one : addCategories(known, one));
  }
  return [...merged.values()].sort((left, right) => (left.category < right.category ? -1 : 1));
}

function addCategories(left: RepricedCategory, right: RepricedCategory): RepricedCategory {
  return {
    category: left.category,
    events: left.events + right.events,
    quantity: left.quantity + right.quantity,
    beforeMicros: left.beforeMicros + right.beforeMicros,
    afterMicros: left.afterMicros + right.afterMicros,
    taxMicros: left.taxMicros + right.taxMicros,
  };
}

/** Throws `conflict` that says what would be done now and was not shown. */
export function expectAsShown(
  shown: readonly RepricedCategory[],
  now: readonly RepricedCategory[],
  currency: CurrencyCode,
): void {
  const ofNow = new Map(now.map((one) => [one.category, one]));
  const names = [...new Set([...shown, ...now].map(({ category }) => category))];
  const moved = names.flatMap((category) => {
    const before = tellCategory(
      shown.find((one) => one.category === category),
      currency,
    );
    const after = tellCategory(ofNow.get(category), currency);
    return before === after ? [] : [`${category}: ${after} now, ${before} then`];
  });
  if (moved.length === 0) return;
  const message = `It is not what was previewed any more (${moved.join('; ')}). Preview again.`;
  throw new BillingError('conflict', message, { categories: names.join(',') });
}

function tellCategory(category: RepricedCategory | undefined, currency: CurrencyCode): string {
  if (category === undefined) return 'no events';
  const { events, beforeMicros, afterMicros, taxMicros } = category;
  const tell = (amountMicros: bigint) => describeMoney({ amountMicros, currency });
  const tax = taxMicros === 0n ? '' : ` and ${tell(taxMicros)} tax`;
  return `${events} ${events === 1 ? 'event' : 'events'} for ${tell(beforeMicros)} → ${tell(afterMicros)}${tax}`;
}
