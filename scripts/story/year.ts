/**
 * Owns: the year of one office, act by act, with what must be true after each of them.
 * Does not own: the figures (office.ts), the API's calls (billing-calls.ts), the printing (tell-year.ts).
 * Example: on 30 April the wallet holds 503.00 and Growth costs 999.00: the office is past due, a retry
 * fails on 1 May, a top-up on 2 May resumes it at once, and the next renewal stays on 31 May.
 */
import type { ApiEvent, Money, Subscription } from './answers';
import type { ApiClient } from './api-client';
import {
  advanceTestClock,
  cancelSubscription,
  createAccount,
  createTestClock,
  getSubscription,
  getTopUp,
  listEvents,
  payOnHostedPage,
  refusalOf,
  saveAddress,
  startSubscription,
  startTopUp,
} from './billing-calls';
import { readWallet } from './books';
import type { Checklist } from './checklist';
import { PLAN_CODE, type Office } from './office';
import type { Stage } from './open-stage';
import type { StoryLine, Tone } from './page-layout';
import { describeNext, showDay, showMoney, showNumber } from './show';
import { waitFor } from './wait-for';

/** What the acts of one office's year share. */
export interface Life {
  readonly office: Office;
  readonly year: number;
  readonly client: ApiClient;
  readonly checks: Checklist;
  readonly clockId: string;
  readonly accountId: string;
  /** Orders, in the order they were placed. */
  readonly topUpIds: string[];
  readonly subscriptionId: () => string;
  readonly noteSubscription: (id: string) => void;
  /** What happened since it was asked last, oldest first. */
  readonly readNews: () => Promise<ApiEvent[]>;
}

export interface Act {
  readonly title: string;
  /** The civil date the clocks of both offices are moved to. */
  readonly on: string;
  readonly play: (life: Life, on: string) => Promise<StoryLine[]>;
}

/** Acts in a row with one title are told under one heading. */
export function listActs(year: number): readonly Act[] {
  return [
    { title: 'Two offices open', on: `${year}-01-31`, play: arrive },
    { title: 'Money comes in', on: `${year}-01-31`, play: payFirst },
    { title: 'Growth starts', on: `${year}-01-31`, play: subscribe },
    { title: 'Months 2 and 3', on: `${year}-02-28`, play: renew(2, '03-31') },
    { title: 'Months 2 and 3', on: `${year}-03-31`, play: renew(3, '04-30') },
    { title: 'Month 4: the wallets have run dry', on: `${year}-04-30`, play: runDry },
    { title: 'Month 4: the wallets have run dry', on: `${year}-05-01`, play: retryInVain },
    { title: 'A top-up resumes the service', on: `${year}-05-02`, play: topUpAndResume },
    { title: 'Months 5 to 8', on: `${year}-05-31`, play: renew(5, '06-30') },
    { title: 'Months 5 to 8', on: `${year}-06-30`, play: renew(6, '07-31') },
    { title: 'Months 5 to 8', on: `${year}-07-31`, play: renew(7, '08-31') },
    { title: 'Months 5 to 8', on: `${year}-08-31`, play: renew(8, '09-30') },
    { title: 'The customer cancels', on: `${year}-09-15`, play: cancel },
    { title: 'The paid period is over', on: `${year}-09-30`, play: end },
    { title: 'The rest of the year', on: `${year}-10-31`, play: rest },
    { title: 'The rest of the year', on: `${year}-11-30`, play: rest },
    { title: 'The rest of the year', on: `${year}-12-31`, play: rest },
    { title: 'The rest of the year', on: `${year + 1}-01-31`, play: rest },
  ];
}

