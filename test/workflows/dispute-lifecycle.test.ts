import { type WorkflowHandle } from '@temporalio/client';
import { disputeReported } from '../../workflows/dispute.messages';
import { advanceClock, type Clock } from '../../workflows/lifecycle.messages';
import { createDisputeBooks, openDispute, type DisputeBooks } from './dispute-books';
import { readDetails } from './history-facts';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const REPORTED_AT = '2027-03-01T10:00:00.000Z';
const TEST: Clock = { kind: 'test', now: REPORTED_AT };

describe('disputeLifecycle', () => {
  let stage: Stage;
  let books: DisputeBooks;
  let dispute: WorkflowHandle;
  let made = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function open(): Promise<void> {
    made += 1;
    const id = `dsp_0000000${made}`;
    books = createDisputeBooks(id, REPORTED_AT);
    dispute = await openDispute(stage, books, { id, clock: TEST });
  }

  const advance = (now: string) => dispute.executeUpdate(advanceClock, { args: [{ now }] });

  async function tell(eventId: string): Promise<void> {
    const report = { gateway: 'sandbox', eventId, gatewayPaymentId: 'gw_pay_1' };
    await dispute.signal(disputeReported, report);
    await stage.settle();
  }

  it('is looked at as it begins and every day, on the gateways’ own queue', async () => {
    await open();
    await advance('2027-03-03T12:00:00.000Z');
    expect(books.deeds).toEqual(['+0 look open', '+24 look open', '+48 look open']);
    expect([...books.gatewayQueues]).toEqual(['billing-gateway']);
    expect(await readDetails(dispute)).toContain('whether the bank has decided');
  });

  it('reminds of evidence three days ahead of its due date', async () => {
    await open();
    books.answer({ evidenceDueAt: '2027-03-04T22:00:00.000Z' });
    await advance('2027-03-02T12:00:00.000Z');
    expect(books.deeds).toEqual(['+0 look open', '+12 remind open', '+24 look open']);
  });

  it('told that it is over, looks at once and ends', async () => {
    await open();
    await advance(REPORTED_AT);
    books.answer({ status: 'lost' });
    await tell('evt_1');
    expect(books.deeds).toEqual(['+0 look open', '+0 look lost']);
    expect((await dispute.describe()).status.name).toBe('COMPLETED');
  });

  it('whose gateway is silent is asked again without anybody waiting', async () => {
    await open();
    books.answer(null);
    const walking = advance(REPORTED_AT);
    await dispute.query('__stack_trace');
    await stage.skip('3 minutes');
    await walking;
    expect(books.deeds[0]).toBe('+0 silence reported');
    expect(await readDetails(dispute)).toContain('it is asked again');
    books.answer({ status: 'won' });
    await advance('2027-03-01T12:00:00.000Z');
    expect(books.deeds.at(-1)).toMatch(/look won$/);
  });
});
