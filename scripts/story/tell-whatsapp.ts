/**
 * Owns: the story of a shop's WhatsApp messages: a price list imported, a broadcast quoted, held and partly
 * delivered, a customer who writes, a month that turns, a debt that the next top-up settles, and the reports.
 * Does not own: the API's calls (usage-calls.ts, billing-calls.ts), how a line looks (page-layout.ts).
 * The figures are written out. The shop has a rate card of its own, so whatever others made the default is no matter.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { topUpSchema } from './answers';
import { getTopUp, listEvents, payOnHostedPage, startSubscription } from './billing-calls';
import { checkLedger, isClean, readWallet } from './books';
import { linkToWorkflow } from './find-platform';
import type { Stage, Story } from './open-stage';
import type { Table } from './page-layout';
import { openScene, payTopUp, type Scene } from './scene';
import {
  CARD,
  CUSTOMER,
  FIRST_PRICES,
  NEW_PRICES,
  RECIPIENTS,
  RULE,
  SHOP,
  TIME,
  TIME_ZONE,
} from './shop';
import { showNumber } from './show';
import {
  explainUse,
  getQuotas,
  placeHold,
  previewVersion,
  publishVersion,
  quote,
  releaseHold,
  tellUsage,
  type CardPreview,
  type Quotas,
} from './usage-calls';
import { showReports } from './usage-reports';
import { waitFor } from './wait-for';

export const WHATSAPP: Story = {
  title: 'Tollgate: what WhatsApp messages cost, and why',
  facts: [
    'Toko Melati in Jakarta writes to its customers; its plan grants 60 000.00 IDR a month for it.',
    'All of it happens through the HTTP API; the last column is what the balance then holds.',
  ],
  async tell(stage) {
    const { page, checks, platform } = stage;
    const scene = await openScene(stage, SHOP);
    page.heading('A price list, as a file', scene.accountId);
    await importCard(scene, stage);
    await subscribe(scene);
    page.heading('A broadcast: quoted, held, delivered in part');
    await broadcast(scene);
    page.heading('A customer writes');
    await answerCustomer(scene);
    page.heading('The month turns');
    await turnMonth(scene);
    page.paragraph('Accounts on the wall clock turn with the workflow of their zone:', 'quiet');
    page.link(linkToWorkflow(`quota-reset/${TIME_ZONE}`, platform));
    await leaveWindow(scene);
    page.heading('More was sent than was there');
    await owe(scene);
    await settle(scene);
    page.heading('What the month says of it');
    await showReports(scene, stage);
    page.heading('And why?', `${platform.docsUrl}#/Usage/explainUsageEvent`);
    await explain(scene, stage);
    const isRight = isClean(await checkLedger(stage.client, scene.accountId));
    checks.equal('ledger/check finds nothing wrong', isRight, true);
  },
};

async function importCard(scene: Scene, { page, platform, year }: Stage): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  const code = `demo-wa-${randomUUID().slice(0, 8)}`;
  const schema = z.unknown();
  await client.write('POST', '/v1/rate_cards', { body: { ...CARD, code }, schema });
  const first = { effective_from: `${year}-01-01`, rule: RULE, rows: FIRST_PRICES };
  await client.write('POST', `/v1/rate_cards/${code}/versions`, { body: first, schema });
  const file = { code, csv: NEW_PRICES, effectiveFrom: `${year}-01-31` };
  const preview = await previewVersion(client, file);
  const changes = preview.changed.map(
    ({ category, market, changed_by: by }) =>
      `${category} ${market} ${by.rate} (${by.rate_percent ?? '–'} %), fee ${by.fee.fixed} and ${by.fee.percent} %`,
  );
  checks.equal('the preview tells what changes', changes.toSorted(), [
    'authentication ID -50.00 (-20.00 %), fee 30.00 and 10 %',
    'marketing ID 20.00 (4.17 %), fee 0.00 and 0 %',
  ]);
  const added = preview.added.map(({ category, market }) => `${category} ${market}`);
  checks.equal('and what is new', added, ['marketing SG']);
  checks.equal('two prices stay, nothing goes', [preview.unchanged, preview.removed], [2, []]);
  checks.equal('nothing stands in its way', preview.refusal, null);
  page.tables([tableOf(preview)]);
  const { version } = await publishVersion(client, file);
  checks.equal('it is published as version 2', version, 2);
  const named = { body: { whatsapp: code }, schema };
  await client.write('PUT', `/v1/accounts/${accountId}/rate_cards`, named);
  await tell('published from 31 January on, and named for this account');
  page.link(`${platform.docsUrl}#/Rate%20cards`);
}

function tableOf({ changed, added }: CardPreview): Table {
  return {
    headings: ['price per message', 'before', 'after', 'change'],
    rows: [
      ...changed.map(({ category, market, before, after, changed_by: by }) => [
        `${category} ${market}`,
        before.rate,
        after.rate,
        `${by.rate_percent ?? '–'} %`,
      ]),
      ...added.map(({ category, market, rate }) => [`${category} ${market}`, '–', rate, 'new']),
    ],
    totals: [],
  };
}

async function subscribe(scene: Scene): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  const { amount } = (await payTopUp(scene, '590000.00')).order_details.total_amount;
  checks.equal('a top-up of 590 000.00 is paid with 11 % PPN', amount, '654900.00');
  const plan = { plan_code: 'demo_engage', cycle: 'yearly' };
  const { workflow_id: workflowId } = await startSubscription(client, accountId, plan);
  const { whatsapp_balance: balance } = await getQuotas(client, accountId);
  checks.equal('the plan grants its balance at once', balance.initial.amount, '60000.00');
  checks.equal('the top-up paid the year', balance.additional.amount, '0.00');
  await tell('a year of Engage is paid; it grants 100 conversations and 60 000.00 a month', {
    tone: 'good',
    workflowId,
  });
}

async function broadcast(scene: Scene): Promise<void> {
  const { client, accountId, checks, at, tell } = scene;
  const asked = {
    account_id: accountId,
    kind: 'broadcast',
    category: 'marketing',
    recipients: [...RECIPIENTS, ...RECIPIENTS.slice(0, 7)],
  };
  const quoted = await quote(client, asked);
  checks.equal('7 of 107 are named twice', quoted.unique_recipients, 100);
  checks.equal('100 messages of 500.00', quoted.total.amount, '50000.00');
  checks.equal('the balance covers it', quoted.sufficient, true);
  await tell(
    'quoted: 107 recipients, 100 without those named twice, 50 000.00; nothing is stored',
    {
      tone: 'quiet',
    },
  );
  const hold = await placeHold(client, { ...asked, deadline_at: at('02-02') });
  checks.equal('held', hold.reserved, [
    { bucket: 'wallet/initial', asset: 'IDR', amount: '50000.00' },
  ]);
  checks.equal('and not to be spent twice', await readWallet(client, accountId), '10000.00');
  await tell('held: nothing else can spend it; on 2 February it would be free by itself');
  const results = await tellUsage(
    client,
    RECIPIENTS.slice(0, 98).map((to, index) => ({
      ...toMessage(scene, { id: `melati.${index}:delivered`, category: 'marketing', to }),
      hold_id: hold.id,
      broadcast: { id: 'opening', name: 'Opening' },
    })),
  );
  const paid = results.filter(({ rating }) => rating?.amount === '500.00' && rating.version === 2);
  checks.equal('98 are delivered, each for 500.00 by version 2', paid.length, 98);
  await tell('98 of 100 are delivered and paid from what is held', { tone: 'good' });
  const { status, captured, remaining } = await releaseHold(client, hold.id);
  checks.equal('released', [status, remaining], ['released', []]);
  checks.equal('49 000.00 of 50 000.00 are used', captured[0]?.amount, '49000.00');
  checks.equal('two messages come back', await readWallet(client, accountId), '11000.00');
  await tell('released: the 1 000.00 of the two that were not delivered come back');
}

async function answerCustomer(scene: Scene): Promise<void> {
  const { client, accountId, checks, at, tell } = scene;
  const [written] = await tellUsage(client, [
    {
      id: 'customer.1',
      account_id: accountId,
      type: 'wa_inbound',
      from: CUSTOMER,
      occurred_at: at('01-31'),
    },
  ]);
  checks.equal('what a customer writes is free', written?.rating?.amount, '0.00');
  await tell('a customer writes at noon: the window of 24 hours opens, one visitor is counted');
  const results = await tellUsage(
    client,
    ['utility', 'marketing', 'authentication', 'service'].map((category) =>
      toMessage(scene, { id: `window.${category}`, category }),
    ),
  );
  const costs = results.map(({ rating }) => [rating?.amount, rating?.zero_reason ?? 'charged']);
  checks.equal('within the window', costs, [
    ['0.00', 'customer_service_window'],
    ['500.00', 'charged'],
    ['250.00', 'charged'],
    ['0.00', 'covered_by_quota'],
  ]);
  await tell('within it utility is free, a service reply takes one of 100 conversations', {
    tone: 'good',
  });
  await tell('marketing is not free: 500.00; a code to sign in: 200.00 and a fee of 50.00');
}

async function turnMonth(scene: Scene): Promise<void> {
  const { client, accountId, checks, at, tell, advanceTo } = scene;
  const before = await getQuotas(client, accountId);
  const [year] = at('01-31').split('-', 1);
  checks.equal('January', [before.month, conversationsOf(before)], [`${year}-01`, [100, 1, 99]]);
  await advanceTo('02-01');
  const after = await getQuotas(client, accountId);
  checks.equal('February', [after.month, conversationsOf(after)], [`${year}-02`, [100, 0, 100]]);
  const { initial } = after.whatsapp_balance;
  checks.equal('10 250.00 of January and 60 000.00', initial.amount, '70250.00');
  const told = await listEvents(client, accountId);
  const resets = told.filter(({ type }) => type === 'quota.reset');
  checks.equal('it is told once', resets.length, 1);
  await tell('99 conversations of January are gone, 100 of February are there');
  await tell('the balance rolls over, and 60 000.00 come on top', { tone: 'good' });
}

function conversationsOf({ items }: Quotas) {
  const quota = items.find(({ asset }) => asset === 'wa_conversation');
  return [quota?.initial, quota?.used, quota?.remaining];
}

/** The window that opened at noon ends at noon: one second before it is open, on the second it is not. */
async function leaveWindow(scene: Scene): Promise<void> {
  const { client, checks, at, tell } = scene;
  const noon = at('02-01');
  const before = noon.replace(TIME, 'T04:59:59Z');
  const results = await tellUsage(client, [
    { ...toMessage(scene, { id: 'last.second', category: 'utility' }), occurred_at: before },
    { ...toMessage(scene, { id: 'after.window', category: 'utility' }), occurred_at: noon },
  ]);
  const amounts = results.map(({ rating }) => rating?.amount);
  checks.equal('the window ends on the second', amounts, ['0.00', '250.00']);
  await tell('a utility message at 11:59:59 is free, one at 12:00:00 costs 250.00');
}

