/**
 * A reseller with three customers over five months, over HTTP, on real parts: a plan that is edited and archived, a
 * house account that runs dry, what stops for its customers then, and what a top-up and a transfer bring back.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createApiClient, type ApiClient } from '../../scripts/story/api-client';
import {
  createAccount,
  createTestClock,
  listEvents,
  refusalOf,
} from '../../scripts/story/billing-calls';
import { readWallet } from '../../scripts/story/books';
import {
  assignPlan,
  changePlan,
  createKey,
  createPartner,
  createPlan,
  readAllocation,
  readAssignment,
  switchPlan,
  transfer,
} from '../../scripts/story/reseller-calls';
import { PLANS } from '../../scripts/story/reseller';
import { tellUsage } from '../../scripts/story/usage-calls';
import { waitFor } from '../../scripts/story/wait-for';
import {
  ADDRESS,
  advance,
  expectBooks,
  fund,
  listStory,
  openStage,
  problemOf,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(120_000);

/** In Kolkata it is half past three in the afternoon. */
const TIME = 'T10:00:00.000Z';
const JANUARY_31 = `2027-01-31${TIME}`;
const PLACE = { country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' } as const;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

interface Reseller extends Customer {
  readonly partnerId: string;
  /** With its own key. */
  readonly own: ApiClient;
  readonly plans: Readonly<Record<keyof typeof PLANS, string>>;
}

/** A reseller on a clock of its own, with 20 000.00 in its wallet, that has paid 4 999.00 for its pool. */
async function newReseller(): Promise<Reseller> {
  const { client } = stage;
  const clock = await createTestClock(client, { name: 'reseller', frozen_at: JANUARY_31 });
  const onClock = { ...PLACE, test_clock_id: clock.id };
  const partner = await createPartner(client, { name: 'Reseller', ...onClock });
  const house = {
    accountId: partner.house_account_id,
    clockId: clock.id,
    currency: 'INR',
  } as const;
  await saveAddressOf(house);
  await fund(stage, house, '20000.00');
  const make = async (name: keyof typeof PLANS) =>
    (await createPlan(client, { ...PLANS[name], plan_name: `${name} ${randomUUID()}` })).id;
  const plans = { pool: await make('pool'), team: await make('team'), pair: await make('pair') };
  const scopes = ['read', 'write'];
  const apiKey = await createKey(client, { role: 'partner', partner_id: partner.id, scopes });
  const own = createApiClient({ baseUrl: client.baseUrl, apiKey });
  await assignPlan(own, `/v1/partners/${partner.id}`, plans.pool);
  return { ...house, partnerId: partner.id, own, plans };
}

async function saveAddressOf({ accountId }: Customer): Promise<void> {
  const body = { ...ADDRESS, country: 'IN', state: 'MH', city: 'Mumbai', postal_code: '400001' };
  const path = `/v1/accounts/${accountId}/billing_address`;
  await stage.client.write('PUT', path, { body, schema: z.unknown() });
}

async function newCustomer({ own, clockId }: Reseller, name: string): Promise<Customer> {
  const account = await createAccount(own, { name, ...PLACE, test_clock_id: clockId });
  return { accountId: account.id, clockId, currency: 'INR' };
}

let messagesTold = 0;

/** One message before it is sent: "charged", or why not. */
async function askToSend({ accountId }: Customer, day: string): Promise<string | undefined> {
  messagesTold += 1;
  const [result] = await tellUsage(stage.client, [
    {
      id: `message ${messagesTold}`,
      account_id: accountId,
      type: 'message',
      channel: 'sms',
      occurred_at: `${day}${TIME}`,
    },
  ]);
  return result?.outcome === 'refused' ? result.reason : result?.outcome;
}

/** Makes a person an agent of the account, which takes a seat: "seated", or why not. */
async function seat({ own }: Reseller, { accountId }: Customer, person: string): Promise<string> {
  const path = `/v1/accounts/${accountId}/members/${person}`;
  const answer = await own.send('PUT', path, { body: { role: 'agent' } });
  return answer.status < 300 ? 'seated' : problemOf(answer).code;
}

async function statusOf({ own }: Reseller, { accountId }: Customer): Promise<string> {
  return (await readAssignment(own, `/v1/accounts/${accountId}`)).status;
}

/** Total, allocated, used and free messages of the pool. */
async function messagesOfPool({ own, partnerId }: Reseller) {
  const { items } = await readAllocation(own, partnerId);
  const found = items.find(({ benefit }) => benefit === 'messages');
  return [found?.total, found?.allocated, found?.used, found?.free];
}

/** Whose plan and when, of what the house account was told under this type. */
async function toldOf({ accountId }: Reseller, type: string): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events
    .filter((event) => event.type === type)
    .map(({ data, occurred_at: at }) => `${at.slice(0, 10)} ${String(data['serves_account_id'])}`)
    .toSorted();
}

