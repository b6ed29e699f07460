/**
 * Owns: the story of two phone numbers: bought by UPI, run dry, held; a top-up keeps the one the customer
 * put first, the other goes back to its carrier; the last one is given back by hand.
 * Does not own: the API's calls (number-calls.ts, billing-calls.ts), how a line looks (page-layout.ts).
 * What the wallet holds is net of tax: in India a payment bears it as it comes in. The figures are written out.
 */
import { z } from 'zod';
import { listEvents, payOnHostedPage, refusalOf, UPI_THAT_PAYS } from './billing-calls';
import { checkLedger, isClean, readWallet } from './books';
import type { Platform } from './find-platform';
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
import type { Story } from './open-stage';
import { openScene, payTopUp, type Role, type Scene } from './scene';
import { showMoment, showNumber, showSentence } from './show';

const TIME_ZONE = 'Asia/Kolkata';
const BOTH = ['sms', 'voice'];
const HELD_NUMBERS = 'LifecycleKind="phone_number" and LifecycleState="on_hold"';
const RENTER: Role = {
  name: 'Mumbai',
  account: {
    name: 'Asha Textiles',
    country: 'IN',
    currency: 'INR',
    time_zone: TIME_ZONE,
  },
  address: {
    business_name: 'Asha Textiles',
    address_line1: '12 Mill Road',
    city: 'Mumbai',
    state: 'MH',
    postal_code: '400001',
    country: 'IN',
    email: 'accounts@asha.example',
  },
  payment: UPI_THAT_PAYS,
  // 10:00 in Mumbai.
  time: 'T04:30:00Z',
};

interface Pair {
  /** 799.00 INR a month. */
  readonly mobile: PhoneNumber;
  /** 500.00 INR a month. */
  readonly local: PhoneNumber;
}

export const NUMBERS: Story = {
  title: 'Tollgate: two phone numbers that run dry',
  facts: [
    'Asha Textiles in Mumbai rents a mobile and a local number, and forgets to top up.',
    'All of it happens through the HTTP API; the last column is what the wallet then holds.',
  ],
  async tell(stage) {
    const { platform, page, checks } = stage;
    const scene = await openScene(stage, RENTER);
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
    const isRight = isClean(await checkLedger(stage.client, scene.accountId));
    checks.equal('ledger/check finds nothing wrong', isRight, true);
  },
};

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
  checks.equal('amount, fees and 18 % IGST make the total in rupees', total.amount, '1946.00');
  checks.equal('UPI is offered', order.payment_modes.includes('upi'), true);
  const included = order.features.filter((feature) => feature.included);
  const capabilities = included.map(({ capability }) => capability);
  checks.equal('both can do what is asked for', capabilities.toSorted(), BOTH);
  await tell(`${wanted.map(describe).join(' and ')}: ${showNumber(total.amount)} to pay`, {
    workflowId: order.workflow_id,
  });
  await refuseToConfirmMms(scene, order.id);
  const paying = await payOrder(client, order.id, { mode: 'upi', confirmed_capabilities: BOTH });
  const form = await payOnHostedPage(paying.checkout_url ?? '', UPI_THAT_PAYS);
  const { searchParams } = new URL(form.returnUrl ?? 'about:blank');
  checks.equal('the page says that it is paid', searchParams.get('status'), 'succeeded');
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
  await advanceTo('02-27');
  const told = await listEvents(client, accountId);
  const reminders = told.filter(({ type }) => type === 'phone_number.rent_not_covered');
  checks.equal('each was reminded of on the 25th and the 27th', reminders.length, 4);
  await tell(`${reminders.length} reminders: the rent of the 28th is not covered`, {
    tone: 'bad',
  });
  await advanceTo('02-28');
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
  const { client, accountId, checks, at, tell, advanceTo } = scene;
  await advanceTo('03-03');
  const paid = await payTopUp(scene, '800.00');
  const { amount } = paid.order_details.total_amount;
  checks.equal('a top-up of 800.00 is paid with 18 % IGST', amount, '944.00');
  const kept = await waitForNumber(client, mobile.id, 'active');
  await tell(`a top-up of 800.00 keeps ${kept.number}, the first in the order`, {
    tone: 'good',
    workflowId: kept.workflow_id,
  });
  checks.equal('799.00 of it are spent', await readWallet(client, accountId), '1.00');
  checks.equal(
    'its next rent is due on the day it always was',
    kept.next_charge?.at,
    at('03-31').replace('Z', '.000Z'),
  );
  const waiting = await getNumber(client, local.id);
  checks.equal('the other one waits', waiting.status, 'on_hold');
  const [warning] = waiting.warnings;
  checks.equal('and says what keeps it', waiting.hold?.pay_to_keep?.amount, '499.00');
  const text = showSentence(warning?.message ?? '', TIME_ZONE);
  checks.equal('in words', text.includes(`pay 499.00 INR before`), true);
  await tell(`pay 499.00 INR to keep ${local.number}`, {
    tone: 'bad',
    workflowId: waiting.workflow_id,
  });
}

async function loseOne(scene: Scene, { mobile, local }: Pair, platform: Platform): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  await advanceTo('03-08');
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
  await advanceTo('05-01');
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
