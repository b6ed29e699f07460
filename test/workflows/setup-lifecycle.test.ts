import type { WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../domain/lifecycle';
import { buildLifecycleStart, NOT_STARTED } from '../../workflows/lifecycle.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { beginSetup } from '../../workflows/setup.messages';
import { createSetupBooks, type SetupBooks } from './setup-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

describe('setupLifecycle', () => {
  let stage: Stage;
  let books: SetupBooks;
  let setup: WorkflowHandle;
  let made = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(async () => {
    made += 1;
    const id = `pms_0000000${made}`;
    books = createSetupBooks();
    stage.use(books.activities);
    const owner = { accountId: 'acct_00000001', partnerId: null, clock: { kind: 'wall' } } as const;
    const start = buildLifecycleStart({ kind: 'setup', id, owner, step: NOT_STARTED });
    setup = await stage.start(workflowIdOf('setup', id), start);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  function begin(): Promise<unknown> {
    const wish = { gateway: 'sandbox', mode: 'upi', currency: 'INR', maxAmount: null } as const;
    return setup.executeUpdate(beginSetup, { args: [wish], updateId: 'idem-setup' });
  }

  it('R2.11 opens its page at once, and a message of the gateway brings the method', async () => {
    expect(await begin()).toEqual({ kind: 'done' });
    books.agree();
    const report = { eventId: 'evt_1', gateway: 'sandbox', gatewayPaymentId: 'gw_su_1' };
    await setup.signal(paymentReported, report);
    await setup.signal(paymentReported, report);
    expect(await setup.result()).toMatchObject({ status: 'completed', next: { kind: 'end' } });
    expect(books.deeds).toEqual(['+0 begin pending', '+0 open open', '+0 settle completed']);
  });

  it('R1.07 a lost message loses nothing: the gateway is asked', async () => {
    await begin();
    await stage.pass('20 seconds');
    books.agree();
    await stage.pass('1 minutes');
    expect(books.deeds.slice(2)).toEqual(['+15 settle open', '+45 settle completed']);
  });

  it('a customer who never comes ends it once the page is closed, and nobody is asked again', async () => {
    await begin();
    await stage.pass('2 days');
    expect(books.deeds.at(-1)).toBe('+87300 settle expired');
    expect(books.deeds).toHaveLength(14);
  });
});
