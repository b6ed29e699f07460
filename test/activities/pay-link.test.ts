/** What a saved method may not pay without its owner, over real rows and the sandbox gateway. */
import type { ActivityDependencies } from '../../activities/dependencies';
import { createOrderActivities } from '../../activities/order/order.activities';
import { createCollectionActivities } from '../../activities/subscription/subscription-collection';
import { createSubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { listEvents } from '../../db/repositories/event.repository';
import { listOrders } from '../../db/repositories/order.repository';
import { savePaymentMethod } from '../../db/repositories/payment-method.repository';
import { isAtOrBefore, type Instant } from '../../domain/instant';
import { isDueAction } from '../../domain/next-action';
import { parseMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/subscription/decide-next';
import {
  payCheckout,
  saveMethod,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { liveIn } from './india';
import { createSignalRecorder } from './signal-recorder';

jest.setTimeout(30_000);

const ANCHOR = '2027-01-31T10:00:00.000Z';
const RENEWAL = '2027-02-28T10:00:00.000Z';
/** By the wall: the link is paid then, and can be for a day from then on. */
const NOW = '2027-02-28T12:00:00.000Z';
const RETRY = '2027-03-01T10:00:00.000Z';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let started: string[];
let made = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
});
beforeEach(() => {
  started = [];
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

function dependencies(): ActivityDependencies {
  const { gateway } = sandbox;
  return {
    database: billing.database,
    gateways: new Map([[gateway.name, gateway]]),
    client: createSignalRecorder([]),
    commands: { restart: async (workflowId: string) => void started.push(workflowId) },
    checkoutReturnUrl: 'http://127.0.0.1/back',
    now: () => NOW,
  } as unknown as ActivityDependencies; // What these activities do not touch is not there.
}

/** A subscription of 999.00 INR a month that has paid its first one, and a UPI mandate with a ceiling. */
async function start(wallet: string, ceiling: string, hasAddress = true) {
  made += 1;
  const id = `sub_link_${made}`;
  const accountId = await billing.makeAccount(wallet);
  if (hasAddress) await liveIn(billing, accountId, 'MH');
  const { gateway } = sandbox;
  const { setupId, url } = await gateway.createSetup({
    idempotencyKey: `setup ${made}`,
    reference: `setup/pms_${made}`,
    customerReference: accountId,
    mode: 'upi',
    currency: 'INR',
    ceiling: parseMoney({ amount: ceiling, currency: 'INR' }),
    merchant: 'Tollgate',
    returnUrl: 'http://127.0.0.1/back',
  });
  await saveMethod(url, SUCCESS_UPI);
  const { method } = await gateway.getSetup(setupId);
  if (method === null) throw new Error('the setup kept no method');
  const { reference: methodReference, ...facts } = method;
  const kept = { ...facts, id: `pm_link_${made}`, accountId, methodReference };
  await billing.read((trx) =>
    savePaymentMethod(trx, { ...kept, gateway: 'sandbox', createdAt: ANCHOR }),
  );
  const subscriptions = createSubscriptionActivities(dependencies());
  const { collectPayment } = createCollectionActivities(dependencies());
  const target = { id, accountId };
  await subscriptions.answerSubscriptionCommand({
    ...target,
    command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
    now: ANCHOR,
    operationKey: `${id}/start`,
  });

  async function read() {
    const record = await billing.subscription(id);
    if (record === null) throw new Error(`${id} has no row`);
    return record;
  }

  return {
    ...target,
    methodReference,
    status: async () => (await read()).state.status,
    async advanceTo(at: Instant) {
      for (;;) {
        const { state, revision } = await read();
        const action = decideNextAction(state);
        if (!isDueAction(action) || !isAtOrBefore(action.at, at)) return;
        const request = { ...target, action, operationKey: `${id}/${action.at}/${revision}` };
        if (action.kind === 'collect_payment') await collectPayment({ ...request, now: action.at });
        else await subscriptions.performSubscriptionAction(request);
      }
    },
    async links() {
      const query = { accountId, limit: 10, before: null, kind: 'top_up' } as const;
      return (await billing.read((trx) => listOrders(trx, query))).map(({ state }) => state);
    },
    async told() {
      const query = { limit: 100, beforePosition: null, accountId };
      return (await billing.read((trx) => listEvents(trx, query))).reverse();
    },
    charges: async () =>
      (await sandbox.readState()).payments.filter(({ reference }) =>
        reference.startsWith(`subscription/${id}/`),
      ),
  };
}

describe('R2.11 above the ceiling of its mandate a method is not charged', () => {
  it('a link for what is lacking is opened once, and its page is told', async () => {
    const life = await start('1000.00', '500.00');
    await life.advanceTo(RENEWAL);
    expect(await life.status()).toBe('past_due');
    expect(await life.charges()).toEqual([]);
    const [link, ...others] = await life.links();
    if (link === undefined || others.length > 0) throw new Error('there is one link');
    expect(link).toMatchObject({
      status: 'draft',
      total: { amountMicros: 998_000_000n, currency: 'INR' },
      paysFor: { kind: 'subscription', id: life.id },
    });
    expect(started).toEqual([`order/${link.id}`]);

    const { accountId } = life;
    const target = { id: link.id, accountId, now: RENEWAL, operationKey: `order/${link.id}/open` };
    const orderActivities = createOrderActivities(dependencies());
    await orderActivities.openCheckout(target);
    await orderActivities.openCheckout(target);
    const [opened] = await life.links();
    expect((await life.told()).slice(1)).toMatchObject([
      { type: 'subscription.past_due' },
      { type: 'top_up.created' },
      {
        type: 'payment.action_required',
        subjectId: link.id,
        data: {
          amount: '998.00',
          checkout_url: opened?.checkoutUrl,
          pays_for_kind: 'subscription',
          pays_for_id: life.id,
        },
        reason: expect.stringContaining('may be charged 500.00 INR at most without its owner'),
      },
    ]);

    await payCheckout(opened?.checkoutUrl ?? '', SUCCESS_UPI);
    await orderActivities.settlePayments({ ...target, action: 'payment_reported' });
    await life.advanceTo(NOW);
    expect((await life.told()).slice(-2)).toMatchObject([
      { type: 'top_up.paid' },
      { type: 'subscription.resumed' },
    ]);
    expect(await life.charges()).toEqual([]);
  });

  it('no second link while one can be paid; a further try opens the next once it has expired', async () => {
    const life = await start('1000.00', '500.00');
    await life.advanceTo(RETRY);
    expect(await life.links()).toHaveLength(1);
    await life.advanceTo('2027-03-03T10:00:00.000Z');
    expect(await life.links()).toHaveLength(2);
  });

  it('what is at the ceiling is charged', async () => {
    const life = await start('1000.00', '998.00');
    await life.advanceTo(RENEWAL);
    expect(await life.status()).toBe('active');
    expect(await life.charges()).toMatchObject([{ status: 'succeeded', amount: '998.00' }]);
    expect(await life.links()).toEqual([]);
  });

  it('R1.06 without a billing address no page is opened', async () => {
    const life = await start('1000.00', '500.00', false);
    await life.advanceTo(RENEWAL);
    expect(await life.status()).toBe('past_due');
    expect(await life.links()).toEqual([]);
  });
});

describe('a decline', () => {
  it('that its owner can do something about opens a link', async () => {
    const life = await start('1000.00', '1000.00');
    await sandbox.changeMethod(life.methodReference, { mandate: 'paused' });
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toMatchObject([{ decline_code: 'mandate_paused' }]);
    expect(await life.links()).toMatchObject([
      { total: { amountMicros: 998_000_000n }, note: expect.stringContaining('mandate_paused') },
    ]);
  });

  it('of a mandate that is over ends the method, told with what nobody pays now, and opens none', async () => {
    const life = await start('1000.00', '1000.00');
    await sandbox.changeMethod(life.methodReference, { mandate: 'revoked' });
    await life.advanceTo(RENEWAL);
    expect(await life.links()).toEqual([]);
    expect(await life.status()).toBe('suspended');
    const revoked = (await life.told()).find(({ type }) => type === 'payment_method.revoked');
    expect(revoked).toMatchObject({ data: { replaced_by: null, mandate_status: 'revoked' } });
    expect(revoked?.data['not_covered']).toBe(life.id);
  });
});
