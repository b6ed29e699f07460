/**
 * Owns: the story of a wallet that fills itself: a card that is kept, a threshold that usage crosses, the cap of a month,
 * a card that is declined, and the end of it; all of it told to a receiver of the shop's, which verifies what it gets.
 * Does not own: the API's calls (recharge-calls.ts, usage-calls.ts), the shop and its limits (recharge.ts), the receiver.
 * The figures are written out. A message costs one rupee; what the card pays bears 18 % IGST.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { refusalOfPut } from './billing-calls';
import { checkLedger, isClean, readWallet } from './books';
import type { Stage, Story } from './open-stage';
import { CARD, KITCHEN, LIMITS, PRICES } from './recharge';
import {
  getRecharge,
  listenTo,
  setRecharge,
  turnRechargeOff,
  type Recharge,
} from './recharge-calls';
import { openScene, payTopUp, type Scene } from './scene';
import { showNumber } from './show';
import { tellUsage } from './usage-calls';
import { waitFor } from './wait-for';
import { startReceiver, type StoryReceiver } from './webhook-receiver';

const ALL_OF_THEM = 'LifecycleKind="auto_recharge"';

export const RECHARGE: Story = {
  title: 'Tollgate: a wallet that fills itself',
  facts: [
    'Deccan Kitchen in Pune writes to its guests; one rupee a message. Its card pays when the wallet runs low.',
    'All of it happens through the HTTP API and is told to the shop’s own receiver of webhooks; the last column is what',
    'the wallet then holds.',
  ],
  async tell(stage) {
    const receiver = await startReceiver();
    try {
      await tellAll(stage, receiver);
    } finally {
      await receiver.stop();
    }
  },
};

async function tellAll(stage: Stage, receiver: StoryReceiver): Promise<void> {
  const { page, checks } = stage;
  const scene = await openScene(stage, KITCHEN);
  const { client, accountId } = scene;
  receiver.trust((await listenTo(client, { accountId, url: receiver.url })).secret);
  await makePrices(scene, stage);
  page.heading('A card is kept, and may be charged', accountId);
  await keepCard(scene);
  page.heading('Usage crosses the threshold');
  await cross(scene, receiver);
  page.heading('The cap of the month');
  await reachCap(scene, receiver);
  page.heading('The bank says no');
  await beDeclined(scene, stage, receiver);
  page.heading('Turned off');
  await turnOff(scene, receiver);
  const types = new Set(receiver.received.map(({ type }) => type));
  checks.equal(
    'the shop was told all of it, signed',
    [...types],
    [
      'auto_recharge.armed',
      'auto_recharge.charged',
      'auto_recharge.cap_reached',
      'auto_recharge.declined',
      'auto_recharge.backing_off',
      'auto_recharge.stopped',
    ],
  );
  checks.equal('and nothing that was not genuine', receiver.refused(), 0);
  checks.equal(
    'ledger/check finds nothing wrong',
    isClean(await checkLedger(client, accountId)),
    true,
  );
}

/** What the shop's own system is told of a type, with the signature verified. */
async function heard(receiver: StoryReceiver, type: string): Promise<string> {
  const { data } = await receiver.waitFor(`auto_recharge.${type}`);
  return `its webhook says: ${data.reason}`;
}

async function makePrices({ client, accountId }: Scene, { year }: Stage): Promise<void> {
  const code = `demo-sms-${randomUUID().slice(0, 8)}`;
  const schema = z.unknown();
  await client.write('POST', '/v1/rate_cards', { body: { ...CARD, code }, schema });
  const version = {
    effective_from: `${year}-01-01`,
    rule: { unit: 'message', charge_on: 'sent' },
    rows: PRICES,
  };
  await client.write('POST', `/v1/rate_cards/${code}/versions`, { body: version, schema });
  const named = { body: { message: code }, schema };
  await client.write('PUT', `/v1/accounts/${accountId}/rate_cards`, named);
}

async function keepCard(scene: Scene): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  const path = `/v1/accounts/${accountId}/auto_recharge`;
  const refusal = await refusalOfPut(client, path, LIMITS);
  checks.equal('without a method nothing can be charged', refusal.code, 'unprocessable');
  await tell(`refused: ${refusal.detail}`, { tone: 'bad' });
  const { amount } = (await payTopUp(scene, '600.00')).order_details.total_amount;
  checks.equal('a top-up of 600.00 is paid with 18 % IGST', amount, '708.00');
  await tell(`a top-up of 600.00: ${showNumber(amount)} paid, and the card is kept`);
  const set = await setRecharge(client, accountId, LIMITS);
  checks.equal('it is armed', [set.status, set.next_action.kind], ['armed', 'rest']);
  await tell('below 500.00 the card pays 1 000.00 or a multiple, at most 5 000.00 a month', {
    tone: 'good',
    workflowId: set.workflow_id,
  });
}

