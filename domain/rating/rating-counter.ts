/**
 * Owns: what is counted per month to price by: free allowances and the quantities behind tiers.
 * Does not own: the prices (price.ts), rows in the database (rating_counters).
 * Rules: R3.28 and the tiers of a card: a counter is of one account and one month of its zone.
 * Example: `free/whatsapp-idr/service/<number>` at 999 → one more service message of that number is free.
 */
import type { UsageEvent } from '../usage/usage-event';
import type { Tariff, TariffLine } from './tariff';

/** The counters an event may need, by name; most need none. */
export function listCounters(tariff: Tariff, event: UsageEvent): string[] {
  const counters: string[] = [];
  const free = freeCounter(tariff, event);
  if (free !== null) counters.push(free);
  for (const line of tariff.lines ?? []) {
    const tier = tierCounter(tariff, line);
    if (tier !== null) counters.push(tier);
  }
  return counters;
}

/** The counter of the free units an event may have; null: it may have none. */
export function freeCounter(
  { rule, card, category }: Tariff,
  { facts }: UsageEvent,
): string | null {
  const { freeAllowance } = rule;
  if (card === null || freeAllowance?.category !== category) return null;
  const counter = `free/${card.code}/${category}`;
  const number = facts.type === 'wa_message' ? facts.number : null;
  return freeAllowance.per === 'number' && number !== null ? `${counter}/${number}` : counter;
}

/** The counter behind the tiers of a line; null: it has none. */
export function tierCounter({ card }: Pick<Tariff, 'card'>, { row }: TariffLine): string | null {
  if (card === null || row.tiers.length === 0) return null;
  return `tier/${card.code}/${row.category}/${row.market}`;
}
