/**
 * Owns: how prices, percentages and markets of rate cards are spelled, in JSON as in CSV.
 * Does not own: what they mean (rate-card.ts), rates in general (money.ts).
 * Rule: a unit costs less than ten million of the currency and bears a fee of less than 1000 %. What an event
 * of many units may cost is bounded where it is paid (usage/pay-usage.ts).
 * Example: `isRate('0.1150')`, but not "0,115", "-1" or "1e3".
 */
export const RATE_PATTERN = /^(0|[1-9][0-9]{0,6})(\.[0-9]{1,10})?$/;
export const FEE_PERCENT_PATTERN = /^(0|[1-9][0-9]{0,2})(\.[0-9]{1,10})?$/;
/** `*`, or a name: ID, "Rest of Africa". */
export const MARKET_PATTERN = /^(\*|[A-Za-z0-9][A-Za-z0-9 &_.-]{0,63})$/;

export function isRate(text: string): boolean {
  return RATE_PATTERN.test(text);
}

export function isFeePercent(text: string): boolean {
  return FEE_PERCENT_PATTERN.test(text);
}

export function isMarketName(text: string): boolean {
  return MARKET_PATTERN.test(text);
}
