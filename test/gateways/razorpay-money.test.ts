/** Money at Razorpay: sub-units of every currency, refunds, disputes, settlements. */
import { CURRENCY_CODES, currencyFacts, parseCurrency } from '../../domain/currency';
import { parseMoney, type Money } from '../../domain/money';
import type { SettledEntry } from '../../gateways/settlements';
import {
  fromSubunits,
  RAZORPAY_CAPABILITIES,
  toSubunits,
} from '../../gateways/razorpay/razorpay-capabilities';
import { connectRazorpay } from '../support/razorpay/connect';
import type { Payment } from '../support/razorpay/entities';
import { startRazorpayServer, type RazorpayServer } from '../support/razorpay-server';

describe('an amount for Razorpay', () => {
  it.each([
    ['708.00', 'INR', 70_800],
    ['295', 'JPY', 295],
    ['295.99', 'KWD', 295_990],
    ['0.29', 'USD', 29],
  ])('%s %s is %s of the smallest unit, and back', (amount, currency, subunits) => {
    const money = parseMoney({ amount, currency });
    expect(toSubunits(money)).toBe(subunits);
    expect(fromSubunits(subunits, money.currency)).toEqual(money);
  });

  it('is never rounded', () => {
    expect(() => toSubunits(parseMoney({ amount: '0.001', currency: 'INR' }))).toThrow(RangeError);
  });

  it('every currency is offered with 100 sub-units at least, or not at all', () => {
    const offered = CURRENCY_CODES.map((code) => parseCurrency(code)).filter((code) => {
      const offer = RAZORPAY_CAPABILITIES.offerIn(code);
      if (offer === null) return false;
      expect(toSubunits(offer.min)).toBe(100);
      expect(Number.isSafeInteger(toSubunits(offer.max))).toBe(true);
      expect(100 % currencyFacts(code).chargeStepMinor).toBe(0);
      expect(offer.modes).toEqual(code === 'INR' ? ['upi', 'card'] : ['card']);
      return true;
    });
    expect(offered).toHaveLength(125);
  });

  it('above 15 000.00 INR is not debited without its owner; other currencies have no such rule', () => {
    const inFifteenThousand = inr('15000.00');
    expect(RAZORPAY_CAPABILITIES.unattendedMax('upi', 'INR')).toEqual(inFifteenThousand);
    expect(RAZORPAY_CAPABILITIES.unattendedMax('card', 'INR')).toEqual(inFifteenThousand);
    expect(RAZORPAY_CAPABILITIES.unattendedMax('card', 'USD')).toBeNull();
    expect(RAZORPAY_CAPABILITIES.preDebitNoticeHours).toEqual({ upi: 25, card: 37 });
  });
});

