import { createSetupActivities } from '../../activities/payment-method/setup.activities';
import type { ActivityDependencies } from '../../activities/dependencies';
import { findDefaultMethod } from '../../db/repositories/payment-method.repository';
import { setups } from '../../db/repositories/setup.repository';
import type { PaymentMethod } from '../../domain/payment-method/payment-method';
import type { Setup } from '../../domain/payment-method/setup';
import {
  cardForm,
  saveMethod,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, RECORDED_AT, type BillingUnderTest } from './billing-under-test';

jest.setTimeout(20_000);

const ASKED_AT = '2027-03-02T10:00:00.000Z';
const INR_500 = { amountMicros: 500_000_000n, currency: 'INR' };
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

function activities() {
  const { gateway } = sandbox;
  // What these activities do not touch is not there: to use it would fail the test.
  return createSetupActivities({
    database: billing.database,
    gateways: new Map([[gateway.name, gateway]]),
    checkoutReturnUrl: 'http://127.0.0.1/back',
    now: () => RECORDED_AT,
  } as unknown as ActivityDependencies);
}

/** A setup of an account of its own, and what happens to it. */
async function begin(mode: 'upi' | 'card', maxAmount: string | null) {
  made += 1;
  const accountId = await billing.makeAccount('0.00');
  const id = `pms_${made}`;
  const target = (at = ASKED_AT, name = at) => ({
    id,
    accountId,
    now: at,
    operationKey: `setup/${id}/${name}`,
  });
  const command = { kind: 'begin', gateway: 'sandbox', mode, currency: 'INR', maxAmount } as const;
  const recorded = await activities().recordSetup({ ...target(), command });
  return {
    id,
    accountId,
    target,
    recorded,
    read: async (): Promise<Setup> => {
      const record = await billing.read((trx) => setups.find(trx, id));
      if (record === null) throw new Error('the setup has no row');
      return record.state;
    },
    findDefault: (): Promise<PaymentMethod | null> =>
      billing.read((trx) => findDefaultMethod(trx, accountId)),
  };
}

/** Opened, and the customer agreed on the page. */
async function agree(mode: 'upi' | 'card', maxAmount: string | null, form = SUCCESS_UPI as object) {
  const setup = await begin(mode, maxAmount);
  await activities().openSetupPage(setup.target());
  await saveMethod((await setup.read()).url ?? '', form as Readonly<Record<string, string>>);
  return setup;
}

describe('R2.11 a payment method setup', () => {
  it('opens one page, however often it is asked, and waits for the customer', async () => {
    const setup = await begin('upi', '500.00');
    expect(setup.recorded).toMatchObject({
      answer: { kind: 'done' },
      step: { status: 'pending', next: { kind: 'open_setup', at: ASKED_AT } },
    });
    const step = await activities().openSetupPage(setup.target());
    expect(step).toMatchObject({
      status: 'open',
      next: { kind: 'check_setup', at: '2027-03-02T10:00:15.000Z', outside: 'awaited' },
    });
    expect(await activities().openSetupPage(setup.target())).toEqual(step);
    const { setups: opened } = await sandbox.readState(`setup/${setup.id}`);
    expect(opened).toHaveLength(1);
  });

  it('keeps what the customer agreed to as the default, once, and tells it', async () => {
    const setup = await agree('upi', '500.00');
    const step = await activities().settleSetup(setup.target());
    expect(step).toMatchObject({ status: 'completed', next: { kind: 'end' } });
    expect(await activities().settleSetup(setup.target(ASKED_AT, 'again'))).toEqual(step);
    expect(await setup.findDefault()).toMatchObject({
      kind: 'upi',
      brand: 'upi',
      lastFour: null,
      expiry: null,
      mandate: { ceiling: INR_500, status: 'active' },
    });
    expect((await setup.read()).paymentMethodId).toBe((await setup.findDefault())?.id);
    expect(await billing.events(setup.accountId)).toEqual(['payment_method.added']);
  });

  it('keeps when a card expires', async () => {
    const setup = await agree('card', null, { ...cardForm(), expiry: '09/30' });
    await activities().settleSetup(setup.target());
    expect(await setup.findDefault()).toMatchObject({
      lastFour: '4242',
      expiry: { month: 9, year: 2030 },
      mandate: null,
    });
  });

  it('nothing was kept yet: it is asked again later, and a repeat counts no second look', async () => {
    const setup = await begin('upi', null);
    await activities().openSetupPage(setup.target());
    const due = { ...setup.target('2027-03-02T10:00:15.000Z'), dueAt: '2027-03-02T10:00:15.000Z' };
    const step = await activities().settleSetup(due);
    expect(step).toMatchObject({ status: 'open', next: { at: '2027-03-02T10:00:45.000Z' } });
    expect(await activities().settleSetup(due)).toEqual(step);
  });

  it('a page that closed ends it; what is completed after our own end is kept as well', async () => {
    const setup = await begin('upi', null);
    await activities().openSetupPage(setup.target());
    for (let look = 0; look < 12; look += 1) {
      const at = (await activities().noteSetupUnanswered(setup.target(ASKED_AT, 'look'))).next;
      if (!('at' in at) || at.at === undefined) break;
      const due = { ...setup.target(at.at, `look ${look}`), dueAt: at.at };
      await activities().settleSetup(due);
    }
    expect((await setup.read()).status).toBe('expired');
    await saveMethod((await setup.read()).url ?? '', SUCCESS_UPI);
    expect(await activities().settleSetup(setup.target(ASKED_AT, 'late'))).toMatchObject({
      status: 'completed',
    });
    expect(await setup.findDefault()).toMatchObject({ kind: 'upi' });
  });

  it('a gateway that is silent is asked again after 15 s, and the page is the same one', async () => {
    const setup = await begin('upi', null);
    await sandbox.addFault({ kind: 'timeout_after', operation: 'setup.create' });
    await expect(activities().openSetupPage(setup.target())).rejects.toThrow();
    const step = await activities().noteSetupUnanswered(setup.target());
    expect(step).toMatchObject({
      status: 'pending',
      next: { kind: 'open_setup', at: '2027-03-02T10:00:15.000Z' },
    });
    await activities().openSetupPage(setup.target());
    expect((await sandbox.readState(`setup/${setup.id}`)).setups).toHaveLength(1);
  });
});
