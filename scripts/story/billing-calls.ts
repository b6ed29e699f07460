/**
 * Owns: the calls of a prepaid customer's year, one function each: clock, account, address, money in,
 * subscription, and what the books say afterwards.
 * Does not own: HTTP (api-client.ts) or which of them make a story.
 */
import {
  accountSchema,
  addressSchema,
  eventSchema,
  paymentSchema,
  problemSchema,
  subscriptionSchema,
  testClockSchema,
  topUpSchema,
  type Account,
  type ApiEvent,
  type Money,
  type Payment,
  type Problem,
  type Subscription,
  type TestClock,
  type TopUp,
} from './answers';
import { UnexpectedAnswer, type ApiClient } from './api-client';
import { waitFor } from './wait-for';

const WALK_WITHIN_MS = 30_000;

export interface NewAccount {
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly time_zone: string;
  readonly test_clock_id?: string;
  readonly external_id?: string;
}

export type Address = Readonly<Record<string, string>>;

/** What is typed on the hosted page: `mode=upi` with `upi_id`, or `mode=card` with the card's fields. */
export type PaymentForm = Readonly<Record<string, string>>;

export const UPI_THAT_PAYS: PaymentForm = { mode: 'upi', upi_id: 'success@sandbox' };
export const CARD_THAT_PAYS: PaymentForm = {
  mode: 'card',
  card_number: '4242 4242 4242 4242',
  expiry: '12/40',
  cvc: '123',
  name: 'Test Card',
};

export function createTestClock(
  client: ApiClient,
  body: { readonly name: string; readonly frozen_at: string },
): Promise<TestClock> {
  return client.write('POST', '/v1/test_clocks', { body, schema: testClockSchema });
}

/** Moves a clock and waits until everything that fell due on the way has happened. */
export async function advanceTestClock(
  client: ApiClient,
  clockId: string,
  to: string,
): Promise<TestClock> {
  const path = `/v1/test_clocks/${clockId}`;
  await client.write('POST', `${path}/advance`, { body: { to }, schema: testClockSchema });
  const clock = await waitFor(() => client.read(path, testClockSchema), {
    waitingFor: `end of the walk to ${to}`,
    isThere: ({ status }) => status !== 'advancing',
    deadlineMs: WALK_WITHIN_MS,
  });
  if (clock.status === 'ready') return clock;
  throw new Error(`the clock stands at ${clock.now}, ${clock.status}: ${clock.failure ?? ''}`);
}

export function createAccount(client: ApiClient, body: NewAccount): Promise<Account> {
  return client.write('POST', '/v1/accounts', { body, schema: accountSchema });
}

export async function saveAddress(
  client: ApiClient,
  accountId: string,
  body: Address,
): Promise<void> {
  const path = `/v1/accounts/${accountId}/billing_address`;
  await client.write('PUT', path, { body, schema: addressSchema });
}

export function startTopUp(client: ApiClient, accountId: string, body: Money): Promise<TopUp> {
  return client.write('POST', `/v1/accounts/${accountId}/top_ups`, { body, schema: topUpSchema });
}

export function getTopUp(client: ApiClient, id: string): Promise<TopUp> {
  return client.read(`/v1/top_ups/${id}`, topUpSchema);
}

export interface PostedForm {
  readonly status: number;
  /** Where the customer's browser is sent. */
  readonly returnUrl: string | null;
}

/** Posts the hosted page's form, as a browser would, and does not follow the customer home. */
export async function payOnHostedPage(checkoutUrl: string, form: PaymentForm): Promise<PostedForm> {
  const response = await fetch(`${checkoutUrl}/pay`, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'manual',
  });
  await response.body?.cancel();
  return { status: response.status, returnUrl: response.headers.get('location') };
}

export function startSubscription(
  client: ApiClient,
  accountId: string,
  body: { readonly plan_code: string; readonly cycle: string },
): Promise<Subscription> {
  const path = `/v1/accounts/${accountId}/subscriptions`;
  return client.write('POST', path, { body, schema: subscriptionSchema });
}

export function getSubscription(client: ApiClient, id: string): Promise<Subscription> {
  return client.read(`/v1/subscriptions/${id}`, subscriptionSchema);
}

export function cancelSubscription(
  client: ApiClient,
  id: string,
  body: { readonly at: 'now' | 'period_end'; readonly reason: string },
): Promise<Subscription> {
  const path = `/v1/subscriptions/${id}/cancel`;
  return client.write('POST', path, { body, schema: subscriptionSchema });
}

export function resumeSubscription(client: ApiClient, id: string): Promise<Subscription> {
  return client.write('POST', `/v1/subscriptions/${id}/resume`, { schema: subscriptionSchema });
}

/** What happened to an account, oldest first. */
export async function listEvents(client: ApiClient, accountId: string): Promise<ApiEvent[]> {
  const newestFirst = await client.readAll(`/v1/events?account_id=${accountId}`, eventSchema);
  return newestFirst.toReversed();
}

export function listPayments(client: ApiClient, accountId: string): Promise<Payment[]> {
  return client.readAll(`/v1/payments?account_id=${accountId}`, paymentSchema);
}

/** A write that must be refused, with why. Rejects when it is not. */
export function refusalOf(client: ApiClient, path: string, body: unknown): Promise<Problem> {
  return refusalTo('POST', { client, path, body });
}

export function refusalOfPut(client: ApiClient, path: string, body: unknown): Promise<Problem> {
  return refusalTo('PUT', { client, path, body });
}

async function refusalTo(
  method: 'POST' | 'PUT',
  asked: { readonly client: ApiClient; readonly path: string; readonly body: unknown },
): Promise<Problem> {
  const { client, path, body } = asked;
  const answer = await client.send(method, path, { body });
  const problem = problemSchema.safeParse(answer.body);
  if (answer.status < 400 || !problem.success) {
    throw new UnexpectedAnswer(`${method} ${path}, which should be refused,`, answer.status, null);
  }
  return problem.data;
}

/** Answers whether it is new; 409 says that it is there already. */
export async function createUnlessThere(
  client: ApiClient,
  path: string,
  body: unknown,
): Promise<boolean> {
  const { status } = await client.send('POST', path, { body });
  if (status !== 201 && status !== 409) throw new UnexpectedAnswer(`POST ${path}`, status, null);
  return status === 201;
}
