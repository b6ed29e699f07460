import { createCollectionActivities } from '../../activities/subscription/subscription-collection';
import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createSubscriptionActivities,
  type SubscriptionActivities,
} from '../../activities/subscription/subscription.activities';
import {
  detachPaymentMethod,
  findDefaultMethod,
} from '../../db/repositories/payment-method.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { listPaymentsOf } from '../../db/repositories/payment.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { isAtOrBefore, type Instant } from '../../domain/instant';
import { isDueAction, type DueAction } from '../../domain/next-action';
import {
  decideNextAction,
  type SubscriptionActionKind,
} from '../../domain/subscription/decide-next';
import type { Subscription } from '../../domain/subscription/subscription';
import type { GatewayPayment, PaymentGateway } from '../../gateways/payment-gateway';
import {
  cardForm,
  LATE_UPI,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import {
  createBillingUnderTest,
  GROWTH,
  RECORDED_AT,
  type BillingUnderTest,
} from './billing-under-test';
import { keepMethod } from './keep-method';

jest.setTimeout(30_000);

const ANCHOR = '2027-01-31T10:00:00.000Z';
const RENEWAL = '2027-02-28T10:00:00.000Z';
const PAYS = cardForm();
const DECLINED_LATER = cardForm('4000000000000341');

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let made = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  const free = { cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } } as const;
  const plans = [
    { ...GROWTH, code: 'basic', name: 'Basic', prices: [free] },
    {
      ...GROWTH,
      code: 'falls',
      dunning: {
        ...GROWTH.dunning,
        retryAfterDays: [],
        final: 'downgrade' as const,
        endsAfterDays: 10,
        downgradesTo: 'basic',
      },
    },
    { ...GROWTH, code: 'patient', dunning: { ...GROWTH.dunning, stopsOnHardDecline: false } },
    {
      ...GROWTH,
      code: 'whole',
      dunning: { ...GROWTH.dunning, collection: 'whole_price' as const },
    },
    {
      ...GROWTH,
      code: 'wallet',
      dunning: { ...GROWTH.dunning, collection: 'wallet_only' as const },
    },
    { ...GROWTH, code: 'told', dunning: { ...GROWTH.dunning, noticeDaysBefore: [3, 1] } },
  ];
  for (const plan of plans) await billing.read((trx) => insertPlan(trx, plan, ANCHOR));
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

interface Life {
  readonly id: string;
  readonly accountId: string;
  /** Does everything due up to the instant, as the workflow does. */
  advanceTo(at: Instant): Promise<void>;
  /** One attempt at what is due; rejects as the activity does. */
  collect(): Promise<unknown>;
  noteUncollected(): Promise<unknown>;
  report(gatewayPaymentId: string, now: Instant): Promise<unknown>;
  resume(now: Instant): Promise<unknown>;
  row(): Promise<Subscription>;
  next(): Promise<string>;
  story(): Promise<string[]>;
  /** Money in and out: "grant 999.00", "charge 999.00". */
  money(): Promise<string[]>;
  /** What the gateway's books hold for this subscription. */
  charges(): Promise<string[]>;
}

