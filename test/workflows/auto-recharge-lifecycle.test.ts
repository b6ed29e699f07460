import { balanceFell, turnOffAutoRecharge } from '../../workflows/auto-recharge.messages';
import { advanceClock } from '../../workflows/lifecycle.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { readDetails } from './history-facts';
import { createRechargeBooks, openRecharge, type RechargeBooks } from './recharge-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const JANUARY = '2027-01-10T10:00:00.000Z';
const REPORT = { eventId: 'evt_1', gateway: 'sandbox', gatewayPaymentId: 'sbx_pay_1' };
const SOFT = {
  kind: 'declined',
  declineCode: 'insufficient_funds',
  declineClass: 'soft',
} as const;

describe('R1.08 autoRechargeLifecycle', () => {
  let stage: Stage;
  let books: RechargeBooks;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(() => {
    books = createRechargeBooks();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  it('rests until the balance falls, then charges at once', async () => {
    const { handle } = await openRecharge(stage, books);
    await stage.pass('3 days');
    expect(books.deeds).toEqual(['set']);
    books.spend('200.00', await stage.now());
    await handle.signal(balanceFell);
    await stage.settle();
    expect(books.deeds).toEqual(['set', 'noted', 'charge 1000.00', 'charged']);
    expect(await readDetails(handle)).toContain(
      '**armed**. Next: **rest**, because the balance is watched',
    );
  });

  it('hears of one fall twice and charges once', async () => {
    const { handle } = await openRecharge(stage, books);
    books.spend('200.00', await stage.now());
    await Promise.all([handle.signal(balanceFell), handle.signal(balanceFell)]);
    await stage.settle();
    expect(books.deeds.filter((deed) => deed.startsWith('charge '))).toEqual(['charge 1000.00']);
  });

  it('waits for a bank that is at work, and takes the money when it is reported', async () => {
    const { handle } = await openRecharge(stage, books);
    books.answer({ kind: 'pending' });
    books.spend('200.00', await stage.now());
    await handle.signal(balanceFell);
    await stage.settle();
    expect(books.status()).toBe('charging');
    await handle.signal(paymentReported, REPORT);
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('charged');
  });

  it('tries a declined charge again an hour later', async () => {
    const { handle } = await openRecharge(stage, books);
    books.answer(SOFT);
    books.spend('200.00', await stage.now());
    await handle.signal(balanceFell);
    await stage.settle();
    expect(books.status()).toBe('backing_off');
    books.answer({ kind: 'succeeded' });
    await stage.pass('61 minutes');
    expect(books.deeds.slice(-2)).toEqual(['charge 1000.00', 'charged']);
  });

  it('notes a gateway that gives no answer, and asks it again', async () => {
    const { handle } = await openRecharge(stage, books);
    books.answer(null);
    books.spend('200.00', await stage.now());
    await handle.signal(balanceFell);
    await handle.query('__stack_trace');
    await stage.skip('3 minutes');
    expect(books.deeds).toContain('unanswered');
    books.answer({ kind: 'succeeded' });
    await stage.skip('1 minutes');
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('charged');
  });

  it('at the cap waits for the local 1st, by the account’s test clock', async () => {
    const { handle } = await openRecharge(stage, books, { kind: 'test', now: JANUARY });
    const advance = (now: string) => handle.executeUpdate(advanceClock, { args: [{ now }] });
    books.spend('3100.00', JANUARY);
    await handle.signal(balanceFell);
    await stage.settle();
    expect(books.deeds).toEqual(['set', 'noted', 'charge 2000.00', 'charged', 'cap_reached']);
    await advance('2027-01-31T18:29:59.000Z');
    expect(books.deeds).toHaveLength(5);
    await advance('2027-01-31T18:30:00.000Z');
    expect(books.deeds.slice(5)).toEqual(['charge 1000.00', 'charged']);
  });

  it('is turned off while a bank is at work: its money is still taken in', async () => {
    const { handle } = await openRecharge(stage, books);
    books.answer({ kind: 'pending' });
    books.spend('200.00', await stage.now());
    await handle.signal(balanceFell);
    await stage.settle();
    await handle.executeUpdate(turnOffAutoRecharge);
    expect(books.status()).toBe('stopped');
    await handle.signal(paymentReported, REPORT);
    await stage.settle();
    expect(books.deeds.slice(-2)).toEqual(['turn_off', 'charged']);
    expect(books.status()).toBe('stopped');
  });
});
