import fc from 'fast-check';
import type { CurrencyCode } from '../../../domain/currency';
import { chargeStepMicros } from '../../../domain/money';
import type { TaxedSale } from '../../../domain/tax/compute-tax';
import { type Taxation, UNTAXED } from '../../../domain/tax/taxation';
import {
  buildUsageDocument,
  postUsageDocument,
  type UsageCharges,
} from '../../../domain/usage/usage-document';
import {
  buildUsageNote,
  type CorrectedCharges,
  postUsageNote,
} from '../../../domain/usage/usage-note';
import { AT, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
  totalStepMicros: 1_000_000n,
  placeOfSupply: '27 Maharashtra',
  registrationId: 'tax_1',
};
const AT_TOP_UP: Taxation = { ...UNTAXED, taxPoint: 'top_up', statement: 'Tax was paid.' };
const TURKEY: Taxation = {
  ...IGST,
  components: [
    { component: 'KDV', rate: '20', baseNumerator: 1n, baseDenominator: 1n },
    {
      component: 'OIV',
      rate: '10',
      baseNumerator: 1n,
      baseDenominator: 1n,
      isTelecomOnly: true,
    },
  ],
};

const UNCHANGED = { quantity: 0n, netMicros: 0n, taxMicros: 0n };

/** 3 messages of 0.8631, taxed with 18 %, and how they were corrected. */
function charge(
  change: Partial<CorrectedCharges['change']>,
  said: Partial<UsageCharges> = {},
): CorrectedCharges {
  return {
    month: '2026-11',
    category: 'marketing',
    quantity: 3n,
    netMicros: 2_589_300n,
    taxMicros: 466_074n,
    ...said,
    change: { ...UNCHANGED, ...change },
  };
}

function noted(charges: readonly CorrectedCharges[], taxation: Taxation) {
  const note = buildUsageNote(charges, { taxation, currency: 'INR' });
  if (note === null) return null;
  const ledger = buildLedger({ currency: 'INR' });
  const plan = buildPlan(ledger);
  postUsageNote(plan, ledger, { note, reference: 'usage/note/inv_1/1', at: AT });
  const { kind, sale } = note;
  return {
    kind,
    lines: sale.lines.map(
      (line) =>
        `${line.description}: ${line.quantity} x ${line.unitAmount.amountMicros} = ${line.amount.amountMicros}`,
    ),
    taxes: sale.taxLines.map(
      (tax) =>
        `${tax.component} ${tax.rate} of ${tax.taxable.amountMicros}: ${tax.amount.amountMicros}`,
    ),
    roundOff: sale.roundOff.amountMicros,
    total: sale.total.amountMicros,
    transfers: transfersOf(plan),
  };
}

test('one of 3 messages is taken back: a credit note over 0.86 and IGST 0.16, total 1.02', () => {
  const one = charge({ quantity: -1n, netMicros: -863_100n, taxMicros: -155_358n });
  expect(noted([one], IGST)).toEqual({
    kind: 'credit_note',
    lines: ['WhatsApp marketing, 2026-11: 1 x -860000 = -860000'],
    taxes: ['IGST 18 of -860000: -160000'],
    roundOff: 0n,
    total: -1_020_000n,
    transfers: [
      'refund tax_payable/INR > revenue/INR 4642 usage/note/inv_1/1/tax',
      'refund revenue/INR > wallet/additional 1542 usage/note/inv_1/1',
    ],
  });
});

test('all of it is taken back: the note is the document, and what rounding gave goes back', () => {
  const all = charge({ quantity: -3n, netMicros: -2_589_300n, taxMicros: -466_074n });
  expect(noted([all], IGST)).toEqual({
    kind: 'credit_note',
    lines: ['WhatsApp marketing, 2026-11: 3 x -863333 = -2590000'],
    taxes: ['IGST 18 of -2590000: -470000'],
    roundOff: 10_000n,
    total: -3_050_000n,
    transfers: [
      'refund tax_payable/INR > revenue/INR 3926 usage/note/inv_1/1/tax',
      'charge wallet/additional > revenue/INR 5374 usage/note/inv_1/1',
    ],
  });
});

test('more is a debit note; of a price that was corrected the quantity is one', () => {
  expect(noted([charge({ netMicros: 300_000n, taxMicros: 54_000n })], IGST)).toMatchObject({
    kind: 'debit_note',
    lines: ['WhatsApp marketing, 2026-11: 1 x 300000 = 300000'],
    taxes: ['IGST 18 of 300000: 50000'],
    total: 350_000n,
  });
});

test('a statement is corrected by a statement', () => {
  const one = charge({ quantity: -1n, netMicros: -863_100n }, { taxMicros: 0n });
  expect(noted([one], AT_TOP_UP)).toMatchObject({
    kind: 'statement',
    lines: ['WhatsApp marketing, 2026-11: 1 x -860000 = -860000'],
    taxes: [],
    total: -860_000n,
  });
});

test('a tax that nothing bears any more is taken back, though the others stay', () => {
  const call = { category: 'call', quantity: 60n, netMicros: 1_000_000n, taxMicros: 300_000n };
  const messages = { netMicros: 1_000_000n, taxMicros: 200_000n };
  const change = { quantity: -60n, netMicros: -1_000_000n, taxMicros: -300_000n };
  expect(noted([charge(change, call), charge({}, messages)], TURKEY)).toMatchObject({
    lines: ['Calls, in seconds, 2026-11: 60 x -16667 = -1000000'],
    taxes: ['KDV 20 of -1000000: -200000', 'OIV 10 of -1000000: -100000'],
    total: -1_300_000n,
  });
});

test('what changes nothing that can be paid waits', () => {
  const small = charge({ netMicros: -1_000n, taxMicros: -180n });
  expect(noted([small], IGST)).toBeNull();
});

