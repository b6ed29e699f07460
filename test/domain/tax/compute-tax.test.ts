import fc from 'fast-check';
import type { CurrencyCode } from '../../../domain/currency';
import { formatAmount, parseMoney, type Money } from '../../../domain/money';
import { computeTax, type SaleLine, type TaxedSale } from '../../../domain/tax/compute-tax';
import {
  alreadyTaxed,
  notYetTaxed,
  taxationAt,
  UNTAXED,
  type TaxComponent,
  type Taxation,
} from '../../../domain/tax/taxation';

function component(
  name: TaxComponent['component'],
  rate: string,
  base: readonly [bigint, bigint] = [1n, 1n],
): TaxComponent {
  return { component: name, rate, baseNumerator: base[0], baseDenominator: base[1] };
}

const IGST: Taxation = { ...UNTAXED, kind: 'taxed', components: [component('IGST', '18')] };
const HALVES: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [component('CGST', '9'), component('SGST', '9')],
};
const KDV: Taxation = { ...UNTAXED, kind: 'taxed', components: [component('KDV', '20')] };
const PPN: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [component('PPN', '12', [11n, 12n])],
  rounding: 'down',
};
const WHOLE_RUPEES = { totalStepMicros: 1_000_000n };

function line(amount: string, currency = 'INR'): SaleLine {
  const money = parseMoney({ amount, currency });
  return { description: 'Growth', quantity: 1n, unitAmount: money, amount: money };
}

function sums({ subtotal, taxLines, taxTotal, roundOff, total }: TaxedSale) {
  return {
    subtotal: formatAmount(subtotal),
    taxes: taxLines.map((tax) => `${tax.component} ${formatAmount(tax.amount)}`),
    taxTotal: formatAmount(taxTotal),
    roundOff: formatAmount(roundOff),
    total: formatAmount(total),
  };
}

