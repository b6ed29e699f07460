/**
 * Owns: the story of a reseller: the plans it is offered, its pool, its customers, a month that turns, a plan that is
 * archived, one that ends, and its share of what a customer pays.
 * Does not own: the API's calls (reseller-calls.ts, billing-calls.ts), the plans and names (reseller.ts).
 * The figures are written out. What the wallet holds is net of tax: in India a payment bears it as it comes in.
 */
import { randomUUID } from 'node:crypto';
import { accountSchema } from './answers';
import { createApiClient, type ApiClient } from './api-client';
import { createAccount, refusalOf, saveAddress } from './billing-calls';
import { checkLedger, isClean, readWallet } from './books';
import { linkToWorkflow } from './find-platform';
import type { Stage, Story } from './open-stage';
import type { Table } from './page-layout';
import { CUSTOMERS, PLANS, RESELLER } from './reseller';
import {
  approveStatement,
  assignPlan,
  changePlan,
  createKey,
  createPartner,
  createPlan,
  endAssignment,
  listPlanNames,
  payOut,
  readAllocation,
  readAssignment,
  readInvoice,
  readStatement,
  switchPlan,
  transfer,
  type Allocation,
  type Statement,
} from './reseller-calls';
import { savePdf } from './save-pdf';
import { openScene, payTopUp, type Scene } from './scene';
import { showNumber } from './show';
import { tellUsage } from './usage-calls';

const ALL_SHARES = 'LifecycleKind="revenue_share"';

interface Shop {
  readonly stage: Stage;
  readonly scene: Scene;
  readonly partnerId: string;
  /** With the reseller's own key. */
  readonly own: ApiClient;
}

interface PlanIds {
  readonly pool: string;
  readonly team: string;
  readonly pair: string;
}

/** Ids of the three customers' accounts. */
interface Customers {
  readonly clinic: string;
  readonly bakery: string;
  readonly school: string;
}

export const RESELLERS: Story = {
  title: 'Tollgate: a reseller, its pool and its share',
  facts: [
    'Sahyadri Cloud in Pune takes a plan as its pool and hands plans out of it to three customers.',
    'All of it happens through the HTTP API; the last column is what the reseller’s wallet then holds.',
  ],
  async tell(stage) {
    const { page, checks } = stage;
    const shop = await openShop(stage);
    const { scene } = shop;
    page.heading('The platform makes plans', scene.accountId);
    const plans = await makePlans(shop);
    page.heading('The reseller takes its own plan: the pool');
    await takePool(shop, plans);
    page.heading('Three customers');
    const customers = await makeCustomers(shop);
    await handOut(shop, plans, customers);
    page.heading('What is used');
    await useMessages(shop, customers);
    page.heading('A month passes; a plan is dearer, then archived');
    await turnMonth(shop, plans, customers);
    page.heading('A plan ends');
    await endOne(shop, customers);
    page.heading('The share of January');
    await payShare(shop);
    for (const accountId of [scene.accountId, ...Object.values(customers)]) {
      const isRight = isClean(await checkLedger(stage.client, accountId));
      checks.equal(`ledger/check finds nothing wrong in ${accountId}`, isRight, true);
    }
  },
};

async function openShop(stage: Stage): Promise<Shop> {
  const { client } = stage;
  let partnerId = '';
  const scene = await openScene(stage, RESELLER, async (operator, body) => {
    const partner = await createPartner(operator, body);
    partnerId = partner.id;
    return { id: partner.house_account_id };
  });
  const apiKey = await createKey(client, {
    role: 'partner',
    partner_id: partnerId,
    scopes: ['read', 'write'],
  });
  const own = createApiClient({ baseUrl: client.baseUrl, apiKey });
  return { stage, scene, partnerId, own };
}

async function makePlans({ scene, own, partnerId }: Shop): Promise<PlanIds> {
  const { client, checks, tell } = scene;
  const mark = randomUUID().slice(0, 8);
  const make = async (name: keyof typeof PLANS) =>
    (await createPlan(client, { ...PLANS[name], plan_name: `demo ${name} ${mark}` })).id;
  const plans = { pool: await make('pool'), team: await make('team'), pair: await make('pair') };
  await tell('a pool of 10 000 messages for 4 999.00, Team for 999.00, Pair for 1 499.00 (25 %)');
  const search = `/v1/partner_plans?search=${mark.toUpperCase()}`;
  const found = await listPlanNames(client, search);
  checks.equal('a search finds them by their internal names', found, [
    'Reseller 10k',
    'Team',
    'Pair',
  ]);
  await switchPlan(client, plans.pair, 'hide');
  const hidden = await listPlanNames(client, `${search}&visibility=hidden`);
  checks.equal('one is hidden', hidden, ['Pair']);
  const seen = await own.send('GET', `/v1/partner_plans/${plans.pair}`);
  checks.equal('to the reseller it does not exist', seen.status, 404);
  const offered = await own.send('GET', `/v1/partners/${partnerId}/plans?limit=100`);
  checks.equal('nor is it on offer', JSON.stringify(offered.body).includes(plans.pair), false);
  checks.equal('no internal name is told', JSON.stringify(offered.body).includes(mark), false);
  await tell('Pair is hidden: the reseller’s key gets a 404, and no internal name ever', {
    tone: 'quiet',
  });
  await switchPlan(client, plans.pair, 'show');
  await tell('and is shown again');
  return plans;
}

