import {
  type DocumentKind,
  type DocumentReference,
  type DocumentSubject,
  type EInvoice,
  type IssuedDocument,
  type Party,
  type TakenBack,
} from '../../domain/document/document';
import type { CreditedPart } from '../../domain/document/allocate-credit';
import {
  findSeries,
  formatDocumentNumber,
  type DocumentSeries,
} from '../../domain/document/document-number';
import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Taxation } from '../../domain/tax/taxation';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';
import { insertReferences, listReferences } from './credit-note.repository';
import {
  fromRowSale,
  fromRowTaxation,
  toRowSale,
  toRowTaxation,
  type SaleColumns,
  type TaxationColumn,
} from './sale.columns';

export interface NewDocument {
  readonly kind: DocumentKind;
  readonly accountId: string;
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly issuedAt: Instant;
  readonly subject: DocumentSubject;
  /** The documents this one takes back, and how much of each. */
  readonly references: readonly CreditedPart[];
  /** Names the operation that issues it. The same key and kind again answer the first document. */
  readonly operationKey: string;
}

/** A document with its place in the order of issue. */
export interface DocumentRecord extends IssuedDocument {
  readonly position: bigint;
}

const UNREGISTERED = 'unregistered';
const ZONE_OF_NOBODY = 'UTC';

/**
 * Writes a document under the next number of its series, in the caller's transaction: a rollback gives the
 * number back, so there is no gap. Locks the series until the transaction ends, so issue last. Seller and
 * buyer are copied as they are now. The same operation key and kind again is the first document.
 */
export async function issueDocument(
  trx: Transaction,
  document: NewDocument,
): Promise<DocumentReference> {
  const { issued, isTest, seller, buyer } = await loadParties(trx, document);
  if (issued !== null) return issued;
  const country = seller?.country ?? null;
  const timeZone = seller?.time_zone ?? ZONE_OF_NOBODY;
  const series = findSeries({ ...document, country, timeZone });
  const sellerSeries = sellerSeriesOf(seller, isTest);
  const place = await takeNextPlace(trx, sellerSeries, series);
  const number = formatDocumentNumber(series, country, place);
  const id = newId(document.kind);
  const sale = toRowSale(document.sale);
  await trx('documents').insert({
    id,
    account_id: document.accountId,
    kind: document.kind,
    seller_series: sellerSeries,
    number,
    place,
    registration_id: seller?.id ?? null,
    is_test: isTest,
    time_zone: timeZone,
    issued_at: document.issuedAt,
    subject_kind: document.subject.kind,
    subject_id: document.subject.id,
    ...sale,
    lines: JSON.stringify(sale.lines),
    tax_lines: JSON.stringify(sale.tax_lines),
    taxation: JSON.stringify(toRowTaxation(document.taxation)),
    ...toRowParties(document.kind, {
      registered: seller === null ? null : buildParty(seller.legal_name, seller),
      account: buyer === null ? null : buildParty(buyer.business_name, buyer),
    }),
    operation_key: document.operationKey,
  });
  const { currency } = document.sale.total;
  await insertReferences(trx, { id, currency }, document.references);
  return { id, number, issuedAt: document.issuedAt };
}

/** One document of the tenant. Throws `not_found`. */
export async function getDocument(trx: Transaction, id: string): Promise<DocumentRecord> {
  const [row] = await selectDocuments(trx)
    .where('documents.id', id)
    .limit(1)
    .select<DocumentRow[]>(...COLUMNS);
  const [document] = await withReferences(trx, row === undefined ? [] : [row]);
  if (document === undefined) throw new BillingError('not_found', 'There is no such document.');
  return document;
}

