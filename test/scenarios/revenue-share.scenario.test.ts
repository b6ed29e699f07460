/**
 * A reseller over a year, over HTTP, on real parts: what it earns, what goes back, what it is paid; and the worker
 * killed right after each commit, or the bank's answer lost: one statement, one payout.
 */
import { randomUUID } from 'node:crypto';
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { createTestClock, listPayments } from '../../scripts/story/billing-calls';
import { listTransfers, readWallet } from '../../scripts/story/books';
import { waitFor } from '../../scripts/story/wait-for';
import { findViolations } from '../support/ledger-invariants';
import { createDeaths, sendUntilAnswered } from './deaths';
import { advance, clearFaults, expectBooks, fund, openStage, type Stage } from './stage';
import { closeGate, connectAsOwner, untilWaiting, WITH_GATE } from './standstill';

jest.setTimeout(240_000);

/** In Kolkata it is 1 February, half past one. */
const FEBRUARY = '2027-01-31T20:00:00.000Z';
const MARCH_5 = '2027-03-05T07:00:00.000Z';
const DEADLINE_MS = 90_000;

let stage: Stage;
let record: PostgresClient;
let openGate: () => Promise<void> = async () => undefined;
const { kill, restart, restartAll } = createDeaths(() => stage.platform);

beforeAll(async () => {
  stage = await openStage({ environment: WITH_GATE });
  record = await connectAsOwner(stage.platform);
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(async () => {
  await openGate().catch(() => undefined); // Open already.
  await restartAll();
  await clearFaults(stage);
});

const money = z.object({ amount: z.string(), currency: z.literal('INR') });
const statementSchema = z.object({
  month: z.string(),
  status: z.string(),
  collected: money,
  refunds: money,
  base: money,
  share_bps: z.number().nullable(),
  accrued: money,
  clawed_back: money,
  held: money,
  released: money,
  brought_forward: money,
  payable: money,
  document_id: z.string().nullable(),
  paid: money,
  carried_forward: money,
});
const payoutSchema = z.object({
  id: z.string(),
  status: z.string(),
  total: money,
  months: z.array(z.string()),
});
const idSchema = z.object({ id: z.string() });

interface Reseller {
  readonly partnerId: string;
  readonly houseAccountId: string;
  readonly clockId: string;
  readonly planId: string;
}

async function newReseller(): Promise<Reseller> {
  const { client } = stage;
  const clock = await createTestClock(client, { name: 'reseller', frozen_at: FEBRUARY });
  const partner = await client.write('POST', '/v1/partners', {
    body: {
      name: 'Reseller',
      country: 'IN',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
      test_clock_id: clock.id,
    },
    schema: z.object({ id: z.string(), house_account_id: z.string() }),
  });
  const plan = await client.write('POST', '/v1/partner_plans', {
    body: {
      type: 'revenue_sharing',
      plan_name: `Shared ${partner.id}`,
      display_name: 'Shared',
      currency: 'INR',
      prices: { monthly: '999.00', yearly: '9990.00' },
      gst: false,
      benefits: { messages: 1_000, wa_conversations: 100, team_members: null },
      revenue_share_bps: 2_000,
      on_exhausted: 'block',
    },
    schema: idSchema,
  });
  return {
    partnerId: partner.id,
    houseAccountId: partner.house_account_id,
    clockId: clock.id,
    planId: plan.id,
  };
}

/** A customer of the reseller with 20 000.00 in its wallet, on its plan from now on. */
async function newCustomer(reseller: Reseller, cycle: 'monthly' | 'yearly' = 'monthly') {
  const { id: accountId } = await stage.client.write('POST', '/v1/accounts', {
    body: {
      name: '=cmd()',
      country: 'IN',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
      partner_id: reseller.partnerId,
      test_clock_id: reseller.clockId,
    },
    schema: idSchema,
  });
  const customer = { accountId, clockId: reseller.clockId, currency: 'INR' } as const;
  await stage.client.write('PUT', `/v1/accounts/${accountId}/billing_address`, {
    body: {
      business_name: 'Customer',
      address_line1: '1 MG Road',
      city: 'Mumbai',
      state: 'MH',
      postal_code: '400001',
      country: 'IN',
      email: 'billing@customer.example',
    },
    schema: z.unknown(),
  });
  await fund(stage, customer, '20000.00');
  await stage.client.write('POST', `/v1/accounts/${accountId}/partner_plan`, {
    body: { partner_plan_id: reseller.planId, cycle },
    schema: z.unknown(),
  });
  return customer;
}

const move = ({ clockId }: Reseller, to: string) =>
  advance(stage, { accountId: '', clockId, currency: 'INR' }, to);
const of = ({ partnerId }: Reseller) => `/v1/partners/${partnerId}`;

/** "2027-02: 399.60 - 0.00 - 39.96 + 0.00 + 0.00 = 359.64 / 0.00": accrued, clawed back, held, released, … */
function spell(statement: z.output<typeof statementSchema>): string {
  const { month, accrued, clawed_back, held, released, brought_forward } = statement;
  const terms = [accrued, clawed_back, held].map(({ amount }) => amount).join(' - ');
  const more = [released, brought_forward].map(({ amount }) => amount).join(' + ');
  const { payable, carried_forward } = statement;
  return `${month}: ${terms} + ${more} = ${payable.amount} / ${carried_forward.amount}`;
}

async function statementsOf(reseller: Reseller): Promise<string[]> {
  const all = await stage.client.readAll(`${of(reseller)}/statements`, statementSchema);
  return all.map(spell).toReversed();
}

function approve(reseller: Reseller, month: string) {
  const path = `${of(reseller)}/statements/${month}/approve`;
  return stage.client.write('POST', path, { schema: statementSchema });
}

function payOut(reseller: Reseller, body: { month: string; to: string }, idempotencyKey?: string) {
  const request = { body, idempotencyKey: idempotencyKey ?? randomUUID() };
  return stage.client.send('POST', `${of(reseller)}/payouts`, request);
}

const payoutsOf = (reseller: Reseller) =>
  stage.client.readAll(`${of(reseller)}/payouts`, payoutSchema);

/** What is owed to the partner, over the ledgers of these accounts, in paise. */
async function owedPaise(accountIds: readonly string[]): Promise<number> {
  let paise = 0;
  for (const accountId of accountIds) {
    for (const { debit, credit, amount } of await listTransfers(stage.client, accountId)) {
      const value = Math.round(Number(amount?.amount ?? 0) * 100);
      if (credit === 'partner_payable/INR') paise += value;
      if (debit === 'partner_payable/INR') paise -= value;
    }
  }
  return paise;
}

async function sentToBank({ partnerId }: Reseller): Promise<string[]> {
  const { payouts } = await stage.sandbox.readState();
  const own = payouts.filter(({ beneficiary }) => beneficiary === partnerId);
  return own.map(({ status, amount }) => `${status} ${amount}`);
}

describe('a reseller with four customers over a year', () => {
  it('R4.10 R4.07 earns of what was collected, gives back of a refund, carries a debt, and is paid', async () => {
    const reseller = await newReseller();
    const { client } = stage;
    await client.write('PUT', `${of(reseller)}/revenue_share_terms`, {
      body: { reserve_bps: 1_000, reserve_days: 45, payout_minimum: '150.00' },
      schema: z.unknown(),
    });
    const first = await newCustomer(reseller);
    const second = await newCustomer(reseller);
    const yearly = await newCustomer(reseller, 'yearly');
    const open = await client.read(`${of(reseller)}/statements/2027-02`, statementSchema);
    expect([open.status, spell(open)]).toEqual([
      'open',
      '2027-02: 2397.60 - 0.00 - 239.76 + 0.00 + 0.00 = 2157.84 / 0.00',
    ]);

    await move(reseller, MARCH_5);
    const { document_id: invoiceId } = await approve(reseller, '2027-02');
    const pdf = await fetch(`${client.baseUrl}/v1/invoices/${invoiceId}.pdf`, {
      headers: { authorization: `Bearer ${stage.platform.operatorKey}` },
    });
    expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    const toWallet = await payOut(reseller, { month: '2027-02', to: 'wallet' });
    expect(payoutSchema.parse(toWallet.body)).toMatchObject({
      status: 'paid',
      months: ['2027-02'],
    });
    expect(await readWallet(client, reseller.houseAccountId)).toBe('2157.84');

    // The year is refunded; the plan gets a new share, which only new customers have, and is archived.
    const [invoice] = await client.readAll(`/v1/accounts/${yearly.accountId}/invoices`, idSchema);
    const refund = { body: {}, schema: z.object({ status: z.literal('succeeded') }) };
    await client.write('POST', `/v1/invoices/${invoice?.id}/refund`, refund);
    await client.write('PATCH', `/v1/partner_plans/${reseller.planId}`, {
      body: { revenue_share_bps: 3_000 },
      schema: z.object({ version: z.literal(2) }),
    });
    const third = await newCustomer(reseller);
    await client.write('POST', `/v1/partner_plans/${reseller.planId}/archive`, {
      schema: z.unknown(),
    });

    await move(reseller, '2028-01-31T19:00:00.000Z');
    expect(await statementsOf(reseller)).toEqual([
      '2027-02: 2397.60 - 0.00 - 239.76 + 0.00 + 0.00 = 2157.84 / 0.00',
      '2027-03: 699.30 - 1998.00 - 69.93 + 0.00 + 0.00 = 0.00 / -1368.63',
      '2027-04: 699.30 - 0.00 - 69.93 + 239.76 + -1368.63 = 0.00 / -499.50',
      '2027-05: 699.30 - 0.00 - 69.93 + 69.93 + -499.50 = 199.80 / 0.00',
      '2027-06: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-07: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-08: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-09: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-10: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-11: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2027-12: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
      '2028-01: 699.30 - 0.00 - 69.93 + 69.93 + 0.00 = 699.30 / 0.00',
    ]);
    const march = await client.read(`${of(reseller)}/statements/2027-03`, statementSchema);
    expect(march).toMatchObject({
      collected: { amount: '2997.00' },
      refunds: { amount: '9990.00' },
      base: { amount: '-6993.00' },
      share_bps: null,
    });
    const csv = await fetch(`${client.baseUrl}${of(reseller)}/statements/2027-03.csv`, {
      headers: { authorization: `Bearer ${stage.platform.operatorKey}` },
    });
    const [, ...lines] = (await csv.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines.every((line) => line.includes(`,'=cmd(),`))).toBe(true);

    await approve(reseller, '2027-05');
    for (let month = 6; month <= 12; month += 1) {
      await approve(reseller, `2027-${String(month).padStart(2, '0')}`);
    }
    await approve(reseller, '2028-01');
    const toBank = await payOut(reseller, { month: '2028-01', to: 'bank' });
    expect(payoutSchema.parse(toBank.body)).toMatchObject({
      status: 'paid',
      total: { amount: '5794.20' },
    });
    expect(await sentToBank(reseller)).toEqual(['paid 5794.20']);

    // What is left is the reserve of December and January.
    const accounts = [first, second, yearly, third].map(({ accountId }) => accountId);
    expect(await owedPaise([...accounts, reseller.houseAccountId])).toBe(139_86);
    expect(await findViolations(record, [...accounts, reseller.houseAccountId])).toEqual([]);
    await expectBooks(stage, first, { wallet: '8012.00' });

    // The bank takes back all that `first` ever paid: its twelve charges were not collected after all.
    await loseDisputeOf(first.accountId);
    await expectBooks(stage, first, { wallet: '-11988.00' });
    const february = await client.read(`${of(reseller)}/statements/2028-02`, statementSchema);
    expect(spell(february)).toBe('2028-02: 0.00 - 2397.60 - 0.00 + 69.93 + 0.00 = 0.00 / -2327.67');
    expect(await owedPaise([...accounts, reseller.houseAccountId])).toBe(139_86 - 2397_60);
  });
});

/** The customer's bank takes its payment back, and keeps it. */
async function loseDisputeOf(accountId: string): Promise<void> {
  const [payment] = await listPayments(stage.client, accountId);
  const id = await stage.sandbox.openDispute({ payment_id: payment?.gateway_payment_id ?? '' });
  const untilStatus = (status: string) =>
    waitFor(
      () =>
        stage.client.readAll(
          `/v1/accounts/${accountId}/disputes`,
          z.object({ status: z.string() }),
        ),
      {
        waitingFor: `dispute that is ${status}`,
        isThere: ([dispute]) => dispute?.status === status,
        deadlineMs: DEADLINE_MS,
      },
    );
  await untilStatus('open');
  await stage.sandbox.closeDispute(id, 'lost');
  await untilStatus('lost');
}

/** Asks a test clock to move and does not wait until it has. */
async function beginMove({ clockId }: Reseller, to: string): Promise<void> {
  const path = `/v1/test_clocks/${clockId}/advance`;
  await stage.client.send('POST', path, { body: { to }, waitSeconds: 1 });
}

async function untilReady({ clockId }: Reseller): Promise<void> {
  await waitFor(() => stage.client.send('GET', `/v1/test_clocks/${clockId}`), {
    waitingFor: 'end of the walk',
    isThere: ({ body }) => JSON.stringify(body).includes('"status":"ready"'),
    deadlineMs: DEADLINE_MS,
  });
}

async function untilRow(what: string, sql: string, { partnerId }: Reseller): Promise<void> {
  await waitFor(() => record.query(sql, [partnerId]), {
    waitingFor: what,
    isThere: ({ rowCount }) => (rowCount ?? 0) > 0,
    deadlineMs: DEADLINE_MS,
  });
}

/** February, closed, with 199.80 to be approved. */
async function withFebruary(): Promise<Reseller> {
  const reseller = await newReseller();
  await newCustomer(reseller);
  await move(reseller, MARCH_5);
  return reseller;
}

describe('the worker is killed', () => {
  it('R4.10 when a close is committed and nobody knows: one statement', async () => {
    const reseller = await newReseller();
    await newCustomer(reseller);
    await move(reseller, '2027-02-27T00:00:00.000Z');
    openGate = await closeGate(stage.platform);
    await beginMove(reseller, '2027-02-28T19:00:00.000Z');
    await untilRow(
      'statement',
      `select 1 from revenue_share_statements where partner_id = $1`,
      reseller,
    );
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await openGate();
    await restart('worker');
    await untilReady(reseller);
    expect(await statementsOf(reseller)).toEqual([
      '2027-02: 199.80 - 0.00 - 0.00 + 0.00 + 0.00 = 199.80 / 0.00',
    ]);
    const told = await record.query(
      `select 1 from events where account_id = $1 and type = 'revenue_share.statement_ready'`,
      [reseller.houseAccountId],
    );
    expect(told.rowCount).toBe(1);
  });

  it('R4.10 when an approval is committed and nobody knows: approved once, paid once', async () => {
    const reseller = await withFebruary();
    openGate = await closeGate(stage.platform);
    const asked = approve(reseller, '2027-02').catch(() => undefined);
    await untilRow(
      'approval',
      `select 1 from revenue_share_statements where partner_id = $1 and approved_at is not null`,
      reseller,
    );
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await openGate();
    await restart('worker');
    await asked;
    await approve(reseller, '2027-02');
    await payOut(reseller, { month: '2027-02', to: 'wallet' });
    expect(await readWallet(stage.client, reseller.houseAccountId)).toBe('199.80');
    const { rows } = await record.query<{ type: string }>(
      `select type from events where account_id = $1 and type like 'revenue_share.%' order by position`,
      [reseller.houseAccountId],
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'revenue_share.statement_ready',
      'revenue_share.statement_approved',
      'revenue_share.payout_paid',
    ]);
  });

  it('R4.10 when a payout has left the books and nobody knows: it is sent once', async () => {
    const reseller = await withFebruary();
    await approve(reseller, '2027-02');
    const key = randomUUID();
    const pay = () => payOut(reseller, { month: '2027-02', to: 'bank' }, key);
    openGate = await closeGate(stage.platform);
    const asked = pay().catch(() => undefined);
    await untilRow('payout', `select 1 from payouts where partner_id = $1`, reseller);
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await openGate();
    await restart('worker');
    await asked;
    expect((await sendUntilAnswered(pay)).status).toBe(201);
    await untilRow(
      'payment',
      `select 1 from payouts where partner_id = $1 and status = 'paid'`,
      reseller,
    );
    expect(await sentToBank(reseller)).toEqual(['paid 199.80']);
    expect(await payoutsOf(reseller)).toHaveLength(1);
  });

  it('R4.10 when the bank has paid and its answer is lost: it is looked up, not sent again', async () => {
    const reseller = await withFebruary();
    await approve(reseller, '2027-02');
    await stage.sandbox.addFault({ kind: 'timeout_after', operation: 'payout.create' });
    const asked = payOut(reseller, { month: '2027-02', to: 'bank' }).catch(() => undefined);
    await waitFor(() => sentToBank(reseller), {
      waitingFor: 'payout at the bank',
      isThere: (sent) => sent.length > 0,
    });
    await kill('worker');
    await restart('worker');
    await asked;
    await untilRow(
      'payment',
      `select 1 from payouts where partner_id = $1 and status = 'paid'`,
      reseller,
    );
    expect(await sentToBank(reseller)).toEqual(['paid 199.80']);
    const [payout] = await payoutsOf(reseller);
    expect(payout).toMatchObject({ status: 'paid', months: ['2027-02'] });
  });
});

describe('a bank that refuses (R4.10)', () => {
  it('leaves the money payable, and the next payout pays it', async () => {
    const reseller = await withFebruary();
    await approve(reseller, '2027-02');
    await stage.sandbox.addFault({ kind: 'fail', code: 'account_closed' });
    const refused = await payOut(reseller, { month: '2027-02', to: 'bank' });
    expect(payoutSchema.parse(refused.body).status).toBe('failed');
    await payOut(reseller, { month: '2027-02', to: 'wallet' });
    expect(await readWallet(stage.client, reseller.houseAccountId)).toBe('199.80');
    const statuses = (await payoutsOf(reseller)).map(({ status }) => status);
    expect(statuses).toEqual(['paid', 'failed']);
  });
});
