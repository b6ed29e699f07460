/**
 * Owns: which of several claims the money goes to, and what amount keeps each of the others.
 * Does not own: the order of the claims (outlook/claims.ts), paying (decide-due.ts).
 * Rules: R2.15, ADR 0028. Money goes down the list; a number it does not suffice for is
 * passed over and the next one is looked at, so that no money lies idle while a number is lost. Pure, so it
 * comes out the same whoever asks first: paying a number that is kept changes the fate of no other.
 * Example: 600.00 INR for numbers of 799.00, 500.00 and 100.00: the second and the third are kept;
 * 799.00 more keep the first.
 */
import { describeMoney, type Money } from '../money';
import type { Claim } from './decision';

export interface Triage {
  /** In the account's order. */
  readonly kept: readonly string[];
  /** Of each that is not kept, in the account's order: what must come in so that it is. */
  readonly missing: readonly { readonly id: string; readonly missing: Money }[];
}

/** Shares out what the wallet has free, in micros; a wallet that owes has nothing. */
export function triage(claims: readonly Claim[], availableMicros: bigint): Triage {
  const { kept, left } = shareOut(claims, availableMicros > 0n ? availableMicros : 0n);
  const waiting = claims.filter(({ id }) => !kept.includes(id));
  return {
    kept,
    missing: waiting.map(({ id, owed: { currency } }) => ({
      id,
      missing: { amountMicros: findMissingMicros(waiting, id, left), currency },
    })),
  };
}

/** What money that came in does for the numbers on hold, as one sentence. `nameOf` has each of them. */
export function describeTriage(
  { kept, missing }: Triage,
  nameOf: ReadonlyMap<string, string>,
): string {
  const named = (id: string): string[] => {
    const name = nameOf.get(id);
    return name === undefined ? [] : [name];
  };
  const names = kept.flatMap(named);
  const keeps = names.length === 0 ? 'none of the numbers on hold' : names.join(', ');
  const pays = missing.flatMap(({ id, missing: money }) =>
    named(id).map((name) => `pay ${describeMoney(money)} to keep ${name}`),
  );
  return [`the balance covers ${keeps}`, ...pays].join('; ');
}

/** What is left for one of the claims, in micros, once those before it are served; a stranger gets all. */
export function findLeftFor(claims: readonly Claim[], id: string, availableMicros: bigint): bigint {
  const place = claims.findIndex((claim) => claim.id === id);
  return place <= 0 ? availableMicros : shareOut(claims.slice(0, place), availableMicros).left;
}

function shareOut(
  claims: readonly Claim[],
  availableMicros: bigint,
): { readonly kept: readonly string[]; readonly left: bigint } {
  const kept: string[] = [];
  let left = availableMicros;
  for (const { id, owed } of claims) {
    if (owed.amountMicros > left) continue;
    kept.push(id);
    left -= owed.amountMicros;
  }
  return { kept, left };
}

/** Looked for in at most this many steps; a list on which that is not enough is asked for all of it. */
const STEPS_MAX = 100;

/**
 * Money goes to the ones before first: as long as one of them takes it, this one needs more. Never more than
 * what keeps all of them.
 */
function findMissingMicros(waiting: readonly Claim[], id: string, left: bigint): bigint {
  const place = waiting.findIndex((number) => number.id === id);
  const enough = waiting
    .slice(0, place + 1)
    .reduce((sum, { owed }) => sum + owed.amountMicros, -left);
  const wanted = waiting[place]?.owed.amountMicros ?? 0n;
  let missing = wanted - left;
  for (let steps = 0; steps < STEPS_MAX && missing < enough; steps += 1) {
    const shared = shareOut(waiting, left + missing);
    if (shared.kept.includes(id)) return missing;
    missing += wanted - shared.left;
  }
  return enough;
}
