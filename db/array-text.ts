/** Uuids, numbers, instants, names of ours: one element without quotes. `null` would be none. */
const PLAIN = /^(?!null$)[\w.:+-]+$/i;
const EACH_SPECIAL = /["\\]/g;

/**
 * The text of a PostgreSQL array, for a parameter that is cast to one. Text that is not plain is quoted, so
 * whatever it holds stays one element.
 */
export function toArrayText(
  values: readonly (string | number | bigint | boolean | null)[],
): string {
  return `{${values.map(toElement).join(',')}}`;
}

function toElement(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return PLAIN.test(value) ? value : `"${value.replace(EACH_SPECIAL, '\\$&')}"`;
}
