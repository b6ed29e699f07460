import { parseMoney } from '../../../domain/money';
import { offerTopUp } from '../../../domain/payment/top-up-policy';

const idr = (amount: string) => parseMoney({ amount, currency: 'IDR' });
const visitors = (quantity: number) =>
  ({ target: 'unique_visitors', amount: null, quantity }) as const;
const money = (target: 'wallet' | 'whatsapp_balance', amount: string) =>
  ({ target, amount: idr(amount), quantity: null }) as const;

describe('a top-up of unique visitors', () => {
  it.each([
    [500, '300000.00'],
    [1_500, '900000.00'],
  ])('R3.05 of %d costs %s IDR', (quantity, amount) => {
    const offer = { kind: 'offered', amount: idr(amount), note: null };
    expect(offerTopUp(visitors(quantity), 'IDR')).toEqual(offer);
  });

  it.each([0, 1, 499, 501, 750])('R3.05 of %d is no multiple of 500', (quantity) => {
    expect(offerTopUp(visitors(quantity), 'IDR')).toEqual({
      kind: 'refused',
      field: 'quantity',
      message: 'Unique visitors are sold in multiples of 500.',
    });
  });

  it('R3.05 is not sold in a currency without a policy', () => {
    expect(offerTopUp(visitors(500), 'INR')).toEqual({
      kind: 'refused',
      field: 'target',
      message: 'Unique visitors are not sold in INR.',
    });
  });
});

describe('a top-up of the WhatsApp balance', () => {
  it('R3.05 below 1,000,000 IDR is raised to that, and says so', () => {
    expect(offerTopUp(money('whatsapp_balance', '5000'), 'IDR')).toEqual({
      kind: 'offered',
      amount: idr('1000000.00'),
      note: 'A WhatsApp top-up is at least 1000000.00 IDR, so 5000.00 IDR was raised to that.',
    });
  });

  it.each([
    ['whatsapp_balance', '1000000.00'],
    ['whatsapp_balance', '1000001.00'],
    ['wallet', '5000.00'],
  ] as const)('R3.05 to the %s of %s IDR is taken as it is', (target, amount) => {
    expect(offerTopUp(money(target, amount), 'IDR')).toEqual({
      kind: 'offered',
      amount: idr(amount),
      note: null,
    });
  });

  it('R3.05 has no least amount in a currency without a policy', () => {
    const amount = parseMoney({ amount: '1.00', currency: 'INR' });
    const wish = { target: 'whatsapp_balance', amount, quantity: null } as const;
    expect(offerTopUp(wish, 'INR')).toEqual({ kind: 'offered', amount, note: null });
  });
});
