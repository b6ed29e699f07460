/**
 * Owns: the story of two phone numbers: bought by UPI, run dry, held; a top-up keeps the one the customer
 * put first, the other goes back to its carrier; the last one is given back by hand.
 * Does not own: the API's calls (number-calls.ts, billing-calls.ts), how a line looks (page-layout.ts).
 * It plays in 2027, when the seller is not registered for tax; the figures are written out.
 */
import { z } from 'zod';
import { createApiClient, type ApiClient } from './api-client';
import {
  advanceTestClock,
  createAccount,
  createTestClock,
  getTopUp,
  listEvents,
  payOnHostedPage,
  refusalOf,
  saveAddress,
  startTopUp,
  UPI_THAT_PAYS,
} from './billing-calls';
import { checkLedger, isClean, readWallet } from './books';
import type { Checklist } from './checklist';
import { linkToWorkflow, type Platform } from './find-platform';
import {
  findOffered,
  getNumber,
  isRentedAtCarrier,
  listNumberWarnings,
  payOrder,
  placeOrder,
  releaseNumber,
  savePriority,
  waitForDelivery,
  waitForNumber,
  type OfferedNumber,
  type PhoneNumber,
} from './number-calls';
import type { PageLayout, Tone } from './page-layout';
import { showDay, showMoment, showNumber, showSentence } from './show';
import { waitFor } from './wait-for';

const TIME_ZONE = 'Asia/Kolkata';
/** 10:00 in Mumbai. */
const TIME = 'T04:30:00Z';
const BOTH = ['sms', 'voice'];
const HELD_NUMBERS = 'LifecycleKind="phone_number" and LifecycleState="on_hold"';
const ADDRESS = {
  business_name: 'Asha Textiles',
  address_line1: '12 Mill Road',
  city: 'Mumbai',
  state: 'MH',
  postal_code: '400001',
  country: 'IN',
  email: 'accounts@asha.example',
};

interface Telling {
  readonly tone?: Tone;
  readonly workflowId?: string;
  /** A line that is never broken. */
  readonly filter?: string;
}

interface Scene {
  readonly client: ApiClient;
  readonly accountId: string;
  readonly checks: Checklist;
  /** Tells one thing with what the wallet holds then, and where operators see it. */
  readonly tell: (text: string, how?: Telling) => Promise<void>;
  readonly advanceTo: (date: string) => Promise<void>;
}

interface Pair {
  /** 799.00 INR a month. */
  readonly mobile: PhoneNumber;
  /** 500.00 INR a month. */
  readonly local: PhoneNumber;
}

/** Tells the story on `page` and notes its assertions. Rejects when it cannot go on. */
export async function tellNumbers(
  platform: Platform,
  page: PageLayout,
  checks: Checklist,
): Promise<void> {
  const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
  page.title('Tollgate: two phone numbers that run dry', [
    'Asha Textiles in Mumbai rents a mobile and a local number, and forgets to top up.',
    'All of it happens through the HTTP API; the last column is what the wallet then holds.',
  ]);
  const scene = await open(client, { platform, page, checks });
  page.heading('Two numbers, confirmed before they are paid', scene.accountId);
  const pair = await buy(scene);
  page.heading('The rent is due, and the wallet is empty');
  await runDry(scene, pair);
  page.heading('A top-up that suffices for one of them');
  await topUp(scene, pair);
  page.heading('Grace ends');
  await loseOne(scene, pair, platform);
  page.heading('Given back by hand: never charged again');
  await giveBack(scene, pair, platform);
  const isRight = isClean(await checkLedger(client, scene.accountId));
  checks.equal('ledger/check finds nothing wrong', isRight, true);
}

async function open(
  client: ApiClient,
  facts: { readonly platform: Platform; readonly page: PageLayout; readonly checks: Checklist },
): Promise<Scene> {
  const { platform, page, checks } = facts;
  let now = `2027-01-31${TIME}`;
  const clock = await createTestClock(client, { name: 'Asha Textiles', frozen_at: now });
  const { id } = await createAccount(client, {
    name: 'Asha Textiles',
    country: 'IN',
    currency: 'INR',
    time_zone: TIME_ZONE,
    test_clock_id: clock.id,
  });
  await saveAddress(client, id, ADDRESS);
  return {
    client,
    accountId: id,
    checks,
    async tell(text, { tone = 'plain', workflowId, filter } = {}) {
      const balance = showNumber(await readWallet(client, id));
      page.line({ on: showDay(now, TIME_ZONE), who: 'Mumbai', text, tone, balance });
      if (workflowId !== undefined) page.link(linkToWorkflow(workflowId, platform));
      if (filter !== undefined) page.link(filter);
    },
    async advanceTo(date) {
      now = `${date}${TIME}`;
      await advanceTestClock(client, clock.id, now);
    },
  };
}

