import { describeDocument } from '../../api/documents/describe-document';
import { drawDocument } from '../../api/documents/draw-document';
import type { IssuedDocument } from '../../domain/document/document';
import { parseMoney, type Money } from '../../domain/money';
import { computeTax, type SaleLine } from '../../domain/tax/compute-tax';
import { resolveTaxation } from '../../domain/tax/resolve-taxation';
import { UNTAXED, type Taxation } from '../../domain/tax/taxation';
import { countPages, readPdfText } from './pdf-text';

const AT = '2026-08-01T10:00:00.000Z';
const SELLER = {
  name: 'Tollgate Communications Private Limited',
  addressLines: ['1 MG Road', 'Floor 3', 'Bengaluru 560001'],
  country: 'IN',
  state: '29',
  taxId: '29AABCT1234F1ZM',
  taxIdType: 'gstin',
  taxOffice: null,
  email: 'billing@example.com',
};
const BUYER = {
  name: 'Şeker & Gıda İşletmeleri Private Limited',
  addressLines: ['12 Residency Road', 'Bengaluru 560025'],
  country: 'IN',
  state: 'Karnataka',
  taxId: '29AAGCB7383J1Z4',
  taxIdType: 'gstin',
  taxOffice: null,
  email: 'accounts@example.com',
};
const WITHIN_KARNATAKA = resolveTaxation({
  registrations: [
    {
      id: 'tax_1',
      country: 'IN',
      state: '29',
      taxPoint: 'consumption',
      pricesIncludeTax: false,
      timeZone: 'Asia/Kolkata',
      isHome: true,
      hasLut: true,
      isTelecomOperator: false,
      validFrom: '2020-01-01T00:00:00.000Z',
    },
  ],
  buyer: { ...BUYER, isInSez: false },
  at: AT,
});

function inr(amount: string): Money {
  return parseMoney({ amount, currency: 'INR' });
}

function line(description: string, amount: string): SaleLine {
  const money = inr(amount);
  return { description, quantity: 1n, unitAmount: money, amount: money, sac: '998315' };
}

function document(changes: Partial<IssuedDocument> & { lines?: readonly SaleLine[] } = {}) {
  const { lines = [line('Growth, 1 August to 1 September 2026', '124999.50')], ...others } =
    changes;
  const taxation: Taxation = others.taxation ?? WITHIN_KARNATAKA;
  const issued: IssuedDocument = {
    id: 'inv_1',
    accountId: 'acct_1',
    kind: 'invoice',
    number: 'INV/26-27/000123',
    issuedAt: AT,
    timeZone: 'Asia/Kolkata',
    isTest: false,
    seller: SELLER,
    buyer: BUYER,
    sale: computeTax(taxation, lines),
    taxation,
    subject: { kind: 'subscription', id: 'sub_1' },
    references: [],
    eInvoice: null,
    ...others,
  };
  return issued;
}

function draw(issued: IssuedDocument, isCompressed = false): Promise<Buffer> {
  return drawDocument(describeDocument(issued), { issuedAt: issued.issuedAt, isCompressed });
}

