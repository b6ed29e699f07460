/**
 * Owns: what is told of a change to the catalogue: who did what, and the fields that it changed.
 * Does not own: where it is kept (db/repositories/catalogue-change.repository.ts), what may be changed.
 * Rule: what the owner sells is audited: every change is kept with the values before and after, in the spelling of the
 * API, and is never rewritten.
 * Example: a plan renamed from "Gold" to "Gold 2": action `changed`, before `{ plan_name: "Gold" }`, after
 * `{ plan_name: "Gold 2" }`.
 */
import type { Instant } from './instant';

export type CatalogueSubject = 'partner_plan';

export const CATALOGUE_ACTIONS = [
  'created',
  'changed',
  'enabled',
  'disabled',
  'shown',
  'hidden',
  'archived',
  'unarchived',
] as const;
export type CatalogueAction = (typeof CATALOGUE_ACTIONS)[number];

/** Fields of the subject by name, plain JSON. */
export type Fields = Readonly<Record<string, unknown>>;

export interface CatalogueChange {
  readonly subject: { readonly kind: CatalogueSubject; readonly id: string };
  readonly action: CatalogueAction;
  /** The API key it was done with. */
  readonly apiKeyId: string;
  readonly role: string;
  /** Only fields that changed; null: it was made. */
  readonly before: Fields | null;
  readonly after: Fields;
  readonly changedAt: Instant;
}

/** The fields in which two states of a thing differ, as they were and as they are. */
export function findChangedFields(
  before: Fields,
  after: Fields,
): { readonly before: Fields; readonly after: Fields } {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (fields: Fields) => Object.fromEntries(names.map((name) => [name, fields[name]]));
  return { before: pick(before), after: pick(after) };
}
