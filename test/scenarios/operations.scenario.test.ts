/** What operators see in Temporal: the list filters of docs/operations.md, and the details of a workflow. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { subscriptionSchema } from '../../scripts/story/answers';
import { createApiClient } from '../../scripts/story/api-client';
import {
  cancelSubscription,
  createAccount,
  createTestClock,
  getSubscription,
  listEvents,
  listPayments,
  saveAddress,
  startTopUp,
} from '../../scripts/story/billing-calls';
import {
  findOffered,
  getNumber,
  payOrder,
  placeOrder,
  waitForDelivery,
  waitForNumber,
} from '../../scripts/story/number-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { createCommandSender } from '../../gateways/workflow-commands';
import { monthOf, nextMonth, startOfMonth } from '../../domain/calendar';
import { buildQuotaResetStart, quotaResetWorkflowId } from '../../workflows/quota-reset.messages';
import {
  ADDRESS,
  advance,
  fund,
  newCustomer,
  openStage,
  orderTopUp,
  PLAN,
  postSubscription,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(60_000);

const AT = '2027-01-31T07:00:00.000Z';

let stage: Stage;
let temporal: Client;
/** By what became of it: workflow ids of one customer each. */
let workflows: Record<
  | 'active'
  | 'past_due'
  | 'suspended'
  | 'ended'
  | 'order'
  | 'resold_order'
  | 'refund'
  | 'held_number'
  | 'month',
  string
>;
let partnerId: string;
let customers: Record<'active' | 'past_due' | 'suspended' | 'ended', Customer>;

beforeAll(async () => {
  stage = await openStage();
  const { temporalAddress: address, temporalNamespace: namespace } = stage.platform;
  const connection = await Connection.connect({ address });
  temporal = new Client({ connection, namespace });
  const [active, pastDue, suspended, ended] = await Promise.all([
    subscribe('300.00', '2027-02-28T07:00:00Z'),
    subscribe('150.00', '2027-02-28T07:00:00Z'),
    subscribe('100.00', '2027-03-07T07:00:00Z'),
    subscribe('100.00', '2027-02-10T07:00:00Z'),
  ]);
  await cancelSubscription(stage.client, ended.id, { at: 'now', reason: 'moved away' });
  const order = await orderTopUp(stage, active.customer, '100.00');
  workflows = {
    active: `subscription/${active.id}`,
    past_due: `subscription/${pastDue.id}`,
    suspended: `subscription/${suspended.id}`,
    ended: `subscription/${ended.id}`,
    order: order.workflow_id,
    resold_order: await orderOfReseller(),
    held_number: await holdNumber(),
    month: await awaitMonth(),
    refund: await refundInSilence(),
  };
  customers = {
    active: active.customer,
    past_due: pastDue.customer,
    suspended: suspended.customer,
    ended: ended.customer,
  };
});
afterAll(async () => {
  await temporal?.connection.close();
  await stage?.platform.stop();
});

/** The month of a time zone, which the reconciliation would start within a minute, too. */
async function awaitMonth(): Promise<string> {
  const timeZone = 'Europe/Istanbul';
  const workflowId = quotaResetWorkflowId(timeZone);
  const month = nextMonth(monthOf(new Date().toISOString(), timeZone));
  const at = startOfMonth(month, timeZone);
  const sender = createCommandSender({
    client: temporal,
    taskQueue: 'billing',
    nowMs: () => Date.now(),
  });
  const start = buildQuotaResetStart({ version: 1, timeZone, month, at });
  await sender.restart(workflowId, start);
  return workflowId;
}

/** A number whose auto-pay is off, on its due date. */
async function holdNumber(): Promise<string> {
  const { client } = stage;
  const customer = await newCustomer(stage, { at: AT });
  await fund(stage, customer, '170.00');
  const { number } = await findOffered(client, 'country=TR&type=local&capabilities=sms,voice');
  const wanted = { number, required_capabilities: ['sms'] };
  const order = await placeOrder(client, customer.accountId, [wanted]);
  await payOrder(client, order.id, { mode: 'wallet', confirmed_capabilities: ['sms'] });
  const [item] = (await waitForDelivery(client, order.id)).items;
  const id = item?.delivered_id ?? '';
  await client.write('PATCH', `/v1/phone_numbers/${id}`, {
    body: { auto_pay: false },
    schema: z.unknown(),
  });
  await advance(stage, customer, '2027-02-28T07:00:00Z');
  return (await waitForNumber(client, id, 'on_hold')).workflow_id;
}

