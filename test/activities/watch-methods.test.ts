import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createReconciliationActivities } from '../../activities/operations/reconciliation.activities';
import { listEvents } from '../../db/repositories/event.repository';
import {
  askAboutMethod,
  findDefaultMethod,
  listMethodsToCheck,
  savePaymentMethod,
} from '../../db/repositories/payment-method.repository';
import { decideNextAction } from '../../domain/subscription/decide-next';
import {
  cardForm,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { keepMethod } from '../gateways/checkout-request';
import {
  createBillingUnderTest,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';

jest.setTimeout(20_000);

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let now = '2026-11-28T10:00:00.000Z';
let made = 0;
let signalled: string[] = [];

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500, rules: 'india' });
});
beforeEach(() => {
  now = '2026-11-28T10:00:00.000Z';
  signalled = [];
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

function watchMethods(): Promise<number> {
  const { gateway } = sandbox;
  const gateways = new Map([[gateway.name, gateway]]);
  // What this activity does not touch is not there: to use it would fail the test.
  const client = createSignalRecorder(signalled);
  const dependencies = { database: billing.database, gateways, client, now: () => now };
  const activities = createReconciliationActivities(
    dependencies as unknown as ActivityDependencies,
  );
  return new MockActivityEnvironment().run<[], number, () => Promise<number>>(() =>
    activities.watchMethods(),
  );
}

/** A method that paying a page kept: its gateway has said no more of it yet. */
async function keep(
  accountId: string,
  form: Readonly<Record<string, string>>,
  createdAt = now,
): Promise<{ readonly id: string; readonly reference: string }> {
  made += 1;
  const reference = await keepMethod(sandbox, `watched_${made}`, form);
  const kept = (await sandbox.gateway.getPaymentMethod(reference))?.kind ?? 'card';
  const id = `pm_${made}`;
  await billing.read((trx) =>
    savePaymentMethod(trx, {
      id,
      accountId,
      gateway: 'sandbox',
      methodReference: reference,
      kind: kept,
      brand: kept,
      lastFour: null,
      createdAt,
      checksAt: now,
    }),
  );
  return { id, reference };
}

/** The gateway says that it changed. */
async function change(reference: string, mandate: 'active' | 'paused' | 'revoked'): Promise<void> {
  await sandbox.changeMethod(reference, { mandate });
  const told = { gateway: 'sandbox', methodReference: reference, at: now };
  expect(await billing.read((trx) => askAboutMethod(trx, told))).toBe(true);
}

const findDefault = (accountId: string) => billing.read((trx) => findDefaultMethod(trx, accountId));

async function events(accountId: string) {
  const query = { limit: 100, beforePosition: null, accountId };
  return (await billing.read((trx) => listEvents(trx, query))).reverse();
}

it('what paying a page kept gets its expiry and mandate from the gateway, and a mandate is asked about daily', async () => {
  const accountId = await billing.makeAccount('0.00');
  await keep(accountId, { ...cardForm(), expiry: '09/30' });
  await keep(accountId, SUCCESS_UPI, '2026-11-28T10:00:01.000Z');
  expect(await watchMethods()).toBe(2);
  expect(await findDefault(accountId)).toMatchObject({
    kind: 'upi',
    mandate: { ceiling: null, status: 'active' },
  });
  expect(await watchMethods()).toBe(0);
  now = '2026-11-29T10:00:00.000Z';
  expect(await billing.read((trx) => listMethodsToCheck(trx, { now, limit: 9 }))).toMatchObject([
    { kind: 'upi' },
  ]);
  expect(await events(accountId)).toEqual([]);
  expect(await watchMethods()).toBe(1);
});

it('R2.20 a revoked mandate is charged no more: the next method is, and both are told', async () => {
  const accountId = await billing.makeAccount('0.00');
  const card = await keep(accountId, cardForm(), '2026-11-28T09:00:00.000Z');
  const upi = await keep(accountId, SUCCESS_UPI);
  await watchMethods();
  expect((await findDefault(accountId))?.id).toBe(upi.id);
  await change(upi.reference, 'revoked');
  await watchMethods();
  expect((await findDefault(accountId))?.id).toBe(card.id);
  expect(await events(accountId)).toMatchObject([
    {
      type: 'payment_method.revoked',
      subjectId: upi.id,
      data: { mandate_status: 'revoked', replaced_by: card.id, not_covered: '' },
    },
  ]);
  await change(upi.reference, 'revoked');
  await watchMethods();
  expect(await events(accountId)).toHaveLength(1);
});

it('a paused one waits, and is charged again when it goes on', async () => {
  const accountId = await billing.makeAccount('0.00');
  const upi = await keep(accountId, SUCCESS_UPI);
  await watchMethods();
  await change(upi.reference, 'paused');
  await watchMethods();
  expect(await findDefault(accountId)).toBeNull();
  await change(upi.reference, 'active');
  await watchMethods();
  expect((await findDefault(accountId))?.id).toBe(upi.id);
  expect(await billing.events(accountId)).toEqual([
    'payment_method.paused',
    'payment_method.resumed',
  ]);
});

it('one that its gateway keeps no longer is refused, and told', async () => {
  const accountId = await billing.makeAccount('0.00');
  const { reference } = await keep(accountId, cardForm());
  await sandbox.gateway.detachPaymentMethod({ methodReference: reference, idempotencyKey: 'gone' });
  await watchMethods();
  expect(await findDefault(accountId)).toBeNull();
  expect(await billing.events(accountId)).toEqual(['payment_method.revoked']);
});

it('a silent gateway is asked again five minutes later, and nothing changes meanwhile', async () => {
  const accountId = await billing.makeAccount('0.00');
  await keep(accountId, cardForm());
  await sandbox.addFault({
    kind: 'timeout_before',
    operation: 'method.get',
    customer_reference: 'acct_1',
  });
  expect(await watchMethods()).toBe(0);
  now = '2026-11-28T10:04:59.000Z';
  expect(await watchMethods()).toBe(0);
  now = '2026-11-28T10:05:00.000Z';
  expect(await watchMethods()).toBe(1);
});

it('R2.20 a card is told to expire 30 days ahead in the account’s own days, then to have expired; each once', async () => {
  const accountId = await billing.makeAccount('0.00');
  const { id } = await keep(accountId, { ...cardForm(), expiry: '09/30' });
  await watchMethods();
  // In Kolkata October begins at 18:30 UTC of 30 September; 30 days before is 31 August.
  const told = async () => (await events(accountId)).map(({ type }) => type);
  now = '2030-08-31T18:29:59.999Z';
  await watchMethods();
  expect(await told()).toEqual([]);
  now = '2030-08-31T18:30:00.000Z';
  await watchMethods();
  await watchMethods();
  expect(await told()).toEqual(['payment_method.expiring']);
  now = '2030-12-01T00:00:00.000Z';
  await watchMethods();
  await watchMethods();
  expect(await events(accountId)).toMatchObject([
    {
      type: 'payment_method.expiring',
      subjectId: id,
      occurredAt: '2030-08-31T18:30:00.000Z',
      data: { expires_at: '2030-09-30T18:30:00.000Z', mandate_status: null },
    },
    { type: 'payment_method.expired', occurredAt: '2030-09-30T18:30:00.000Z' },
  ]);
  // It is still tried: its bank may have renewed it.
  expect((await findDefault(accountId))?.id).toBe(id);
});

it('R2.11 what a method pays for is told how early its owner must hear of it, once', async () => {
  const accountId = await billing.makeAccount('999.00');
  const id = 'sub_led';
  await subscriptionActivities(billing.database).answerSubscriptionCommand({
    id,
    accountId,
    now: '2026-11-28T10:00:00.000Z',
    operationKey: `subscription/${id}/start`,
    command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
  });
  const next = async () => {
    const record = await billing.subscription(id);
    if (record === null) throw new Error('there is no row');
    return decideNextAction(record.state);
  };
  expect(await next()).toMatchObject({ kind: 'renew', at: '2026-12-28T10:00:00.000Z' });
  const { reference } = await keep(accountId, SUCCESS_UPI);
  await watchMethods();
  expect(await next()).toMatchObject({ kind: 'remind', at: '2026-12-27T08:00:00.000Z' });
  expect(signalled).toEqual([`subscription/${id} moneyArrived`]);
  await change(reference, 'active');
  await watchMethods();
  expect(signalled).toHaveLength(1);
  await change(reference, 'revoked');
  await watchMethods();
  expect(await next()).toMatchObject({ kind: 'renew' });
  expect((await events(accountId)).at(-1)).toMatchObject({
    type: 'payment_method.revoked',
    data: { replaced_by: null, not_covered: id },
  });
});