/** A subscription of Growth, 999.00 INR a month, that has paid its first period. */
async function start(
  wallet: string,
  {
    plan = 'growth',
    gateway = sandbox.gateway,
    others = new Map(),
  }: { plan?: string; gateway?: PaymentGateway; others?: ReadonlyMap<string, PaymentGateway> } = {},
): Promise<Life> {
  made += 1;
  const id = `sub_${made}`;
  const accountId = await billing.makeAccount(wallet);
  const dependencies = {
    database: billing.database,
    gateways: new Map([...others, [gateway.name, gateway]]),
    now: () => RECORDED_AT,
  } as unknown as ActivityDependencies; // What these activities do not touch is not there.
  const subscription = createSubscriptionActivities(dependencies);
  const collection = createCollectionActivities(dependencies);
  const command = { kind: 'start', planCode: plan, cycle: 'monthly' } as const;
  const target = { id, accountId };
  await subscription.answerSubscriptionCommand({
    ...target,
    command,
    now: ANCHOR,
    operationKey: `${id}/start`,
  });

  async function due(): Promise<{ action: DueAction<SubscriptionActionKind>; key: string }> {
    const record = await billing.subscription(id);
    if (!record) throw new Error(`${id} has no row`);
    const action = decideNextAction(record.state);
    if (!isDueAction(action)) throw new Error(`${id} rests`);
    return { action, key: `${id}/${action.kind}/${action.at}/${record.revision}` };
  }

  async function row(): Promise<Subscription> {
    const record = await billing.subscription(id);
    if (!record) throw new Error(`${id} has no row`);
    return record.state;
  }

  return {
    ...target,
    row,
    async advanceTo(at) {
      for (;;) {
        const next = decideNextAction(await row());
        if (!isDueAction(next) || !isAtOrBefore(next.at, at)) return;
        const { action, key: operationKey } = await due();
        const isAsked = action.kind === 'collect_payment' || action.kind === 'check_payment';
        const perform: SubscriptionActivities['performSubscriptionAction'] = isAsked
          ? (request) => collection.collectPayment({ ...request, now: action.at })
          : (request) => subscription.performSubscriptionAction(request);
        await perform({ ...target, action, operationKey });
      }
    },
    async collect() {
      const { action, key: operationKey } = await due();
      return collection.collectPayment({ ...target, action, now: action.at, operationKey });
    },
    async noteUncollected() {
      const { action, key: operationKey } = await due();
      return collection.noteUncollected({ ...target, action, now: action.at, operationKey });
    },
    report: (gatewayPaymentId, now) =>
      collection.settleReported({
        ...target,
        gateway: 'sandbox',
        gatewayPaymentId,
        now,
        operationKey: `${id}/payment_reported/${now}`,
      }),
    resume: (now) =>
      subscription.answerSubscriptionCommand({
        ...target,
        command: { kind: 'resume' },
        now,
        operationKey: `${id}/resume/${now}`,
      }),
    async next() {
      const { action } = await due();
      return `${action.kind} ${action.at}`;
    },
    async story() {
      const events = await billing.events(accountId);
      return events.map((type) => type.replace('subscription.', '')).slice(1);
    },
    async money() {
      const lines = await billing.transfers(accountId);
      const moves = lines.filter((line) => /clearing|revenue/.test(line)).slice(2);
      return moves.map((line) => {
        const [kind, , , , micros] = line.split(' ');
        return `${kind} ${(Number(micros) / 1_000_000).toFixed(2)}`;
      });
    },
    async charges() {
      const { payments } = await sandbox.readState();
      return payments
        .filter(({ reference }) => reference.startsWith(`subscription/${id}/`))
        .map(
          ({ status, amount, reference }) => `${status} ${amount} ${reference.split('/').at(-1)}`,
        );
    },
  };
}

/** The account's owner keeps a method. */
const keep = ({ accountId }: Pick<Life, 'accountId'>, form: Readonly<Record<string, string>>) =>
  keepMethod(billing, sandbox, { accountId, form });

describe('a renewal the wallet does not cover', () => {
  it('R1.08 is paid by the saved card, through the wallet, at the instant it is due', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
    expect(await life.story()).toEqual(['payment_collected', 'renewed']);
    expect(await life.row()).toMatchObject({
      status: 'active',
      period: { number: 1 },
      collection: { charge: null, chargesMade: 0 },
    });
    const payer = { kind: 'subscription', id: life.id } as const;
    const payments = await billing.read((trx) => listPaymentsOf(trx, payer));
    expect(payments).toMatchObject([{ payer, status: 'succeeded', mode: 'card' }]);
  });

  it('R1.08 takes what is in the wallet first: the card pays the missing part', async () => {
    const life = await start('1199.005');
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    // 798.995 are missing and a gateway charges whole paise: half a paisa stays in the wallet.
    expect(await life.charges()).toEqual(['succeeded 799.00 2']);
    expect(await life.money()).toEqual(['grant 799.00', 'charge 999.00']);
  });

  it('R1.08 is paid as a whole by the card where the plan says so, and the wallet keeps its money', async () => {
    const life = await start('1199.00', { plan: 'whole' });
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });

  it('R1.08 is nobody’s but the wallet’s where the plan says so', async () => {
    const life = await start('999.00', { plan: 'wallet' });
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual([]);
    expect(await life.story()).toEqual(['past_due']);
  });

  it('R1.08 charges the least a gateway takes; the rest stays in the wallet', async () => {
    const life = await start('1997.50');
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual(['succeeded 1.00 2']);
    expect(await life.money()).toEqual(['grant 1.00', 'charge 999.00']);
  });
});

