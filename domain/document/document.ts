/**
 * Owns: which documents there are, what one says, and its title.
 * Does not own: its number (document-number.ts), its sums (tax/compute-tax.ts), its picture (api/documents/).
 * Rules: docs/domain/documents.md. A document is written once and never changed: a mistake is put right by
 * another document that names it. An invoice bills what was sold, a credit note takes part of one back, a debit note
 * adds to one,
 * a receipt voucher confirms money paid in advance, a refund voucher its return (CGST rules 46, 50, 51, 53), a
 * statement says what usage took from money that was taxed before (ADR 0035). A self-billed invoice is written by
 * who buys: its seller is the account.
 * Example: a top-up of 1 000.00 INR taxed with IGST: receipt voucher RCV/26-27/000001 over 1 180.00.
 */
import type { Instant } from '../instant';
import type { LifecycleKind } from '../lifecycle';
import type { Money } from '../money';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';

export const DOCUMENT_KINDS = [
  'invoice',
  'credit_note',
  'debit_note',
  'receipt_voucher',
  'refund_voucher',
  'statement',
  'self_billed_invoice',
] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Who sold or bought, as they were when the document was issued. */
export interface Party {
  readonly name: string;
  /** Street to postal code, as printed. */
  readonly addressLines: readonly string[];
  readonly country: string;
  readonly state: string | null;
  readonly taxId: string | null;
  readonly taxIdType: string | null;
  readonly taxOffice: string | null;
  readonly email: string | null;
}

/** What a document is about. */
export interface DocumentSubject {
  /** A lifecycle, or the usage of a month, whose id is the month: "2026-11". */
  readonly kind: LifecycleKind | 'usage';
  readonly id: string;
}

export interface DocumentReference {
  readonly id: string;
  readonly number: string;
  readonly issuedAt: Instant;
}

/** A document that another one takes back or a debit note adds to, and how much: above zero, with tax. */
export interface TakenBack extends DocumentReference {
  readonly amount: Money;
}

/** What the tax office answered to an invoice it was told of, where it must be told. */
export interface EInvoice {
  readonly irn: string;
  readonly ackNumber: string;
  readonly signedQr: string;
}

export interface IssuedDocument {
  readonly id: string;
  readonly accountId: string;
  readonly kind: DocumentKind;
  readonly number: string;
  readonly issuedAt: Instant;
  /** The zone its date is read in: the seller's. */
  readonly timeZone: string;
  /** Made for an account on a test clock: numbered in a series of its own, of no effect. */
  readonly isTest: boolean;
  /** Null while the seller has no tax registration. */
  readonly seller: Party | null;
  /** Null when the account had no billing address. */
  readonly buyer: Party | null;
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly subject: DocumentSubject;
  /** Newest first. */
  readonly references: readonly TakenBack[];
  readonly eInvoice: EInvoice | null;
}

const TITLES = {
  invoice: 'Invoice',
  credit_note: 'Credit note',
  debit_note: 'Debit note',
  receipt_voucher: 'Receipt voucher',
  refund_voucher: 'Refund voucher',
  statement: 'Statement of usage',
  self_billed_invoice: 'Self-billed invoice',
} as const;

/** What stands at the head of the page. An invoice that bears tax is a tax invoice. */
export function documentTitle({
  kind,
  taxation,
}: Pick<IssuedDocument, 'kind' | 'taxation'>): string {
  return kind === 'invoice' && taxation.kind !== 'none' ? 'Tax invoice' : TITLES[kind];
}