describe('money that was paid by Razorpay', () => {
  let razorpay: RazorpayServer;
  let gateway: ReturnType<typeof connectRazorpay>;
  let payment: Payment;
  beforeEach(async () => {
    razorpay = await startRazorpayServer();
    gateway = connectRazorpay(razorpay);
    const { checkoutId } = await gateway.createCheckout({
      idempotencyKey: 'order/ord_1/checkout',
      reference: 'order/ord_1',
      customerReference: 'acct_1',
      money: inr('600.00'),
      modes: ['card'],
      orderDetails: { merchant: 'Meridian Messaging', lines: [] },
      returnUrl: 'https://shop.example/back',
    });
    payment = razorpay.pay(checkoutId, { method: 'card', fate: { kind: 'captured' } });
  });
  afterEach(() => razorpay.stop());

  function refund(amount: string, idempotencyKey: string) {
    return gateway.refund({ gatewayPaymentId: payment.id, money: inr(amount), idempotencyKey });
  }

  it('goes back under the one idempotency header there is', async () => {
    await refund('100.00', 'refund/ref_1');
    const asked = razorpay.calls.find(({ path }) => path.endsWith('/refund'));
    expect(asked?.headers['x-refund-idempotency']).toMatch(/^[0-9a-f]{40}$/);
    expect(asked?.body).toEqual({ amount: 10_000, notes: { key: 'refund/ref_1' } });
  });

  it('on its way back is neither given back nor refused until Razorpay says', async () => {
    razorpay.moods.refundFates.push('pending', 'pending');
    const pending = { name: 'GatewayUnavailable', outcome: 'unknown' };
    await expect(refund('100.00', 'refund/ref_1')).rejects.toMatchObject(pending);
    await expect(refund('100.00', 'refund/ref_1')).rejects.toThrow(/pending/);
    await expect(refund('200.00', 'refund/ref_2')).rejects.toMatchObject(pending);
    const [first, second] = razorpay.books.refunds.values();
    if (first === undefined || second === undefined) throw new Error('nothing was asked for');
    razorpay.books.settleRefund(first, 'processed');
    razorpay.books.settleRefund(second, 'failed');
    expect(await refund('100.00', 'refund/ref_1')).toEqual({
      kind: 'refunded',
      refundId: first.id,
      money: inr('100.00'),
    });
    expect(await refund('200.00', 'refund/ref_2')).toEqual({ kind: 'refused', reason: 'declined' });
    expect((await gateway.getPayment(payment.id))?.refunded).toEqual(inr('100.00'));
  });

  it('asked back while the same is still executed is asked for again later', async () => {
    const description = 'Another request with the same idempotency key is still in progress.';
    razorpay.strike({
      fits: ({ path }) => path.endsWith('/refund'),
      does: { status: 409, body: { error: { code: 'BAD_REQUEST_ERROR', description } } },
    });
    await expect(refund('100.00', 'refund/ref_1')).rejects.toMatchObject({ outcome: 'unknown' });
    expect((await refund('100.00', 'refund/ref_1')).kind).toBe('refunded');
  });

  it('under a key of another amount is refused', async () => {
    await refund('100.00', 'refund/ref_1');
    await expect(refund('100.01', 'refund/ref_1')).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'idempotency_error',
    });
  });

  it.each([
    ['chargeback', 'needs_response'],
    ['pre_arbitration', 'needs_response'],
    ['retrieval', 'warning'],
    ['fraud', 'warning'],
  ])('disputed in phase %s is %s, until a day that is told', async (phase, status) => {
    const disputeId = razorpay.dispute(payment.id, phase);
    const dispute = await gateway.getDispute(disputeId);
    expect(dispute).toMatchObject({
      disputeId,
      gatewayPaymentId: payment.id,
      reference: 'order/ord_1',
      customerReference: 'acct_1',
      money: inr('600.00'),
      fee: null,
      reason: 'goods_or_services_not_received_or_partially_received',
      status,
    });
    const { respond_by: respondBy = 0 } = razorpay.books.disputes.get(disputeId) ?? {};
    expect(dispute?.evidenceDueAt).toBe(new Date(respondBy * 1_000).toISOString());
  });

  it.each([
    ['under_review', 'under_review'],
    ['won', 'won'],
    ['lost', 'lost'],
    ['closed', 'won'],
  ] as const)('whose dispute Razorpay calls %s is %s', async (theirs, ours) => {
    const disputeId = razorpay.dispute(payment.id);
    razorpay.decideDispute(disputeId, theirs);
    expect(await gateway.getDispute(disputeId)).toMatchObject({
      status: ours,
      evidenceDueAt: null,
    });
  });

  it('closed with money taken was lost, and nobody’s dispute is null', async () => {
    const disputeId = razorpay.dispute(payment.id);
    razorpay.decideDispute(disputeId, 'lost');
    razorpay.decideDispute(disputeId, 'closed');
    expect((await gateway.getDispute(disputeId))?.status).toBe('lost');
    expect(await gateway.getDispute('disp_nobody')).toBeNull();
  });
});

