/** What the subscription's workflow does about a charge of a saved method: ask, wait, tell others. */
import { ApplicationFailure } from '@temporalio/common';
import type { CollectRequest, ReportRequest } from '../../activities/collection/collecting';
import { addSeconds, type Instant } from '../../domain/instant';
import { paymentReported } from '../../workflows/payment.messages';
import type { Clock } from '../../workflows/lifecycle.messages';
import type { SubscriptionStep } from '../../workflows/subscription.messages';
import { openStage, type Stage } from './stage';
import { openSubscription } from './subscription-on-stage';

jest.setTimeout(30_000);

/** Stands in for the row, the gateway and the books: a charge is due, and the gateway may be silent. */
function createCollection(dueAt: Instant) {
  const calls: string[] = [];
  let failure: Error | null = null;
  let revision = 1;
  const since = (at: Instant) => `+${(Date.parse(at) - Date.parse(dueAt)) / 1_000}`;

  const due = (at: Instant, outside: 'asked' | 'awaited' = 'asked'): SubscriptionStep => {
    const reason = 'the method is charged';
    const next = { kind: 'collect_payment', at, reason, outside } as const;
    return { status: 'past_due', revision, next, attributes: { PlanCode: 'growth' } };
  };
  const paid = (): SubscriptionStep => {
    revision += 1;
    const next = { kind: 'rest', reason: 'paid' } as const;
    return { status: 'active', revision, next, attributes: { PlanCode: 'growth' } };
  };
  return {
    calls,
    step: due(dueAt),
    /** From now on calls fail so, or are answered. */
    fail: (with_: Error | null) => void (failure = with_),
    activities: {
      async collectPayment({ now }: CollectRequest): Promise<SubscriptionStep> {
        if (failure !== null) throw failure;
        calls.push(`${since(now)} collect`);
        return paid();
      },
      async noteUncollected({ action, now }: CollectRequest): Promise<SubscriptionStep> {
        calls.push(`${since(now)} note`);
        revision += 1;
        return due(addSeconds(action.at, 300), 'awaited');
      },
      async settleReported({ gatewayPaymentId }: ReportRequest): Promise<SubscriptionStep> {
        calls.push(`settle ${gatewayPaymentId}`);
        return paid();
      },
    },
  };
}

describe('R1.08 collecting a payment', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function begin(clockOf?: (dueAt: Instant) => Clock) {
    const dueAt = addSeconds(await stage.now(), 3_600);
    const collection = createCollection(dueAt);
    stage.use(collection.activities);
    const clock = clockOf?.(dueAt) ?? { kind: 'wall' };
    const subscription = await openSubscription(stage, { step: collection.step, clock });
    return { collection, subscription };
  }

  it('charges the method when it is due', async () => {
    const { collection } = await begin();
    await stage.pass('61 minutes');
    expect(collection.calls).toEqual(['+0 collect']);
  });

  it('notes a gateway that gives no answer, and asks again when the row says', async () => {
    const { collection } = await begin();
    collection.fail(new Error('the gateway gave no answer'));
    await stage.skip('63 minutes');
    await stage.settle();
    expect(collection.calls).toEqual(['+0 note']);
    collection.fail(null);
    await stage.pass('6 minutes');
    expect(collection.calls.slice(1)).toEqual(['+300 collect']);
  });

  it('asks a silent gateway again although the account’s test clock stands still', async () => {
    const { collection, subscription } = await begin((now) => ({ kind: 'test', now }));
    collection.fail(new Error('the gateway gave no answer'));
    await subscription.handle.query('__stack_trace');
    await stage.skip('3 minutes');
    await stage.settle();
    expect(collection.calls).toEqual(['+0 note']);
    collection.fail(null);
    await stage.pass('5 minutes');
    expect(collection.calls.slice(1)).toEqual(['+0 collect']);
  });

  it('charges nothing before the test clock has come to its day', async () => {
    const { collection } = await begin((dueAt) => ({ kind: 'test', now: addSeconds(dueAt, -1) }));
    await stage.pass('400 days');
    expect(collection.calls).toEqual([]);
  });

  it('is blocked by what asking again would not mend, until somebody says so', async () => {
    const { collection, subscription } = await begin();
    collection.fail(ApplicationFailure.nonRetryable('the key is wrong', 'gateway_rejected'));
    await stage.pass('61 minutes');
    expect(collection.calls).toEqual([]);
    collection.fail(null);
    await subscription.retryBlocked();
    await stage.settle();
    expect(collection.calls).toEqual(['+0 collect']);
  });

  it('settles what a gateway reports before anything is due', async () => {
    const { collection, subscription } = await begin();
    const fact = { eventId: 'evt_1', gateway: 'sandbox', gatewayPaymentId: 'sbx_pay_1' };
    await subscription.handle.signal(paymentReported, fact);
    await stage.settle();
    expect(collection.calls).toEqual(['settle sbx_pay_1']);
    await stage.pass('2 hours');
    expect(collection.calls).toHaveLength(1);
  });
});
