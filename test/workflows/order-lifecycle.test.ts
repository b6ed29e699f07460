import { WorkflowUpdateStage, type WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../domain/lifecycle';
import {
  advanceClock,
  buildLifecycleStart,
  NOT_STARTED,
  type Clock,
  type CommandAnswer,
} from '../../workflows/lifecycle.messages';
import { placeOrder } from '../../workflows/order.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { readDetails } from './history-facts';
import { createOrderBooks, type OrderBooks } from './order-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const PLACED = {
  target: 'wallet',
  amount: '600.00',
  currency: 'INR',
  gateway: 'sandbox',
  mode: null,
} as const;

describe('orderLifecycle', () => {
  let stage: Stage;
  let books: OrderBooks;
  let order: WorkflowHandle;
  let orderId: string;
  let ordersMade = 0;
  let eventsSent = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(() => {
    books = createOrderBooks();
    stage.use(books.activities);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function openOrder(clock: Clock = { kind: 'wall' }, changed = {}): Promise<void> {
    ordersMade += 1;
    orderId = `ord_0000000${ordersMade}`;
    const start = buildLifecycleStart({
      kind: 'order',
      id: orderId,
      owner: { accountId: 'acct_00000001', partnerId: null, clock },
      step: NOT_STARTED,
    });
    const args = start.args.map((input) => ({ ...Object(input), ...changed }));
    order = await stage.start(workflowIdOf('order', orderId), { ...start, args });
  }

  function place(updateId: string): Promise<CommandAnswer> {
    return order.executeUpdate(placeOrder, { args: [PLACED], updateId });
  }

  async function begin(): Promise<void> {
    await openOrder();
    expect(await place('idem-place')).toEqual(DONE);
  }

  async function report(gatewayPaymentId: string): Promise<void> {
    eventsSent += 1;
    await order.signal(paymentReported, {
      eventId: `evt_${eventsSent}`,
      gateway: 'sandbox',
      gatewayPaymentId,
    });
  }

  async function status(): Promise<string> {
    return (await order.describe()).status.name;
  }

  it('R1.07 grants the money when the webhook of the payment comes', async () => {
    await begin();
    await report(books.pay());
    await stage.settle();
    expect(books.deeds).toEqual([
      '+0 place draft',
      '+0 open awaiting_payment',
      '+0 payment_reported paid',
    ]);
    expect(books.granted).toEqual(['gw_pay_1']);
    expect(await status()).toBe('COMPLETED');
    expect(await order.result()).toEqual(books.stepOf(orderId));
  });

  it('R1.07 finds the payment by asking when the webhook is lost', async () => {
    await begin();
    await stage.pass('1 minutes');
    books.pay();
    await stage.pass('2 minutes');
    expect(books.deeds.slice(2)).toEqual([
      '+15 check_payment awaiting_payment',
      '+45 check_payment awaiting_payment',
      '+120 check_payment paid',
    ]);
    expect(await status()).toBe('COMPLETED');
  });

  it('grants once when the webhook comes three times and a check comes as well', async () => {
    await begin();
    const gate = books.holdAfterCommit();
    const payment = books.pay();
    await report(payment);
    await gate.reached;
    await report(payment);
    await report(payment);
    await order.query('__stack_trace');
    gate.open();
    await stage.settle();
    expect(books.granted).toEqual(['gw_pay_1']);
    expect(await status()).toBe('COMPLETED');
  });

  it('does not believe a webhook: a payment the gateway does not know grants nothing', async () => {
    await begin();
    await report('gw_pay_forged');
    await stage.settle();
    expect(books.granted).toEqual([]);
    expect(books.stepOf(orderId).status).toBe('awaiting_payment');
    expect(await status()).toBe('RUNNING');
  });

  it.each([
    ['another amount', { money: { amountMicros: 599_999_999n, currency: 'INR' } }],
    ['another currency', { money: { amountMicros: 600_000_000n, currency: 'USD' } }],
    ['another order', { reference: 'order/ord_99999999' }],
  ] as const)('grants nothing for a payment of %s, and goes on waiting', async (_, change) => {
    await begin();
    await report(books.pay(change));
    await stage.settle();
    expect(books.granted).toEqual([]);
    expect(await status()).toBe('RUNNING');
  });

  it('asks ever more rarely, expires after a day, looks for late payments for three, then ends', async () => {
    await begin();
    await stage.pass('5 days');
    expect(books.deeds.slice(2)).toEqual([
      '+15 check_payment awaiting_payment',
      '+45 check_payment awaiting_payment',
      '+120 check_payment awaiting_payment',
      '+300 check_payment awaiting_payment',
      '+900 check_payment awaiting_payment',
      '+1800 check_payment awaiting_payment',
      '+3600 check_payment awaiting_payment',
      '+7200 check_payment awaiting_payment',
      '+14400 check_payment awaiting_payment',
      '+28800 check_payment awaiting_payment',
      '+57600 check_payment awaiting_payment',
      '+86400 expire expired',
      '+90000 check_late_payment expired',
      '+172800 check_late_payment expired',
      '+259200 check_late_payment expired',
      '+345600 check_late_payment expired',
    ]);
    expect(books.granted).toEqual([]);
    expect(await status()).toBe('COMPLETED');
  });

  it('grants what is paid after the order expired, told by a webhook', async () => {
    await begin();
    await stage.pass('30 hours');
    await report(books.pay());
    await stage.settle();
    expect(books.granted).toEqual(['gw_pay_1']);
    expect(books.deeds.at(-1)).toMatch(/^\+108\d{3} payment_reported paid$/);
    expect(await status()).toBe('COMPLETED');
  });

  it('grants what a bank authorises days after it declined it', async () => {
    await begin();
    const payment = books.pay({ status: 'failed', declineCode: 'insufficient_funds' });
    await stage.pass('30 hours');
    books.authoriseLate(payment);
    await stage.pass('20 hours');
    expect(books.deeds.slice(-2)).toEqual([
      '+90000 check_late_payment expired',
      '+172800 check_late_payment paid',
    ]);
    expect(books.granted).toEqual(['gw_pay_1']);
  });

  it('takes another try after a declined one', async () => {
    await begin();
    await report(books.pay({ status: 'failed', declineCode: 'stolen_card' }));
    await stage.settle();
    expect(books.stepOf(orderId).status).toBe('failed');
    await report(books.pay());
    await stage.settle();
    expect(books.granted).toEqual(['gw_pay_2']);
    expect(await status()).toBe('COMPLETED');
  });

  it('answers the same placing once, however often it is sent', async () => {
    await openOrder();
    const answers = await Promise.all([place('idem-1'), place('idem-1'), place('idem-1')]);
    expect(answers).toEqual([DONE, DONE, DONE]);
    expect(books.deeds).toEqual(['+0 place draft', '+0 open awaiting_payment']);
  });

  it('calls the gateway on a queue of its own, where a hanging one holds up no renewal', async () => {
    await begin();
    await report(books.pay());
    await stage.settle();
    expect([...books.gatewayQueues]).toEqual(['billing-gateway']);
  });

  describe('on a test clock that stands still', () => {
    async function beginOnClock(): Promise<void> {
      await openOrder({ kind: 'test', now: '2026-03-01T10:00:00.000Z' });
      expect(await place('idem-test')).toEqual(DONE);
    }
    const advance = (now: string) => order.executeUpdate(advanceClock, { args: [{ now }] });

    it('R1.07 finds the payment whose webhook is lost after as much real time, at the clock’s time', async () => {
      await beginOnClock();
      await stage.pass('14 seconds');
      expect(books.deeds).toHaveLength(2);
      expect(await readDetails(order)).toContain('asked at');
      await stage.pass('2 seconds');
      expect(books.deeds.slice(2)).toEqual(['+0 check_payment awaiting_payment']);
      await stage.pass('27 seconds'); // 45 s after the order was placed, so 30 s after the first look.
      expect(books.deeds).toHaveLength(3);
      books.pay();
      await stage.pass('4 seconds');
      expect(books.deeds.slice(3)).toEqual(['+0 check_payment paid']);
      expect(books.granted).toEqual(['gw_pay_1']);
      expect(await status()).toBe('COMPLETED');
    });

    it('does not expire before the clock says so, whatever time passes', async () => {
      await beginOnClock();
      await stage.pass('9 days');
      expect(new Set(books.deeds.slice(2))).toEqual(new Set(['+0 check_payment awaiting_payment']));
      expect(books.deeds).toHaveLength(2 + 11);
      await advance('2026-03-02T10:00:00.000Z');
      expect(books.deeds.at(-1)).toBe('+86400 expire expired');
      await stage.pass('2 hours');
      expect(books.deeds.at(-1)).toBe('+86400 check_late_payment expired');
    });

    it('is asked at once when the clock passes what it waits for', async () => {
      await beginOnClock();
      books.pay();
      await advance('2026-03-01T10:00:15.000Z');
      expect(books.deeds.at(-1)).toBe('+15 check_payment paid');
    });

    it('opens the page a gateway was too silent for, with nobody moving the clock', async () => {
      books.silence();
      await openOrder({ kind: 'test', now: '2026-03-01T10:00:00.000Z' });
      const placing = place('idem-silent-clock');
      await order.query('__stack_trace');
      await stage.skip('9 seconds');
      expect(await placing).toEqual(DONE);
      books.speak();
      await stage.pass('16 seconds');
      expect(books.deeds.slice(1)).toEqual(['+0 unreachable draft', '+0 open awaiting_payment']);
    });

    it('waits on by real time in the run after this one', async () => {
      await openOrder({ kind: 'test', now: '2026-03-01T10:00:00.000Z' }, { stepsPerRunMax: 2 });
      await place('idem-runs');
      await stage.pass('4 minutes');
      expect(books.deeds.slice(2)).toEqual(Array(3).fill('+0 check_payment awaiting_payment'));
    });
  });

  describe('while the gateway gives no answer', () => {
    it('answers the placing after seconds, and the row says when the page is tried again', async () => {
      books.silence();
      await openOrder();
      const placing = await order.startUpdate(placeOrder, {
        args: [PLACED],
        updateId: 'idem-silent',
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      });
      await stage.skip('9 seconds');
      expect(await placing.result()).toEqual(DONE);
      expect(books.deeds).toEqual(['+0 place draft', '+0 unreachable draft']);
      expect(books.stepOf(orderId).next).toMatchObject({
        kind: 'open_checkout',
        reason: 'the payment gateway did not answer; it is asked again',
      });
      books.speak();
      await stage.pass('1 minutes');
      expect(books.deeds.slice(2, 3)).toEqual(['+15 open awaiting_payment']);
    });

    it('notes a check without an answer and finds the payment with a later one', async () => {
      await begin();
      books.pay();
      books.silence();
      await stage.skip('140 seconds');
      books.speak();
      await stage.skip('30 seconds');
      await stage.settle();
      expect(books.deeds.slice(2)).toEqual([
        '+15 unreachable awaiting_payment',
        '+45 check_payment paid',
      ]);
    });

    it('does not close an order nobody can ask about, says when it asks, and asks', async () => {
      await begin();
      await stage.pass('23 hours');
      books.silence();
      await stage.skip('63 minutes');
      await stage.settle();
      expect(books.deeds.at(-1)).toBe('+86400 unreachable awaiting_payment');
      expect(await readDetails(order)).toContain('the payment gateway did not answer');
      expect(await readDetails(order)).not.toContain('BLOCKED');
      books.speak();
      await stage.pass('2 hours');
      expect(books.deeds.slice(-2)).toEqual([
        '+86700 expire expired',
        '+90000 check_late_payment expired',
      ]);
    });

    it('keeps a report of a payment that it is silent about, and goes on', async () => {
      await begin();
      books.silence();
      await report('gw_pay_unheard');
      await stage.skip('3 minutes');
      expect(books.kept).toEqual([`${orderId} evt_${eventsSent}`]);
      expect(await status()).toBe('RUNNING');
    });

    it('says that it is blocked when the gateway refuses to close it, and tries again', async () => {
      await begin();
      await stage.pass('23 hours');
      books.refuse();
      await stage.skip('80 minutes');
      await stage.settle();
      expect(await readDetails(order)).toContain('**BLOCKED** until');
      expect(await status()).toBe('RUNNING');
      books.speak();
      await stage.pass('2 hours');
      expect(books.deeds.slice(-2)).toEqual([
        '+86400 expire expired',
        '+90000 check_late_payment expired',
      ]);
    });
  });
});