describe('tax on top of the price', () => {
  it.each([
    ['99.99', '18.00'],
    ['84.74', '15.25'],
    ['999.00', '179.82'],
    ['0.01', '0.00'],
    ['500.00', '90.00'],
  ])('R2.09 IGST 18 %% of %s INR is %s', (amount, tax) => {
    expect(sums(computeTax(IGST, [line(amount)])).taxes).toEqual([`IGST ${tax}`]);
  });

  it.each([
    ['99.99', '9.00', '18.00'],
    ['84.74', '7.63', '15.26'],
    ['999.00', '89.91', '179.82'],
    ['0.01', '0.00', '0.00'],
    ['0.06', '0.01', '0.02'],
  ])('CGST and SGST of %s INR are %s each, %s together', (amount, half, both) => {
    const { taxes, taxTotal } = sums(computeTax(HALVES, [line(amount)]));
    expect(taxes).toEqual([`CGST ${half}`, `SGST ${half}`]);
    expect(taxTotal).toBe(both);
  });

  it('R2.09 500 and 100 up front make 600, with 18 % 708, the tax on a line of its own', () => {
    const sale = computeTax(IGST, [line('500.00'), line('100.00')]);
    expect(sums(sale)).toEqual({
      subtotal: '600.00',
      taxes: ['IGST 108.00'],
      taxTotal: '108.00',
      roundOff: '0.00',
      total: '708.00',
    });
    expect(sale.taxLines).toEqual([
      {
        component: 'IGST',
        rate: '18',
        taxable: { amountMicros: 600_000_000n, currency: 'INR' },
        amount: { amountMicros: 108_000_000n, currency: 'INR' },
      },
    ]);
  });

  it('Turkish KDV of 1 234.56 TRY at 20 % is 246.91 to the kurus', () => {
    expect(sums(computeTax(KDV, [line('1234.56', 'TRY')]))).toMatchObject({
      taxes: ['KDV 246.91'],
      total: '1481.47',
    });
  });

  it('Indonesian PPN is 12 % of 11/12 of the price: 916 667 and 110 000 of 1 000 000', () => {
    const sale = computeTax(PPN, [line('1000000', 'IDR')]);
    expect(sale.taxLines).toEqual([
      {
        component: 'PPN',
        rate: '12',
        taxable: { amountMicros: 916_667_000_000n, currency: 'IDR' },
        amount: { amountMicros: 110_000_000_000n, currency: 'IDR' },
      },
    ]);
    expect(sums(sale).total).toBe('1110000.00');
  });

  it('PPN comes from the price, not from the rounded base, and is not rounded up', () => {
    // 12 % of the base 45.83 → 46 would be 5.52; 11 % of 50 is 5.5: five rupiah.
    expect(sums(computeTax(PPN, [line('50', 'IDR')])).taxes).toEqual(['PPN 5.00']);
    expect(sums(computeTax(PPN, [line('99999', 'IDR')])).taxes).toEqual(['PPN 10999.00']);
  });

  it('several components are each taken of the price: KDV 20 % and OIV 10 % of 100.00', () => {
    const telecom = { ...KDV, components: [component('OIV', '10'), component('KDV', '20')] };
    expect(sums(computeTax(telecom, [line('100.00', 'TRY')]))).toMatchObject({
      taxes: ['OIV 10.00', 'KDV 20.00'],
      total: '130.00',
    });
  });

  describe('Turkish ÖİV', () => {
    const OIV: TaxComponent = { ...component('OIV', '10'), isTelecomOnly: true };
    const OPERATOR = { ...KDV, components: [component('KDV', '20'), OIV] };
    const telecom = (amount: string): SaleLine => ({ ...line(amount, 'TRY'), isTelecom: true });
    const taxables = ({ taxLines }: TaxedSale) =>
      taxLines.map((tax) => `${tax.component} of ${formatAmount(tax.taxable)}`);

    it('is 1.40 beside KDV of 2.81 on a telephone bill of 14.04, neither taken of the other', () => {
      expect(sums(computeTax(OPERATOR, [telecom('14.04')]))).toMatchObject({
        taxes: ['KDV 2.81', 'OIV 1.40'],
        total: '18.25',
      });
    });

    it('is borne by telecom lines only', () => {
      const sale = computeTax(OPERATOR, [line('100.00', 'TRY'), telecom('50.00')]);
      expect(sums(sale)).toMatchObject({ taxes: ['KDV 30.00', 'OIV 5.00'], total: '185.00' });
      expect(taxables(sale)).toEqual(['KDV of 150.00', 'OIV of 50.00']);
    });

    it('stands on no sale without a telecom line', () => {
      const sale = computeTax(OPERATOR, [line('100.00', 'TRY')]);
      expect(sums(sale)).toMatchObject({ taxes: ['KDV 20.00'], total: '120.00' });
    });

    it('is taken out of the telecom price where prices include the tax', () => {
      const included = { ...OPERATOR, includesTax: true };
      const sale = computeTax(included, [telecom('130.00'), line('120.00', 'TRY')]);
      expect(sums(sale)).toEqual({
        subtotal: '200.00',
        taxes: ['KDV 40.00', 'OIV 10.00'],
        taxTotal: '50.00',
        roundOff: '0.00',
        total: '250.00',
      });
      expect(taxables(sale)).toEqual(['KDV of 200.00', 'OIV of 100.00']);
    });

    it('is given back as it was taken', () => {
      const sale = computeTax(OPERATOR, [line('-100.00', 'TRY'), telecom('-50.00')]);
      expect(sums(sale)).toMatchObject({ taxes: ['KDV -30.00', 'OIV -5.00'], total: '-185.00' });
    });
  });

  it('a rate may have decimals', () => {
    const reduced = { ...KDV, components: [component('VAT', '2.5')] };
    expect(sums(computeTax(reduced, [line('10.00', 'EUR')])).taxes).toEqual(['VAT 0.25']);
  });

  it('without a tax the total is the price', () => {
    expect(sums(computeTax(UNTAXED, [line('99.99')]))).toEqual({
      subtotal: '99.99',
      taxes: [],
      taxTotal: '0.00',
      roundOff: '0.00',
      total: '99.99',
    });
  });

  it('a zero-rated sale shows its rate of 0', () => {
    const zero: Taxation = { ...IGST, kind: 'zero_rated', components: [component('IGST', '0')] };
    expect(sums(computeTax(zero, [line('99.99')]))).toMatchObject({
      taxes: ['IGST 0.00'],
      total: '99.99',
    });
  });

  it('a sale without lines is a bug', () => {
    expect(() => computeTax(IGST, [])).toThrow('a sale has at least one line');
  });

  it('a rate that is no decimal is a bug', () => {
    const broken = { ...IGST, components: [component('IGST', '18%')] };
    expect(() => computeTax(broken, [line('1.00')])).toThrow('not a tax rate: 18%');
  });
});

