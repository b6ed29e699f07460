/**
 * Stripe's way of writing an object into a form: `line_items[0][price_data][currency]=inr`.
 * Example: `parseForm('a[b]=1&c[0]=x')` is `{ a: { b: '1' }, c: ['x'] }`.
 */

/** Forms know texts only; what a text means says the published shape. */
export type FormValue = string | FormValue[] | FormFields;
export interface FormFields {
  [name: string]: FormValue;
}

export function parseForm(text: string): FormFields {
  const root: FormFields = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const path = key.split('[').map((part) => part.replace(/\]$/, ''));
    place(root, path, value);
  }
  return toFields(settle(root));
}

function place(fields: FormFields, [name = '', ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    fields[name] = value;
    return;
  }
  const known = fields[name];
  const inner = typeof known === 'object' && !Array.isArray(known) ? known : {};
  fields[name] = inner;
  place(inner, rest, value);
}

/** What has the names 0, 1, 2, … is a list. */
function settle(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, settle(inner)] as const);
  const isList = entries.length > 0 && entries.every(([name], index) => name === String(index));
  return isList ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

function toFields(value: FormValue): FormFields {
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** A text, or an empty one for what is none: an id that was not expanded, a field that was not sent. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
