/** Changing a plan over HTTP, on real parts: at once, on a day to come, and with a pause in between. */
import { z } from 'zod';
import { subscriptionSchema } from '../../scripts/story/answers';
import { cancelSubscription, resumeSubscription } from '../../scripts/story/billing-calls';
import {
  advance,
  expectBooks,
  fund,
  listMoney,
  listStory,
  newCustomer,
  openStage,
  postSubscription,
  problemOf,
  readUnits,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(60_000);

// 10:00 in Istanbul on the 31st, which is three hours ahead of UTC all year.
const AT = '2027-01-31T07:00:00.000Z';
/** 14 of the 28 days of the first period are left. */
const MIDDLE = '2027-02-14T07:00:00.000Z';
const FIRST_END = '2027-02-28T07:00:00.000Z';

const viewSchema = subscriptionSchema.extend({
  status: z.string(),
  plan_version: z.number(),
  scheduled_change: z
    .object({ plan_code: z.string(), effective_at: z.string() })
    .loose()
    .nullable(),
  pauses_at_period_end: z.boolean(),
  paused_at: z.string().nullable(),
});
const documentsSchema = z.object({
  items: z.array(
    z.object({ kind: z.string(), total: z.object({ amount: z.string() }).loose() }).loose(),
  ),
});
type View = z.output<typeof viewSchema>;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

const lira = (amount: string) => ({ amount, currency: 'TRY' });

/** A customer with money and a plan of the catalogue: Growth costs 499.00 a month. */
async function subscribed(
  wallet = '20000.00',
  { plan = 'growth', cycle = 'monthly' } = {},
): Promise<{ readonly customer: Customer; readonly id: string }> {
  const customer = await newCustomer(stage, { at: AT });
  await fund(stage, customer, wallet);
  return { customer, id: await start(customer, plan, cycle) };
}

async function start(customer: Customer, plan: string, cycle = 'monthly'): Promise<string> {
  const answer = await postSubscription(stage, customer, { plan, cycle });
  expect(answer.status).toBe(201);
  return viewSchema.parse(answer.body).id;
}

function read(id: string): Promise<View> {
  return stage.client.read(`/v1/subscriptions/${id}`, viewSchema);
}

function send(id: string, command: string, body: unknown) {
  return stage.client.send('POST', `/v1/subscriptions/${id}/${command}`, { body });
}

function schedule(id: string, plan: string, at: string, cycle = 'monthly') {
  const body = { plan_code: plan, cycle, effective_at: at };
  return stage.client.send('PUT', `/v1/subscriptions/${id}/scheduled_change`, { body });
}

function unschedule(id: string) {
  return stage.client.send('DELETE', `/v1/subscriptions/${id}/scheduled_change`);
}

/** What is compared of a subscription after each step. */
function see({ status, plan_code: plan, cycle, current_period: period, next_action: next }: View) {
  return `${status} ${plan} ${cycle} until ${period.ends_at.slice(0, 10)}, ${next?.kind ?? 'nothing'} ${next?.at?.slice(0, 10) ?? ''}`;
}

/** Documents of subscriptions, oldest first: "invoice 499.00". */
async function listDocuments({ accountId }: Customer): Promise<string[]> {
  const path = `/v1/accounts/${accountId}/invoices?limit=100`;
  const { items } = await stage.client.read(path, documentsSchema);
  return items
    .toReversed()
    .filter(({ kind }) => kind !== 'receipt_voucher')
    .map(({ kind, total }) => `${kind} ${total.amount}`);
}

const previewSchema = z.object({
  lines: z.array(z.object({ kind: z.string(), amount: z.string() }).loose()),
  total_due: z.object({ amount: z.string(), currency: z.string() }),
  credit_to_wallet: z.object({ amount: z.string(), currency: z.string() }),
  balance_after: z.object({ amount: z.string(), currency: z.string() }),
  sufficient: z.boolean(),
});

async function preview(id: string, body: unknown) {
  const answer = await send(id, 'preview_change', body);
  expect(answer.status).toBe(200);
  return previewSchema.parse(answer.body);
}

describe('changing a plan at once', () => {
  it('R1.09 R1.10 R1.12 up: what the preview says is what happens, with an invoice', async () => {
    const { customer, id } = await subscribed();
    await advance(stage, customer, MIDDLE);
    const to = { plan_code: 'enterprise', cycle: 'monthly' };
    const seen = await preview(id, to);
    expect(seen).toMatchObject({
      lines: [
        { kind: 'proration_credit', amount: '-249.50' },
        { kind: 'proration_charge', amount: '2499.50' },
      ],
      total_due: lira('2250.00'),
      balance_after: lira('17251.00'),
      sufficient: true,
    });
    await expectBooks(stage, customer, { wallet: '19501.00' });
    const changed = await send(id, 'change', to);
    expect(changed.status).toBe(200);
    expect(z.object({ lines: previewSchema.shape.lines }).parse(changed.body).lines).toEqual(
      seen.lines,
    );
    expect(see(await read(id))).toBe(
      'active enterprise monthly until 2027-02-28, renew 2027-02-28',
    );
    await expectBooks(stage, customer, { wallet: '17251.00' });
    expect(await listDocuments(customer)).toEqual(['invoice 499.00', 'invoice 2250.00']);
  });

  it('R1.12 down: the difference comes back to the wallet with a credit note', async () => {
    const { customer, id } = await subscribed('20000.00', { plan: 'enterprise' });
    await advance(stage, customer, MIDDLE);
    const to = { plan_code: 'growth', cycle: 'monthly' };
    expect(await preview(id, to)).toMatchObject({
      total_due: lira('0.00'),
      credit_to_wallet: lira('2250.00'),
    });
    expect((await send(id, 'change', to)).status).toBe(200);
    await expectBooks(stage, customer, { wallet: '17251.00' });
    expect(await listDocuments(customer)).toEqual(['invoice 4999.00', 'credit_note -2250.00']);
  });

  it('R1.12 is refused with what is missing, and nothing is changed', async () => {
    const { customer, id } = await subscribed('500.00');
    const to = { plan_code: 'enterprise', cycle: 'monthly' };
    expect(await preview(id, to)).toMatchObject({ sufficient: false });
    const refused = await send(id, 'change', to);
    expect([refused.status, problemOf(refused).code]).toEqual([402, 'insufficient_balance']);
    expect(problemOf(refused)).toMatchObject({ missing: lira('4499.00') });
    expect((await read(id)).plan_code).toBe('growth');
    await expectBooks(stage, customer, { wallet: '1.00' });
  });

  it('R1.11 monthly to yearly starts a year at once, the unused days credited', async () => {
    const { customer, id } = await subscribed();
    await advance(stage, customer, MIDDLE);
    expect((await send(id, 'change', { plan_code: 'growth', cycle: 'yearly' })).status).toBe(200);
    expect(see(await read(id))).toBe(
      'active growth yearly until 2028-02-14, grant_allowances 2027-03-14',
    );
    // 19 501.00 + 249.50 - 4 990.00
    await expectBooks(stage, customer, { wallet: '14760.50' });
  });

  it('R1.14 to Basic waits for the end of the paid period and costs nothing', async () => {
    const { customer, id } = await subscribed();
    const answer = await send(id, 'change', { plan_code: 'basic', cycle: 'monthly' });
    expect(answer.status).toBe(200);
    expect((await read(id)).scheduled_change).toMatchObject({
      plan_code: 'basic',
      effective_at: FIRST_END,
    });
    await advance(stage, customer, '2027-03-31T07:00:00Z');
    expect(see(await read(id))).toBe('active basic monthly until 2027-04-30, renew 2027-04-30');
    await expectBooks(stage, customer, { wallet: '19501.00' });
  });

  it('R1.15 R1.17 the plans are told apart by team, messages and support', async () => {
    const path = '/v1/plans/compare?codes=basic,growth,enterprise';
    expect((await stage.client.send('GET', path)).body).toMatchObject({
      items: [
        { code: 'basic', team_size: 2, message_volume: 500, support_level: 'none' },
        { code: 'growth', team_size: 10, message_volume: 10_000, support_level: 'none' },
        {
          code: 'enterprise',
          team_size: 100,
          message_volume: 200_000,
          support_level: 'dedicated',
        },
      ],
    });
  });

  it('R1.16 to Enterprise grants what was agreed with the account', async () => {
    const { customer, id } = await subscribed('20000.00', { plan: 'basic' });
    const agreed = await stage.client.send(
      'PUT',
      `/v1/accounts/${customer.accountId}/agreements/enterprise`,
      { body: { allowances: { messages: 700_000 }, limits: { team_members: 400 } } },
    );
    expect(agreed.status).toBe(200);
    const changed = await send(id, 'change', { plan_code: 'enterprise', cycle: 'monthly' });
    expect(changed.status).toBe(200);
    expect(await readUnits(stage, customer)).toMatchObject({ message: 700_000 });
  });
});

describe('scheduling a change', () => {
  it('R1.13 for a date: the clock walks over it and nothing happens before', async () => {
    const { customer, id } = await subscribed();
    expect((await schedule(id, 'enterprise', MIDDLE)).status).toBe(200);
    expect(see(await read(id))).toBe(
      'active growth monthly until 2027-02-28, apply_scheduled_change 2027-02-14',
    );
    await advance(stage, customer, '2027-02-14T06:59:59Z');
    expect((await read(id)).plan_code).toBe('growth');
    await advance(stage, customer, '2027-02-14T07:00:00Z');
    expect(see(await read(id))).toBe(
      'active enterprise monthly until 2027-02-28, renew 2027-02-28',
    );
    await expectBooks(stage, customer, { wallet: '17251.00' });
  });

  it('R1.13 is replaced by the next one, and taken off once', async () => {
    const { customer, id } = await subscribed();
    await schedule(id, 'enterprise', MIDDLE);
    await schedule(id, 'growth', FIRST_END, 'yearly');
    expect((await read(id)).scheduled_change).toMatchObject({ effective_at: FIRST_END });
    expect((await unschedule(id)).status).toBe(200);
    expect((await read(id)).scheduled_change).toBeNull();
    const again = await unschedule(id);
    expect([again.status, problemOf(again).code]).toEqual([409, 'invalid_state']);
    await advance(stage, customer, FIRST_END);
    expect(see(await read(id))).toBe('active growth monthly until 2027-03-31, renew 2027-03-31');
  });

  it.each([
    ['the past', '2027-01-30T07:00:00Z', 'scheduled_in_past'],
    ['25 months ahead', '2029-03-01T07:00:00Z', 'scheduled_too_far'],
  ])('R1.13 for %s is refused', async (_, at, code) => {
    const { id } = await subscribed('500.00');
    expect(problemOf(await schedule(id, 'enterprise', at)).code).toBe(code);
  });
});

describe('a support package', () => {
  it('R1.18 R1.19 changes and is scheduled by itself; the plan goes on', async () => {
    const { customer, id } = await subscribed();
    const support = await start(customer, 'standard');
    await advance(stage, customer, MIDDLE);
    const to = { plan_code: 'priority', cycle: 'monthly' };
    expect((await send(support, 'change', to)).status).toBe(200);
    expect((await schedule(support, 'standard', FIRST_END)).status).toBe(200);
    expect((await read(id)).scheduled_change).toBeNull();
    await advance(stage, customer, FIRST_END);
    expect([see(await read(id)), see(await read(support))]).toEqual([
      'active growth monthly until 2027-03-31, renew 2027-03-31',
      'active standard monthly until 2027-03-31, renew 2027-03-31',
    ]);
    // 20 000.00 - 499.00 - 149.00 - (374.50 - 74.50) - 499.00 - 149.00
    await expectBooks(stage, customer, { wallet: '18404.00' });
    const wrong = await send(support, 'change', { plan_code: 'growth', cycle: 'monthly' });
    expect(wrong.status).toBe(422);
  });

  it('R1.02 R1.18 stands beside the plan in the overview', async () => {
    const { customer, id } = await subscribed();
    const support = await start(customer, 'priority');
    const path = `/v1/accounts/${customer.accountId}/billing_overview`;
    expect((await stage.client.send('GET', path)).body).toMatchObject({
      available: lira('18752.00'),
      plan: { id, status: 'active' },
      support_package: { id: support, status: 'active' },
      next_charges: [{ amount: lira('499.00') }, { amount: lira('749.00') }],
    });
  });
});

describe('pausing', () => {
  it('now gives the unused days back; resuming pays a whole period from that day', async () => {
    const { customer, id } = await subscribed();
    await advance(stage, customer, MIDDLE);
    expect((await send(id, 'pause', { at: 'now' })).status).toBe(200);
    expect((await read(id)).status).toBe('paused');
    await expectBooks(stage, customer, { wallet: '19750.50' });
    await advance(stage, customer, '2027-04-10T07:00:00Z');
    await expectBooks(stage, customer, { wallet: '19750.50' });
    await stage.client.send('POST', `/v1/subscriptions/${id}/resume`);
    expect(see(await read(id))).toBe('active growth monthly until 2027-05-10, renew 2027-05-10');
    await expectBooks(stage, customer, { wallet: '19251.50' });
  });

  it('at the period’s end for a time goes on by itself', async () => {
    const { customer, id } = await subscribed();
    const body = { at: 'period_end', resumes_at: '2027-04-01T07:00:00Z' };
    expect((await send(id, 'pause', body)).status).toBe(200);
    await advance(stage, customer, FIRST_END);
    expect(see(await read(id))).toBe(
      'paused growth monthly until 2027-02-28, resume_after_pause 2027-04-01',
    );
    await advance(stage, customer, '2027-04-01T07:00:00Z');
    expect(see(await read(id))).toBe('active growth monthly until 2027-05-01, renew 2027-05-01');
    await expectBooks(stage, customer, { wallet: '19002.00' });
  });
});

describe('two commands at one instant', () => {
  it('R1.12 two changes end as one after the other', async () => {
    const { customer, id } = await subscribed();
    const answers = await Promise.all([
      send(id, 'change', { plan_code: 'enterprise', cycle: 'monthly' }),
      send(id, 'change', { plan_code: 'growth', cycle: 'yearly' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    // Either way what was taken back was what had been paid a moment before.
    const { plan_code: plan } = await read(id);
    const wallet = plan === 'enterprise' ? '15001.00' : '15010.00';
    await expectBooks(stage, customer, { wallet });
  });

  it('R1.12 a change and a renewal end as one after the other', async () => {
    const { customer, id } = await subscribed();
    await advance(stage, customer, '2027-02-27T07:00:00Z');
    const [changed] = await Promise.all([
      send(id, 'change', { plan_code: 'enterprise', cycle: 'monthly' }),
      advance(stage, customer, FIRST_END),
    ]);
    expect(changed.status).toBe(200);
    expect(see(await read(id))).toBe(
      'active enterprise monthly until 2027-03-31, renew 2027-03-31',
    );
    // Before it: one of 28 days, then 4 999.00. After it: 499.00, then all 31 days at once.
    const before = ['charge 499.00', 'charge 160.72', 'charge 4999.00'];
    const after = ['charge 499.00', 'charge 499.00', 'charge 4500.00'];
    expect([before, after]).toContainEqual((await listMoney(stage, customer)).slice(1));
  });

  it('R1.13 a cancellation and a schedule end as one after the other', async () => {
    const { customer, id } = await subscribed();
    const [, scheduled] = await Promise.all([
      cancelSubscription(stage.client, id, { at: 'period_end', reason: 'too dear' }),
      schedule(id, 'enterprise', MIDDLE),
    ]);
    expect([200, 409]).toContain(scheduled.status);
    const view = await read(id);
    expect([view.cancels_at_period_end, view.scheduled_change]).toEqual([true, null]);
    await advance(stage, customer, FIRST_END);
    expect((await read(id)).status).toBe('ended');
    await expectBooks(stage, customer, { wallet: '19501.00' });
  });
});

describe('two years of one customer', () => {
  it('R1.11 R1.12 R1.13 R1.16 hold the books, the state and what comes next at each step', async () => {
    const { customer, id } = await subscribed('100000.00', { plan: 'basic' });
    const steps: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
      [
        '2027-02-14T07:00:00Z',
        () => send(id, 'change', { plan_code: 'growth', cycle: 'monthly' }),
        'active growth monthly until 2027-02-28, renew 2027-02-28',
        '99750.50',
      ],
      [
        '2027-04-30T07:00:00Z',
        () => schedule(id, 'enterprise', '2027-06-30T07:00:00Z'),
        'active growth monthly until 2027-05-31, renew 2027-05-31',
        '98253.50',
      ],
      [
        '2027-07-31T07:00:00Z',
        () => send(id, 'pause', { at: 'period_end' }),
        'active enterprise monthly until 2027-08-31, pause_at_period_end 2027-08-31',
        '87756.50',
      ],
      [
        '2027-10-05T07:00:00Z',
        () => resumeSubscription(stage.client, id),
        'active enterprise monthly until 2027-11-05, renew 2027-11-05',
        '82757.50',
      ],
      [
        '2027-11-05T07:00:00Z',
        () => send(id, 'change', { plan_code: 'growth', cycle: 'yearly' }),
        'active growth yearly until 2028-11-05, grant_allowances 2027-12-05',
        '77767.50',
      ],
      [
        '2028-12-05T07:00:00Z',
        () => cancelSubscription(stage.client, id, { at: 'period_end', reason: 'enough' }),
        'active growth yearly until 2029-11-05, grant_allowances 2029-01-05',
        '72777.50',
      ],
      [
        '2029-01-31T07:00:00Z',
        async () => undefined,
        'active growth yearly until 2029-11-05, grant_allowances 2029-02-05',
        '72777.50',
      ],
    ];
    for (const [at, act, seen, wallet] of steps) {
      await advance(stage, customer, at);
      await act();
      expect([at, see(await read(id))]).toEqual([at, seen]);
      await expectBooks(stage, customer, { wallet });
    }
    expect((await listStory(stage, customer)).at(-1)).toContain('allowances_granted');
  });
});
