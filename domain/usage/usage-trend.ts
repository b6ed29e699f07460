/**
 * Owns: the series of the usage trend: what each counts, and its colour.
 * Does not own: which days (report-range.ts), counting (the roll-up of the ledger).
 * Source: R3.18, R3.19. Service is what customers begin, business initiated is marketing, utility and
 * authentication together. Every day has a point.
 * Example: 3 marketing and 2 utility messages on one day: bi_conversation 5, marketing 3, utility 2.
 */
import type { LocalDate } from '../calendar';
import type { WhatsAppCategory } from '../rating/rate-card';
import { listDays, type DayRange } from './report-range';

export const TREND_SERIES = [
  'service_conversation',
  'bi_conversation',
  'marketing',
  'utility',
  'authentication',
  'unique_visitor',
] as const;
export type TrendSeries = (typeof TREND_SERIES)[number];

const CATEGORIES: Readonly<
  Record<Exclude<TrendSeries, 'unique_visitor'>, readonly WhatsAppCategory[]>
> = {
  service_conversation: ['service'],
  bi_conversation: ['marketing', 'utility', 'authentication', 'authentication_international'],
  marketing: ['marketing'],
  utility: ['utility'],
  authentication: ['authentication', 'authentication_international'],
};

/** Data for whoever draws it, not a style. */
const COLOURS: Readonly<Record<TrendSeries, string>> = {
  service_conversation: 'blue',
  bi_conversation: 'purple',
  marketing: 'orange',
  utility: 'teal',
  authentication: 'pink',
  unique_visitor: 'green',
};

/** A day of one category, as the ledger rolls it up. */
export interface UsageDay {
  readonly date: LocalDate;
  readonly category: string;
  readonly quantity: bigint;
  readonly visitors: bigint;
  /** Micros, without tax. */
  readonly amountMicros: bigint;
}

export interface TrendPoint {
  readonly date: LocalDate;
  value: bigint;
  amountMicros: bigint;
}

export interface Trend {
  readonly name: TrendSeries;
  readonly colour: string;
  readonly points: readonly TrendPoint[];
}

/** The series asked for, each with a point for every day of the range. */
export function buildTrend(
  days: readonly UsageDay[],
  range: DayRange,
  names: readonly TrendSeries[],
): Trend[] {
  const dates = listDays(range);
  return names.map((name) => {
    const points = new Map(
      dates.map((date) => [date, { date, value: 0n, amountMicros: 0n } satisfies TrendPoint]),
    );
    for (const day of days) {
      const point = points.get(day.date);
      if (point !== undefined) add(point, name, day);
    }
    return { name, colour: COLOURS[name], points: [...points.values()] };
  });
}

function add(point: TrendPoint, name: TrendSeries, day: UsageDay): void {
  if (name === 'unique_visitor') {
    point.value += day.visitors;
    // What visitors cost stands under a category of their own.
    if (day.category === 'unique_visitor') point.amountMicros += day.amountMicros;
    return;
  }
  if (!CATEGORIES[name].some((category) => category === day.category)) return;
  point.value += day.quantity;
  point.amountMicros += day.amountMicros;
}