describe('a reseller', () => {
  it('R4.07 R4.20 R4.24 R1.08 keeps three customers through an edit, an archive, a dry wallet and back', async () => {
    const reseller = await newReseller();
    const { own, partnerId, plans } = reseller;
    const clinic = await newCustomer(reseller, 'Clinic');
    const bakery = await newCustomer(reseller, 'Bakery');
    const school = await newCustomer(reseller, 'School');
    await saveAddressOf(school);
    const holderOf = ({ accountId }: Customer) => `/v1/accounts/${accountId}` as const;

    // The end of January: two plans that the reseller pays, one that the customer pays from what it was sent.
    await assignPlan(own, holderOf(clinic), plans.team);
    await assignPlan(own, holderOf(bakery), plans.team);
    await transfer(own, partnerId, { accountId: school.accountId, amount: '5000.00' });
    await assignPlan(own, holderOf(school), plans.pair);
    await expectBooks(stage, reseller, { wallet: '8003.00' });
    await expectBooks(stage, school, { wallet: '3501.00' });
    expect(await askToSend(clinic, '2027-01-31')).toBe('charged');
    expect(await seat(reseller, clinic, 'asha')).toBe('seated');
    expect(await messagesOfPool(reseller)).toEqual([10_000, 9_000, 1, 1_000]);

    // Dearer and archived: nobody who has it notices.
    await changePlan(stage.client, plans.team, { prices: { monthly: '1099.00' } });
    await switchPlan(stage.client, plans.team, 'archive');
    await advance(stage, reseller, `2027-02-28${TIME}`);
    await expectBooks(stage, reseller, { wallet: '1006.00' });
    await expectBooks(stage, school, { wallet: '2002.00' });
    const kept = await readAssignment(own, holderOf(clinic));
    expect([kept.version, kept.price?.amount]).toEqual([1, '999.00']);
    expect(await messagesOfPool(reseller)).toEqual([10_000, 9_000, 0, 1_000]);

    // The reseller gives away all it has. Seven and three days ahead it hears what that will not pay.
    await transfer(own, partnerId, { accountId: school.accountId, amount: '1006.00' });
    await advance(stage, reseller, `2027-03-31${TIME}`);
    const uncovered = [bakery, clinic, reseller].flatMap(({ accountId }) => [
      `2027-03-24 ${accountId}`,
      `2027-03-28 ${accountId}`,
    ]);
    expect(await toldOf(reseller, 'subscription.renewal_not_covered')).toEqual(
      uncovered.toSorted(),
    );
    expect(await statusOf(reseller, clinic)).toBe('past_due');
    expect(await statusOf(reseller, school)).toBe('active');
    await expectBooks(stage, school, { wallet: '1509.00' });

    // The retries fail: what the reseller pays stops, what its customer pays itself goes on.
    await advance(stage, reseller, `2027-04-10${TIME}`);
    expect(await statusOf(reseller, clinic)).toBe('suspended');
    expect(await statusOf(reseller, bakery)).toBe('suspended');
    expect(await askToSend(clinic, '2027-04-10')).toBe('quota_exhausted');
    expect(await seat(reseller, clinic, 'ravi')).toBe('limit_reached');
    expect(await askToSend(school, '2027-04-10')).toBe('charged');
    const late = await newCustomer(reseller, 'Late');
    await saveAddressOf(late);
    const wanted = { partner_plan_id: plans.pair, cycle: 'monthly' };
    const refusal = await refusalOf(own, `${holderOf(late)}/partner_plan`, wanted);
    expect(refusal.code).toBe('pool_exhausted');
    // What becomes of the subscription is between the reseller and the platform.
    expect(await listStory(stage, clinic)).toEqual([]);

    // One top-up of the reseller brings all of it back.
    await fund(stage, reseller, '30000.00');
    await waitFor(() => Promise.all([clinic, bakery].map((who) => statusOf(reseller, who))), {
      waitingFor: 'plans that are active again',
      isThere: (statuses) => statuses.every((status) => status === 'active'),
    });
    const pool = await readAssignment(own, `/v1/partners/${partnerId}`);
    expect(pool.status).toBe('active');
    await expectBooks(stage, reseller, { wallet: '23003.00' });
    expect(await askToSend(clinic, '2027-04-10')).toBe('charged');
    expect(await seat(reseller, clinic, 'ravi')).toBe('seated');

    // They renew where they always did, until one is ended: its part of the pool is free then, not before.
    const end = await own.send('DELETE', `${holderOf(bakery)}/partner_plan`);
    expect(end.status).toBe(200);
    expect(await messagesOfPool(reseller)).toEqual([10_000, 9_000, 2, 1_000]);
    await advance(stage, reseller, `2027-04-30${TIME}`);
    await expectBooks(stage, reseller, { wallet: '17005.00' });
    expect(await messagesOfPool(reseller)).toEqual([10_000, 5_000, 0, 5_000]);
    for (const customer of [clinic, bakery]) await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('pays at once what its customer owes, by a transfer', async () => {
    const reseller = await newReseller();
    const { own, partnerId, plans } = reseller;
    const school = await newCustomer(reseller, 'School');
    await saveAddressOf(school);
    await transfer(own, partnerId, { accountId: school.accountId, amount: '1500.00' });
    await assignPlan(own, `/v1/accounts/${school.accountId}`, plans.pair);
    await advance(stage, reseller, `2027-02-28${TIME}`);
    expect(await statusOf(reseller, school)).toBe('past_due');
    await expectBooks(stage, school, { wallet: '1.00' });
    await transfer(own, partnerId, { accountId: school.accountId, amount: '1498.00' });
    await waitFor(() => statusOf(reseller, school), {
      waitingFor: 'plan that is paid',
      isThere: (status) => status === 'active',
    });
    await expectBooks(stage, school, { wallet: '0.00' });
    expect(await readWallet(stage.client, reseller.accountId)).toBe('7004.00');
  });
});