/** Opens an office: a clock that stands at the start of the story, and an account that lives on it. */
export async function openOffice(stage: Stage, office: Office): Promise<Life> {
  const { client, checks, year } = stage;
  const name = `a year in ${office.name}`;
  const frozenAt = `${year}-01-31T${office.openingTime}`;
  const clock = await createTestClock(client, { name, frozen_at: frozenAt });
  const account = await createAccount(client, { ...office.account, test_clock_id: clock.id });
  checks.equal(`${office.name}: lives on its clock`, account.test_clock_id, clock.id);
  const told = new Set<string>();
  let subscriptionId = '';
  return {
    office,
    year,
    client,
    checks,
    clockId: clock.id,
    accountId: account.id,
    topUpIds: [],
    subscriptionId: () => subscriptionId,
    noteSubscription: (id) => {
      subscriptionId = id;
    },
    readNews: async () => {
      const news = (await listEvents(client, account.id)).filter(({ id }) => !told.has(id));
      for (const { id } of news) told.add(id);
      return news;
    },
  };
}

async function arrive(life: Life, on: string): Promise<StoryLine[]> {
  const { client, office, accountId } = life;
  const { currency, time_zone: timeZone } = office.account;
  const path = `/v1/accounts/${accountId}/top_ups`;
  const refusal = await refusalOf(client, path, { amount: office.firstTopUp, currency });
  check(life, 'no payment page without an address', refusal.code, 'billing_address_required');
  await saveAddress(client, accountId, office.address);
  return [
    tell(life, on, `account ${accountId}`),
    tell(life, on, `kept in ${currency}, lives in ${timeZone}`),
    tell(life, on, `a top-up is refused: ${refusal.code}`, { tone: 'bad' }),
    tell(life, on, 'the billing address is saved'),
  ];
}

async function payFirst(life: Life, on: string): Promise<StoryLine[]> {
  const { client, office, accountId } = life;
  const path = `/v1/accounts/${accountId}/subscriptions`;
  const refusal = await refusalOf(client, path, { plan_code: PLAN_CODE, cycle: 'monthly' });
  check(life, 'Growth is refused without money', refusal.code, 'insufficient_balance');
  check(
    life,
    'all of the price is missing',
    refusal.missing,
    moneyOf(life, office.priceFromWallet),
  );
  const text = `Growth is refused: ${showMoney(moneyOf(life, office.priceFromWallet))} are missing`;
  const paid = await topUp(life, on, office.firstTopUp);
  const balance = await checkWallet(life, 'after the first top-up', office.firstTopUp);
  return [tell(life, on, text, { tone: 'bad' }), ...withBalance(paid, balance)];
}

async function subscribe(life: Life, on: string): Promise<StoryLine[]> {
  const { client, office, accountId } = life;
  const body = { plan_code: PLAN_CODE, cycle: 'monthly' };
  const subscription = await startSubscription(client, accountId, body);
  life.noteSubscription(subscription.id);
  check(life, 'the price of Growth', subscription.price, moneyOf(life, office.price));
  checkPaid(life, subscription, { number: 1, from: on, until: dateOf(life, '02-28') });
  const balance = await checkWallet(life, 'after month 1', office.walletAfterMonth[1]);
  return [...withBalance(await tellNews(life), balance), tellNext(life, on, subscription)];
}

function renew(number: number, until: string): Act['play'] {
  return async (life, on) => {
    const subscription = await liveUntil(life, on);
    checkPaid(life, subscription, { number, from: on, until: dateOf(life, until) });
    const expected = life.office.walletAfterMonth[number];
    const balance = await checkWallet(life, `after month ${number}`, expected);
    return withBalance(await tellNews(life), balance);
  };
}

async function runDry(life: Life, on: string): Promise<StoryLine[]> {
  const subscription = await liveUntil(life, on);
  check(life, 'past due in month 4', subscription.status, 'past_due');
  check(life, 'owed since 30 April', subscription.past_due_since, instantOf(life, on));
  checkNext(life, subscription, { kind: 'retry_payment', on: dateOf(life, '05-01') });
  const balance = await checkWallet(life, 'when it runs dry', life.office.walletAfterMonth[3]);
  return [...withBalance(await tellNews(life), balance), tellNext(life, on, subscription)];
}

