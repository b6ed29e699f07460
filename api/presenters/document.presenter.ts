import type { z } from 'zod';
import type { IssuedDocument, Party } from '../../domain/document/document';
import { toWireMoney } from '../../domain/money';
import type { TaxLine } from '../../domain/tax/compute-tax';
import type { documentSchema, taxLineSchema } from '../schemas/document.schema';

export function toApiDocument(document: IssuedDocument): z.input<typeof documentSchema> {
  const { sale, taxation, references } = document;
  return {
    id: document.id,
    account_id: document.accountId,
    kind: document.kind,
    number: document.number,
    issued_at: document.issuedAt,
    is_test: document.isTest,
    seller: document.seller === null ? null : toApiParty(document.seller),
    buyer: document.buyer === null ? null : toApiParty(document.buyer),
    lines: sale.lines.map((line) => ({
      description: line.description,
      quantity: Number(line.quantity),
      unit_amount: toWireMoney(line.unitAmount),
      amount: toWireMoney(line.amount),
      sac: line.sac ?? null,
    })),
    tax_lines: sale.taxLines.map(toApiTaxLine),
    subtotal: toWireMoney(sale.subtotal),
    tax_total: toWireMoney(sale.taxTotal),
    round_off: toWireMoney(sale.roundOff),
    total: toWireMoney(sale.total),
    prices_include_tax: taxation.includesTax,
    place_of_supply: taxation.placeOfSupply,
    statement: taxation.statement,
    subject: document.subject,
    references: references.map(({ id, number, issuedAt, amount }) => ({
      id,
      number,
      issued_at: issuedAt,
      amount: toWireMoney(amount),
    })),
    e_invoice: toApiEInvoice(document),
    pdf_url: pdfPathOf(document),
  };
}

export function toApiTaxLine(tax: TaxLine): z.input<typeof taxLineSchema> {
  return {
    component: tax.component,
    rate: tax.rate,
    taxable: toWireMoney(tax.taxable),
    amount: toWireMoney(tax.amount),
  };
}

function toApiEInvoice({ eInvoice }: IssuedDocument) {
  if (eInvoice === null) return null;
  return { irn: eInvoice.irn, ack_no: eInvoice.ackNumber, signed_qr: eInvoice.signedQr };
}

function pdfPathOf({ id, kind }: IssuedDocument): string {
  return `/v1/${kind === 'credit_note' ? 'credit_notes' : 'invoices'}/${id}.pdf`;
}

function toApiParty(party: Party) {
  return {
    name: party.name,
    address_lines: [...party.addressLines],
    country: party.country,
    state: party.state,
    tax_id: party.taxId,
    tax_id_type: party.taxIdType,
    tax_office: party.taxOffice,
    email: party.email,
  };
}
