/**
 * Owns: which version of a card counts at an instant.
 * Does not own: which card an account has, which row of the version prices an event (market.ts).
 * Rules: R3.25 and R3.27: a version counts from its start, 00:00 in the card's zone, up to the next one's.
 * Example: versions of 2023-06-01 and 2025-07-01, in Jakarta: at 2025-06-30T16:59:59Z the first counts,
 * a second later the other.
 */
import type { RateCardVersion } from './rate-card';

/** The version with the last start at or before the instant; null: the card did not exist then. */
export function findVersion(
  versions: readonly RateCardVersion[],
  atMs: number,
): RateCardVersion | null {
  return versions.findLast(({ startsAtMs }) => startsAtMs <= atMs) ?? null;
}

/** The order `findVersion` looks for: the earliest start first, of two that start together the later made last. */
export function compareVersions(left: RateCardVersion, right: RateCardVersion): number {
  return left.startsAtMs - right.startsAtMs || left.version - right.version;
}
