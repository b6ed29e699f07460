/**
 * Owns: what a copy of a partner plan is called inside the house.
 * Does not own: that names are unique (the database), what else is copied (api/routes/).
 * Rule: R4.06. Names are unique whatever their case. A name that would be too long is cut, so that there is always one.
 * Example: "Gold" is copied as "Gold (copy)", then "Gold (copy 2)"; a copy of the copy is "Gold (copy) (copy)".
 */
export const PLAN_NAME_MAX = 200;

/** The first name for a copy that is not among those taken. */
export function nameCopy(name: string, taken: readonly string[]): string {
  const used = new Set(taken.map((other) => other.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? ' (copy)' : ` (copy ${number})`;
    const letters = Array.from(name);
    const copy = letters.slice(0, PLAN_NAME_MAX - suffix.length).join('') + suffix;
    if (!used.has(copy.toLowerCase())) return copy;
  }
}
