const SPECIAL = /["\\]/g;

/**
 * The text of a PostgreSQL array, for a parameter that is cast to one. Text is always quoted, so whatever it
 * holds stays one element.
 */
export function toArrayText(
  values: readonly (string | number | bigint | boolean | null)[],
): string {
  return `{${values.map(toElement).join(',')}}`;
}

function toElement(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? `"${value.replace(SPECIAL, '\\$&')}"` : String(value);
}