describe('a worker that dies', () => {
  it('R1.08 before the gateway heard of the charge: the next attempt makes it, once', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await life.advanceTo('2027-02-28T09:59:59.999Z');
    await sandbox.addFault({ kind: 'timeout_before', operation: 'charge.create' });
    await expect(life.advanceTo(RENEWAL)).rejects.toThrow();
    expect(await life.row()).toMatchObject({ collection: { charge: { stage: 'asked' } } });
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });

  it('R1.08 after the gateway made the charge: the next attempt finds it by its key', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await expect(life.advanceTo(RENEWAL)).rejects.toThrow();
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual([]);
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });

  it('R1.08 after it recorded the answer: the repeated attempt changes nothing', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await life.advanceTo('2027-02-28T09:59:59.999Z');
    const { id, accountId } = life;
    await life.advanceTo(RENEWAL);
    const action = { kind: 'collect_payment', at: RENEWAL, reason: 'due' } as const;
    const dependencies = {
      database: billing.database,
      gateways: new Map([['sandbox', sandbox.gateway]]),
      now: () => RECORDED_AT,
    } as unknown as ActivityDependencies;
    const collection = createCollectionActivities(dependencies);
    const again = await collection.collectPayment({
      id,
      accountId,
      action,
      now: RENEWAL,
      operationKey: `${id}/again`,
    });
    expect(again).toMatchObject({ status: 'active' });
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });
});

describe('a gateway that does not answer', () => {
  it('R1.08 is asked again a minute later, about the same charge', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await expect(life.advanceTo(RENEWAL)).rejects.toThrow();
    await life.noteUncollected();
    expect(await life.next()).toBe('collect_payment 2027-02-28T10:01:00.000Z');
    await life.advanceTo('2027-02-28T10:01:00.000Z');
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.story()).toEqual(['payment_collected', 'renewed']);
  });
});