async function takePool({ scene, own, partnerId }: Shop, { pool }: PlanIds): Promise<void> {
  const { accountId, checks, tell } = scene;
  const { amount } = (await payTopUp(scene, '20000.00')).order_details.total_amount;
  checks.equal('a top-up of 20 000.00 is paid with 18 % IGST', amount, '23600.00');
  await tell(`a top-up of 20 000.00: ${showNumber(amount)} paid`);
  const taken = await assignPlan(own, `/v1/partners/${partnerId}`, pool);
  checks.equal('it pays its own plan', await readWallet(own, accountId), '15001.00');
  await tell('its own plan is paid; what it holds can be handed out', {
    tone: 'good',
    workflowId: taken.workflow_id,
  });
}

async function makeCustomers({ stage, scene, own }: Shop): Promise<Customers> {
  const { test_clock_id: clockId } = await stage.client.read(
    `/v1/accounts/${scene.accountId}`,
    accountSchema,
  );
  const onClock = clockId === null ? {} : { test_clock_id: clockId };
  const ids: string[] = [];
  for (const customer of CUSTOMERS) {
    ids.push((await createAccount(own, { ...customer, ...onClock })).id);
  }
  const [clinic = '', bakery = '', school = ''] = ids;
  // It pays for itself, so its invoices need an address.
  await saveAddress(own, school, { ...RESELLER.address, business_name: 'School' });
  await scene.tell('a clinic, a bakery and a school, made with the reseller’s own key');
  return { clinic, bakery, school };
}

async function handOut(shop: Shop, plans: PlanIds, customers: Customers): Promise<void> {
  const { scene, own, partnerId } = shop;
  const { accountId, checks, tell } = scene;
  const { clinic, bakery, school } = customers;
  await assignPlan(own, `/v1/accounts/${clinic}`, plans.team);
  await assignPlan(own, `/v1/accounts/${bakery}`, plans.team);
  checks.equal('the reseller pays both', await readWallet(own, accountId), '13003.00');
  await tell('Team for the clinic and the bakery: the reseller pays, and sells it as it likes');
  const refusal = await refusalOf(own, `/v1/accounts/${school}/partner_plan`, {
    partner_plan_id: plans.team,
    cycle: 'monthly',
  });
  checks.equal('a third Team is more than the pool has', refusal.code, 'pool_exhausted');
  await tell(`refused: ${refusal.detail}`, { tone: 'bad' });
  await transfer(own, partnerId, { accountId: school, amount: '5000.00' });
  checks.equal('money went over', await readWallet(own, accountId), '8003.00');
  await tell('5 000.00 go to the school’s wallet');
  await assignPlan(own, `/v1/accounts/${school}`, plans.pair);
  checks.equal('the school pays Pair itself', await readWallet(own, school), '3501.00');
  await tell('Pair for the school, which pays 1 499.00 itself', { tone: 'good' });
  const apiKey = await createKey(scene.client, {
    role: 'account',
    account_id: clinic,
    scopes: ['read'],
  });
  const theirs = createApiClient({ baseUrl: own.baseUrl, apiKey });
  const shown = await readAssignment(theirs, `/v1/accounts/${clinic}`);
  const seen = [shown.display_name, shown.paid_by, shown.price];
  checks.equal('the clinic sees its plan, not its price', seen, ['Team', 'partner', null]);
  const house = await theirs.send('GET', `/v1/accounts/${accountId}`);
  checks.equal('nor the reseller’s account', house.status, 404);
  await tell('the clinic’s key sees Team, and neither its price nor the reseller', {
    tone: 'quiet',
  });
}

async function useMessages(shop: Shop, { clinic }: Customers): Promise<void> {
  const { scene, stage } = shop;
  const { client, checks, at, tell } = scene;
  const [result] = await tellUsage(client, [
    {
      id: 'reminders',
      account_id: clinic,
      type: 'message',
      channel: 'sms',
      quantity: 250,
      occurred_at: at('01-31'),
    },
  ]);
  checks.equal('250 messages of the clinic', result?.outcome, 'charged');
  const pool = await readPool(shop);
  checks.equal('the pool of January', linesOf(pool), [
    ['messages', 10_000, 9_000, 250, 1_000],
    ['wa_conversations', 1_000, 900, 0, 100],
    ['team_members', 10, 9, 0, 1],
  ]);
  await tell('the clinic sends 250 messages');
  stage.page.tables([tableOfPool(pool)]);
}