/** A document and the notes to it, posted, against what they were charged for. */
class Books {
  readonly #sales: TaxedSale[] = [];
  readonly #ledger;
  readonly #plan;

  constructor(
    private said: readonly UsageCharges[],
    private readonly terms: { readonly taxation: Taxation; readonly currency: CurrencyCode },
  ) {
    this.#ledger = buildLedger({ currency: terms.currency });
    this.#plan = buildPlan(this.#ledger);
    const document = buildUsageDocument(said, terms);
    if (document === null) return;
    this.#sales.push(document.sale);
    const posting = { document, reference: 'usage/2026-11', at: AT };
    postUsageDocument(this.#plan, this.#ledger, posting);
  }

  get isDocumented(): boolean {
    return this.#sales.length > 0;
  }

  correct(now: readonly UsageCharges[]): void {
    const corrected = this.said.map((said, index) => ({
      ...said,
      change: {
        quantity: (now[index]?.quantity ?? 0n) - said.quantity,
        netMicros: (now[index]?.netMicros ?? 0n) - said.netMicros,
        taxMicros: (now[index]?.taxMicros ?? 0n) - said.taxMicros,
      },
    }));
    const note = buildUsageNote(corrected, this.terms);
    if (note === null) return;
    const reference = `usage/note/inv_1/${this.#sales.length}`;
    postUsageNote(this.#plan, this.#ledger, { note, reference, at: AT });
    this.#sales.push(note.sale);
    this.said = now;
  }

  /** What stands under each counter, by the charges and what was posted since. */
  get balances(): object {
    const tax = this.said.reduce((total, { taxMicros }) => total + taxMicros, 0n);
    const net = this.said.reduce((total, { netMicros }) => total + netMicros, 0n);
    const sums: Record<string, bigint> = { revenue: net, tax_payable: tax, wallet: -net - tax };
    for (const { kind, debit, credit, amount } of this.#plan.transfers) {
      if (kind === 'settlement') continue;
      const [from = '', to = ''] = [debit, credit].map((code) => code.split('/')[0]);
      sums[from] = (sums[from] ?? 0n) - amount;
      sums[to] = (sums[to] ?? 0n) + amount;
    }
    return sums;
  }

  /** The same, by what the documents say. */
  get documents(): { readonly revenue: bigint; readonly tax_payable: bigint; wallet: bigint } {
    const sum = (of: (sale: TaxedSale) => bigint): bigint =>
      this.#sales.reduce((total, sale) => total + of(sale), 0n);
    return {
      revenue: sum(({ subtotal, roundOff }) => subtotal.amountMicros + roundOff.amountMicros),
      tax_payable: sum(({ taxTotal }) => taxTotal.amountMicros),
      wallet: -sum(({ total }) => total.amountMicros),
    };
  }

  /** Sales whose lines and sums do not add up. */
  get unsound(): TaxedSale[] {
    return this.#sales.filter(({ lines, subtotal, taxTotal, roundOff, total }) => {
      const priced = lines.reduce((all, { amount }) => all + amount.amountMicros, 0n);
      const inside = this.terms.taxation.includesTax ? taxTotal.amountMicros : 0n;
      const summed = subtotal.amountMicros + taxTotal.amountMicros + roundOff.amountMicros;
      return priced - inside !== subtotal.amountMicros || summed !== total.amountMicros;
    });
  }
}

function charged(
  { category, netMicros, drift }: { category: string; netMicros: bigint; drift: bigint },
  { components }: Taxation,
): UsageCharges {
  const taxMicros = components.length === 0 ? 0n : (netMicros * 18n) / 100n + drift;
  const tax = taxMicros > 0n ? taxMicros : 0n;
  return { month: '2026-11', category, quantity: 100n, netMicros, taxMicros: tax };
}

function partOf(charges: UsageCharges, percent: bigint): UsageCharges {
  const { netMicros, taxMicros } = charges;
  const shareOf = (micros: bigint): bigint => (micros * percent) / 100n;
  const money = { netMicros: shareOf(netMicros), taxMicros: shareOf(taxMicros) };
  return { ...charges, quantity: percent, ...money };
}

test('a document with its notes agrees with the ledger, however it is corrected', () => {
  const taxations = fc.constantFrom<Taxation>(
    UNTAXED,
    IGST,
    TURKEY,
    { ...IGST, includesTax: true },
    AT_TOP_UP,
  );
  const part = fc.record({
    category: fc.constantFrom('marketing', 'call', 'unique_visitor'),
    netMicros: fc.bigInt(1n, 10n ** 9n),
    drift: fc.bigInt(-500n, 500n),
  });
  // What is left of each part after a correction, in percent of the first charge.
  const left = fc.array(fc.bigInt(0n, 150n), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      taxations,
      fc.constantFrom<CurrencyCode>('INR', 'IDR', 'USD'),
      fc.uniqueArray(part, { minLength: 1, maxLength: 3, selector: ({ category }) => category }),
      fc.array(left, { minLength: 1, maxLength: 4 }),
      (taxation, currency, parts, corrections) => {
        const first = parts.map((one) => charged(one, taxation));
        const books = new Books(first, { taxation, currency });
        if (!books.isDocumented) return;
        for (const percents of [...corrections, [0n, 0n, 0n]]) {
          books.correct(first.map((charges, index) => partOf(charges, percents[index] ?? 0n)));
          expect(books.balances).toEqual(books.documents);
          expect(books.documents.wallet % chargeStepMicros(currency)).toBe(0n);
          expect(books.unsound).toEqual([]);
        }
        expect(books.documents).toEqual({ revenue: 0n, tax_payable: 0n, wallet: 0n });
      },
    ),
  );
});
