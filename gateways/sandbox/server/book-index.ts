/**
 * Owns: finding rows of the books without reading all of them: payments by checkout and reference,
 * and when something is due to happen to which row.
 * Does not own: the rows (books.ts).
 * Example: after `note(payment)`, `ofCheckout(payment.checkoutId)` contains `payment.id`, and
 * `waiting('payment')` tells when it settles, if it is pending.
 */
import { toEpochMs, type Instant } from '../../../domain/instant';
import type { Rows, RowKind, WaitingKind } from './books';

type AnyRow = Rows[RowKind];

export interface BookIndex {
  /** Takes up a row that is new or changed. */
  readonly note: (row: AnyRow) => void;
  readonly forget: (rowId: string) => void;
  readonly ofCheckout: (checkoutId: string) => Iterable<string>;
  readonly withReference: (reference: string) => Iterable<string>;
  /** Row id → when it is due, in milliseconds since 1970: a number, because it is asked for after each change. */
  readonly waiting: (kind: WaitingKind) => ReadonlyMap<string, number>;
  readonly heldEvents: () => Iterable<string>;
}

export function createBookIndex(): BookIndex {
  const paymentsByCheckout = new Map<string, Set<string>>();
  const paymentsByReference = new Map<string, Set<string>>();
  const heldEvents = new Set<string>();
  const waiting: Readonly<Record<WaitingKind, Map<string, number>>> = {
    payment: new Map(),
    checkout: new Map(),
    setup: new Map(),
    event: new Map(),
  };

  function note(row: AnyRow): void {
    if ('settlesAt' in row) {
      if (row.checkoutId !== null) addTo(paymentsByCheckout, row.checkoutId, row.id);
      addTo(paymentsByReference, row.reference, row.id);
      setDue(waiting.payment, row.id, row.settlesAt);
    }
    if ('expiresAt' in row) {
      const kind = 'lines' in row ? 'checkout' : 'setup';
      setDue(waiting[kind], row.id, row.status === 'open' ? row.expiresAt : null);
    }
    if ('dueAt' in row) {
      const isPending = row.status === 'pending';
      setDue(waiting.event, row.id, isPending ? row.dueAt : null);
      if (isPending && row.hold !== null) heldEvents.add(row.id);
      else heldEvents.delete(row.id);
    }
  }

  function forget(rowId: string): void {
    for (const rows of Object.values(waiting)) rows.delete(rowId);
    heldEvents.delete(rowId);
    // The maps by checkout and reference may name a row that is gone: readers skip those.
  }

  return {
    note,
    forget,
    ofCheckout: (checkoutId) => paymentsByCheckout.get(checkoutId) ?? [],
    withReference: (reference) => paymentsByReference.get(reference) ?? [],
    waiting: (kind) => waiting[kind],
    heldEvents: () => heldEvents,
  };
}

function addTo(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}

function setDue(rows: Map<string, number>, id: string, dueAt: Instant | null): void {
  if (dueAt === null) rows.delete(id);
  else rows.set(id, toEpochMs(dueAt));
}