describe('what Razorpay settled', () => {
  let razorpay: RazorpayServer;
  beforeAll(async () => {
    razorpay = await startRazorpayServer();
  });
  afterAll(() => razorpay.stop());

  async function readAll(from: string, to: string): Promise<SettledEntry[]> {
    const gateway = connectRazorpay(razorpay);
    const entries: SettledEntry[] = [];
    let cursor: string | null = null;
    do {
      const page = await gateway.listSettled({ from, to, cursor });
      entries.push(...page.entries);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return entries;
  }

  it('is told day by day, each movement before its fee, whatever day it is in India', async () => {
    const at = (instant: string) => Date.parse(instant) / 1_000;
    const paid = { amount: 100_000, credit: 97_100, fee: 2_900 };
    const gone = { amount: 242_500, debit: 242_500, payment_id: 'pay_2' };
    razorpay.settle({
      entity_id: 'pay_1',
      type: 'payment',
      settled_at: at('2026-11-01T00:00:00Z'),
      ...paid,
    });
    razorpay.settle({
      entity_id: 'rfnd_1',
      type: 'refund',
      settled_at: at('2026-11-01T20:00:00Z'),
      ...gone,
    });
    razorpay.settle({
      entity_id: 'adj_1',
      type: 'adjustment',
      settled_at: at('2026-11-02T19:00:00Z'),
      debit: 60_000,
      dispute_id: 'disp_1',
    });
    razorpay.settle({
      entity_id: 'trf_1',
      type: 'transfer',
      settled_at: at('2026-11-02T23:59:59Z'),
      debit: 100_296,
      fee: 296,
    });
    razorpay.settle({
      entity_id: 'pay_9',
      type: 'payment',
      settled_at: at('2026-11-03T00:00:00Z'),
      ...paid,
    });
    razorpay.settle({ entity_id: 'pay_0', type: 'payment', settled_at: null, settled: false });
    const entries = await readAll('2026-11-01T00:00:00.000Z', '2026-11-03T00:00:00.000Z');
    expect(entries).toEqual([
      {
        entryId: 'pay_1',
        kind: 'payment',
        gatewayPaymentId: 'pay_1',
        money: inr('1000.00'),
        fee: inr('29.00'),
        settledAt: '2026-11-01T00:00:00.000Z',
      },
      {
        entryId: 'rfnd_1',
        kind: 'refund',
        gatewayPaymentId: 'pay_2',
        money: inr('-2425.00'),
        fee: inr('0.00'),
        settledAt: '2026-11-01T20:00:00.000Z',
      },
      {
        entryId: 'adj_1',
        kind: 'dispute',
        gatewayPaymentId: null,
        money: inr('-600.00'),
        fee: inr('0.00'),
        settledAt: '2026-11-02T19:00:00.000Z',
      },
      {
        entryId: 'trf_1',
        kind: 'other',
        gatewayPaymentId: null,
        money: inr('-1000.00'),
        fee: inr('2.96'),
        settledAt: '2026-11-02T23:59:59.000Z',
      },
    ]);
  });

  it('on a day of 1 001 movements is told in pages, each once', async () => {
    for (let number = 1; number <= 1_001; number += 1) {
      razorpay.settle({
        entity_id: `pay_many_${number}`,
        type: 'payment',
        settled_at: Date.parse('2026-12-01T12:00:00Z') / 1_000,
        credit: 100,
      });
    }
    const entries = await readAll('2026-12-01T00:00:00.000Z', '2026-12-02T00:00:00.000Z');
    expect(new Set(entries.map(({ entryId }) => entryId)).size).toBe(1_001);
    expect(entries).toHaveLength(1_001);
  });

  it('of no cursor of ours is not read', async () => {
    const query = {
      from: '2026-12-01T00:00:00.000Z',
      to: '2026-12-02T00:00:00.000Z',
      cursor: 'yesterday',
    };
    await expect(connectRazorpay(razorpay).listSettled(query)).rejects.toThrow(RangeError);
  });
});

function inr(amount: string): Money {
  return parseMoney({ amount, currency: 'INR' });
}
