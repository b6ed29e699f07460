import {
  type DocumentKind,
  type DocumentReference,
  type DocumentSubject,
  type EInvoice,
  type IssuedDocument,
  type Party,
} from '../../domain/document/document';
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
import { getAccount } from './account.repository';
import { findBillingAddress, type BillingAddress } from './billing-address.repository';
import {
  fromRowSale,
  fromRowTaxation,
  toRowSale,
  toRowTaxation,
  type SaleColumns,
  type TaxationColumn,
} from './sale.columns';
import { findTaxRegistration, type TaxRegistration } from './tax-registration.repository';

export interface NewDocument {
  readonly kind: DocumentKind;
  readonly accountId: string;
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly issuedAt: Instant;
  readonly subject: DocumentSubject;
  /** The document this one corrects or takes back. */
  readonly referencesId: string | null;
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
  const issued = await findIssued(trx, document);
  if (issued !== null) return issued;
  const registration = await findTaxRegistration(trx, document.taxation.registrationId);
  const account = await getAccount(trx, document.accountId);
  const address = await findBillingAddress(trx, document.accountId);
  const country = registration?.country ?? null;
  const timeZone = registration?.timeZone ?? ZONE_OF_NOBODY;
  const isTest = account.testClockId !== null;
  const series = findSeries({ ...document, country, timeZone });
  const seller = sellerSeriesOf(registration, isTest);
  const place = await takeNextPlace(trx, seller, series);
  const number = formatDocumentNumber(series, country, place);
  const id = newId(document.kind);
  const sale = toRowSale(document.sale);
  await trx('documents').insert({
    id,
    account_id: document.accountId,
    kind: document.kind,
    seller_series: seller,
    number,
    place,
    registration_id: registration?.id ?? null,
    is_test: isTest,
    time_zone: timeZone,
    issued_at: document.issuedAt,
    subject_kind: document.subject.kind,
    subject_id: document.subject.id,
    references_id: document.referencesId,
    ...sale,
    lines: JSON.stringify(sale.lines),
    tax_lines: JSON.stringify(sale.tax_lines),
    taxation: JSON.stringify(toRowTaxation(document.taxation)),
    seller: registration === null ? null : JSON.stringify(buildSeller(registration)),
    buyer: address === null ? null : JSON.stringify(buildBuyer(address)),
    operation_key: document.operationKey,
  });
  return { id, number, issuedAt: document.issuedAt };
}

/** One document of the tenant. Throws `not_found`. */
export async function getDocument(trx: Transaction, id: string): Promise<DocumentRecord> {
  const [row] = await selectDocuments(trx)
    .where('documents.id', id)
    .limit(1)
    .select<DocumentRow[]>(...COLUMNS);
  if (row === undefined) throw new BillingError('not_found', 'There is no such document.');
  return fromRowDocument(row);
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
  return rows.map(fromRowDocument);
}

/** The last invoice about a subject, or null: what a credit note refers to. */
export async function findLatestInvoice(
  trx: Transaction,
  { subject }: { readonly subject: DocumentSubject },
): Promise<DocumentRecord | null> {
  const [row] = await selectDocuments(trx)
    .where({ 'documents.subject_kind': subject.kind, 'documents.subject_id': subject.id })
    .where('documents.kind', 'invoice')
    .orderBy('documents.position', 'desc')
    .limit(1)
    .select<DocumentRow[]>(...COLUMNS);
  return row === undefined ? null : fromRowDocument(row);
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
  return row === undefined ? null : fromRowDocument(row);
}

async function findIssued(
  trx: Transaction,
  { operationKey, kind, accountId }: NewDocument,
): Promise<DocumentReference | null> {
  const row = await trx('documents')
    .where({ operation_key: operationKey, kind })
    .first<{ id: string; number: string; issued_at: Instant; account_id: string } | undefined>(
      'id',
      'number',
      'issued_at',
      'account_id',
    );
  if (row === undefined) return null;
  invariant(row.account_id === accountId, `${operationKey} issued to another account`);
  return { id: row.id, number: row.number, issuedAt: row.issued_at };
}

/** A seller counts on under the same tax id when its registration is replaced by a later one. */
function sellerSeriesOf(registration: TaxRegistration | null, isTest: boolean): string {
  const seller =
    registration === null ? UNREGISTERED : `${registration.country}/${registration.taxId}`;
  return isTest ? `test/${seller}` : seller;
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

function buildSeller(registration: TaxRegistration): Party {
  const { legalName, addressLine1, addressLine2, city, postalCode } = registration;
  return {
    name: legalName,
    addressLines: buildAddressLines({ addressLine1, addressLine2, city, postalCode }),
    country: registration.country,
    state: registration.state,
    taxId: registration.taxId,
    taxIdType: registration.taxIdType,
    taxOffice: registration.taxOffice,
    email: registration.email,
  };
}

function buildBuyer(address: BillingAddress): Party {
  return {
    name: address.businessName,
    addressLines: buildAddressLines(address),
    country: address.country,
    state: address.state,
    taxId: address.taxId,
    taxIdType: address.taxIdType,
    taxOffice: address.taxOffice,
    email: address.email,
  };
}

function buildAddressLines(address: {
  readonly addressLine1: string;
  readonly addressLine2: string | null;
  readonly city: string;
  readonly postalCode: string;
}): string[] {
  const { addressLine1, addressLine2, city, postalCode } = address;
  const street = addressLine2 === null ? [addressLine1] : [addressLine1, addressLine2];
  return [...street, `${city} ${postalCode}`];
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
  readonly references_id: string | null;
  readonly references_number: string | null;
  readonly references_issued_at: Instant | null;
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
  'references_id',
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
  'referenced.number as references_number',
  'referenced.issued_at as references_issued_at',
  'e_invoices.irn',
  'e_invoices.ack_no',
  'e_invoices.signed_qr',
];

function selectDocuments(trx: Transaction) {
  return trx('documents')
    .leftJoin('documents as referenced', 'referenced.id', 'documents.references_id')
    .leftJoin('e_invoices', 'e_invoices.document_id', 'documents.id');
}

function fromRowDocument(row: DocumentRow): DocumentRecord {
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
    references: fromRowReference(row),
    eInvoice: fromRowEInvoice(row),
  };
}

function fromRowReference(row: DocumentRow): DocumentReference | null {
  const { references_id: id, references_number: number, references_issued_at: issuedAt } = row;
  return id === null || number === null || issuedAt === null ? null : { id, number, issuedAt };
}

function fromRowEInvoice({ irn, ack_no, signed_qr }: DocumentRow): EInvoice | null {
  return irn === null || ack_no === null || signed_qr === null
    ? null
    : { irn, ackNumber: ack_no, signedQr: signed_qr };
}