async function retryInVain(life: Life, on: string): Promise<StoryLine[]> {
  const subscription = await liveUntil(life, on);
  check(life, 'still past due on 1 May', subscription.status, 'past_due');
  checkNext(life, subscription, { kind: 'retry_payment', on: dateOf(life, '05-03') });
  return tellNews(life);
}

async function topUpAndResume(life: Life, on: string): Promise<StoryLine[]> {
  await liveUntil(life, on);
  const lines = await topUp(life, on, life.office.secondTopUp);
  const subscription = await waitFor(() => readSubscription(life), {
    waitingFor: 'resumed subscription',
    isThere: ({ status }) => status === 'active',
  });
  checkPaid(life, subscription, {
    number: 4,
    from: dateOf(life, '04-30'),
    until: dateOf(life, '05-31'),
  });
  const balance = await checkWallet(life, 'after month 4', life.office.walletAfterMonth[4]);
  const news = withBalance(await tellNews(life), balance);
  return [...lines, ...news, tellNext(life, on, subscription)];
}

async function cancel(life: Life, on: string): Promise<StoryLine[]> {
  await liveUntil(life, on);
  const subscription = await cancelSubscription(life.client, life.subscriptionId(), {
    at: 'period_end',
    reason: 'the season is over',
  });
  check(life, 'serves on until the end', subscription.status, 'active');
  check(life, 'cancels at the end', subscription.cancels_at_period_end, true);
  checkNext(life, subscription, { kind: 'end_at_period_end', on: dateOf(life, '09-30') });
  return [...(await tellNews(life)), tellNext(life, on, subscription)];
}

async function end(life: Life, on: string): Promise<StoryLine[]> {
  const subscription = await liveUntil(life, on);
  check(life, 'ended', subscription.status, 'ended');
  check(life, 'ended on 30 September', subscription.ended_at, instantOf(life, on));
  check(life, 'nothing comes next', subscription.next_action, null);
  await checkWallet(life, 'at the end', life.office.walletAfterMonth[8]);
  return tellNews(life);
}

async function rest(life: Life, on: string): Promise<StoryLine[]> {
  const subscription = await liveUntil(life, on);
  check(life, `still ended on ${on}`, subscription.status, 'ended');
  await checkWallet(life, `on ${on}`, life.office.walletAfterMonth[8]);
  const news = await tellNews(life);
  check(life, `nothing happened before ${on}`, news, []);
  return [tell(life, on, 'nothing is charged any more', { tone: 'quiet' })];
}

/** Orders a top-up, pays it on the hosted page as a browser would, and waits for the gateway's word. */
async function topUp(life: Life, on: string, amount: string): Promise<StoryLine[]> {
  const { client, office, accountId } = life;
  const order = await startTopUp(client, accountId, moneyOf(life, amount));
  life.topUpIds.push(order.id);
  const ordered = await tellNews(life);
  const form = await payOnHostedPage(order.checkout_url ?? '', office.payment);
  check(life, 'the page sends the customer back', form.status, 303);
  const paid = await waitFor(() => getTopUp(client, order.id), {
    waitingFor: 'confirmed payment',
    isThere: ({ status }) => status === 'paid',
  });
  check(life, 'paid at the clock’s time', paid.paid_at, instantOf(life, on));
  const mode = office.payment['mode'] === 'upi' ? 'UPI' : 'card';
  const posted = tell(life, on, `the hosted page’s form is posted: ${mode}`);
  return [...ordered, posted, ...(await tellNews(life))];
}

async function liveUntil(life: Life, on: string): Promise<Subscription> {
  await advanceTestClock(life.client, life.clockId, instantOf(life, on));
  return readSubscription(life);
}

function readSubscription({ client, subscriptionId }: Life): Promise<Subscription> {
  return getSubscription(client, subscriptionId());
}

