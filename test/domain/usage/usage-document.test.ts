import fc from 'fast-check';
import type { CurrencyCode } from '../../../domain/currency';
import { chargeStepMicros } from '../../../domain/money';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import {
  buildUsageDocument,
  postUsageDocument,
  type UsageCharges,
} from '../../../domain/usage/usage-document';
import { AT, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
  totalStepMicros: 1_000_000n,
  placeOfSupply: '27 Maharashtra',
  registrationId: 'tax_1',
};
const [FULL] = IGST.components;
const HALVES: Taxation = {
  ...IGST,
  components: [
    { component: 'CGST', rate: '9', baseNumerator: 1n, baseDenominator: 1n },
    { component: 'SGST', rate: '9', baseNumerator: 1n, baseDenominator: 1n },
  ],
};
const AT_TOP_UP: Taxation = { ...UNTAXED, taxPoint: 'top_up', statement: 'Tax was paid.' };

function charge(charges: Partial<UsageCharges> = {}): UsageCharges {
  return {
    month: '2026-11',
    category: 'marketing',
    quantity: 3n,
    netMicros: 2_589_300n,
    taxMicros: 466_074n,
    ...charges,
  };
}

/** The document in figures, and the transfers that make the books agree. */
function documented(
  charges: readonly UsageCharges[],
  { taxation, currency = 'INR' }: { readonly taxation: Taxation; readonly currency?: CurrencyCode },
) {
  const document = buildUsageDocument(charges, { taxation, currency });
  if (document === null) return null;
  const ledger = buildLedger({ currency });
  const plan = buildPlan(ledger);
  postUsageDocument(plan, ledger, { document, reference: 'usage/2026-11', at: AT });
  const { kind, sale } = document;
  return {
    kind,
    lines: sale.lines.map(
      (line) =>
        `${line.description}: ${line.quantity} x ${line.unitAmount.amountMicros} = ${line.amount.amountMicros}`,
    ),
    taxes: sale.taxLines.map((tax) => `${tax.component} ${tax.rate} ${tax.amount.amountMicros}`),
    subtotal: sale.subtotal.amountMicros,
    roundOff: sale.roundOff.amountMicros,
    total: sale.total.amountMicros,
    transfers: transfersOf(plan),
  };
}

test('3 messages of 0.8631 INR with IGST 18 %: 2.59, tax 0.47, round-off -0.01, total 3.05', () => {
  expect(documented([charge()], { taxation: IGST })).toEqual({
    kind: 'invoice',
    lines: ['WhatsApp marketing, 2026-11: 3 x 863100 = 2590000'],
    taxes: ['IGST 18 470000'],
    subtotal: 2_590_000n,
    roundOff: -10_000n,
    total: 3_050_000n,
    transfers: [
      'charge revenue/INR > tax_payable/INR 3926 usage/2026-11/tax',
      'refund revenue/INR > wallet/additional 5374 usage/2026-11',
    ],
  });
});

test('the total is not brought to whole rupees, which were paid already', () => {
  const exact = charge({ netMicros: 863_100_000n, taxMicros: 155_358_000n, quantity: 1_000n });
  expect(documented([exact], { taxation: HALVES })).toMatchObject({
    taxes: ['CGST 9 77680000', 'SGST 9 77680000'],
    subtotal: 863_100_000n,
    roundOff: -10_000n,
    total: 1_018_450_000n,
  });
});

test('money that was taxed at its top-up is a statement, without taxes', () => {
  expect(documented([charge({ taxMicros: 0n })], { taxation: AT_TOP_UP })).toMatchObject({
    kind: 'statement',
    taxes: [],
    subtotal: 2_590_000n,
    roundOff: -10_000n,
    total: 2_580_000n,
    transfers: ['refund revenue/INR > wallet/additional 9300 usage/2026-11'],
  });
  // Zero-rated as it came in; a rate of 0 % is for the voucher.
  const exported = { ...AT_TOP_UP, kind: 'zero_rated', components: FULL ? [FULL] : [] } as const;
  expect(documented([charge({ taxMicros: 0n })], { taxation: exported })?.taxes).toEqual([]);
});