async function turnMonth(shop: Shop, { team }: PlanIds, customers: Customers): Promise<void> {
  const { scene, own } = shop;
  const { client, accountId, checks, tell, advanceTo } = scene;
  const changed = await changePlan(client, team, { prices: { monthly: '1099.00' } });
  checks.equal('a plan in use gets a new version', changed.version, 2);
  await switchPlan(client, team, 'archive');
  await tell('Team costs 1 099.00 for whoever is new, and then is archived', { tone: 'quiet' });
  const refusal = await refusalOf(own, `/v1/accounts/${customers.bakery}/partner_plan/change`, {
    partner_plan_id: team,
    cycle: 'monthly',
  });
  checks.equal('nobody new gets it', refusal.code, 'plan_not_assignable');
  await tell(`refused: ${refusal.detail}`, { tone: 'bad' });
  await advanceTo('02-28');
  checks.equal('4 999.00 and two old 999.00', await readWallet(own, accountId), '1006.00');
  checks.equal('the school paid its 1 499.00', await readWallet(own, customers.school), '2002.00');
  const kept = await readAssignment(own, `/v1/accounts/${customers.clinic}`);
  const state = [kept.version, kept.price?.amount, kept.status];
  checks.equal('who had it has it as it was', state, [1, '999.00', 'active']);
  const [messages] = linesOf(await readPool(shop));
  checks.equal('nothing is used of the new month', messages, ['messages', 10_000, 9_000, 0, 1_000]);
  await tell('all renew, the clinic and the bakery at the price they had', { tone: 'good' });
}

async function endOne(shop: Shop, { bakery }: Customers): Promise<void> {
  const { own, stage, scene } = shop;
  const { accountId, checks, tell } = scene;
  await endAssignment(own, `/v1/accounts/${bakery}`);
  checks.equal('the month that just began comes back', await readWallet(own, accountId), '2005.00');
  const pool = await readPool(shop);
  checks.equal('and so do its benefits', linesOf(pool), [
    ['messages', 10_000, 5_000, 0, 5_000],
    ['wa_conversations', 1_000, 500, 0, 500],
    ['team_members', 10, 5, 0, 5],
  ]);
  await tell('the bakery’s Team ends: its money and its part of the pool are back');
  stage.page.tables([tableOfPool(pool)]);
}

async function payShare({ scene, stage, partnerId }: Shop): Promise<void> {
  const { client, accountId, checks, tell } = scene;
  const month = `${stage.year}-01`;
  const closed = await readStatement(client, partnerId, month);
  checks.equal('January is closed', closed.status, 'awaiting_approval');
  checks.equal('25 % of what the school paid', closed.accrued.amount, '374.75');
  stage.page.tables([tableOfStatement(closed, month)]);
  const approved = await approveStatement(client, partnerId, month);
  checks.equal('the platform approves it', approved.status, 'approved');
  const invoice = await readInvoice(client, approved.document_id ?? '');
  const written = [invoice.kind, invoice.total.amount];
  checks.equal('which writes the reseller’s invoice', written, ['self_billed_invoice', '374.75']);
  const { status, amount } = await payOut(client, partnerId, month);
  checks.equal('it is paid', [status, amount.amount], ['paid', '374.75']);
  checks.equal('into its wallet', await readWallet(client, accountId), '2379.75');
  await tell('the share of January is approved and paid into the wallet', { tone: 'good' });
  stage.page.link(linkToWorkflow(`revenue-share/${partnerId}`, stage.platform));
  stage.page.link(ALL_SHARES);
  await savePdf(invoice, stage);
}

function readPool({ own, partnerId }: Shop): Promise<Allocation> {
  return readAllocation(own, partnerId);
}

function linesOf({ items }: Allocation) {
  return items.map(({ benefit, total, allocated, used, free }) => [
    benefit,
    total,
    allocated,
    used,
    free,
  ]);
}

function tableOfPool(pool: Allocation): Table {
  return {
    headings: ['pool', 'total', 'allocated', 'used', 'free'],
    rows: linesOf(pool).map(([benefit, ...figures]) => [
      String(benefit).replace('wa_', 'WhatsApp ').replace('_', ' '),
      ...figures.map((figure) => showNumber(String(figure ?? '–'))),
    ]),
    totals: [],
  };
}

function tableOfStatement(statement: Statement, month: string): Table {
  const { collected, base, share_bps: bps, accrued, clawed_back: back, payable } = statement;
  return {
    headings: [`statement of ${month}`, payable.currency],
    rows: [
      ['collected from customers, net of tax', showNumber(collected.amount)],
      ['base', showNumber(base.amount)],
      [`accrued, ${(bps ?? 0) / 100} %`, showNumber(accrued.amount)],
      ['clawed back', showNumber(back.amount)],
    ],
    totals: [['payable', showNumber(payable.amount)]],
  };
}
