/**
 * Owns: whether a list of phone numbers can be an account's own order, in which money goes to them.
 * Does not own: what the order decides (triage.ts), keeping it (the rows).
 * Rule's source: R2.15, ADR 0028: the account's own order decides.
 * Example: `['num_2', 'num_2', 'num_9']` of an account with `num_1` and `num_2`: the second has a place
 * already, the third is unknown.
 */
export interface Misplaced {
  readonly index: number;
  readonly problem: 'unknown' | 'duplicate';
}

/** What is wrong with an order that is wanted; nothing: it is one. Numbers may be left out. */
export function findMisplaced(wanted: readonly string[], owned: readonly string[]): Misplaced[] {
  return wanted.flatMap((id, index): Misplaced[] => {
    if (!owned.includes(id)) return [{ index, problem: 'unknown' }];
    return wanted.indexOf(id) === index ? [] : [{ index, problem: 'duplicate' }];
  });
}
