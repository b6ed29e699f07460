import fc from 'fast-check';
import { formatAmount, parseMoney, type Money } from '../../../domain/money';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import {
  decideRefund,
  type Refundable,
  type RefundablePayment,
  type RefundedDocument,
  type RefundRequest,
} from '../../../domain/refund/decide-refund';
import { takePart } from '../../../domain/refund/split-refund';
import type { TaxedSale } from '../../../domain/tax/compute-tax';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const NOW = '2027-03-02T10:00:00.000Z';
const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const micros = (amount: string): bigint => inr(amount).amountMicros;
const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
  taxPoint: 'top_up',
};

function receiptOf(amount: string, taxation: Taxation = UNTAXED): RefundedDocument {
  const { sale } = buildTopUpTerms(taxation, inr(amount));
  return { id: 'rcv_1', number: 'RCV-2027-0000001', sale, taxation };
}

function paymentOf(change: Partial<RefundablePayment> = {}): RefundablePayment {
  return {
    paymentId: 'pay_1',
    gateway: 'sandbox',
    gatewayPaymentId: 'gw_1',
    status: 'succeeded',
    receipt: receiptOf('600.00'),
    taken: [],
    isDisputed: false,
    ...change,
  };
}

const part = (amount: string, of = receiptOf('600.00')): TaxedSale =>
  takePart(of.sale, micros(amount));
const ofPayment = (change?: Partial<RefundablePayment>): Refundable => ({
  kind: 'payment',
  payment: paymentOf(change),
});

function ask(
  refundable: Refundable,
  change: Partial<RefundRequest> & { readonly amount?: string; readonly wallet?: string } = {},
) {
  const { amount, wallet = '100000.00', ...rest } = change;
  const amountMicros = amount === undefined ? null : micros(amount);
  const request: RefundRequest = {
    id: 'rfd_1',
    accountId: 'acct_1',
    to: refundable.kind === 'payment' ? 'source' : 'wallet',
    amountMicros,
    reason: null,
    ...rest,
  };
  return decideRefund(request, refundable, { now: NOW, freeMicros: micros(wallet) });
}

/** "requested 200.00", or the code of the refusal. */
function tell(...asked: Parameters<typeof ask>): string {
  const decision = ask(...asked);
  if (decision.kind === 'refused') return decision.code;
  return `${decision.refund.status} ${formatAmount(decision.refund.sale.total)}`;
}

describe('a refund of a payment', () => {
  it.each([
    ['all that is left, when no amount is said', [], undefined, 'requested 600.00'],
    ['a part', [], '200.00', 'requested 200.00'],
    ['what an earlier one left', ['400.00'], undefined, 'requested 200.00'],
    ['to the last paisa', ['400.00'], '200.00', 'requested 200.00'],
    ['a paisa too much', ['400.00'], '200.01', 'amount_out_of_range'],
    ['more than was paid', [], '600.01', 'amount_out_of_range'],
    ['once all is back', ['400.00', '200.00'], undefined, 'invalid_state'],
    ['of nothing', [], '0.00', 'invalid_amount'],
    ['finer than can be paid', [], '1.005', 'invalid_amount'],
  ])('%s: of 600.00, with %j given back, asked for %s, is %s', (_, given, amount, told) => {
    const taken = given.map((amount_) => part(amount_));
    expect(tell(ofPayment({ taken }), amount === undefined ? {} : { amount })).toBe(told);
  });

  it('says how much is left when more is asked for', () => {
    expect(ask(ofPayment({ taken: [part('400.00')] }), { amount: '200.01' })).toMatchObject({
      message: '200.00 INR can still be refunded',
      details: { field: 'amount', max: '200.00' },
    });
  });

  it('never takes more than the wallet has free', () => {
    expect(ask(ofPayment(), { wallet: '599.99' })).toMatchObject({
      code: 'insufficient_balance',
      details: { required: '600.00', available: '599.99', missing: '0.01', currency: 'INR' },
    });
    expect(tell(ofPayment(), { wallet: '600.00' })).toBe('requested 600.00');
  });

  it('needs only the net amount of a taxed top-up in the wallet: its tax never was there', () => {
    const receipt = receiptOf('1000.00', IGST);
    expect(tell(ofPayment({ receipt }), { wallet: '1000.00' })).toBe('requested 1180.00');
    expect(tell(ofPayment({ receipt }), { wallet: '999.99' })).toBe('insufficient_balance');
  });

  it('splits net and tax as the receipt voucher did', () => {
    const receipt = receiptOf('1000.00', IGST);
    const decision = ask(ofPayment({ receipt }), { amount: '118.00' });
    if (decision.kind === 'refused') throw new Error(decision.message);
    const { sale, referencesId, source } = decision.refund;
    expect([sale.subtotal, sale.taxTotal]).toEqual([inr('100.00'), inr('18.00')]);
    expect(sale.taxLines).toEqual([
      { component: 'IGST', rate: '18', taxable: inr('100.00'), amount: inr('18.00') },
    ]);
    expect(referencesId).toBe('rcv_1');
    expect(source).toEqual({ paymentId: 'pay_1', gateway: 'sandbox', gatewayPaymentId: 'gw_1' });
  });

  it.each([
    ['failed', null, 'the payment failed: there is nothing to refund'],
    ['mismatched', null, 'the payment is not what was asked for: there is nothing to refund'],
  ] as const)('is refused for one that %s', (status, receipt, message) => {
    expect(ask(ofPayment({ status, receipt }))).toMatchObject({ code: 'invalid_state', message });
  });

  it('cannot go to the wallet, where the money is already', () => {
    expect(tell(ofPayment(), { to: 'wallet' })).toBe('unprocessable');
  });

  it('tells why, in the words of who asked', () => {
    expect(ask(ofPayment(), { amount: '200.00', reason: 'paid twice' })).toMatchObject({
      events: [
        {
          type: 'refund.requested',
          reason: '200.00 INR of the payment will be refunded to the source: paid twice',
        },
      ],
    });
  });
});