describe('the words of a document', () => {
  it('say all that an Indian tax invoice must say', () => {
    expect(describeDocument(document())).toEqual({
      title: 'Tax invoice',
      number: 'INV/26-27/000123',
      warning: null,
      facts: [
        { label: 'Number', value: 'INV/26-27/000123' },
        { label: 'Date', value: '1 August 2026' },
        { label: 'Place of supply', value: '29 Karnataka' },
        { label: 'Reverse charge', value: 'No' },
      ],
      parties: [
        {
          heading: 'From',
          name: 'Tollgate Communications Private Limited',
          lines: [
            '1 MG Road',
            'Floor 3',
            'Bengaluru 560001',
            'Karnataka (29), IN',
            'GSTIN 29AABCT1234F1ZM',
            'billing@example.com',
          ],
        },
        {
          heading: 'To',
          name: 'Şeker & Gıda İşletmeleri Private Limited',
          lines: [
            '12 Residency Road',
            'Bengaluru 560025',
            'Karnataka (29), IN',
            'GSTIN 29AAGCB7383J1Z4',
            'accounts@example.com',
          ],
        },
      ],
      rows: [
        {
          description: 'Growth, 1 August to 1 September 2026',
          sac: '998315',
          quantity: '1',
          unitAmount: '₹1,24,999.50',
          amount: '₹1,24,999.50',
        },
      ],
      hasSac: true,
      totals: [
        { label: 'Subtotal', value: '₹1,24,999.50' },
        { label: 'CGST 9% of ₹1,24,999.50', value: '₹11,249.96' },
        { label: 'SGST 9% of ₹1,24,999.50', value: '₹11,249.96' },
        { label: 'Round-off', value: '−₹0.42' },
      ],
      total: { label: 'Total (INR)', value: '₹1,47,499.00' },
      notes: [],
    });
  });

  it('of a credit note name the document it takes back', () => {
    const note = document({
      kind: 'credit_note',
      number: 'CRN/26-27/000001',
      references: [
        { id: 'inv_1', number: 'INV/26-27/000123', issuedAt: AT, amount: inr('2000.00') },
        { id: 'inv_0', number: 'INV/26-27/000122', issuedAt: AT, amount: inr('499.50') },
      ],
    });
    expect(describeDocument(note)).toMatchObject({
      title: 'Credit note',
      facts: expect.arrayContaining([
        { label: 'Refers to', value: 'INV/26-27/000123' },
        { label: 'for', value: '₹2,000.00' },
        { label: 'Refers to', value: 'INV/26-27/000122' },
        { label: 'dated', value: '1 August 2026' },
        { label: 'for', value: '₹499.50' },
      ]),
    });
  });

  it('carry what the law wants said, and what the tax office answered', () => {
    const statement =
      'Supply meant for export under bond or letter of undertaking without payment of integrated tax';
    const exported = document({
      taxation: { ...UNTAXED, kind: 'zero_rated', statement },
      eInvoice: { irn: 'a1b2', ackNumber: '112', signedQr: 'qr' },
    });
    const { notes, facts } = describeDocument(exported);
    expect(notes).toEqual([statement]);
    expect(facts).toContainEqual({ label: 'IRN', value: 'a1b2' });
    expect(facts).toContainEqual({ label: 'Ack. number', value: '112' });
  });

  it('say that prices include the tax, that a voucher is an advance, and that a test is one', () => {
    const taxation: Taxation = { ...WITHIN_KARNATAKA, includesTax: true, totalStepMicros: null };
    const voucher = document({ kind: 'receipt_voucher', taxation, isTest: true });
    const { notes, warning, totals } = describeDocument(voucher);
    expect(notes).toEqual([
      'The prices of the lines include the tax.',
      'Received in advance for services to be supplied from the balance.',
    ]);
    expect(warning).toBe('Test document, of no effect');
    expect(totals[0]).toEqual({ label: 'Subtotal without tax', value: '₹1,05,931.78' });
  });

  it('group amounts by the habit of their currency', () => {
    const amountOf = (amount: string, currency: string) => {
      const money = parseMoney({ amount, currency });
      const sold = { description: 'x', quantity: 1n, unitAmount: money, amount: money };
      return describeDocument(document({ taxation: UNTAXED, lines: [sold] })).total.value;
    };
    expect(amountOf('12345678.90', 'INR')).toBe('₹1,23,45,678.90');
    expect(amountOf('1234567.90', 'TRY')).toBe('₺1,234,567.90');
    expect(amountOf('1000', 'JPY')).toBe('JPY\u00a01,000');
    expect(amountOf('0.0034', 'USD')).toBe('$0.0034');
    expect(amountOf('-100.00', 'EUR')).toBe('−€100.00');
  });
});

describe('the file', () => {
  it('is a PDF of one page that says the words', async () => {
    const pdf = await draw(document());
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(countPages(pdf)).toBe(1);
    const text = readPdfText(pdf);
    for (const words of [
      'Tax invoice',
      'INV/26-27/000123',
      'Şeker & Gıda İşletmeleri Private Limited',
      'GSTIN 29AAGCB7383J1Z4',
      'CGST 9% of ₹1,24,999.50',
      '₹1,47,499.00',
      'Page 1 of 1',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('has as many pages as the lines need, each with the headings and its number', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => line(`Line ${index + 1}`, '10.00'));
    const pdf = await draw(document({ lines }));
    const text = readPdfText(pdf);
    expect(countPages(pdf)).toBe(3);
    expect(text.filter((words) => words === 'Description')).toHaveLength(3);
    expect(text).toEqual(
      expect.arrayContaining(['Line 1', 'Line 60', 'Page 1 of 3', 'Page 3 of 3']),
    );
  });

  it('is the same to the byte for the same document, and dated by it', async () => {
    const [first, second] = await Promise.all([draw(document(), true), draw(document(), true)]);
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
    const plain = (await draw(document())).toString('latin1');
    const dates = new Set(plain.match(/\(D:\d+Z\)/g));
    expect([...dates]).toEqual(['(D:20260801100000Z)']);
  });

  it('carries its fonts', async () => {
    const plain = (await draw(document())).toString('latin1');
    expect(plain.match(/\/FontFile2 /g)).toHaveLength(2);
    expect(plain).toContain('DejaVuSansCondensed-Bold');
  });

  it('is drawn without a seller and without a buyer', async () => {
    const pdf = await draw(document({ seller: null, buyer: null, taxation: UNTAXED }));
    expect(readPdfText(pdf)).toContain('Invoice');
  });
});