/** A refund that a gateway, silent from now on, has not answered. */
async function refundInSilence(): Promise<string> {
  const { client, sandbox } = stage;
  const customer = await newCustomer(stage, { at: AT });
  await fund(stage, customer, '100.00');
  const [payment] = await listPayments(client, customer.accountId);
  await sandbox.addFault({
    kind: 'timeout_before',
    operation: 'refund.create',
    count: 100,
    customer_reference: customer.accountId,
  });
  const refund = await client.write('POST', `/v1/payments/${payment?.id}/refund`, {
    body: {},
    schema: z.object({ workflow_id: z.string() }),
  });
  return refund.workflow_id;
}

/** An order of a reseller's account, made with the reseller's own key. */
async function orderOfReseller(): Promise<string> {
  const { client, platform } = stage;
  const partner = await client.write('POST', '/v1/partners', {
    body: { name: 'Reseller' },
    schema: z.object({ id: z.string() }),
  });
  partnerId = partner.id;
  const { secret } = await client.write('POST', '/v1/api_keys', {
    body: { role: 'partner', partner_id: partnerId, scopes: ['read', 'write'], name: 'reseller' },
    schema: z.object({ secret: z.string() }),
  });
  const reseller = createApiClient({ baseUrl: platform.apiUrl, apiKey: secret });
  const clock = await createTestClock(reseller, { name: 'scenario', frozen_at: AT });
  const account = await createAccount(reseller, {
    name: 'Resold',
    country: 'TR',
    currency: 'TRY',
    time_zone: 'Europe/Istanbul',
    test_clock_id: clock.id,
  });
  await saveAddress(reseller, account.id, ADDRESS);
  const order = await startTopUp(reseller, account.id, { amount: '10.00', currency: 'TRY' });
  return order.workflow_id;
}

async function subscribe(
  amount: string,
  until: string,
): Promise<{ customer: Customer; id: string }> {
  const customer = await newCustomer(stage, { at: AT });
  await fund(stage, customer, amount);
  const answer = await postSubscription(stage, customer);
  const { id } = subscriptionSchema.parse(answer.body);
  await advance(stage, customer, until);
  return { customer, id };
}

/** The ids a filter finds, in the order of their spelling; of months only the one that was begun here. */
async function find(query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query })) ids.push(workflowId);
  const ours = (id: string) => !id.startsWith('quota-reset/') || id === workflows.month;
  return ids.filter(ours).toSorted();
}

/** Visibility follows the history within moments: asked until it says what it must. */
async function expectFound(query: string, names: readonly (keyof typeof workflows)[]) {
  const expected = names.map((name) => workflows[name]).toSorted();
  const found = await waitFor(() => find(query), {
    waitingFor: `${expected.length} workflows for ${query}`,
    isThere: (ids) => ids.join() === expected.join(),
  });
  expect(found).toEqual(expected);
}

describe('the list filters', () => {
  it('LifecycleKind and LifecycleState find who is past due, suspended or active', async () => {
    const kind = `LifecycleKind = 'subscription' and ExecutionStatus = 'Running'`;
    await expectFound(`${kind} and LifecycleState = 'past_due'`, ['past_due']);
    await expectFound(`${kind} and LifecycleState = 'suspended'`, ['suspended']);
    await expectFound(`${kind} and LifecycleState = 'active'`, ['active']);
    await expectFound(kind, ['active', 'past_due', 'suspended']);
    await expectFound(
      `LifecycleKind = 'order' and LifecycleState = 'awaiting_payment' and ExecutionStatus = 'Running'`,
      ['order', 'resold_order'],
    );
  });

  it('without ExecutionStatus a closed run is found by the state it ended with', async () => {
    await expectFound(`LifecycleKind = 'subscription' and LifecycleState = 'ended'`, ['ended']);
    await expectFound(
      `LifecycleKind = 'subscription' and LifecycleState = 'ended' and ExecutionStatus = 'Running'`,
      [],
    );
  });

  it('AccountId finds all that an account has', async () => {
    const of = (customer: Customer) =>
      `AccountId = '${customer.accountId}' and ExecutionStatus = 'Running'`;
    await expectFound(of(customers.active), ['active', 'order']);
    await expectFound(of(customers.past_due), ['past_due']);
    await expectFound(of(customers.ended), []);
  });

  it('NextActionAt finds what happens in a span of time, in what order, and what rests', async () => {
    const running = `LifecycleKind = 'subscription' and ExecutionStatus = 'Running'`;
    await expectFound(
      `NextActionAt between '2027-03-01T00:00:00Z' and '2027-03-02T00:00:00Z' and ${running}`,
      ['past_due'],
    );
    await expectFound(`NextActionAt < '2027-04-01T00:00:00Z' and ${running}`, [
      'active',
      'past_due',
    ]);
    await expectFound(`NextActionAt > '2027-04-01T00:00:00Z' and ${running}`, ['suspended']);
    await expectFound(`NextActionAt is null and ${running}`, []);
  });

  it('PlanCode finds the subscribers of a plan', async () => {
    await expectFound(`PlanCode = '${PLAN}' and ExecutionStatus = 'Running'`, [
      'active',
      'past_due',
      'suspended',
    ]);
    await expectFound(`PlanCode = 'growth' and ExecutionStatus = 'Running'`, []);
  });

  it('WorkflowId finds one by the kind its id begins with', async () => {
    await expectFound(`WorkflowId starts_with 'order/' and ExecutionStatus = 'Running'`, [
      'order',
      'resold_order',
    ]);
  });
});