async function owe(scene: Scene): Promise<void> {
  const { client, accountId, checks, at, tell } = scene;
  const sent = Array.from({ length: 150 }, (_, index) => ({
    ...toMessage(scene, { id: `till.${index}`, category: 'marketing' }),
    occurred_at: at('02-01'),
    mode: 'record',
  }));
  const results = await tellUsage(client, sent);
  const isCharged = results.every(({ outcome }) => outcome === 'charged');
  checks.equal('what was sent is charged', isCharged, true);
  const { whatsapp_balance: balance } = await getQuotas(client, accountId);
  checks.equal('70 000.00 less 75 000.00', balance.additional.amount, '-5000.00');
  checks.equal('the balance of the plan is used up', balance.initial.amount, '0.00');
  await tell('150 messages went out by another system and are recorded: 75 000.00', {
    tone: 'bad',
  });
  const next = { ...toMessage(scene, { id: 'refused', category: 'marketing' }) };
  const [refused] = await tellUsage(client, [{ ...next, occurred_at: at('02-01') }]);
  checks.equal('the next one is refused', refused?.reason, 'insufficient_balance');
  await tell('what is asked for before it is sent is refused: the balance is below zero', {
    tone: 'quiet',
  });
}

async function settle(scene: Scene): Promise<void> {
  const { client, accountId, checks, role, tell } = scene;
  const body = { target: 'whatsapp_balance', amount: '5000.00' };
  const path = `/v1/accounts/${accountId}/top_ups`;
  const schema = topUpSchema.extend({
    order_details: topUpSchema.shape.order_details.extend({ note: z.string().nullable() }),
  });
  const order = await client.write('POST', path, { body, schema });
  const { note, total_amount: total } = order.order_details;
  checks.equal(
    'the least top-up is told',
    note,
    'A WhatsApp top-up is at least 1000000.00 IDR, so 5000.00 IDR was raised to that.',
  );
  checks.equal('1 000 000.00 and 11 % PPN', total.amount, '1110000.00');
  await payOnHostedPage(order.checkout_url ?? '', role.payment);
  const paid = await waitFor(() => getTopUp(client, order.id), {
    waitingFor: 'confirmed payment',
    isThere: ({ status }) => status === 'paid',
  });
  const { whatsapp_balance: balance } = await getQuotas(client, accountId);
  checks.equal('1 000 000.00 less the debt', balance.additional.amount, '995000.00');
  await tell(`a top-up: ${showNumber(total.amount)} paid, the 5 000.00 that were owed settled`, {
    tone: 'good',
    workflowId: paid.workflow_id,
  });
}

async function explain({ client, accountId, checks }: Scene, { page, year }: Stage): Promise<void> {
  const version = `version 2 of “Toko Melati’s prices”, in force since ${year}-01-31`;
  for (const [eventId, sentence] of [
    [
      'after.window',
      `This utility message to ID cost 250.00 IDR: 250.00 IDR per message by ${version}, paid from the balance your plan grants.`,
    ],
    [
      'window.utility',
      'This utility message to ID cost nothing: the customer had written in the 24 hours before it, as we saw ourselves.',
    ],
  ] as const) {
    const told = await explainUse(client, accountId, eventId);
    checks.equal(`${eventId} is explained`, told, sentence);
    page.paragraph(`“${told}”`);
  }
}

/** A delivered message to the customer who wrote, or to another, a minute after the noon of 31 January. */
function toMessage(
  { accountId, at }: Scene,
  {
    id,
    category,
    to = CUSTOMER,
  }: { readonly id: string; readonly category: string; readonly to?: string },
) {
  const occurredAt = at('01-31').replace(TIME, 'T05:01:00Z');
  return {
    id,
    account_id: accountId,
    type: 'wa_message',
    category,
    to,
    occurred_at: occurredAt,
  };
}
