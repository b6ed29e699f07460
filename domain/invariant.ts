/**
 * Owns: the one way to say "this cannot happen".
 * Does not own: expected refusals (a low balance, an archived plan); those are returned decisions.
 * Example: `invariant(parts.length > 0, 'a charge needs at least one part')`.
 */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws when `condition` is false. Never caught: a broken invariant is a bug of ours and must page. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}
