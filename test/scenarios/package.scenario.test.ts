/** Messages and call minutes bought once, over HTTP, on real parts: from the wallet to the last warning and the end. */
import { z } from 'zod';
import { listEvents } from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import {
  advance,
  expectBooks,
  fund,
  newCustomer,
  openStage,
  postSubscription,
  problemOf,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(60_000);

const AT = '2027-03-02T10:00:00.000Z';
/** The bundle ends with the plan's paid period, the messages when the last of their 90 days is over. */
const BUNDLE_ENDS_AT = '2027-04-02T10:00:00.000Z';
const MESSAGES_END_AT = '2027-05-31T18:30:00.000Z';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

const orderSchema = z.object({ id: z.string(), status: z.string() });
const packageSchema = z.object({
  id: z.string(),
  status: z.string(),
  expires_at: z.string(),
  messages_remaining: z.number().optional(),
  messages_used: z.number().optional(),
  messages_forfeited: z.number().optional(),
  minutes_remaining: z.number().optional(),
  next_action: z.object({ kind: z.string(), at: z.string().nullable() }).nullable(),
});
const minutesSchema = z.object({
  total_minutes: z.number(),
  remaining_minutes: z.number(),
  used_percent: z.string(),
  next_billing_and_plan_expiry: z.string().nullable(),
  bundles: z.array(packageSchema),
});

/** One order of what the platform sells, paid from the wallet and delivered. */
async function buy({ accountId }: Customer, items: readonly unknown[]): Promise<void> {
  const placed = await stage.client.write('POST', `/v1/accounts/${accountId}/orders`, {
    schema: orderSchema,
    body: { items },
  });
  await stage.client.write('POST', `/v1/orders/${placed.id}/pay`, {
    schema: orderSchema,
    body: { mode: 'wallet' },
  });
  await waitFor(() => stage.client.read(`/v1/orders/${placed.id}`, orderSchema), {
    waitingFor: 'the order to be delivered',
    isThere: ({ status }) => status === 'fulfilled',
  });
}

const BULK = { kind: 'message_package', code: 'bulk-10k' };
const NEXUS = { kind: 'minute_bundle', code: 'nexus' };

async function subscriber(wallet: string): Promise<Customer> {
  const customer = await newCustomer(stage, { at: AT, currency: 'INR' });
  await fund(stage, customer, wallet);
  expect((await postSubscription(stage, customer)).status).toBe(201);
  return customer;
}

function minutesOf({ accountId }: Customer) {
  return stage.client.read(`/v1/accounts/${accountId}/minutes`, minutesSchema);
}

async function packagesOf({ accountId }: Customer, query = ''): Promise<unknown> {
  return (await stage.client.send('GET', `/v1/accounts/${accountId}/extra_packages${query}`)).body;
}

async function historyOf({ accountId }: Customer, kind: string) {
  const path = `/v1/accounts/${accountId}/extra_packages?status=all&kind=${kind}`;
  return (await stage.client.read(path, z.object({ items: z.array(packageSchema) }))).items;
}

/** What was told of packages, oldest first, by the customer's own clock. */
async function storyOf({ accountId }: Customer): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events
    .filter(({ type }) => type.startsWith('package.'))
    .map(({ type, occurred_at: at }) => `${at} ${type.replace('package.', '')}`)
    .sort();
}

it('R0.03 R0.09 R0.15 R2.06 are bought together, warned of, and end each at its own instant', async () => {
  const customer = await subscriber('6000.00');
  expect(await packagesOf(customer)).toEqual({ items: [], message: 'Not Found!' });
  await buy(customer, [BULK, NEXUS]);
  await expectBooks(stage, customer, { wallet: '1180.00' });
  expect(await minutesOf(customer)).toMatchObject({
    total_minutes: 310,
    remaining_minutes: 310,
    used_percent: '0.00',
    next_billing_and_plan_expiry: BUNDLE_ENDS_AT,
    bundles: [{ status: 'active', minutes_remaining: 300, expires_at: BUNDLE_ENDS_AT }],
  });
  expect(await packagesOf(customer)).toMatchObject({
    items: [{ code: 'bulk-10k', messages_remaining: 10_000, expires_at: MESSAGES_END_AT }],
  });

  await advance(stage, customer, BUNDLE_ENDS_AT);
  expect(await minutesOf(customer)).toMatchObject({ total_minutes: 10, bundles: [] });
  expect(await historyOf(customer, 'minute_bundle')).toMatchObject([
    { status: 'expired', minutes_remaining: 0, next_action: null },
  ]);

  await advance(stage, customer, '2027-05-31T18:29:59.999Z');
  expect(await historyOf(customer, 'message_package')).toMatchObject([
    { status: 'active', next_action: { kind: 'expire', at: MESSAGES_END_AT } },
  ]);
  await advance(stage, customer, MESSAGES_END_AT);
  expect(await packagesOf(customer)).toEqual({ items: [], message: 'Not Found!' });
  expect(await historyOf(customer, 'message_package')).toMatchObject([
    { status: 'expired', messages_used: 0, messages_forfeited: 10_000 },
  ]);
  expect(await storyOf(customer)).toEqual([
    '2027-03-02T10:00:00.000Z granted',
    '2027-03-02T10:00:00.000Z granted',
    '2027-03-03T10:00:00.000Z expiry_near',
    '2027-03-26T10:00:00.000Z expiry_near',
    '2027-04-01T10:00:00.000Z expiry_near',
    '2027-04-02T10:00:00.000Z expired',
    '2027-05-01T18:30:00.000Z expiry_near',
    '2027-05-24T18:30:00.000Z expiry_near',
    '2027-05-30T18:30:00.000Z expiry_near',
    '2027-05-31T18:30:00.000Z expired',
  ]);
  // Two renewals of the plan lay on the way.
  await expectBooks(stage, customer, { wallet: '1080.00' });
});

it('R0.12 an operator voids one of two: it is history, the other goes on', async () => {
  const customer = await subscriber('9100.00');
  await buy(customer, [BULK, BULK]);
  const [first, second] = await historyOf(customer, 'message_package');
  const voidIt = (idempotencyKey: string) =>
    stage.client.send('POST', `/v1/extra_packages/${first?.id}/void`, {
      body: { reason: 'sold by mistake' },
      idempotencyKey,
    });
  const voided = await voidIt('void once');
  expect(voided.status).toBe(200);
  expect(voided.body).toMatchObject({ status: 'voided', messages_forfeited: 10_000 });
  expect((await voidIt('void once')).body).toEqual(voided.body);
  const again = await voidIt('void again');
  expect([again.status, problemOf(again).code]).toEqual([409, 'invalid_state']);
  expect(await packagesOf(customer)).toMatchObject({ items: [{ id: second?.id }] });
  await expectBooks(stage, customer, { wallet: '50.00' });
});