describe('tax inside the price', () => {
  it.each([
    [IGST, ['IGST 152.54'], '847.46'],
    [HALVES, ['CGST 76.27', 'SGST 76.27'], '847.46'],
    [{ ...KDV, components: [component('KDV', '20')] }, ['KDV 166.67'], '833.33'],
  ])('1 000.00 contains its tax and is paid as it is', (taxation, taxes, net) => {
    const inclusive = { ...taxation, includesTax: true };
    expect(sums(computeTax(inclusive, [line('1000.00')]))).toMatchObject({
      subtotal: net,
      taxes,
      total: '1000.00',
    });
  });

  it('the halves stay equal where the tax is odd: 1.00 contains 0.08 and 0.08', () => {
    const inclusive = { ...HALVES, includesTax: true };
    expect(sums(computeTax(inclusive, [line('1.00')]))).toMatchObject({
      subtotal: '0.84',
      taxes: ['CGST 0.08', 'SGST 0.08'],
      total: '1.00',
    });
  });

  it('1 110 000 rupiah contain 110 000 of PPN', () => {
    const inclusive = { ...PPN, includesTax: true };
    expect(sums(computeTax(inclusive, [line('1110000', 'IDR')]))).toMatchObject({
      subtotal: '1000000.00',
      taxes: ['PPN 110000.00'],
    });
  });

  it('a price that was shown is not rounded to whole rupees', () => {
    const inclusive = { ...IGST, ...WHOLE_RUPEES, includesTax: true };
    expect(sums(computeTax(inclusive, [line('999.50')]))).toMatchObject({
      roundOff: '0.00',
      total: '999.50',
    });
  });
});

describe('rounding a total to whole rupees', () => {
  it.each([
    ['99.99', '0.01', '118.00'],
    ['84.74', '0.01', '100.00'],
    ['999.00', '0.18', '1179.00'],
    ['1000.00', '0.00', '1180.00'],
    ['0.50', '0.41', '1.00'],
    ['0.42', '0.50', '1.00'],
    ['0.41', '-0.48', '0.00'],
    ['-99.99', '-0.01', '-118.00'],
    ['-0.42', '-0.50', '-1.00'],
  ])('%s INR and IGST have a round-off of %s and a total of %s', (amount, roundOff, total) => {
    const rounded = { ...IGST, ...WHOLE_RUPEES };
    expect(sums(computeTax(rounded, [line(amount)]))).toMatchObject({ roundOff, total });
  });

  it('only the total is rounded: the halves of 99.99 stay 9.00 each', () => {
    const rounded = { ...HALVES, ...WHOLE_RUPEES };
    expect(sums(computeTax(rounded, [line('99.99')]))).toEqual({
      subtotal: '99.99',
      taxes: ['CGST 9.00', 'SGST 9.00'],
      taxTotal: '18.00',
      roundOff: '0.01',
      total: '118.00',
    });
  });
});