function check(life: Life, claim: string, ...[actual, expected]: [unknown, unknown]): void {
  life.checks.equal(`${life.office.name}: ${claim}`, actual, expected);
}

/** Checks what can be spent, and answers it. */
async function checkWallet(
  life: Life,
  when: string,
  expected: string | undefined,
): Promise<string> {
  const balance = await readWallet(life.client, life.accountId);
  check(life, `wallet ${when}`, balance, expected);
  return balance;
}

/** The lines of an act, the last of which tells what the wallet holds after it. */
function withBalance(lines: readonly StoryLine[], balance: string): StoryLine[] {
  return lines.map((line, index) =>
    index === lines.length - 1 ? { ...line, balance: showNumber(balance) } : line,
  );
}

interface PaidPeriod {
  readonly number: number;
  readonly from: string;
  readonly until: string;
}

/** The period of that number is paid; the next one is due on the day it ends. */
function checkPaid(life: Life, subscription: Subscription, period: PaidPeriod): void {
  const { number, from, until } = period;
  check(life, `active in month ${number}`, subscription.status, 'active');
  check(life, `period ${number}`, subscription.current_period, {
    number,
    starts_at: instantOf(life, from),
    ends_at: instantOf(life, until),
  });
  checkNext(life, subscription, { kind: 'renew', on: until });
}

function checkNext(
  life: Life,
  { next_action: next }: Subscription,
  expected: { readonly kind: string; readonly on: string },
): void {
  const seen = { kind: next?.kind, at: next?.at };
  const { kind, on } = expected;
  check(life, `next is ${kind} on ${on}`, seen, { kind, at: instantOf(life, on) });
}

/** A day of the story's year: "02-28". */
function dateOf({ year }: Life, monthAndDay: string): string {
  return `${year}-${monthAndDay}`;
}

/** Opening time on a civil date, spelled as the API spells instants. */
function instantOf({ office }: Life, date: string): string {
  return `${date}T${office.openingTime.replace('Z', '.000Z')}`;
}

function moneyOf({ office }: Life, amount: string): Money {
  return { amount, currency: office.account.currency };
}

function tell(
  { office }: Life,
  on: string,
  text: string,
  look: { readonly tone?: Tone; readonly amount?: string } = {},
): StoryLine {
  return { on: showDay(`${on}T${office.openingTime}`, 'UTC'), who: office.name, text, ...look };
}

function tellNext(life: Life, on: string, { next_action: next }: Subscription): StoryLine {
  const { time_zone: timeZone } = life.office.account;
  return tell(life, on, `next: ${describeNext(next, timeZone)}`, { tone: 'quiet' });
}

const TONES: Readonly<Record<string, Tone>> = {
  'top_up.paid': 'good',
  'subscription.past_due': 'bad',
  'subscription.payment_retried': 'bad',
  'subscription.resumed': 'good',
};

/** The events since last time, in the words of the platform itself. */
async function tellNews(life: Life): Promise<StoryLine[]> {
  const { time_zone: timeZone } = life.office.account;
  return (await life.readNews()).map((event) => ({
    on: showDay(event.occurred_at, timeZone),
    who: life.office.name,
    text: describeEvent(event),
    amount: amountOf(event),
    tone: TONES[event.type] ?? 'plain',
  }));
}

/** "renewed: period 2 is paid" of `subscription.renewed`. */
function describeEvent({ type, reason }: ApiEvent): string {
  const what = type.slice(type.indexOf('.') + 1).replaceAll('_', ' ');
  return `${what}: ${reason}`;
}

function amountOf({ type, data: facts }: ApiEvent): string {
  const { charged, amount, currency } = facts;
  if (typeof currency !== 'string') return '';
  if (typeof charged === 'string') return `−${showMoney({ amount: charged, currency })}`;
  const isPaidIn = type === 'top_up.paid' && typeof amount === 'string';
  return isPaidIn ? `+${showMoney({ amount, currency })}` : '';
}
