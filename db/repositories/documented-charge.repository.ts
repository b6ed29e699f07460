import { BillingError } from '../../domain/billing-error';
import { parseCurrency } from '../../domain/currency';
import { chargeStepMicros } from '../../domain/money';
import type { Taxation } from '../../domain/tax/taxation';
import type { ChargeDifference, StoredUse } from '../../domain/usage/correction';
import type { CorrectedCharges } from '../../domain/usage/usage-note';
import type { Transaction } from '../transaction';
import { fromRowTaxation, type TaxationColumn } from './sale.columns';

/** A document of usage that corrections have changed and no note says. */
export interface CorrectedDocument {
  readonly id: string;
  readonly number: string;
  readonly kind: string;
  /** The month it was issued for. */
  readonly month: string;
  /** How many documents name it by now. */
  readonly noteCount: number;
  readonly taxation: Taxation;
  /** All that it says, by month and category. */
  readonly charges: readonly CorrectedCharges[];
}

/**
 * Takes what a correction changes of a use to where that is charged: into what the next document of its taxation will
 * say, or beside the document that says it, for the note to it. Answers that document, or null. The ledger is locked.
 * Throws `invalid_state` when so much of the document was refunded that it cannot be taken back.
 */
export async function changeCharges(
  trx: Transaction,
  use: Pick<StoredUse, 'ledgerId' | 'localDate' | 'taxationId' | 'lastTransfer'>,
  differences: readonly ChargeDifference[],
): Promise<string | null> {
  if (differences.length === 0) return null;
  const documentId = await findDocumentOfUse(trx, use);
  const changed = { ...toRowUse(use), documentId, rows: JSON.stringify(differences.map(toRow)) };
  await trx.raw(documentId === null ? CHANGE_OPEN : CHANGE_DOCUMENTED, changed);
  if (documentId !== null) await expectLeft(trx, documentId);
  return documentId;
}

const CHANGED = `changed as (
  select * from json_to_recordset(:rows) c(category text, quantity bigint, amount bigint, tax bigint))`;
const MONTH = "date_trunc('month', :day::date::timestamp)::date";

const CHANGE_OPEN = `with ${CHANGED}, known as (
    update usage_charges u set quantity = u.quantity + c.quantity, amount = u.amount + c.amount, tax = u.tax + c.tax
      from changed c
     where u.ledger_id = :ledgerId and u.month = ${MONTH} and u.taxation_id = :taxationId and u.category = c.category
    returning u.category)
  insert into usage_charges (ledger_id, month, taxation_id, category, quantity, amount, tax)
  select :ledgerId, ${MONTH}, :taxationId, c.category, c.quantity, c.amount, c.tax
    from changed c where c.category not in (select category from known)`;

const CHANGE_DOCUMENTED = `with ${CHANGED}, known as (
    update documented_charges d
       set corrected_quantity = d.corrected_quantity + c.quantity, corrected_amount = d.corrected_amount + c.amount,
           corrected_tax = d.corrected_tax + c.tax
      from changed c
     where d.document_id = :documentId and d.month = ${MONTH} and d.category = c.category
    returning d.category),
  like_it as (
    select document_id, ledger_id, month, taxation_id, last_transfer from documented_charges
     where document_id = :documentId and month = ${MONTH} limit 1)
  insert into documented_charges (document_id, ledger_id, month, taxation_id, last_transfer, category, quantity, amount, tax,
                                  corrected_quantity, corrected_amount, corrected_tax)
  select l.document_id, l.ledger_id, l.month, l.taxation_id, l.last_transfer, c.category, 0, 0, 0, c.quantity, c.amount, c.tax
    from like_it l cross join changed c where c.category not in (select category from known)`;

/** A document, up to which transfer it says the uses of a month and a taxation. */
export interface DocumentedUntil {
  readonly documentId: string;
  readonly month: string;
  readonly taxationId: number;
  readonly lastTransfer: bigint;
}

/** The documents of usage of these months, the one that was issued first before the others: see `changeCharges`. */
export async function listDocumentedUntil(
  trx: Transaction,
  { ledgerId, months }: { readonly ledgerId: bigint; readonly months: readonly string[] },
): Promise<DocumentedUntil[]> {
  const { rows } = await trx.raw<{
    rows: { document_id: string; month: string; taxation_id: number; last_transfer: bigint }[];
  }>(
    `select distinct document_id, to_char(month, 'YYYY-MM') as month, taxation_id, last_transfer from documented_charges
      where ledger_id = :ledgerId and to_char(month, 'YYYY-MM') = any (:months) order by last_transfer`,
    { ledgerId: String(ledgerId), months: [...months] },
  );
  return rows.map((row) => ({
    documentId: row.document_id,
    month: row.month,
    taxationId: row.taxation_id,
    lastTransfer: row.last_transfer,
  }));
}

