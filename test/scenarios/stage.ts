/**
 * What every scenario needs: a platform of real parts, a plan with round figures, customers who live on
 * test clocks, and a look into the books after each step.
 */
import { z } from 'zod';
import { problemSchema, type Problem, type Subscription } from '../../scripts/story/answers';
import { createApiClient, type ApiAnswer, type ApiClient } from '../../scripts/story/api-client';
import {
  advanceTestClock,
  createAccount,
  createTestClock,
  getTopUp,
  listEvents,
  payOnHostedPage,
  saveAddress,
  startTopUp,
  CARD_THAT_PAYS,
  type PaymentForm,
} from '../../scripts/story/billing-calls';
import type { TopUp } from '../../scripts/story/answers';
import {
  addUpLedger,
  checkLedger,
  isClean,
  listBuckets,
  listTransfers,
  readWallet,
  type Bucket,
} from '../../scripts/story/books';
import { waitFor } from '../../scripts/story/wait-for';
import { startPlatform, type TestPlatform } from '../support/platform';
import { createControls } from '../support/sandbox-gateway';

export interface Stage {
  readonly platform: TestPlatform;
  readonly client: ApiClient;
  readonly sandbox: ReturnType<typeof createControls>;
}

/** Sold monthly at 100.00 TRY and 50.00 INR, yearly at 1 000.00 TRY; past due it is retried four times. */
export const PLAN = 'scenario';

/** A platform with the plan of the scenarios in its catalogue. Stop it in `afterAll`. */
export async function openStage(options?: Parameters<typeof startPlatform>[0]): Promise<Stage> {
  const platform = await startPlatform(options);
  const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
  await createPlan(client);
  return { platform, client, sandbox: createControls(platform.gatewayUrl) };
}

async function createPlan(client: ApiClient): Promise<void> {
  await client.write('POST', '/v1/plans', {
    schema: z.unknown(),
    idempotencyKey: 'the plan of the scenarios',
    body: {
      kind: 'plan',
      code: PLAN,
      name: 'Scenario',
      prices: [
        { cycle: 'monthly', amount: '100.00', currency: 'TRY' },
        { cycle: 'yearly', amount: '1000.00', currency: 'TRY' },
        { cycle: 'monthly', amount: '50.00', currency: 'INR' },
      ],
      allowances: { messages: 1_000, minutes: 10, wa_conversations: 50 },
      limits: { team_members: 5 },
      dunning: { retry_after_days: [1, 3, 5, 7], final: 'end', ends_after_days: 30 },
    },
  });
}

export interface Customer {
  readonly accountId: string;
  readonly clockId: string;
  readonly currency: 'TRY' | 'INR';
}

const HOMES = {
  TRY: { country: 'TR', time_zone: 'Europe/Istanbul' },
  INR: { country: 'IN', time_zone: 'Asia/Kolkata' },
} as const;

/** An account with a billing address, alone on a test clock that stands at `at`. */
export async function newCustomer(
  stage: Stage,
  { at, currency = 'TRY' }: { readonly at: string; readonly currency?: 'TRY' | 'INR' },
): Promise<Customer> {
  const customer = await newCustomerWithoutAddress(stage, { at, currency });
  await saveAddress(stage.client, customer.accountId, ADDRESS);
  return customer;
}

export const ADDRESS = {
  business_name: 'Acme',
  address_line1: '1 Road',
  city: 'Istanbul',
  postal_code: '34000',
  country: 'TR',
  email: 'billing@acme.example',
};

export async function newCustomerWithoutAddress(
  { client }: Stage,
  { at, currency }: { readonly at: string; readonly currency: 'TRY' | 'INR' },
): Promise<Customer> {
  const clock = await createTestClock(client, { name: 'scenario', frozen_at: at });
  const account = await createAccount(client, {
    name: 'Acme',
    currency,
    ...HOMES[currency],
    test_clock_id: clock.id,
  });
  return { accountId: account.id, clockId: clock.id, currency };
}

export async function advance(stage: Stage, { clockId }: Customer, to: string): Promise<void> {
  await advanceTestClock(stage.client, clockId, to);
}

