import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { workflowIdOf } from '../../domain/lifecycle';
import { openPackage } from '../../domain/package/decide-package';
import {
  advanceClock,
  buildLifecycleStart,
  retryBlocked,
  type Clock,
  type CommandAnswer,
} from '../../workflows/lifecycle.messages';
import { voidPackage } from '../../workflows/package.messages';
import { BULK } from '../support/give-package';
import { readDetails } from './history-facts';
import { createPackageBooks, type PackageBooks } from './package-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const BOUGHT_AT = '2027-03-02T10:00:00.000Z';

describe('packageLifecycle', () => {
  let stage: Stage;
  let books: PackageBooks;
  let workflow: WorkflowHandle;
  let packagesMade = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(() => {
    books = createPackageBooks();
    stage.use(books.activities);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /** A package of 30 days, its workflow started from its row as after an order. */
  async function open(boughtAt: string, clock: Clock = { kind: 'wall' }): Promise<void> {
    packagesMade += 1;
    const id = `pkg_0000000${packagesMade}`;
    const accountId = 'acct_00000001';
    const terms = { id, accountId, orderId: 'ord_1', offer: BULK, timeZone: 'Asia/Kolkata' };
    const { bought } = openPackage({ ...terms, planPaidUntil: null, at: boughtAt });
    workflow = await stage.start(
      workflowIdOf('package', id),
      buildLifecycleStart({
        kind: 'package',
        id,
        owner: { accountId, partnerId: null, clock },
        step: books.give(bought),
      }),
    );
  }

  /** Bought now, by the server's own clock: the first warning is due at the next midnight in Kolkata. */
  async function openToday(): Promise<void> {
    await open(await stage.now());
  }

  function voidIt(updateId = 'idem-void'): Promise<CommandAnswer> {
    return workflow.executeUpdate(voidPackage, {
      args: [{ noteId: 'note_1', keyId: 'key_1' }],
      updateId,
    });
  }

  async function status(): Promise<string> {
    return (await workflow.describe()).status.name;
  }

  it('R0.15 warns 30, 7 and 1 days ahead, ends on the day, and is over', async () => {
    await openToday();
    await stage.pass('40 days');
    expect(books.deeds.map((deed) => deed.split(' ')[0])).toEqual([
      'warn_expiry',
      'warn_expiry',
      'warn_expiry',
      'expire',
    ]);
    expect(books.told).toEqual([
      'package.expiry_near',
      'package.expiry_near',
      'package.expiry_near',
      'package.expired',
    ]);
    expect(await status()).toBe('COMPLETED');
  });

  it('R0.15 shows operators its state, its next action and its end', async () => {
    await open(BOUGHT_AT, { kind: 'test', now: BOUGHT_AT });
    await stage.settle();
    const { typedSearchAttributes } = await workflow.describe();
    const shown = typedSearchAttributes
      .getAll()
      .map(({ key, value }) => [key.name, value instanceof Date ? value.toISOString() : value]);
    expect(Object.fromEntries(shown)).toMatchObject({
      LifecycleKind: 'package',
      LifecycleState: 'active',
      NextActionAt: '2027-03-02T18:30:00.000Z',
      ExpiresAt: '2027-04-01T18:30:00.000Z',
    });
    expect(await readDetails(workflow)).toContain(
      'Next: **warn_expiry** at 2027-03-02T18:30:00.000Z, because its end is 30 days ahead.',
    );
  });

  it('R0.15 on a test clock does in order all that lies before the instant, and not a thing more', async () => {
    await open(BOUGHT_AT, { kind: 'test', now: BOUGHT_AT });
    await stage.pass('60 days');
    expect(books.deeds).toEqual([]);
    const advance = (now: string) => workflow.executeUpdate(advanceClock, { args: [{ now }] });
    expect(await advance('2027-04-01T18:29:59.999Z')).toMatchObject({ status: 'active' });
    expect(books.deeds).toEqual([
      'warn_expiry 2027-03-02T18:30:00.000Z active',
      'warn_expiry 2027-03-25T18:30:00.000Z active',
      'warn_expiry 2027-03-31T18:30:00.000Z active',
    ]);
    expect(await advance('2027-04-01T18:30:00.000Z')).toMatchObject({ status: 'expired' });
    expect(books.deeds.at(-1)).toBe('expire 2027-04-01T18:30:00.000Z expired');
    await stage.settle();
    expect(await status()).toBe('COMPLETED');
  });

  it('R0.12 an operator voids it, once for one update id; nothing is due after that', async () => {
    await openToday();
    expect(await Promise.all([voidIt(), voidIt()])).toEqual([DONE, DONE]);
    await stage.settle();
    expect(books.deeds).toEqual(['void voided']);
    expect(await status()).toBe('COMPLETED');
    await stage.pass('40 days');
    expect(books.deeds).toHaveLength(1);
  });

  it('R0.12 what is due comes before the command that arrives with it', async () => {
    await open('2027-01-01T10:00:00.000Z', { kind: 'test', now: '2027-03-02T10:00:00.000Z' });
    // Its end was overdue when it was opened again: there is nothing left to void.
    const answer = voidIt();
    await expect(answer).resolves.toMatchObject({ kind: 'refused', code: 'invalid_state' });
    expect(books.deeds.at(-1)).toBe('expire 2027-01-31T18:30:00.000Z expired');
  });

  it('a failure that retrying does not mend blocks the action visibly, until somebody looks', async () => {
    await open(BOUGHT_AT, { kind: 'test', now: BOUGHT_AT });
    const bug = ApplicationFailure.nonRetryable('a bug of ours', 'invariant_violated');
    books.fail(bug, 2); // Inside the task, and as the ordinary activity that is seen.
    const advancing = workflow.executeUpdate(advanceClock, {
      args: [{ now: '2027-03-03T00:00:00Z' }],
    });
    await expect(advancing).rejects.toThrow(WorkflowUpdateFailedError);
    await stage.settle();
    expect(await readDetails(workflow)).toContain('BLOCKED');
    await workflow.signal(retryBlocked);
    await stage.settle();
    expect(books.deeds).toEqual(['warn_expiry 2027-03-02T18:30:00.000Z active']);
  });
});