/** A use is on the first document of its month and taxation that was issued after it. */
async function findDocumentOfUse(
  trx: Transaction,
  use: Parameters<typeof changeCharges>[1],
): Promise<string | null> {
  const { rows } = await trx.raw<{ rows: { document_id: string }[] }>(
    `select document_id from documented_charges
      where ledger_id = :ledgerId and month = ${MONTH} and taxation_id = :taxationId and last_transfer >= :lastTransfer
      order by last_transfer limit 1`,
    toRowUse(use),
  );
  return rows[0]?.document_id ?? null;
}

/** What is refunded and what is corrected of a document stay within it; rounding it down went back before. */
async function expectLeft(trx: Transaction, documentId: string): Promise<void> {
  const { rows } = await trx.raw<{ rows: { number: string; currency: string; left: bigint }[] }>(
    `select d.number, d.currency, (d.total_micros
         + coalesce((select sum(n.total_micros) from document_references r join documents n on n.id = r.document_id where r.referenced_id = d.id), 0)
         - coalesce((select sum(f.total_micros) from refunds f where f.invoice_id = d.id and f.status = 'requested'), 0)
         + (select sum(c.corrected_amount + c.corrected_tax) from documented_charges c where c.document_id = d.id))::bigint as left
       from documents d where d.id = :documentId`,
    { documentId },
  );
  const [found] = rows;
  if (found === undefined || found.left > -chargeStepMicros(parseCurrency(found.currency))) return;
  const message = `The invoice ${found.number} that bills this use was refunded: there is not enough left of it to take the use back.`;
  throw new BillingError('invalid_state', message);
}

/** The documents of a ledger that are to be noted, the oldest first; or one document, if it is. */
export async function listCorrectedDocuments(
  trx: Transaction,
  of: { readonly ledgerId: bigint } | { readonly documentId: string },
): Promise<CorrectedDocument[]> {
  const { rows } = await trx.raw<{ rows: CorrectedRow[] }>(
    `select d.id, d.number, d.kind, d.subject_id,
            (select count(*)::int from document_references r where r.referenced_id = d.id) as note_count,
            t.taxation, to_char(c.month, 'YYYY-MM') as month, c.category, c.quantity, c.amount, c.tax,
            c.corrected_quantity, c.corrected_amount, c.corrected_tax
       from documented_charges c join documents d on d.id = c.document_id join usage_taxations t on t.id = c.taxation_id
      where c.document_id in (
        select document_id from documented_charges
         where (ledger_id = :ledgerId or document_id = :documentId) and (corrected_amount <> 0 or corrected_tax <> 0))
      order by d.position, c.month, c.category`,
    'ledgerId' in of
      ? { ledgerId: String(of.ledgerId), documentId: null }
      : { ledgerId: null, documentId: of.documentId },
  );
  return rows
    .filter(({ id }, index) => rows[index - 1]?.id !== id)
    .map((first) =>
      fromRows(
        first,
        rows.filter(({ id }) => id === first.id),
      ),
    );
}

/** What a note has said is what the document says with it. */
export async function markNoted(trx: Transaction, documentId: string): Promise<void> {
  await trx.raw(
    `update documented_charges
        set quantity = quantity + corrected_quantity, amount = amount + corrected_amount, tax = tax + corrected_tax,
            corrected_quantity = 0, corrected_amount = 0, corrected_tax = 0
      where document_id = ?`,
    [documentId],
  );
}

interface CorrectedRow {
  readonly id: string;
  readonly number: string;
  readonly kind: string;
  readonly subject_id: string;
  readonly note_count: number;
  readonly taxation: TaxationColumn;
  readonly month: string;
  readonly category: string;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly tax: bigint;
  readonly corrected_quantity: bigint;
  readonly corrected_amount: bigint;
  readonly corrected_tax: bigint;
}

function fromRows(first: CorrectedRow, rows: readonly CorrectedRow[]): CorrectedDocument {
  return {
    id: first.id,
    number: first.number,
    kind: first.kind,
    month: first.subject_id,
    noteCount: first.note_count,
    taxation: fromRowTaxation(first.taxation),
    charges: rows.map((row) => ({
      month: row.month,
      category: row.category,
      quantity: row.quantity,
      netMicros: row.amount,
      taxMicros: row.tax,
      change: {
        quantity: row.corrected_quantity,
        netMicros: row.corrected_amount,
        taxMicros: row.corrected_tax,
      },
    })),
  };
}

function toRowUse({
  ledgerId,
  localDate,
  taxationId,
  lastTransfer,
}: Parameters<typeof changeCharges>[1]) {
  return {
    ledgerId: String(ledgerId),
    day: localDate,
    taxationId,
    lastTransfer: String(lastTransfer),
  };
}

function toRow({ category, quantity, netMicros, taxMicros }: ChargeDifference) {
  return {
    category,
    quantity: String(quantity),
    amount: String(netMicros),
    tax: String(taxMicros),
  };
}