/** An account's documents, newest first; `beforePosition` is the last one of the page before. */
export async function listDocuments(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly beforePosition: bigint | null;
    readonly kind?: DocumentKind | undefined;
  },
): Promise<DocumentRecord[]> {
  const rows = await selectDocuments(trx)
    .where('documents.account_id', query.accountId)
    .modify((builder) => {
      const { beforePosition, kind } = query;
      if (beforePosition !== null) {
        builder.whereRaw('documents.position < ?', [beforePosition.toString()]);
      }
      if (kind !== undefined) builder.where('documents.kind', kind);
    })
    .orderBy('documents.position', 'desc')
    .limit(query.limit)
    .select<DocumentRow[]>(...COLUMNS);
  return withReferences(trx, rows);
}

/** The document an operation issued, or null: the voucher of a payment, for example. */
export async function findDocumentOf(
  trx: Transaction,
  { operationKey, kind }: Pick<NewDocument, 'operationKey' | 'kind'>,
): Promise<DocumentRecord | null> {
  const [row] = await selectDocuments(trx)
    .where({ 'documents.operation_key': operationKey, 'documents.kind': kind })
    .limit(1)
    .select<DocumentRow[]>(...COLUMNS);
  const [document] = await withReferences(trx, row === undefined ? [] : [row]);
  return document ?? null;
}

async function withReferences(
  trx: Transaction,
  rows: readonly DocumentRow[],
): Promise<DocumentRecord[]> {
  const references = await listReferences(
    trx,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => fromRowDocument(row, references.get(row.id) ?? []));
}

/** Who sells and who buys, as they are now, and what the operation issued before, in one statement. */
async function loadParties(
  trx: Transaction,
  { operationKey, kind, accountId, taxation }: NewDocument,
) {
  const { rows } = await trx.raw<{ rows: PartiesRow[] }>(
    `select a.test_clock_id is not null as is_test, to_json(r) as seller, to_json(b) as buyer,
            d.id, d.number, d.issued_at, d.account_id
       from accounts a
       left join billing_addresses b on b.account_id = a.id
       left join tax_registrations r on r.id = :registrationId
       left join documents d on d.operation_key = :operationKey and d.kind = :kind
      where a.id = :accountId`,
    { accountId, registrationId: taxation.registrationId, operationKey, kind },
  );
  const [row] = rows;
  if (row === undefined) throw new BillingError('not_found', 'There is no such account.');
  const { seller, buyer, is_test: isTest } = row;
  const issued = toReference({ id: row.id, number: row.number, issuedAt: row.issued_at });
  const isForeign = issued !== null && row.account_id !== accountId;
  invariant(!isForeign, `${operationKey} issued to another account`);
  return { issued, isTest, seller, buyer };
}

interface PartiesRow {
  readonly is_test: boolean;
  readonly seller: SellerRow | null;
  readonly buyer: BuyerRow | null;
  readonly id: string | null;
  readonly number: string | null;
  readonly issued_at: Instant | null;
  readonly account_id: string | null;
}

/** What a registration and a billing address have in common: what a document prints of either. */
interface PartyRow {
  readonly address_line1: string;
  readonly address_line2: string | null;
  readonly city: string;
  readonly postal_code: string;
  readonly country: string;
  readonly state: string | null;
  readonly tax_id: string | null;
  readonly tax_id_type: string | null;
  readonly tax_office: string | null;
  readonly email: string | null;
}

interface SellerRow extends PartyRow {
  readonly id: string;
  readonly legal_name: string;
  readonly time_zone: string;
}

interface BuyerRow extends PartyRow {
  readonly business_name: string;
}

/** A seller counts on under the same tax id when its registration is replaced by a later one. */
function sellerSeriesOf(seller: SellerRow | null, isTest: boolean): string {
  const name = seller === null ? UNREGISTERED : `${seller.country}/${seller.tax_id}`;
  return isTest ? `test/${name}` : name;
}