/** What each filter of docs/operations.md must find here, by its question. */
const ANSWERS: Readonly<Record<string, readonly (keyof typeof workflows)[]>> = {
  'Everything of one account': ['active', 'order'],
  'Everything of one reseller’s accounts': ['resold_order'],
  'Who is behind with paying': ['past_due'],
  'Who is stopped for want of money': ['suspended'],
  'Who is on a plan': ['active', 'past_due', 'suspended'],
  'What happens until an instant': [
    'active',
    'past_due',
    'order',
    'resold_order',
    'refund',
    'held_number',
    'month',
  ],
  'Orders that wait for money': ['order', 'resold_order'],
  'Refunds the gateway has not answered': ['refund'],
  'Disputes the bank has not decided': [],
  'Disputes that do not fit our payment': [],
  'Statements of resellers to be approved': [],
  'Payouts a bank has not answered': [],
  'Packages that end soon': [],
  'Phone numbers on hold': ['held_number'],
  'Phone numbers that do not pay by themselves': ['held_number'],
  'Phone numbers being given back': [],
  'Months that are about to turn': ['month'],
  'Months that left accounts behind': [],
  'What ended otherwise than by itself': [],
};

/** Question and filter of each row of the table in docs/operations.md. */
function readDocumentedFilters(): [question: string, filter: string][] {
  const file = path.join(__dirname, '../../docs/operations.md');
  const [, section = ''] = readFileSync(file, 'utf8').split('### Filters for the Temporal UI');
  const rows = section.split('\n## ')[0]?.matchAll(/^\| ([^|]+?) +\| `([^`]+)` +\|$/gm) ?? [];
  return [...rows].map(([, question = '', filter = '']) => [question.replace("'", '’'), filter]);
}

describe('the filters of docs/operations.md', () => {
  it('are the ones known here', () => {
    expect(readDocumentedFilters().map(([question]) => question)).toEqual(Object.keys(ANSWERS));
  });

  it.each(readDocumentedFilters())('%s', async (question, filter) => {
    // Runs that are over keep their last attributes.
    expect(filter).toContain('ExecutionStatus');
    const query = filter
      .replace('acct_…', customers.active.accountId)
      .replace('prt_…', partnerId)
      .replace(`'growth'`, `'${PLAN}'`)
      .replace('2027-02-01', '2027-04-01');
    await expectFound(query, ANSWERS[question] ?? []);
  });
});

interface Metadata {
  readonly currentDetails?: string;
  readonly definition?: {
    readonly updateDefinitions?: readonly {
      readonly name?: string;
      readonly description?: string;
    }[];
  };
}

function readMetadata(workflowId: string): Promise<Metadata> {
  return temporal.workflow.getHandle(workflowId).query<Metadata>('__temporal_workflow_metadata');
}

describe('the details of a workflow', () => {
  it('say in plain words what happens next, when and why, as the API does', async () => {
    const { currentDetails } = await readMetadata(workflows.past_due);
    expect(currentDetails).toContain(
      '**past_due**. Next: **retry_payment** at 2027-03-01T07:00:00.000Z, because unpaid since 2027-02-28T07:00:00.000Z',
    );
    const id = workflows.past_due.replace('subscription/', '');
    const { next_action: next } = await getSubscription(stage.client, id);
    expect(currentDetails).toContain(next?.reason);
    expect(currentDetails).toContain('Follows a test clock, now at 2027-02-28T07:00:00.000Z');
  });

  it('tell for an order what it waits for', async () => {
    const { currentDetails } = await readMetadata(workflows.order);
    expect(currentDetails).toContain('**awaiting_payment**. Next: **check_payment**');
    expect(currentDetails).toContain('waiting for the payment');
  });

  it('list the commands it takes, and the summary names it without personal facts', async () => {
    const { definition } = await readMetadata(workflows.active);
    expect(definition?.updateDefinitions?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['cancelSubscription', 'resumeSubscription', 'advanceClock']),
    );
    const description = await temporal.workflow.getHandle(workflows.active).describe();
    const id = workflows.active.replace('subscription/', '');
    expect(await description.staticSummary()).toBe(
      `subscription ${id} of ${customers.active.accountId}`,
    );
  });

  it('name the step in the summaries of activities in the history', async () => {
    const { events } = await temporal.workflow.getHandle(workflows.past_due).fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) => {
      const encoded = userMetadata?.summary?.data;
      return encoded ? [Buffer.from(encoded).toString('utf8')] : [];
    });
    expect(summaries).toEqual(expect.arrayContaining(['"start"', '"renew 2027-02-28"']));
  });
});

describe('what operators do to a phone number', () => {
  const id = () => workflows.held_number.replace('phone-number/', '');
  const act = (action: string, body: Readonly<Record<string, string>>) =>
    stage.client.send('POST', `/v1/phone_numbers/${id()}/${action}`, {
      body: { reason: 'agreed with Asha on the phone', ...body },
    });

  it('R2.15 finds it on hold by the filter that the handbook names', async () => {
    const query = 'LifecycleKind="phone_number" and LifecycleState="on_hold"';
    await expectFound(query, ['held_number']);
  });

  it('R2.17 keeps it for longer, and says so in the workflow’s details', async () => {
    const extended = await act('extend_grace', { until: '2027-03-20T07:00:00Z' });
    expect({ status: extended.status, body: extended.body }).toMatchObject({
      status: 200,
      body: {
        hold: { reason: 'auto_pay_off', releases_at: '2027-03-20T07:00:00.000Z' },
        operator_note: 'An operator extended grace until 2027-03-20T07:00:00.000Z.',
      },
    });
    const { currentDetails } = await readMetadata(workflows.held_number);
    expect(currentDetails).toContain('An operator extended grace until 2027-03-20T07:00:00.000Z.');
  });

  it('R2.17 is in the audit with its reason and key, and in no history', async () => {
    const events = await listEvents(stage.client, (await accountOf(id())).account_id);
    const audited = events.filter(({ type }) => type === 'phone_number.grace_extended');
    expect(audited).toMatchObject([
      {
        subject_id: id(),
        data: {
          operator_key_id: expect.stringMatching(/^key_/),
          operator_note: 'agreed with Asha on the phone',
        },
      },
    ]);
    const { number } = await getNumber(stage.client, id());
    const handle = temporal.workflow.getHandle(workflows.held_number);
    const history = textOf(await handle.fetchHistory());
    expect(history).toContain('extendGrace');
    expect(history).toContain('"noteId":');
    expect(history).not.toContain('Asha');
    expect(history).not.toContain(number);
  });

  it('R2.17 cannot renew what nobody pays, may waive it, and gives it back at once', async () => {
    expect(await act('force_renewal', {})).toMatchObject({
      status: 402,
      body: { code: 'insufficient_balance', missing: { amount: '120.00', currency: 'TRY' } },
    });
    expect(await act('waive_rent', {})).toMatchObject({
      status: 200,
      body: { status: 'active', current_period: { number: 2 } },
    });
    expect((await act('release_now', {})).status).toBe(200);
    expect((await waitForNumber(stage.client, id(), 'released')).next_action).toBeNull();
    expect(await act('waive_rent', {})).toMatchObject({ status: 409 });
  });
});

function accountOf(id: string): Promise<{ readonly account_id: string }> {
  const schema = z.object({ account_id: z.string() });
  return stage.client.read(`/v1/phone_numbers/${id}`, schema);
}

/** All words of a history, its payloads among them. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).join(' ');
}
