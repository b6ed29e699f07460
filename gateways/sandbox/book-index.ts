/**
 * Owns: finding rows of the books without reading all of them: payments by checkout and reference,
 * and the rows for which something is still to happen.
 * Does not own: the rows (books.ts).
 * Example: after `note(payment)`, `ofCheckout(payment.checkoutId)` contains `payment.id`.
 */
import type { Rows, RowKind, WaitingKind } from './books';

type AnyRow = Rows[RowKind];

export interface BookIndex {
  /** Takes up a row that is new or changed. */
  readonly note: (row: AnyRow) => void;
  readonly forget: (rowId: string) => void;
  readonly ofCheckout: (checkoutId: string) => Iterable<string>;
  readonly withReference: (reference: string) => Iterable<string>;
  readonly waiting: (kind: WaitingKind) => Iterable<string>;
}

export function createBookIndex(): BookIndex {
  const paymentsByCheckout = new Map<string, Set<string>>();
  const paymentsByReference = new Map<string, Set<string>>();
  const waiting: Readonly<Record<WaitingKind, Set<string>>> = {
    payment: new Set(),
    checkout: new Set(),
    event: new Set(),
  };

  function note(row: AnyRow): void {
    if ('settlesAt' in row) {
      if (row.checkoutId !== null) addTo(paymentsByCheckout, row.checkoutId, row.id);
      addTo(paymentsByReference, row.reference, row.id);
      keep(waiting.payment, row.id, row.settlesAt !== null);
    }
    if ('expiresAt' in row) keep(waiting.checkout, row.id, row.status === 'open');
    if ('dueAt' in row) keep(waiting.event, row.id, row.status === 'pending');
  }

  return {
    note,
    // The maps by checkout and reference may name a row that is gone: readers skip those.
    forget: (rowId) => Object.values(waiting).forEach((ids) => ids.delete(rowId)),
    ofCheckout: (checkoutId) => paymentsByCheckout.get(checkoutId) ?? [],
    withReference: (reference) => paymentsByReference.get(reference) ?? [],
    waiting: (kind) => waiting[kind],
  };
}

function addTo(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}

function keep(ids: Set<string>, id: string, isWaiting: boolean): void {
  if (isWaiting) ids.add(id);
  else ids.delete(id);
}
