import type { CurrencyCode } from '../../domain/currency';
import type { CreditableInvoice, CreditedPart } from '../../domain/document/allocate-credit';
import type { DocumentSubject, TakenBack } from '../../domain/document/document';
import { findTakenBack } from '../../domain/document/taken-back';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { takeStretch } from '../../domain/refund/split-refund';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Transaction } from '../transaction';
import {
  fromRowSale,
  fromRowTaxation,
  type SaleColumns,
  type TaxationColumn,
} from './sale.columns';

/** A credit looks for what is left among this many invoices of its subject, the newest. */
const INVOICES_CREDITED_MAX = 100;

/** Notes which documents a new one takes back. */
export async function insertReferences(
  trx: Transaction,
  { id: documentId, currency }: { readonly id: string; readonly currency: CurrencyCode },
  parts: readonly CreditedPart[],
): Promise<void> {
  if (parts.length === 0) return;
  await trx('document_references').insert(
    parts.map(({ id, amountMicros }) => ({
      document_id: documentId,
      referenced_id: id,
      currency,
      amount_micros: amountMicros,
    })),
  );
}

/** What each of the documents takes back, the newest first. Documents that take nothing back are left out. */
export async function listReferences(
  trx: Transaction,
  documentIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TakenBack[]>> {
  if (documentIds.length === 0) return new Map();
  const rows = await trx('document_references')
    .join('documents', 'documents.id', 'document_references.referenced_id')
    .whereIn('document_references.document_id', documentIds)
    .orderBy('documents.position', 'desc')
    .select<ReferenceRow[]>(
      'document_references.document_id',
      'document_references.amount_micros',
      'documents.id',
      'documents.number',
      'documents.issued_at',
      'document_references.currency',
    );
  const found = new Map<string, TakenBack[]>();
  for (const row of rows) {
    const { document_id: documentId } = row;
    found.set(documentId, [...(found.get(documentId) ?? []), fromRowTaken(row)]);
  }
  return found;
}

/** Whether a subject was invoiced after one instant and before another. */
export async function isInvoicedBetween(
  trx: Transaction,
  {
    subject: { kind, id },
    after,
    before,
  }: { readonly subject: DocumentSubject; readonly after: Instant; readonly before: Instant },
): Promise<boolean> {
  const found = await trx('documents')
    .where({ subject_kind: kind, subject_id: id, kind: 'invoice' })
    .where('issued_at', '>', after)
    .where('issued_at', '<', before)
    .first('id');
  return found !== undefined;
}

/**
 * The newest invoices about a subject with what is left of each: what it charged and took back itself, less what
 * others took back of it and refunds that wait for their gateway.
 * The account's ledger is locked before, so nothing is credited meanwhile.
 */
export async function listCreditable(
  trx: Transaction,
  { kind, id }: DocumentSubject,
): Promise<CreditableInvoice[]> {
  const { rows } = await trx.raw<{ rows: CreditableRow[] }>(
    `select d.id, d.taxation,
       (d.total_micros
         + coalesce((select sum(o.amount_micros) from document_references o where o.document_id = d.id), 0)
         - coalesce((select sum(r.amount_micros) from document_references r where r.referenced_id = d.id), 0)
         - coalesce((select sum(f.total_micros) from refunds f where f.invoice_id = d.id and f.status = 'requested'), 0)
       )::bigint as left_micros
     from documents d
     where d.subject_kind = ? and d.subject_id = ? and d.kind = 'invoice'
     order by d.position desc
     limit ?`,
    [kind, id, INVOICES_CREDITED_MAX],
  );
  return rows.map(({ id: invoiceId, left_micros: leftMicros, taxation }) => ({
    id: invoiceId,
    leftMicros,
    taxation: fromRowTaxation(taxation),
  }));
}

/**
 * What other documents took back of an invoice, as amounts above zero. What one takes back of several invoices is
 * cut into stretches, newest invoice first, so that its parts sum to it, tax by tax.
 */
export async function listTakenOf(trx: Transaction, invoiceId: string): Promise<TaxedSale[]> {
  const { rows } = await trx.raw<{ rows: TakenRow[] }>(
    `select c.currency, c.subtotal_micros, c.tax_total_micros, c.round_off_micros, c.total_micros, c.lines,
       c.tax_lines, c.taxation, part.amount_micros,
       (select coalesce(sum(other.amount_micros), 0)::bigint
         from document_references other
         join documents newer on newer.id = other.referenced_id
         where other.document_id = c.id and newer.position > invoice.position) as before_micros
     from document_references part
     join documents invoice on invoice.id = part.referenced_id
     join documents c on c.id = part.document_id
     where part.referenced_id = ? and c.kind <> 'debit_note'
     order by c.position`,
    [invoiceId],
  );
  return rows.map((row) => {
    const before = row.before_micros;
    const takenBack = findTakenBack(fromRowSale(row), fromRowTaxation(row.taxation));
    invariant(takenBack !== null, `something that takes ${invoiceId} back takes nothing back`);
    return takeStretch(takenBack, before, before + row.amount_micros);
  });
}

interface CreditableRow {
  readonly id: string;
  readonly taxation: TaxationColumn;
  readonly left_micros: bigint;
}

interface ReferenceRow {
  readonly document_id: string;
  readonly amount_micros: bigint;
  readonly id: string;
  readonly number: string;
  readonly issued_at: Instant;
  readonly currency: string;
}

function fromRowTaken({ id, number, issued_at, amount_micros, currency }: ReferenceRow): TakenBack {
  const amount = { amountMicros: amount_micros, currency: currency as CurrencyCode };
  return { id, number, issuedAt: issued_at, amount };
}

interface TakenRow extends SaleColumns {
  readonly taxation: TaxationColumn;
  readonly amount_micros: bigint;
  readonly before_micros: bigint;
}
