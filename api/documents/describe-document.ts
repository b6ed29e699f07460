import { localDateOf, type LocalDate } from '../../domain/calendar';
import { documentTitle, type IssuedDocument, type Party } from '../../domain/document/document';
import { formatAmount, type Money } from '../../domain/money';
import { findIndianState } from '../../domain/tax/indian-state';

/** All words of a document's page, in their order; how they stand on it is draw-document.ts's business. */
export interface DocumentText {
  readonly title: string;
  readonly number: string;
  /** Says that the document is of no effect, or null. */
  readonly warning: string | null;
  readonly facts: readonly Labelled[];
  readonly parties: readonly PartyText[];
  readonly rows: readonly RowText[];
  /** Rows have a column for the service code. */
  readonly hasSac: boolean;
  readonly totals: readonly Labelled[];
  readonly total: Labelled;
  readonly notes: readonly string[];
}

export interface Labelled {
  readonly label: string;
  readonly value: string;
}

export interface PartyText {
  readonly heading: string;
  readonly name: string;
  readonly lines: readonly string[];
}

export interface RowText {
  readonly description: string;
  readonly sac: string;
  readonly quantity: string;
  readonly unitAmount: string;
  readonly amount: string;
}

/** The words of a document, as its row keeps them: nothing is looked up and nothing is computed anew. */
export function describeDocument(document: IssuedDocument): DocumentText {
  const { sale, seller, buyer } = document;
  return {
    title: documentTitle(document),
    number: document.number,
    warning: document.isTest ? 'Test document, of no effect' : null,
    facts: listFacts(document),
    parties: [
      ...(seller === null ? [] : [describeParty('From', seller)]),
      ...(buyer === null ? [] : [describeParty('To', buyer)]),
    ],
    rows: sale.lines.map((line) => ({
      description: line.description,
      sac: line.sac ?? '',
      quantity: String(line.quantity),
      unitAmount: formatMoney(line.unitAmount),
      amount: formatMoney(line.amount),
    })),
    hasSac: sale.lines.some(({ sac }) => sac !== undefined),
    totals: listTotals(document),
    total: { label: `Total (${sale.total.currency})`, value: formatMoney(sale.total) },
    notes: listNotes(document),
  };
}

function listFacts(document: IssuedDocument): Labelled[] {
  const { issuedAt, timeZone, taxation, seller } = document;
  const date = formatDate(localDateOf(issuedAt, timeZone));
  // CGST rule 46: an Indian document says so in either case.
  const isReverse = taxation.kind === 'reverse_charge' ? 'Yes' : 'No';
  return [
    { label: 'Number', value: document.number },
    { label: 'Date', value: date },
    ...labelled('Place of supply', taxation.placeOfSupply),
    ...labelled('Reverse charge', seller?.country === 'IN' ? isReverse : null),
    ...listReferences(document),
  ];
}

function listReferences({ references, eInvoice, timeZone }: IssuedDocument): Labelled[] {
  return [
    ...references.flatMap(({ number, issuedAt, amount }) => [
      { label: 'Refers to', value: number },
      { label: 'dated', value: formatDate(localDateOf(issuedAt, timeZone)) },
      { label: 'for', value: formatMoney(amount) },
    ]),
    ...labelled('IRN', eInvoice?.irn ?? null),
    ...labelled('Ack. number', eInvoice?.ackNumber ?? null),
  ];
}

function labelled(label: string, value: string | null): Labelled[] {
  return value === null ? [] : [{ label, value }];
}

function describeParty(heading: string, party: Party): PartyText {
  const office = party.taxOffice === null ? '' : ` (${party.taxOffice})`;
  const taxId = party.taxId === null ? [] : [`${taxIdLabel(party)} ${party.taxId}${office}`];
  const email = party.email === null ? [] : [party.email];
  const place = party.state === null ? party.country : `${stateOf(party)}, ${party.country}`;
  return { heading, name: party.name, lines: [...party.addressLines, place, ...taxId, ...email] };
}

function taxIdLabel({ taxIdType }: Party): string {
  return taxIdType === null ? 'Tax ID' : taxIdType.toUpperCase();
}

/** An Indian state stands with its code (rule 46). */
function stateOf({ country, state }: Party): string {
  const known = country === 'IN' && state !== null ? findIndianState(state) : null;
  return known === null ? (state ?? '') : `${known.name} (${known.code})`;
}

function listTotals({ sale, taxation }: IssuedDocument): Labelled[] {
  const isPlain = sale.taxLines.length === 0 && sale.roundOff.amountMicros === 0n;
  if (isPlain) return [];
  const net = taxation.includesTax ? 'Subtotal without tax' : 'Subtotal';
  const taxes = sale.taxLines.map(({ component, rate, taxable, amount }) => ({
    label: `${component} ${rate}% of ${formatMoney(taxable)}`,
    value: formatMoney(amount),
  }));
  const roundOff = { label: 'Round-off', value: formatMoney(sale.roundOff) };
  return [
    { label: net, value: formatMoney(sale.subtotal) },
    ...taxes,
    ...(sale.roundOff.amountMicros === 0n ? [] : [roundOff]),
  ];
}

const KIND_NOTES = {
  invoice: null,
  credit_note: null,
  debit_note: null,
  receipt_voucher: 'Received in advance for services to be supplied from the balance.',
  refund_voucher: 'Returned from an advance for which no services were supplied.',
  statement: 'Paid from the balance: nothing is left to pay.',
  self_billed_invoice: 'Issued by the recipient of the service in the name of its supplier.',
} as const;

function listNotes({ kind, taxation, sale }: IssuedDocument): string[] {
  const isInclusive = taxation.includesTax && sale.taxLines.length > 0;
  const isReturned = kind === 'statement' && sale.total.amountMicros < 0n;
  const notes = [
    taxation.statement,
    isInclusive ? 'The prices of the lines include the tax.' : null,
    isReturned ? 'Given back to the balance.' : KIND_NOTES[kind],
  ];
  return notes.filter((note) => note !== null);
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** "1 August 2026": no reader takes the day for the month. */
function formatDate(date: LocalDate): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''} ${year}`;
}

const SYMBOLS: Readonly<Record<string, string>> = {
  INR: '₹',
  TRY: '₺',
  USD: '$',
  EUR: '€',
  GBP: '£',
};

/** With its sign and in groups: thousands, and in rupees lakhs and crores. */
function formatMoney(money: Money): string {
  const amount = formatAmount(money);
  const isNegative = amount.startsWith('-');
  const [whole = '', fraction] = amount.replace('-', '').split('.');
  const groups = money.currency === 'INR' ? INDIAN_GROUPS : THOUSANDS;
  const digits = whole.replaceAll(groups, ',') + (fraction === undefined ? '' : `.${fraction}`);
  const symbol = SYMBOLS[money.currency] ?? `${money.currency}\u00a0`;
  return `${isNegative ? '\u2212' : ''}${symbol}${digits}`;
}

const THOUSANDS = /\B(?=(?:\d{3})+$)/g;
const INDIAN_GROUPS = /\B(?=(?:\d{2})*\d{3}$)/g;