async function buy(scene: Scene): Promise<Pair> {
  const { client, accountId, checks, tell } = scene;
  const wanted = await Promise.all([
    findOffered(client, 'country=IN&type=mobile&capabilities=sms,voice'),
    findOffered(client, 'country=IN&type=local&capabilities=sms,voice'),
  ]);
  await refuseWithoutSms(scene);
  const items = wanted.map(({ number }) => ({ number, required_capabilities: BOTH }));
  const order = await placeOrder(client, accountId, items);
  const { amount, up_front_fees: fees, total_amount: total } = order.order_details;
  checks.equal('the rents of a month', amount.amount, '1299.00');
  checks.equal('the one-time fees', fees.amount, '350.00');
  checks.equal('amount and fees make the total', total.amount, '1649.00');
  checks.equal('UPI is offered', order.payment_modes.includes('upi'), true);
  const included = order.features.filter((feature) => feature.included);
  const capabilities = included.map(({ capability }) => capability);
  checks.equal('both can do what is asked for', capabilities.toSorted(), BOTH);
  await tell(`${wanted.map(describe).join(' and ')}: ${showNumber(total.amount)} to pay`, {
    workflowId: order.workflow_id,
  });
  await refuseToConfirmMms(scene, order.id);
  const paying = await payOrder(client, order.id, { mode: 'upi', confirmed_capabilities: BOTH });
  await payOnHostedPage(paying.checkout_url ?? '', UPI_THAT_PAYS);
  const { items: delivered } = await waitForDelivery(client, order.id);
  const [mobile, local] = await Promise.all(
    delivered.map(({ delivered_id: id }) => waitForNumber(client, id ?? '', 'active')),
  );
  if (mobile === undefined || local === undefined) throw new Error('two numbers were ordered');
  await tell('paid by UPI; SMS and voice confirmed', { tone: 'good' });
  for (const { number, workflow_id: workflowId } of [mobile, local]) {
    await tell(`${number} works, auto-pay is on`, { tone: 'good', workflowId });
  }
  checks.equal('what was paid is spent', await readWallet(client, accountId), '0.00');
  return { mobile, local };
}

function describe({ number, monthly_price: price }: OfferedNumber): string {
  return `${number} (${showNumber(price.amount)})`;
}

/** A number that only speaks is not sold to who needs SMS. */
async function refuseWithoutSms({ client, accountId, checks, tell }: Scene): Promise<void> {
  const schema = z.object({ items: z.array(z.looseObject({ capabilities: z.array(z.string()) })) });
  const query = '/v1/carrier_numbers?country=IN&type=local&capabilities=voice&limit=100';
  const { items } = await client.read(query, schema);
  const mute = items.find(({ capabilities }) => !capabilities.includes('sms'));
  const item = { kind: 'phone_number', number: mute?.['number'], required_capabilities: ['sms'] };
  const path = `/v1/accounts/${accountId}/orders`;
  const refusal = await refusalOf(client, path, { items: [item] });
  checks.equal('a number without SMS is not sold for SMS', refusal.code, 'missing_capability');
  await tell(`refused: ${refusal.detail}`, { tone: 'quiet' });
}

async function refuseToConfirmMms({ client, checks, tell }: Scene, id: string): Promise<void> {
  const body = { mode: 'upi', confirmed_capabilities: [...BOTH, 'mms'] };
  const refusal = await refusalOf(client, `/v1/orders/${id}/pay`, body);
  checks.equal('what is not included is not confirmed', refusal.code, 'missing_capability');
  await tell(`refused: ${refusal.detail}`, { tone: 'quiet' });
}

