/** What the phone number's workflow does with time and messages: each transition, and each race. */
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { advanceClock, STEP_ATTRIBUTES } from '../../workflows/lifecycle.messages';
import { paymentReported } from '../../workflows/payment.messages';
import {
  extendGrace,
  forceRenewal,
  payRent,
  releaseNow,
  releaseNumber,
  setAutoPay,
  waiveRent,
} from '../../workflows/phone-number.messages';
import { STARTED } from '../domain/phone-number/number-walk';
import { readDetails } from './history-facts';
import { createNumberBooks } from './number-books';
import { openNumber, type NumberOnStage } from './number-on-stage';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DUE = '2027-02-28T10:00:00.000Z';
const GRACE_ENDS = '2027-03-07T10:00:00.000Z';
const OPERATOR = { keyId: 'key_1', noteId: 'note_1' };

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

/** Rented, and lived up to the instant. */
async function rented(rupees: number, until = STARTED): Promise<NumberOnStage> {
  const number = await openNumber(stage, createNumberBooks(rupees));
  await number.advance(until);
  return number;
}

describe('a number', () => {
  it('R2.13 is ordered as soon as it is opened, and its rent is paid month by month', async () => {
    const { books, advance } = await rented(1_000);
    expect(books.deeds).toEqual(['01-31 order_number active']);
    await advance('2027-03-31T10:00:00.000Z');
    expect(books.charged).toEqual(['period/2', 'period/3']);
  });

  it('R2.10 ends when the carrier has not got it any more', async () => {
    const books = createNumberBooks(0);
    books.state.order = { kind: 'gone' };
    const { handle } = await openNumber(stage, books);
    await expect(handle.result()).resolves.toMatchObject({ status: 'failed' });
    expect(books.deeds).toEqual(['01-31 order_number failed']);
  });

  it('R2.15 R2.17 goes on hold, is warned of, given back and ends', async () => {
    const { books, advance, handle } = await rented(0);
    await advance(GRACE_ENDS);
    expect(books.deeds).toEqual([
      '01-31 order_number active',
      '02-25 remind active',
      '02-27 remind active',
      '02-28 renew on_hold',
      '03-01 retry_payment on_hold',
      '03-03 retry_payment on_hold',
      '03-05 retry_payment on_hold',
      '03-06 warn_of_release on_hold',
      '03-07 begin_release releasing',
      '03-07 return_number released',
    ]);
    await expect(handle.result()).resolves.toMatchObject({ status: 'released' });
  });

  it('R2.14 has its rent collected from the saved method', async () => {
    const books = createNumberBooks(100);
    books.state.hasCard = true;
    const { advance } = await openNumber(stage, books);
    await advance(DUE);
    expect(books.deeds.slice(-2)).toEqual(['02-28 renew active', '02-28 collect_payment active']);
    expect(books.charged).toEqual(['period/2']);
  });

  it('settles what a gateway reports', async () => {
    const { books, handle } = await rented(0, DUE);
    const fact = { eventId: 'evt_1', gateway: 'sandbox', gatewayPaymentId: 'sbx_pay_1' };
    await handle.signal(paymentReported, fact);
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('settle sbx_pay_1');
  });

  it('is shown with its state, its auto-pay and what an operator did, and never by its number', async () => {
    const { handle, advance } = await rented(0, DUE);
    const until = '2027-03-20T10:00:00.000Z';
    await handle.executeUpdate(extendGrace, { args: [{ until, ...OPERATOR }] });
    await handle.executeUpdate(setAutoPay, { args: [{ autoPay: false }] });
    await advance('2027-03-10T00:00:00.000Z');
    expect(await readDetails(handle)).toContain(`An operator extended grace until ${until}.`);
    const { typedSearchAttributes: shown } = await handle.describe();
    expect(shown.get(STEP_ATTRIBUTES.AutoPay)).toBe(false);
    const history = historyToJSON(await handle.fetchHistory());
    const payloads = [...history.matchAll(/"data":\s*"([^"]+)"/g)]
      .map(([, encoded = '']) => Buffer.from(encoded, 'base64').toString('utf8'))
      .join('\n');
    expect(payloads).toContain('note_1');
    expect(`${history} ${payloads}`).not.toContain('8000000001');
  });
});