async function cross(scene: Scene, receiver: StoryReceiver): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  await send(scene, 100);
  const { status } = await getRecharge(client, accountId);
  checks.equal('exactly at the threshold is not below', status, 'armed');
  await tell('100 messages: exactly at the threshold nothing is charged', { tone: 'quiet' });
  await send(scene, 1);
  const seen = await untilStatus(scene, 'armed', '1180.00');
  checks.equal('the card paid 1 000.00 with its tax', seen.charged_this_month, '1180.00');
  checks.equal('the money is there', await readWallet(client, accountId), '1499.00');
  await tell('one message more: the card is charged 1 180.00, the wallet gets 1 000.00', {
    tone: 'good',
  });
  await tell(await heard(receiver, 'charged'), { tone: 'quiet' });
}

async function reachCap(scene: Scene, receiver: StoryReceiver): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  await send(scene, 1_400);
  await untilStatus(scene, 'armed', '2360.00');
  await tell('1 400 messages: another 1 180.00');
  await send(scene, 1_000);
  await untilStatus(scene, 'armed', '3540.00');
  await send(scene, 1_000);
  await untilStatus(scene, 'armed', '4720.00');
  await tell('2 000 more: twice 1 180.00; the month has 280.00 left');
  await send(scene, 1_050);
  const { next_action: next } = await untilStatus(scene, 'cap_reached', '4720.00');
  checks.equal('the wallet is low', await readWallet(client, accountId), '49.00');
  checks.equal('it goes on at midnight of the 1st', next.at?.slice(4), '-01-31T18:30:00.000Z');
  await tell(await heard(receiver, 'cap_reached'), { tone: 'bad' });
  await advanceTo('02-01');
  const seen = await untilStatus(scene, 'armed', '1180.00');
  checks.equal('a new month, a new cap', seen.charged_this_month, '1180.00');
  await tell('the 1st of February: the card is charged again', { tone: 'good' });
}

async function beDeclined(
  scene: Scene,
  { platform }: Stage,
  receiver: StoryReceiver,
): Promise<void> {
  const { client, accountId, checks, tell, advanceTo } = scene;
  const faults = `${platform.sandboxGatewayUrl ?? ''}/_control/faults`;
  await fetch(faults, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'decline',
      code: 'insufficient_funds',
      customer_reference: accountId,
    }),
  });
  await send(scene, 600, '02-01');
  const { next_action: next } = await untilStatus(scene, 'backing_off', '1180.00');
  checks.equal('it is tried again in an hour', next.at?.slice(4), '-02-01T05:30:00.000Z');
  await tell(await heard(receiver, 'backing_off'), { tone: 'bad' });
  await advanceTo('02-02');
  const seen = await untilStatus(scene, 'armed', '2360.00');
  checks.equal('the second try paid', seen.charged_this_month, '2360.00');
  checks.equal('once', await readWallet(client, accountId), '1449.00');
  await tell('an hour later the card has money: charged once', { tone: 'good' });
}

async function turnOff(scene: Scene, receiver: StoryReceiver): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  const { status, reason } = await turnRechargeOff(client, accountId);
  checks.equal('it is stopped', status, 'stopped');
  await send(scene, 1_000, '02-02');
  const { charged_this_month: charged } = await getRecharge(client, accountId);
  checks.equal('nothing is charged any more', charged, '2360.00');
  await tell(reason, { tone: 'quiet', filter: ALL_OF_THEM });
  await tell(await heard(receiver, 'stopped'), { tone: 'quiet' });
}

/** So many messages on a day, at one rupee each. */
async function send(
  { client, accountId, checks, role, at }: Scene,
  quantity: number,
  monthAndDay = '01-31',
): Promise<void> {
  const [result] = await tellUsage(client, [
    {
      id: randomUUID(),
      account_id: accountId,
      type: 'message',
      channel: 'sms',
      to: '+919800000001',
      quantity,
      occurred_at: at(monthAndDay),
    },
  ]);
  checks.equal(`${role.name}: ${quantity} messages`, result?.outcome, 'charged');
}

/** It is so, and the month was charged so much. */
function untilStatus(
  { client, accountId }: Scene,
  status: string,
  charged: string,
): Promise<Recharge> {
  return waitFor(() => getRecharge(client, accountId), {
    waitingFor: `an auto-recharge that is ${status} after ${charged}`,
    isThere: (seen) => seen.status === status && seen.charged_this_month === charged,
  });
}