test('a line for each month and category; rupiah are whole', () => {
  const charges = [
    charge({
      month: '2026-10',
      category: 'authentication_international',
      quantity: 1n,
      netMicros: 597_320_000n,
      taxMicros: 0n,
    }),
    charge({ category: 'call', quantity: 90n, netMicros: 1_125_000_000n, taxMicros: 0n }),
    charge({ category: 'unique_visitor', quantity: 2n, netMicros: 400_000n, taxMicros: 0n }),
  ];
  expect(documented(charges, { taxation: UNTAXED, currency: 'IDR' })).toMatchObject({
    kind: 'invoice',
    lines: [
      'WhatsApp authentication international, 2026-10: 1 x 597320000 = 597000000',
      'Calls, in seconds, 2026-11: 90 x 12500000 = 1125000000',
      'Unique visitors, 2026-11: 2 x 200000 = 0',
    ],
    total: 1_722_000_000n,
    transfers: ['refund revenue/IDR > wallet/additional 720000 usage/2026-11'],
  });
});

test('less than can be paid waits for the next month', () => {
  const small = charge({ netMicros: 8_474n, taxMicros: 1_525n });
  expect(documented([small], { taxation: IGST })).toBeNull();
  expect(
    documented([charge({ netMicros: 8_475n, taxMicros: 1_525n })], { taxation: IGST }),
  ).toMatchObject({ total: 10_000n });
});

test('documents and ledger agree, whatever was charged: wallets paid the total, the state is owed the tax', () => {
  const taxations = fc.constantFrom<Taxation>(
    UNTAXED,
    IGST,
    HALVES,
    { ...IGST, includesTax: true },
    AT_TOP_UP,
  );
  const part = fc.record({
    month: fc.constant('2026-11'),
    category: fc.constantFrom('marketing', 'message', 'call', 'unique_visitor'),
    quantity: fc.bigInt(1n, 1_000_000n),
    netMicros: fc.bigInt(1n, 10n ** 12n),
    // What rounding each of up to a million events may have made of 18 %.
    drift: fc.bigInt(-500_000n, 500_000n),
  });
  fc.assert(
    fc.property(
      taxations,
      fc.constantFrom<CurrencyCode>('INR', 'IDR', 'TRY', 'USD'),
      fc.array(part, { minLength: 1, maxLength: 6 }),
      (taxation, currency, parts) => {
        const charges = parts.map(({ drift, ...charges }) => {
          const taxMicros = (charges.netMicros * 18n) / 100n + drift;
          const bearsTax = taxation.components.length > 0 && taxMicros > 0n;
          return { ...charges, taxMicros: bearsTax ? taxMicros : 0n };
        });
        const document = buildUsageDocument(charges, { taxation, currency });
        const tax = charges.reduce((sum, { taxMicros }) => sum + taxMicros, 0n);
        const net = charges.reduce((sum, { netMicros }) => sum + netMicros, 0n);
        if (document === null) return expect(net + tax).toBeLessThan(chargeStepMicros(currency));
        const ledger = buildLedger({ currency });
        const plan = buildPlan(ledger);
        postUsageDocument(plan, ledger, { document, reference: 'usage/2026-11', at: AT });
        const { sale } = document;
        const books = new Map([
          ['revenue', net],
          ['tax_payable', tax],
          ['wallet', -net - tax],
        ]);
        for (const { debit, credit, amount } of plan.transfers) {
          const [from = '', to = ''] = [debit, credit].map((code) => code.split('/')[0]);
          books.set(from, (books.get(from) ?? 0n) - amount);
          books.set(to, (books.get(to) ?? 0n) + amount);
        }
        expect(Object.fromEntries(books)).toEqual({
          revenue: sale.subtotal.amountMicros + sale.roundOff.amountMicros,
          tax_payable: sale.taxTotal.amountMicros,
          wallet: -sale.total.amountMicros,
        });
        expect(sale.total.amountMicros % chargeStepMicros(currency)).toBe(0n);
        expect(document.backMicros >= 0n && document.backMicros < chargeStepMicros(currency)).toBe(
          true,
        );
      },
    ),
  );
});