/** A top-up that is ordered and has its page, but is not paid. */
export async function orderTopUp(
  { client }: Stage,
  { accountId, currency }: Customer,
  amount: string,
): Promise<TopUp & { readonly checkout_url: string }> {
  const order = await startTopUp(client, accountId, { amount, currency });
  if (order.checkout_url === null) throw new Error(`${order.id} has no page`);
  return { ...order, checkout_url: order.checkout_url };
}

export function untilTopUp({ client }: Stage, id: string, status: TopUp['status']): Promise<TopUp> {
  return waitFor(() => getTopUp(client, id), {
    waitingFor: `top-up ${status}`,
    isThere: (seen) => seen.status === status,
  });
}

/** Money in: ordered, paid on the hosted page, confirmed by the gateway. */
export async function fund(
  stage: Stage,
  customer: Customer,
  amount: string,
  form: PaymentForm = CARD_THAT_PAYS,
): Promise<TopUp> {
  const { id, checkout_url: page } = await orderTopUp(stage, customer, amount);
  await payOnHostedPage(page, form);
  return untilTopUp(stage, id, 'paid');
}

/** Faults that were not used up must not strike the next test. */
export async function clearFaults({ platform }: Stage): Promise<void> {
  await fetch(`${platform.gatewayUrl}/_control/faults`, { method: 'DELETE' });
}

export function postSubscription(
  { client }: Stage,
  { accountId }: Customer,
  options: {
    readonly cycle?: string;
    readonly plan?: string;
    readonly idempotencyKey?: string;
    /** False: a 503 is the answer. */
    readonly asksAgain?: boolean;
  } = {},
): Promise<ApiAnswer> {
  const { cycle = 'monthly', plan = PLAN, asksAgain = true, ...rest } = options;
  const path = `/v1/accounts/${accountId}/subscriptions`;
  const request = { body: { plan_code: plan, cycle }, ...rest };
  return asksAgain ? client.send('POST', path, request) : client.sendOnce('POST', path, request);
}

/** The refusal an answer holds; fails when it is none. */
export function problemOf({ body }: ApiAnswer): Problem {
  return problemSchema.parse(body);
}

/**
 * The books hold at any moment: the platform's own check finds nothing, all assets sum to zero in the
 * transfers as they are told, and the wallet holds what the test says.
 */
export async function expectBooks(
  { client }: Stage,
  { accountId }: Customer,
  expected: { readonly wallet: string },
): Promise<void> {
  expect(await readWallet(client, accountId)).toBe(expected.wallet);
  const check = await checkLedger(client, accountId);
  expect({ check, isClean: isClean(check) }).toEqual({ check, isClean: true });
  const sums = addUpLedger(await listTransfers(client, accountId)).map(({ asset, total }) => [
    asset,
    Number(total.balance),
  ]);
  expect(sums).toEqual(sums.map(([asset]) => [asset, 0]));
}

/** Money that came in and was charged, oldest first: "grant 100.00", "charge 100.00". */
export async function listMoney({ client }: Stage, { accountId }: Customer): Promise<string[]> {
  const transfers = await listTransfers(client, accountId);
  return transfers.flatMap(({ kind, amount }) => (amount ? [`${kind} ${amount.amount}`] : []));
}

/** What is left of the units a plan grants, by asset: `{message: 1000, …}`. */
export async function readUnits(
  { client }: Stage,
  { accountId }: Customer,
): Promise<Record<string, number>> {
  const buckets = await listBuckets(client, accountId);
  const units = buckets.filter((bucket): bucket is Bucket & { available: number } => {
    return typeof bucket.available === 'number';
  });
  return Object.fromEntries(units.map(({ asset, available }) => [asset, available]));
}

/** Type and business time of what happened, oldest first, without the top-ups. */
export async function listStory({ client }: Stage, { accountId }: Customer): Promise<string[]> {
  const events = await listEvents(client, accountId);
  return events
    .filter(({ type }) => type.startsWith('subscription.'))
    .map(({ type, occurred_at: at }) => `${at} ${type.replace('subscription.', '')}`);
}

/** State and next action in one value, so that a step is one expectation. */
export function summarise({ status, next_action: next }: Subscription) {
  return { status, next: next === null ? null : `${next.kind} ${next.at}` };
}
