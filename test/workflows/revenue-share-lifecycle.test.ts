import type { WorkflowHandle } from '@temporalio/client';
import { advanceClock } from '../../workflows/lifecycle.messages';
import { approveStatement, payOut } from '../../workflows/revenue-share.messages';
import { readDetails } from './history-facts';
import { createShareBooks, openShare, type ShareBooks } from './share-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const MARCH = '2027-03-05T00:00:00.000Z';

describe('revenueShareLifecycle (R4.10)', () => {
  let stage: Stage;
  let books: ShareBooks;
  let share: WorkflowHandle;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(async () => {
    books = createShareBooks();
    share = (await openShare(stage, books)).handle;
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const advance = (now: string) => share.executeUpdate(advanceClock, { args: [{ now }] });
  const approve = (month: string) =>
    share.executeUpdate(approveStatement, { args: [{ month, keyId: 'key_1' }] });
  const pay = (to: 'wallet' | 'bank') =>
    share.executeUpdate(payOut, { args: [{ payoutId: 'pout_1', month: '2027-02', to }] });

  it('closes month after month at midnight of the partner’s zone, and not a moment before', async () => {
    await advance('2027-02-28T18:29:59.999Z');
    expect(books.deeds).toEqual([]);
    await advance('2027-05-01T00:00:00.000Z');
    expect(books.deeds).toEqual(['close 2027-02', 'close 2027-03', 'close 2027-04']);
  });

  it('tells operators what it waits for, and is found by its kind', async () => {
    await advance(MARCH);
    await stage.settle();
    expect(await readDetails(share)).toContain(
      '**awaiting_approval**. Next: **close_month** at 2027-03-31T18:30:00.000Z, because 2027-03 ends; 1 statement waits for approval.',
    );
    const { typedSearchAttributes } = await share.describe();
    const shown = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, String(value)]);
    expect(Object.fromEntries(shown)).toMatchObject({
      LifecycleKind: 'revenue_share',
      LifecycleState: 'awaiting_approval',
      PartnerId: 'prt_00000001',
    });
  });

  it('is asked to pay while somebody waits, on the gateways’ own queue', async () => {
    await advance(MARCH);
    expect(await approve('2027-02')).toEqual(DONE);
    expect(await pay('bank')).toEqual(DONE);
    expect(books.deeds).toEqual([
      'close 2027-02',
      'approve 2027-02',
      'pay_out pout_1 sending',
      'sent pout_1 paid',
    ]);
    expect([...books.bankQueues]).toEqual(['billing-gateway']);
  });

  it('asks no bank for what goes to the wallet', async () => {
    await advance(MARCH);
    await approve('2027-02');
    await pay('wallet');
    expect(books.deeds.at(-1)).toBe('pay_out pout_1 paid');
    expect([...books.bankQueues]).toEqual([]);
  });

  it('a silent bank keeps nobody waiting: it is asked again, and months go on closing', async () => {
    await advance(MARCH);
    await approve('2027-02');
    books.answer(null);
    const paying = pay('bank');
    await share.query('__stack_trace');
    await stage.skip('9 seconds');
    expect(await paying).toEqual(DONE);
    expect(books.deeds.at(-1)).toBe('sent pout_1 sending');
    await stage.settle();
    expect(await readDetails(share)).toContain('Next: **send_payout**');
    books.answer({ kind: 'failed', reason: 'account_closed' });
    await advance('2027-04-02T00:00:00.000Z');
    expect(books.deeds.slice(-2)).toEqual(['sent pout_1 failed', 'close 2027-03']);
    await stage.settle();
    expect(await readDetails(share)).toContain('199.80 INR wait to be paid out');
  });
});
