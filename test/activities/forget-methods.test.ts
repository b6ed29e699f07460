import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createReconciliationActivities } from '../../activities/operations/reconciliation.activities';
import {
  detachPaymentMethod,
  savePaymentMethod,
} from '../../db/repositories/payment-method.repository';
import {
  cardForm,
  payCheckout,
  startSandboxGateway,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, RECORDED_AT, type BillingUnderTest } from './billing-under-test';

jest.setTimeout(20_000);

const AT = '2027-03-02T10:00:00.000Z';
let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let made = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

function forgetMethods(): Promise<number> {
  const { gateway } = sandbox;
  const gateways = new Map([[gateway.name, gateway]]);
  // What this activity does not touch is not there: to use it would fail the test.
  const dependencies = { database: billing.database, gateways, now: () => RECORDED_AT };
  const activities = createReconciliationActivities(
    dependencies as unknown as ActivityDependencies,
  );
  return new MockActivityEnvironment().run<[], number, () => Promise<number>>(() =>
    activities.forgetMethods(),
  );
}

/** A card that its owner saved on a hosted page and detached here; its reference at the gateway. */
async function detachSavedCard(): Promise<string> {
  made += 1;
  const accountId = await billing.makeAccount('0.00');
  const money = { amountMicros: 100_000_000n, currency: 'INR' } as const;
  const { checkoutId, url } = await sandbox.gateway.createCheckout({
    idempotencyKey: `checkout ${made}`,
    reference: `ord_${made}`,
    customerReference: accountId,
    money,
    modes: ['card'],
    orderDetails: { merchant: 'Tollgate', lines: [{ description: 'Top-up', amount: money }] },
    returnUrl: 'http://127.0.0.1/back',
  });
  await payCheckout(url, { ...cardForm(), save: 'on' });
  const [payment] = (await sandbox.gateway.getCheckout(checkoutId)).payments;
  const reference = payment?.method.reference ?? 'not kept';
  await keepAndDetach(accountId, reference);
  return reference;
}

function keepAndDetach(accountId: string, methodReference: string): Promise<void> {
  const id = `pm_${made}`;
  const facts = { kind: 'card', brand: 'visa', lastFour: '4242', createdAt: AT } as const;
  return billing.read(async (trx) => {
    await savePaymentMethod(trx, { id, accountId, gateway: 'sandbox', methodReference, ...facts });
    await detachPaymentMethod(trx, { id, at: AT });
  });
}

async function statusAtGateway(reference: string): Promise<string | undefined> {
  return (await sandbox.gateway.getPaymentMethod(reference))?.status;
}

describe('the reconciliation of detached payment methods', () => {
  it('R1.08 lets the gateway forget a detached card, once', async () => {
    const reference = await detachSavedCard();
    expect(await statusAtGateway(reference)).toBe('active');
    expect(await forgetMethods()).toBe(1);
    expect(await statusAtGateway(reference)).toBe('detached');
    expect(await forgetMethods()).toBe(0);
  });

  it('asks a gateway that did not answer again the next time', async () => {
    const reference = await detachSavedCard();
    await sandbox.addFault({ kind: 'timeout_before', operation: 'method.detach' });
    expect(await forgetMethods()).toBe(0);
    expect(await forgetMethods()).toBe(1);
    expect(await statusAtGateway(reference)).toBe('detached');
  });

  it('counts one the gateway never heard of as forgotten', async () => {
    made += 1;
    await keepAndDetach(await billing.makeAccount('0.00'), 'sbx_pm_unknown');
    expect(await forgetMethods()).toBe(1);
    expect(await forgetMethods()).toBe(0);
  });
});