describe('every taxed sale', () => {
  const taxations = fc
    .record({
      taxation: fc.constantFrom(UNTAXED, IGST, HALVES, KDV, PPN),
      includesTax: fc.boolean(),
      totalStepMicros: fc.constantFrom(null, 1_000_000n),
    })
    .map(({ taxation, ...policy }): Taxation => ({ ...taxation, ...policy }));
  const currencies = fc.constantFrom<CurrencyCode>('INR', 'TRY', 'IDR', 'JPY', 'KWD');
  const amounts = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
  const sales = fc
    .tuple(currencies, fc.array(amounts, { minLength: 1, maxLength: 5 }))
    .map(([currency, micros]) =>
      micros.map((amountMicros): SaleLine => {
        const money: Money = { amountMicros, currency };
        return { description: 'a line', quantity: 1n, unitAmount: money, amount: money };
      }),
    );
  const mirrored = (lines: readonly SaleLine[]) =>
    lines.map((sold) => ({
      ...sold,
      amount: { ...sold.amount, amountMicros: -sold.amount.amountMicros },
    }));

  it('I6 adds up: total = subtotal + taxes + round-off', () => {
    fc.assert(
      fc.property(taxations, sales, (taxation, lines) => {
        const sale = computeTax(taxation, lines);
        const taxes = sale.taxLines.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
        expect(sale.taxTotal.amountMicros).toBe(taxes);
        expect(sale.total.amountMicros).toBe(
          sale.subtotal.amountMicros + taxes + sale.roundOff.amountMicros,
        );
      }),
    );
  });

  it('is mirrored by its credit', () => {
    fc.assert(
      fc.property(taxations, sales, (taxation, lines) => {
        const debit = computeTax(taxation, lines);
        const credit = computeTax(taxation, mirrored(lines));
        expect(credit.total.amountMicros).toBe(-debit.total.amountMicros);
        expect(credit.taxTotal.amountMicros).toBe(-debit.taxTotal.amountMicros);
        expect(credit.roundOff.amountMicros).toBe(-debit.roundOff.amountMicros);
      }),
    );
  });

  it('has a round-off of half a rupee at most, and none where prices include the tax', () => {
    fc.assert(
      fc.property(taxations, sales, (taxation, lines) => {
        const { roundOff } = computeTax(taxation, lines);
        expect(roundOff.amountMicros).toBeGreaterThanOrEqual(-500_000n);
        expect(roundOff.amountMicros).toBeLessThanOrEqual(500_000n);
        if (taxation.includesTax) expect(roundOff.amountMicros).toBe(0n);
      }),
    );
  });

  it('has halves that are equal', () => {
    fc.assert(
      fc.property(sales, fc.boolean(), (lines, includesTax) => {
        const { taxLines } = computeTax({ ...HALVES, includesTax }, lines);
        const [central, state] = taxLines;
        expect(central?.amount).toEqual(state?.amount);
      }),
    );
  });

  it('never taxes the same money twice: of its two moments one bears tax, the other none', () => {
    const points = fc.constantFrom('top_up' as const, 'consumption' as const);
    fc.assert(
      fc.property(taxations, points, sales, (taxation, taxPoint, lines) => {
        const policy = { ...taxation, taxPoint };
        const moments = (['top_up', 'consumption'] as const).map((moment) =>
          computeTax(taxationAt(moment, policy), lines),
        );
        const untaxed = moments.filter(({ taxLines }) => taxLines.length === 0);
        expect(untaxed).toHaveLength(policy.kind === 'taxed' ? 1 : 2);
      }),
    );
  });
});

describe('the moment that bears no tax', () => {
  const policy: Taxation = {
    ...IGST,
    ...WHOLE_RUPEES,
    taxPoint: 'top_up',
    registrationId: 'tax_1',
  };

  it('says that the balance was taxed when it came in, and stays under its registration', () => {
    expect(alreadyTaxed(policy)).toMatchObject({
      kind: 'none',
      components: [],
      totalStepMicros: null,
      statement: 'Tax was paid when the balance was topped up.',
      registrationId: 'tax_1',
    });
  });

  it('says that the balance is taxed when it is used', () => {
    expect(notYetTaxed(policy).statement).toBe('Tax is charged when the balance is used.');
  });

  it('keeps the statement of an export', () => {
    const exported: Taxation = { ...policy, kind: 'zero_rated', statement: 'under LUT' };
    expect(alreadyTaxed(exported)).toMatchObject({ kind: 'zero_rated', statement: 'under LUT' });
  });
});