const INVOICE: RefundedDocument = {
  id: 'inv_1',
  number: 'INV-2027-0000001',
  ...buildTopUpTerms({ ...IGST, taxPoint: 'consumption' }, inr('999.00')),
};

function ofInvoice(change: Partial<Extract<Refundable, { kind: 'invoice' }>> = {}): Refundable {
  return { kind: 'invoice', invoice: INVOICE, taken: [], payments: [], ...change };
}

describe('a refund of an invoice', () => {
  it('goes to the wallet at once, whatever the wallet has, with the tax it bore', () => {
    const decision = ask(ofInvoice(), { wallet: '0.00' });
    if (decision.kind === 'refused') throw new Error(decision.message);
    const { status, sale, settledAt, source, documentId } = decision.refund;
    expect({ status, settledAt, source, documentId }).toEqual({
      status: 'succeeded',
      settledAt: NOW,
      source: null,
      documentId: null,
    });
    expect([sale.total, sale.taxTotal]).toEqual([inr('1178.82'), inr('179.82')]);
    expect(decision.events.map(({ type }) => type)).toEqual([
      'refund.requested',
      'refund.succeeded',
    ]);
  });

  it('is never more than the invoice less what credit notes took of it', () => {
    const taken = [takePart(INVOICE.sale, micros('1000.00'))];
    expect(tell(ofInvoice({ taken }))).toBe('succeeded 178.82');
    expect(tell(ofInvoice({ taken }), { amount: '178.83' })).toBe('amount_out_of_range');
    expect(tell(ofInvoice({ taken: [INVOICE.sale] }))).toBe('invalid_state');
  });

  it('to the source goes to the newest payment that has that much left', () => {
    const small = paymentOf({ paymentId: 'pay_small', receipt: receiptOf('100.00') });
    const used = paymentOf({ paymentId: 'pay_used', taken: [part('200.00')] });
    const whole = paymentOf({ paymentId: 'pay_whole' });
    const decision = ask(ofInvoice({ payments: [small, used, whole] }), {
      to: 'source',
      amount: '500.00',
    });
    expect(decision).toMatchObject({
      refund: { status: 'requested', source: { paymentId: 'pay_whole' } },
    });
  });

  it('to the source is refused where tax was paid with the top-up: that goes back with the payment', () => {
    const payments = [paymentOf({ receipt: receiptOf('5000.00', IGST) })];
    expect(tell(ofInvoice({ payments }), { to: 'source' })).toBe('unprocessable');
    expect(tell(ofInvoice(), { to: 'source' })).toBe('unprocessable');
  });
});

it('whatever is asked for, in any order: refunds of a payment never sum to more than was paid', () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 80_000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(amounts, fc.boolean(), (paise, isTaxed) => {
      const receipt = receiptOf('600.00', isTaxed ? IGST : UNTAXED);
      const taken: TaxedSale[] = [];
      for (const wanted of paise) {
        const amountMicros = BigInt(wanted) * 10_000n;
        const decision = ask(ofPayment({ receipt, taken }), { amountMicros });
        const before = taken.reduce((sum, { total }) => sum + total.amountMicros, 0n);
        const fits = before + amountMicros <= receipt.sale.total.amountMicros;
        expect(decision.kind).toBe(fits ? 'decided' : 'refused');
        if (decision.kind === 'decided') taken.push(decision.refund.sale);
      }
      const net = taken.reduce((sum, { subtotal }) => sum + subtotal.amountMicros, 0n);
      expect(net <= receipt.sale.subtotal.amountMicros).toBe(true);
    }),
  );
});