describe('what people ask', () => {
  it('R2.14 R2.16 each message reaches the number, in the order it came', async () => {
    const { books, handle, advance } = await rented(0, DUE);
    await handle.executeUpdate(payRent);
    await handle.executeUpdate(waiveRent, { args: [OPERATOR] });
    await handle.executeUpdate(setAutoPay, { args: [{ autoPay: false }] });
    books.topUp(500, DUE);
    await handle.executeUpdate(forceRenewal, { args: [OPERATOR] });
    await handle.executeUpdate(releaseNow, { args: [OPERATOR] });
    await advance(DUE);
    expect(books.deeds.slice(-6)).toEqual([
      '02-28 pay refused: insufficient_balance',
      '02-28 waive_rent active',
      '02-28 set_auto_pay active',
      '02-28 force_renewal active',
      '02-28 release_now releasing',
      '02-28 return_number released',
    ]);
  });
});

describe('a race', () => {
  it('R2.17 of a payment against the release: the payment that is in the row first keeps the number', async () => {
    const { books, advance } = await rented(0, '2027-03-07T09:59:59.000Z');
    const gate = books.holdBeforeCommit();
    const advanced = advance(GRACE_ENDS);
    await gate.reached;
    books.topUp(500, GRACE_ENDS);
    gate.open();
    await advanced;
    expect(books.row().status).toBe('active');
    expect(books.charged).toEqual(['period/2']);
  });

  it('R2.16 I7 of a payment against the release: one that comes after it charges nothing', async () => {
    const { books, advance, handle, topUp } = await rented(0, '2027-03-07T09:59:59.000Z');
    books.state.release = { kind: 'pending' };
    const gate = books.holdAfterCommit();
    const advanced = advance(GRACE_ENDS);
    await gate.reached;
    await topUp(500, GRACE_ENDS);
    const paid = handle.executeUpdate(payRent);
    gate.open();
    await expect(paid).resolves.toMatchObject({ kind: 'refused', code: 'invalid_state' });
    await advanced;
    expect(books.row().status).toBe('releasing');
    expect(books.charged).toEqual([]);
    expect(books.state.walletMicros).toBe(500_000_000n);
  });

  it('R2.15 of a top-up against the hold: seen by the renewal, the number is never held', async () => {
    const { books, advance } = await rented(0, '2027-02-28T09:00:00.000Z');
    const gate = books.holdBeforeCommit();
    const advanced = advance(DUE);
    await gate.reached;
    books.topUp(500, DUE);
    gate.open();
    await advanced;
    expect(books.deeds.at(-1)).toBe('02-28 renew active');
  });

  it('R2.15 of a top-up against the hold: just after it, the number works again at once', async () => {
    const { books, advance, topUp } = await rented(0, '2027-02-28T09:00:00.000Z');
    const gate = books.holdAfterCommit();
    const advanced = advance(DUE);
    await gate.reached;
    await topUp(500, DUE);
    gate.open();
    await advanced;
    // The activity's answer was older than the row: the signal made the workflow look again.
    await stage.settle();
    expect(books.deeds.slice(-2)).toEqual([
      '02-28 renew on_hold',
      '02-28 retry_after_top_up active',
    ]);
    expect(books.charged).toEqual(['period/2']);
  });

  it('R2.14 of auto-pay off against the due date: off first, nothing is charged', async () => {
    const { books, advance, handle } = await rented(5_000, '2027-02-28T09:59:59.000Z');
    await handle.executeUpdate(setAutoPay, { args: [{ autoPay: false }] });
    await advance(DUE);
    expect(books.row()).toMatchObject({ status: 'on_hold', hold: { reason: 'auto_pay_off' } });
    expect(books.charged).toEqual([]);
  });

  it('R2.14 of auto-pay off against the due date: due first, that month is paid and no other', async () => {
    const { books, advance, handle } = await rented(5_000, '2027-02-28T09:59:59.000Z');
    const gate = books.holdBeforeCommit();
    const advanced = advance(DUE);
    await gate.reached;
    const turnedOff = handle.executeUpdate(setAutoPay, { args: [{ autoPay: false }] });
    gate.open();
    await Promise.all([advanced, turnedOff]);
    await advance('2027-03-31T10:00:00.000Z');
    expect(books.charged).toEqual(['period/2']);
    expect(books.row()).toMatchObject({ status: 'on_hold', hold: { reason: 'auto_pay_off' } });
  });

  it('R2.16 of a release against the renewal: released first, the renewal never comes', async () => {
    const { books, advance, handle } = await rented(5_000, '2027-02-28T09:59:59.000Z');
    await handle.executeUpdate(releaseNumber);
    await expect(handle.result()).resolves.toMatchObject({ status: 'released' });
    await expect(advance(DUE)).rejects.toThrow();
    expect(books.charged).toEqual([]);
  });

  it('R2.16 of a release against the renewal: renewed first, that month was the last', async () => {
    const { books, advance, handle } = await rented(5_000, '2027-02-28T09:59:59.000Z');
    const gate = books.holdBeforeCommit();
    const advanced = advance(DUE);
    await gate.reached;
    const released = handle.executeUpdate(releaseNumber);
    gate.open();
    await Promise.all([advanced, released]);
    await expect(handle.result()).resolves.toMatchObject({ status: 'released' });
    expect(books.charged).toEqual(['period/2']);
    expect(books.deeds.slice(-3)).toEqual([
      '02-28 renew active',
      '02-28 release releasing',
      '02-28 return_number released',
    ]);
  });

  it('R2.15 of two top-ups: the rent is charged once, the rest stays', async () => {
    const { books, topUp } = await rented(0, DUE);
    const gate = books.holdBeforeCommit();
    await topUp(500, DUE);
    await gate.reached;
    await topUp(500, DUE);
    gate.open();
    await stage.settle();
    expect(books.charged).toEqual(['period/2']);
    expect(books.state.walletMicros).toBe(500_000_000n);
  });
});