describe('a charge that is under way', () => {
  it('R1.08 is asked about until it is done, and holds the retry schedule back', async () => {
    const life = await start('999.00');
    await keep(life, SLOW_UPI);
    await life.advanceTo('2027-02-28T10:01:00.000Z');
    expect(await life.charges()).toEqual(['processing 999.00 2']);
    expect(await life.next()).toBe('check_payment 2027-02-28T10:05:00.000Z');
    await sandbox.settle();
    await life.advanceTo('2027-02-28T10:05:00.000Z');
    expect(await life.story()).toEqual(['payment_collected', 'renewed']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });

  it('R1.08 is settled by the gateway’s message as well, once', async () => {
    const life = await start('999.00');
    await keep(life, SLOW_UPI);
    await life.advanceTo(RENEWAL);
    await sandbox.settle();
    const [payment] = (await sandbox.readState()).payments.filter(({ reference }) =>
      reference.startsWith(`subscription/${life.id}/`),
    );
    await life.report(payment?.id ?? '', '2027-02-28T10:00:04.000Z');
    await life.report(payment?.id ?? '', '2027-02-28T10:00:05.000Z');
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
    expect(await life.story()).toEqual(['payment_collected', 'renewed']);
  });

  it('is asked about at the gateway that reported it, and at no other', async () => {
    const another = {
      ...sandbox.gateway,
      getPayment: () => Promise.reject(new Error('asked')),
    };
    const life = await start('999.00', { others: new Map([['another', another]]) });
    await keep(life, SLOW_UPI);
    await life.advanceTo(RENEWAL);
    await sandbox.settle();
    const [payment] = (await sandbox.readState()).payments.filter(({ reference }) =>
      reference.startsWith(`subscription/${life.id}/`),
    );
    await life.report(payment?.id ?? '', '2027-02-28T10:00:04.000Z');
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
  });

  it('R1.08 is no nearer to its last look, however often the gateway says that it is under way', async () => {
    const life = await start('999.00');
    await keep(life, SLOW_UPI);
    await life.advanceTo(RENEWAL);
    const [payment] = (await sandbox.readState()).payments.filter(({ reference }) =>
      reference.startsWith(`subscription/${life.id}/`),
    );
    for (let message = 0; message < 10; message += 1) {
      await life.report(payment?.id ?? '', RENEWAL);
    }
    expect(await life.next()).toBe('check_payment 2027-02-28T10:01:00.000Z');
    expect(await life.story()).toEqual([]);
  });

  it('R1.08 that nobody settles for three days counts as declined, and the retry schedule goes on', async () => {
    const life = await start('999.00');
    await keep(life, SLOW_UPI);
    await life.advanceTo('2027-03-03T10:00:00.000Z');
    expect(await life.story()).toEqual(['payment_declined', 'past_due']);
    // The rungs of the first and the third day went by meanwhile.
    expect(await life.next()).toBe('retry_payment 2027-03-05T10:00:00.000Z');
  });
});

describe('a payment that is not what was asked of the saved method', () => {
  it.each<[string, Partial<GatewayPayment>, string]>([
    ['the reference', { reference: 'subscription/sub_1/period/9' }, 'is for something else'],
    ['the customer', { customerReference: 'acct_of_another' }, 'is another customer’s'],
    [
      'the currency',
      { money: { amountMicros: 999_000_000n, currency: 'USD' } },
      'is in another currency',
    ],
    [
      'the amount',
      { money: { amountMicros: 998_990_000n, currency: 'INR' } },
      'has another amount',
    ],
  ])('R1.07 in %s brings no money and pays nothing; a person must look', async (_, lie, reason) => {
    const { gateway } = sandbox;
    const lying: PaymentGateway = {
      ...gateway,
      async chargeSaved(request) {
        const outcome = await gateway.chargeSaved(request);
        return { ...outcome, payment: { ...outcome.payment, ...lie } };
      },
    };
    const life = await start('999.00', { gateway: lying });
    await keep(life, PAYS);
    await life.advanceTo(RENEWAL);
    expect(await life.money()).toEqual([]);
    expect((await life.row()).status).toBe('past_due');
    const query = { limit: 10, beforePosition: null, accountId: life.accountId };
    const told = await billing.read((trx) => listEvents(trx, query));
    expect(told.filter(({ type }) => type === 'payment.mismatched')).toMatchObject([
      { reason: `the payment ${reason}` },
    ]);
  });
});

describe('a declined charge', () => {
  it('R1.08 is a rung that failed: each rung tries under a new key, the last one suspends', async () => {
    const life = await start('999.00');
    await keep(life, DECLINED_LATER);
    await life.advanceTo('2027-03-07T10:00:00.000Z');
    expect(await life.charges()).toEqual([
      'failed 999.00 2',
      'failed 999.00 2',
      'failed 999.00 2',
      'failed 999.00 2',
      'failed 999.00 2',
    ]);
    expect(await life.story()).toEqual([
      'payment_declined',
      'past_due',
      'payment_declined',
      'payment_retried',
      'payment_declined',
      'payment_retried',
      'payment_declined',
      'payment_retried',
      'payment_declined',
      'suspended',
    ]);
    expect(await life.money()).toEqual([]);
  });

  it('R1.08 that is hard suspends at once and gives the method up', async () => {
    const life = await start('999.00');
    await keep(life, PAYS);
    await sandbox.addFault({ kind: 'decline', code: 'stolen_card' });
    await life.advanceTo(RENEWAL);
    expect(await life.story()).toEqual(['payment_declined', 'suspended']);
    const method = await billing.read((trx) => findDefaultMethod(trx, life.accountId));
    expect(method).toBeNull();
  });

  it('R1.08 that is hard lets the retry schedule go on where the plan says so, with the older method', async () => {
    const life = await start('999.00', { plan: 'patient' });
    await keep(life, SUCCESS_UPI);
    await keep(life, PAYS);
    await sandbox.addFault({ kind: 'decline', code: 'stolen_card' });
    await life.advanceTo('2027-03-01T10:00:00.000Z');
    expect(await life.story()).toEqual([
      'payment_declined',
      'past_due',
      'payment_collected',
      'resumed',
    ]);
    expect(await life.charges()).toEqual(['failed 999.00 2', 'succeeded 999.00 2']);
  });

  it('R1.08 that a bank authorises late pays the next rung; nothing is charged twice', async () => {
    const life = await start('999.00');
    await keep(life, LATE_UPI);
    await life.advanceTo('2027-02-28T12:00:00.000Z');
    expect(await life.story()).toEqual(['payment_declined', 'past_due']);
    await sandbox.settle();
    await life.advanceTo('2027-03-01T10:00:00.000Z');
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
    expect(await life.money()).toEqual(['grant 999.00', 'charge 999.00']);
    expect(await life.row()).toMatchObject({ status: 'active' });
  });
});

describe('a new attempt', () => {
  it('R1.08 asks no gateway about earlier ones that was not asked for them', async () => {
    const down = {
      ...sandbox.gateway,
      findPayments: () => Promise.reject(new Error('asked')),
    };
    const life = await start('999.00', { others: new Map([['another', down]]) });
    await keep(life, DECLINED_LATER);
    await life.advanceTo('2027-03-01T10:00:00.000Z');
    expect(await life.charges()).toHaveLength(2);
  });
});

describe('before the charge is made', () => {
  it('R1.08 a detached method is not charged any more', async () => {
    const life = await start('999.00');
    const id = await keep(life, PAYS);
    await life.advanceTo('2027-02-28T09:59:59.999Z');
    await billing.read((trx) => detachPaymentMethod(trx, { id, at: ANCHOR }));
    await life.advanceTo(RENEWAL);
    expect(await life.charges()).toEqual([]);
    expect(await life.story()).toEqual(['past_due']);
  });

  it('R1.08 a resumption charges the method at once', async () => {
    const life = await start('999.00');
    await life.advanceTo('2027-03-10T10:00:00.000Z');
    expect(await life.row()).toMatchObject({ status: 'suspended' });
    await keep(life, PAYS);
    await life.resume('2027-03-10T10:00:00.000Z');
    expect(await life.next()).toBe('collect_payment 2027-03-10T10:00:00.000Z');
    await life.advanceTo('2027-03-10T10:00:00.000Z');
    expect(await life.row()).toMatchObject({ status: 'active', period: { number: 1 } });
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
  });
});

describe('a method that needs a notice', () => {
  const withNotice = (): PaymentGateway => ({
    ...sandbox.gateway,
    capabilities: {
      ...sandbox.gateway.capabilities,
      preDebitNoticeHours: { upi: 24, card: 0 },
    },
  });

  it('R1.08 is charged at the renewal when the notice was given in time', async () => {
    const life = await start('999.00', { plan: 'told', gateway: withNotice() });
    await keep(life, SUCCESS_UPI);
    expect(await life.next()).toBe('remind 2027-02-25T10:00:00.000Z');
    await life.advanceTo(RENEWAL);
    expect(await life.story()).toEqual([
      'payment_notice',
      'payment_notice',
      'payment_collected',
      'renewed',
    ]);
  });

  it('R1.08 is told first and charged a day later when nobody told before', async () => {
    const life = await start('999.00', { gateway: withNotice() });
    await keep(life, SUCCESS_UPI);
    await life.advanceTo(RENEWAL);
    expect(await life.story()).toEqual(['payment_notice']);
    expect(await life.next()).toBe('collect_payment 2027-03-01T10:00:00.000Z');
    expect(await life.charges()).toEqual([]);
    await life.advanceTo('2027-03-01T10:00:00.000Z');
    expect(await life.charges()).toEqual(['succeeded 999.00 2']);
  });
});

describe('notices before a renewal', () => {
  it('R1.08 are events when neither balance nor method covers it, and silent when one does', async () => {
    const poor = await start('999.00', { plan: 'told' });
    await poor.advanceTo('2027-02-27T10:00:00.000Z');
    expect(await poor.story()).toEqual(['renewal_not_covered', 'renewal_not_covered']);
    const rich = await start('1998.00', { plan: 'told' });
    await rich.advanceTo(RENEWAL);
    expect(await rich.story()).toEqual(['renewed']);
  });
});

describe('the final step', () => {
  it('R1.08 R1.14 of a policy that names a free plan goes on with that plan', async () => {
    const life = await start('999.00', { plan: 'falls' });
    await life.advanceTo('2027-03-10T10:00:00.000Z');
    expect(await life.story()).toEqual(['suspended', 'downgraded']);
    expect(await life.row()).toMatchObject({
      status: 'active',
      planCode: 'basic',
      price: { amountMicros: 0n, currency: 'INR' },
      anchorAt: '2027-03-10T10:00:00.000Z',
      period: { number: 0, endsAt: '2027-04-10T10:00:00.000Z' },
    });
    await life.advanceTo('2027-04-10T10:00:00.000Z');
    expect(await life.row()).toMatchObject({ status: 'active', period: { number: 1 } });
  });
});
