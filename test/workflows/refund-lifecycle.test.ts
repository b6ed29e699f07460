import { type WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../domain/lifecycle';
import {
  advanceClock,
  buildLifecycleStart,
  NOT_STARTED,
  type Clock,
  type CommandAnswer,
} from '../../workflows/lifecycle.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { askRefundAgain, closeRefund, requestRefund } from '../../workflows/refund.messages';
import { readDetails } from './history-facts';
import { createRefundBooks, type RefundBooks } from './refund-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const WALL: Clock = { kind: 'wall' };

describe('refundLifecycle', () => {
  let stage: Stage;
  let books: RefundBooks;
  let refund: WorkflowHandle;
  let refundsMade = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(() => {
    books = createRefundBooks();
    stage.use(books.activities);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function open(clock = WALL): Promise<void> {
    refundsMade += 1;
    const id = `rfd_0000000${refundsMade}`;
    refund = await stage.start(
      workflowIdOf('refund', id),
      buildLifecycleStart({
        kind: 'refund',
        id,
        owner: { accountId: 'acct_00000001', partnerId: null, clock },
        step: NOT_STARTED,
      }),
    );
  }

  function ask(amount: string | null = null): Promise<CommandAnswer> {
    const subject = { kind: 'payment', id: 'pay_00000001' } as const;
    const request = { subject, to: 'source', amount, noteId: null } as const;
    return refund.executeUpdate(requestRefund, { args: [request], updateId: 'idem-refund' });
  }

  /** A silent gateway is given its seconds while somebody waits; then the row takes over. */
  async function askInSilence(): Promise<CommandAnswer> {
    const asking = ask();
    await refund.query('__stack_trace');
    await stage.skip('9 seconds');
    return asking;
  }

  async function status(): Promise<string> {
    return (await refund.describe()).status.name;
  }

  it('is requested and back before its caller is answered, on the gateways’ own queue', async () => {
    await open();
    expect(await ask('400.00')).toEqual(DONE);
    expect(books.deeds).toEqual(['+0 request requested', '+0 returned succeeded']);
    expect([...books.gatewayQueues]).toEqual(['billing-gateway']);
    await stage.settle();
    expect(await status()).toBe('COMPLETED');
  });

  it('ends without a call to the gateway when it is refused', async () => {
    await open();
    expect(await ask('600.01')).toMatchObject({ kind: 'refused', code: 'amount_out_of_range' });
    await stage.settle();
    expect([books.deeds, books.keys]).toEqual([[], []]);
    expect(await status()).toBe('COMPLETED');
  });

  it('asked twice under one update id is one refund', async () => {
    await open();
    expect(await Promise.all([ask('400.00'), ask('400.00')])).toEqual([DONE, DONE]);
    expect(books.keys).toHaveLength(1);
  });

  it('a silent gateway is asked again under the same key, and the UI says so meanwhile', async () => {
    await open();
    books.answer(null);
    expect(await askInSilence()).toEqual(DONE);
    expect(books.deeds).toEqual(['+0 request requested', '+0 unanswered requested']);
    expect(await readDetails(refund)).toContain('asked again under the same key');
    books.answer({ kind: 'refunded', refundId: 'gw_re_1' });
    await stage.pass('1 minutes');
    expect(books.deeds.slice(2)).toEqual(['+15 returned succeeded']);
    expect(new Set(books.keys).size).toBe(1);
    expect(await status()).toBe('COMPLETED');
  });

  it('the gateway’s own message wakes it: it is asked at once, not when its time has come', async () => {
    await open();
    books.answer(null);
    await askInSilence();
    books.answer({ kind: 'refunded', refundId: 'gw_re_1' });
    const report = { eventId: 'evt_1', gateway: 'sandbox', gatewayPaymentId: 'gw_pay_1' };
    await refund.signal(paymentReported, report);
    await stage.settle();
    expect(books.deeds.slice(2)).toEqual(['+0 returned succeeded']);
    expect(new Set(books.keys).size).toBe(1);
    expect(await status()).toBe('COMPLETED');
  });

  it('an operator lets the gateway be asked again now', async () => {
    await open();
    books.answer(null);
    await askInSilence();
    books.answer({ kind: 'refunded', refundId: 'gw_re_1' });
    expect(await refund.executeUpdate(askRefundAgain)).toEqual(DONE);
    expect(books.deeds.slice(2)).toEqual(['+0 returned succeeded']);
    await stage.settle();
    expect(await status()).toBe('COMPLETED');
  });

  it('an operator closes it after a day without an answer, not before', async () => {
    await open();
    books.answer(null);
    await askInSilence();
    const seen = { kind: 'refunded', gatewayRefundId: 're_9' } as const;
    const close = () =>
      refund.executeUpdate(closeRefund, { args: [{ keyId: 'key_1', noteId: 'note_1', seen }] });
    expect(await close()).toMatchObject({ kind: 'refused', code: 'invalid_state' });
    books.letADayPass();
    expect(await close()).toEqual(DONE);
    expect(books.deeds.slice(2)).toEqual(['+0 closed succeeded']);
    await stage.settle();
    expect(await status()).toBe('COMPLETED');
  });

  it('a refusal of the gateway ends it', async () => {
    await open();
    books.answer({ kind: 'refused', reason: 'declined' });
    expect(await ask()).toEqual(DONE);
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('+0 returned failed');
    expect(await status()).toBe('COMPLETED');
  });

  it.each([
    ['when the clock is moved', 'moved', '+15 returned succeeded'],
    ['after as much real time, though the clock stands still', 'frozen', '+0 returned succeeded'],
  ])('on a test clock is asked again %s', async (_, clock, deed) => {
    await open({ kind: 'test', now: '2027-03-02T10:00:00.000Z' });
    books.answer(null);
    await askInSilence();
    books.answer({ kind: 'refunded', refundId: 'gw_re_1' });
    if (clock === 'moved') {
      await refund.executeUpdate(advanceClock, { args: [{ now: '2027-03-02T10:00:15.000Z' }] });
    } else {
      await stage.pass('16 seconds');
    }
    expect(books.deeds.slice(2)).toEqual([deed]);
    expect(new Set(books.keys).size).toBe(1);
    expect(await status()).toBe('COMPLETED');
  });
});