async function runDry(scene: Scene, { mobile, local }: Pair): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  const order = await savePriority(client, accountId, [mobile.id, local.id]);
  checks.equal('the customer’s own order', order, [mobile.id, local.id]);
  await tell(`if money is short, ${mobile.number} comes first`);
  const warned = await listNumberWarnings(client, accountId);
  checks.equal(
    'both are warned of before the due date',
    [mobile, local].every(({ id }) => warned.includes(`${id} balance_below_next_charge`)),
    true,
  );
  await advanceTo('2027-02-27');
  const told = await listEvents(client, accountId);
  const reminders = told.filter(({ type }) => type === 'phone_number.rent_not_covered');
  checks.equal('each was reminded of on the 25th and the 27th', reminders.length, 4);
  await tell(`${reminders.length} reminders: the rent of the 28th is not covered`, {
    tone: 'bad',
  });
  await advanceTo('2027-02-28');
  for (const { id } of [mobile, local]) {
    const held = await waitForNumber(client, id, 'on_hold');
    const { releases_at: releasesAt = '', reason, pay_to_keep: keep } = held.hold ?? {};
    checks.equal(`${held.number} is held for want of money`, reason, 'insufficient_balance');
    const text = `${held.number} on hold until ${showMoment(releasesAt, TIME_ZONE)}; ${showNumber(keep?.amount ?? '')} keep it`;
    await tell(text, { tone: 'bad', workflowId: held.workflow_id });
  }
  await tell('operators find both in the Temporal UI by this filter', { filter: HELD_NUMBERS });
}

async function topUp(scene: Scene, { mobile, local }: Pair): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  await advanceTo('2027-03-03');
  const order = await startTopUp(client, accountId, { amount: '800.00', currency: 'INR' });
  await payOnHostedPage(order.checkout_url ?? '', UPI_THAT_PAYS);
  await waitFor(() => getTopUp(client, order.id), {
    waitingFor: 'confirmed payment',
    isThere: ({ status }) => status === 'paid',
  });
  const kept = await waitForNumber(client, mobile.id, 'active');
  await tell(`a top-up of 800.00 keeps ${kept.number}, the first in the order`, {
    tone: 'good',
    workflowId: kept.workflow_id,
  });
  checks.equal('799.00 of it are spent', await readWallet(client, accountId), '1.00');
  checks.equal(
    'its next rent is due on the day it always was',
    kept.next_charge?.at,
    '2027-03-31T04:30:00.000Z',
  );
  const waiting = await getNumber(client, local.id);
  checks.equal('the other one waits', waiting.status, 'on_hold');
  const [warning] = waiting.warnings;
  checks.equal('and says what keeps it', waiting.hold?.pay_to_keep?.amount, '499.00');
  const text = showSentence(warning?.message ?? '', TIME_ZONE);
  checks.equal('in words', text.includes(`pay 499.00 INR to keep`), true);
  await tell(`pay 499.00 INR to keep ${local.number}`, {
    tone: 'bad',
    workflowId: waiting.workflow_id,
  });
}

async function loseOne(scene: Scene, { mobile, local }: Pair, platform: Platform): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  await advanceTo('2027-03-08');
  const lost = await waitForNumber(client, local.id, 'released');
  await tell(`${lost.number} is given back: grace ended on the 7th`, {
    tone: 'bad',
    workflowId: lost.workflow_id,
  });
  await compareWithCarrier(scene, platform, { number: local.number, isRented: false });
  await compareWithCarrier(scene, platform, { number: mobile.number, isRented: true });
  checks.equal('nothing more was charged', await readWallet(client, accountId), '1.00');
}

async function giveBack(scene: Scene, { mobile }: Pair, platform: Platform): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  await releaseNumber(client, mobile.id);
  const released = await waitForNumber(client, mobile.id, 'released');
  checks.equal('nothing is due any more', released.next_action, null);
  await tell(`${released.number} is given back as asked`, { workflowId: released.workflow_id });
  await compareWithCarrier(scene, platform, { number: mobile.number, isRented: false });
  await advanceTo('2027-05-01');
  checks.equal('two due dates later', await readWallet(client, accountId), '1.00');
  await tell('two due dates later nothing was charged', { tone: 'good' });
}

async function compareWithCarrier(
  { checks }: Scene,
  { sandboxCarrierUrl }: Platform,
  { number, isRented }: { readonly number: string; readonly isRented: boolean },
): Promise<void> {
  if (sandboxCarrierUrl === null) return;
  const claim = `the carrier ${isRented ? 'still rents us' : 'has back'} ${number}`;
  checks.equal(claim, await isRentedAtCarrier(sandboxCarrierUrl, number), isRented);
}