describe('a carrier or gateway that cannot be reached', () => {
  /** The two minutes it is given, and less than the row then waits before it is asked again. */
  async function waitInSilence(handle: WorkflowHandle): Promise<void> {
    await handle.query('__stack_trace');
    await stage.skip('125 seconds');
    await stage.settle();
  }

  it('blocks nobody: it is noted, and asked again when the row says', async () => {
    const books = createNumberBooks(0);
    books.state.outage = new Error('no answer');
    const { handle } = await openNumber(stage, books);
    await waitInSilence(handle);
    expect(books.deeds).toEqual(['01-31 order_number pending']);
    books.state.outage = null;
    await stage.pass('16 seconds'); // Of real time: nobody moves the test clock.
    expect(books.deeds.slice(1)).toEqual(['01-31 order_number active']);
    expect(books.row().activatedAt).toBe(STARTED);
  });

  it('is asked until a number that takes its time is there, and at once when the clock passes', async () => {
    const books = createNumberBooks(0);
    books.state.order = { kind: 'pending', carrierLeaseId: 'lease_1' };
    const { advance } = await openNumber(stage, books);
    await stage.pass('16 seconds');
    expect(books.row().asksMade).toBe(2);
    books.state.order = { ...books.state.order, kind: 'active', capabilities: ['sms', 'voice'] };
    await advance('2027-01-31T10:01:00.000Z');
    expect(books.row()).toMatchObject({
      status: 'active',
      activatedAt: '2027-01-31T10:01:00.000Z',
    });
  });

  it('R2.17 is asked to take the number back until it does', async () => {
    const { books, handle } = await rented(0);
    books.state.outage = new Error('no answer');
    await handle.executeUpdate(releaseNumber);
    await waitInSilence(handle);
    expect(books.row()).toMatchObject({ status: 'releasing', asksMade: 1 });
    books.state.outage = null;
    await stage.pass('16 seconds');
    await expect(handle.result()).resolves.toMatchObject({ status: 'released' });
  });

  it('is noted for a rent, too, and the number is on hold meanwhile', async () => {
    const books = createNumberBooks(0);
    books.state.hasCard = true;
    const { handle } = await openNumber(stage, books);
    await handle.executeUpdate(advanceClock, { args: [{ now: '2027-02-28T09:59:59.000Z' }] });
    books.state.outage = new Error('no answer');
    const advanced = await handle.startUpdate(advanceClock, {
      args: [{ now: DUE }],
      waitForStage: 'ACCEPTED',
    });
    await waitInSilence(handle);
    await advanced.result();
    expect(books.deeds.at(-1)).toBe('02-28 unanswered on_hold');
    books.state.outage = null;
    await stage.pass('61 seconds');
    expect(books.row().status).toBe('active');
  });

  it('whose answer no repetition mends leaves the action blocked, visibly', async () => {
    const books = createNumberBooks(0);
    books.refuseForGood('the key is wrong');
    const { handle } = await openNumber(stage, books);
    await stage.settle();
    expect(books.deeds).toEqual([]);
    expect(await readDetails(handle)).toContain('BLOCKED');
  });
});
