import fc from 'fast-check';
import { formatAmount } from '../../../domain/money';
import {
  buildInvoiceTerms,
  buildPurchaseTerms,
  buildReceiptTerms,
  buildWalletTerms,
  partOfItem,
} from '../../../domain/order/price';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { draft, GST, inr, numberItem, packageItem } from './purchase-in-hand';

const AT_TOP_UP: Taxation = { ...GST, taxPoint: 'top_up' };
const priced = (micros: bigint) => ({ money: inr(micros), taxation: UNTAXED });
const INCLUDED: Taxation = { ...AT_TOP_UP, includesTax: true, totalStepMicros: null };

describe('the price of a purchase', () => {
  it('R2.09 is the amount and the up-front fee: 500.00 and 100.00 are 600.00', () => {
    const { sale } = buildPurchaseTerms(UNTAXED, [numberItem()]);
    expect(
      sale.lines.map(({ description, amount }) => [description, formatAmount(amount)]),
    ).toEqual([
      ['+918000000001, first month', '500.00'],
      ['+918000000001, up-front fee', '100.00'],
    ]);
    expect(formatAmount(sale.total)).toBe('600.00');
  });

  it('R2.09 is 708.00 with GST of 18 %, each tax a line', () => {
    const { sale } = buildPurchaseTerms(GST, [numberItem()]);
    expect(sale.taxLines.map(({ component, amount }) => [component, formatAmount(amount)])).toEqual(
      [
        ['CGST', '54.00'],
        ['SGST', '54.00'],
      ],
    );
    expect(formatAmount(sale.total)).toBe('708.00');
  });

  it('names packages with their units, and leaves out a fee of nothing', () => {
    const bundle = packageItem({ kind: 'minute_bundle', name: 'Nexus', units: 300 });
    const { sale } = buildPurchaseTerms(UNTAXED, [packageItem(), bundle]);
    expect(sale.lines.map(({ description }) => description)).toEqual([
      'Bulk, 1000 messages',
      'Nexus, 300 minutes',
    ]);
  });

  it('from the wallet bears no tax where the wallet’s money was taxed as it came in', () => {
    expect(formatAmount(buildWalletTerms(AT_TOP_UP, [numberItem()]).total)).toBe('600.00');
    expect(formatAmount(buildWalletTerms(GST, [numberItem()]).total)).toBe('708.00');
  });
});

describe('the papers of a purchase that a gateway’s payment pays', () => {
  it.each([
    ['is used', GST, ['708.00', '0.00'], ['708.00', '108.00']],
    ['comes in', AT_TOP_UP, ['600.00', '108.00'], ['600.00', '0.00']],
    ['comes in, in the prices', INCLUDED, ['508.48', '91.52'], ['508.48', '0.00']],
  ])('bear the tax once, when money %s', (_, taxation, receipt, invoice) => {
    const order = draft([numberItem()], taxation);
    const granted = buildReceiptTerms(order).sale;
    const invoiced = buildInvoiceTerms(order).sale;
    expect([formatAmount(granted.subtotal), formatAmount(granted.taxTotal)]).toEqual(receipt);
    expect([formatAmount(invoiced.total), formatAmount(invoiced.taxTotal)]).toEqual(invoice);
    expect(granted.total).toEqual(order.total);
  });

  it('always invoice exactly what the payment granted', () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 10_000_000_000n }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom(UNTAXED, GST, AT_TOP_UP, INCLUDED),
        (prices, taxation) => {
          const items = prices.map((price) => packageItem({ price: inr(price) }));
          const order = draft(items, taxation);
          const { subtotal, total } = buildReceiptTerms(order).sale;
          expect(total).toEqual(order.total);
          expect(buildInvoiceTerms(order).sale.total).toEqual(subtotal);
        },
      ),
    );
  });
});

describe('the part of one item', () => {
  it('is its share of all that was charged', () => {
    const items = [numberItem(), packageItem()];
    expect(partOfItem(items, 'itm_number', priced(1_180_000_000n))).toBe(708_000_000n);
    expect(partOfItem(items, 'itm_package', priced(1_180_000_000n))).toBe(472_000_000n);
    expect(partOfItem(items, 'itm_unknown', priced(1_180_000_000n))).toBe(0n);
  });

  it('has the taxes of its own lines: a number bears ÖİV, messages do not', () => {
    const base = { baseNumerator: 1n, baseDenominator: 1n };
    const turkish: Taxation = {
      ...UNTAXED,
      kind: 'taxed',
      components: [
        { ...base, component: 'KDV', rate: '20' },
        { ...base, component: 'OIV', rate: '10', isTelecomOnly: true },
      ],
    };
    const messages = packageItem({ price: inr(600_000_000n) });
    const items = [numberItem(), messages];
    const { sale } = buildPurchaseTerms(turkish, items);
    expect(sale.taxLines.map(({ component, amount }) => [component, formatAmount(amount)])).toEqual(
      [
        ['KDV', '240.00'],
        ['OIV', '60.00'],
      ],
    );
    const charged = { money: sale.total, taxation: turkish };
    expect(partOfItem(items, 'itm_number', charged)).toBe(780_000_000n);
    expect(partOfItem(items, messages.id, charged)).toBe(720_000_000n);
    const included = { ...charged, taxation: { ...turkish, includesTax: true } };
    expect(partOfItem(items, 'itm_number', included)).toBe(750_000_000n);
  });

  it('sums to the whole over all items, in steps that can be paid', () => {
    const arbitrary = fc.array(fc.bigInt({ min: 1n, max: 1_000_000n }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(arbitrary, fc.bigInt({ min: 1n, max: 10_000_000n }), (prices, paise) => {
        const items = prices.map((price, index) =>
          packageItem({ id: `itm_${index}`, price: inr(price) }),
        );
        const total = paise * 10_000n;
        const parts = items.map(({ id }) => partOfItem(items, id, priced(total)));
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(total);
        expect(parts.every((part) => part >= 0n && part % 10_000n === 0n)).toBe(true);
      }),
    );
  });
});