/** Counts the series up under its row's lock. A row that does not exist locks nothing: insert it first. */
async function takeNextPlace(
  trx: Transaction,
  seller: string,
  { prefix, year }: DocumentSeries,
): Promise<number> {
  const rows = await trx('document_series')
    .insert({ seller, prefix, year, last_place: 1 })
    .onConflict(['seller', 'prefix', 'year'])
    .merge({ last_place: trx.raw('document_series.last_place + 1') })
    .returning<{ last_place: number }[]>('last_place');
  const [counted] = rows;
  invariant(counted !== undefined, `the series ${prefix} ${year} of ${seller} has no row`);
  return counted.last_place;
}

/** Who sells and who buys: the account buys, but for what it is billed for in its own name. */
function toRowParties(
  kind: DocumentKind,
  { registered, account }: { readonly registered: Party | null; readonly account: Party | null },
) {
  const [seller, buyer] =
    kind === 'self_billed_invoice' ? [account, registered] : [registered, account];
  return {
    seller: seller === null ? null : JSON.stringify(seller),
    buyer: buyer === null ? null : JSON.stringify(buyer),
  };
}

function buildParty(name: string, row: PartyRow): Party {
  const { address_line1: line1, address_line2: line2, city, postal_code: postalCode } = row;
  const street = line2 === null ? [line1] : [line1, line2];
  return {
    name,
    addressLines: [...street, `${city} ${postalCode}`],
    country: row.country,
    state: row.state,
    taxId: row.tax_id,
    taxIdType: row.tax_id_type,
    taxOffice: row.tax_office,
    email: row.email,
  };
}

interface DocumentRow extends SaleColumns {
  readonly id: string;
  readonly position: bigint;
  readonly account_id: string;
  readonly kind: string;
  readonly number: string;
  readonly is_test: boolean;
  readonly time_zone: string;
  readonly issued_at: Instant;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly taxation: TaxationColumn;
  readonly seller: Party | null;
  readonly buyer: Party | null;
  readonly irn: string | null;
  readonly ack_no: string | null;
  readonly signed_qr: string | null;
}

const OWN_COLUMNS = [
  'id',
  'position',
  'account_id',
  'kind',
  'number',
  'is_test',
  'time_zone',
  'issued_at',
  'subject_kind',
  'subject_id',
  'currency',
  'subtotal_micros',
  'tax_total_micros',
  'round_off_micros',
  'total_micros',
  'lines',
  'tax_lines',
  'taxation',
  'seller',
  'buyer',
] as const;

const COLUMNS = [
  ...OWN_COLUMNS.map((column) => `documents.${column}`),
  'e_invoices.irn',
  'e_invoices.ack_no',
  'e_invoices.signed_qr',
];

function selectDocuments(trx: Transaction) {
  return trx('documents').leftJoin('e_invoices', 'e_invoices.document_id', 'documents.id');
}

function fromRowDocument(row: DocumentRow, references: readonly TakenBack[]): DocumentRecord {
  return {
    id: row.id,
    position: row.position,
    accountId: row.account_id,
    kind: row.kind as DocumentKind,
    number: row.number,
    issuedAt: row.issued_at,
    timeZone: row.time_zone,
    isTest: row.is_test,
    seller: row.seller,
    buyer: row.buyer,
    sale: fromRowSale(row),
    taxation: fromRowTaxation(row.taxation),
    subject: { kind: row.subject_kind as DocumentSubject['kind'], id: row.subject_id },
    references,
    eInvoice: fromRowEInvoice(row),
  };
}

function toReference(columns: {
  readonly id: string | null;
  readonly number: string | null;
  readonly issuedAt: Instant | null;
}): DocumentReference | null {
  const { id, number, issuedAt } = columns;
  return id === null || number === null || issuedAt === null ? null : { id, number, issuedAt };
}

function fromRowEInvoice({ irn, ack_no, signed_qr }: DocumentRow): EInvoice | null {
  return irn === null || ack_no === null || signed_qr === null
    ? null
    : { irn, ackNumber: ack_no, signedQr: signed_qr };
}
