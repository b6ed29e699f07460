/** Money between a reseller's wallet and its customer's, over HTTP, on a real database. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { grantMoney } from '../../domain/ledger/grant';
import { parseAmount } from '../../domain/money';
import { changeLedger } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createSubscription } from './subscription-in-world';
import { createWorld, PLAN_CODE, type World } from './world';

const AT = '2026-11-01T00:00:00.000Z';
const PLACE = { country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' };

let api: ApiUnderTest;
let world: World;
let owner: Client;
const accountIds: string[] = [];

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
  owner = new Client({ connectionString: api.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await api?.close();
});
afterEach(async () => {
  expect(await findViolations(owner, accountIds)).toEqual([]);
});

interface Parties {
  readonly partnerId: string;
  readonly houseId: string;
  readonly customerId: string;
  /** The reseller's own. */
  readonly key: string;
}

/** A reseller with 1 000.00 INR in its wallet, of which 100.00 are a present, and a customer with 50.00. */
async function makeParties(): Promise<Parties> {
  const asOperator = { key: api.operatorKey };
  const partner = await api.call('POST', '/v1/partners', {
    ...asOperator,
    body: { name: 'Reseller', ...PLACE },
  });
  const partnerId = String(partner.body.id);
  const houseId = String(partner.body.house_account_id);
  const body = { name: 'Customer', ...PLACE, partner_id: partnerId };
  const customer = await api.call('POST', '/v1/accounts', { ...asOperator, body });
  const customerId = String(customer.body.id);
  accountIds.push(houseId, customerId);
  await grant(houseId, '900.00');
  await grant(houseId, '100.00', 'wallet_initial');
  await grant(customerId, '50.00');
  const { secret } = await api.makeKey({ role: 'partner', partnerId });
  return { partnerId, houseId, customerId, key: secret };
}

async function grant(
  accountId: string,
  amount: string,
  source: 'wallet_additional' | 'wallet_initial' = 'wallet_additional',
): Promise<void> {
  const reference = randomUUID();
  await changeLedger(api.database, { accountId, reference, at: AT }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source,
      amountMicros: parseAmount(amount),
      at: AT,
      kind: 'grant',
      reference,
      from: 'clearing',
    }),
  );
}

function send({ partnerId, customerId, key }: Parties, change: object, options: CallOptions = {}) {
  const body = { account_id: customerId, amount: '300.00', currency: 'INR', ...change };
  return api.call('POST', `/v1/partners/${partnerId}/transfers`, { key, body, ...options });
}

/** What both wallets hold, without presents: "reseller 900.00, customer 50.00". */
async function walletsOf({ houseId, customerId, key }: Parties): Promise<string> {
  const paidIn = async (accountId: string): Promise<string> => {
    const { body } = await api.call('GET', `/v1/accounts/${accountId}/balances`, { key });
    const buckets = body.items as { source: string; available: { amount: string } }[];
    const wallet = buckets.find(({ source }) => source === 'wallet_additional');
    return wallet?.available.amount ?? '0.00';
  };
  return `reseller ${await paidIn(houseId)}, customer ${await paidIn(customerId)}`;
}

/** The newest event of an account. */
async function lastEvent(accountId: string) {
  const path = `/v1/events?account_id=${accountId}&limit=1`;
  const { body } = await api.call('GET', path, { key: api.operatorKey });
  return (body.items as Record<string, unknown>[])[0];
}

describe('a balance transfer', () => {
  it('goes to the customer, in both ledgers, and both are told', async () => {
    const parties = await makeParties();
    const { status, body, headers } = await send(parties, {});
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^btr_/),
      partner_id: parties.partnerId,
      account_id: parties.customerId,
      direction: 'to_account',
      amount: '300.00',
      currency: 'INR',
      transferred_at: expect.any(String),
    });
    expect(headers.get('location')).toBe(`/v1/accounts/${parties.customerId}/ledger`);
    expect(await walletsOf(parties)).toBe('reseller 600.00, customer 350.00');
    const facts = { transfer_id: body.id, amount: '300.00', currency: 'INR' };
    expect(await lastEvent(parties.houseId)).toMatchObject({
      type: 'balance.sent',
      reason: `300.00 INR went to ${parties.customerId}`,
      data: { ...facts, other_account_id: parties.customerId },
    });
    expect(await lastEvent(parties.customerId)).toMatchObject({
      type: 'balance.received',
      data: { ...facts, other_account_id: parties.houseId },
    });
  });

  it('goes back to the reseller', async () => {
    const parties = await makeParties();
    const { status, body } = await send(parties, { direction: 'to_partner', amount: '20.00' });
    expect([status, body.direction]).toEqual([201, 'to_partner']);
    expect(await walletsOf(parties)).toBe('reseller 920.00, customer 30.00');
  });

  it('moves no more than was paid in: a present stays where it was given', async () => {
    const parties = await makeParties();
    const { status, body } = await send(parties, { amount: '950.00' });
    expect([status, body.code]).toEqual([402, 'insufficient_balance']);
    expect([body.required, body.available, body.missing]).toEqual([
      { amount: '950.00', currency: 'INR' },
      { amount: '900.00', currency: 'INR' },
      { amount: '50.00', currency: 'INR' },
    ]);
    expect(await walletsOf(parties)).toBe('reseller 900.00, customer 50.00');
    expect((await send(parties, { amount: '900.00' })).status).toBe(201);
    expect(await walletsOf(parties)).toBe('reseller 0.00, customer 950.00');
  });

  it('knows no account of another reseller, and no other reseller', async () => {
    const parties = await makeParties();
    const { accountId, partnerId } = world.theirs;
    const foreign = await send(parties, { account_id: accountId });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    const other = await send({ ...parties, partnerId }, {});
    expect([other.status, other.body.code]).toEqual([404, 'not_found']);
    // An operator sees both, and is told that they have nothing to do with each other.
    const asOperator = await send({ ...parties, key: api.operatorKey }, { account_id: accountId });
    expect([asOperator.status, asOperator.body.code]).toEqual([422, 'unprocessable']);
    const own = await send(parties, { account_id: parties.houseId });
    expect([own.status, own.body.code]).toEqual([422, 'unprocessable']);
    const { secret } = await api.makeKey({
      role: 'account',
      partnerId: parties.partnerId,
      accountId: parties.customerId,
    });
    expect((await send({ ...parties, key: secret }, {})).status).toBe(403);
    expect(await walletsOf(parties)).toBe('reseller 900.00, customer 50.00');
  });

  it('is in the currency of both wallets', async () => {
    const parties = await makeParties();
    const { status, body } = await send(parties, { currency: 'TRY' });
    expect([status, body.code]).toEqual([422, 'currency_mismatch']);
    const account = { name: 'In liras', country: 'TR', currency: 'TRY' };
    const made = await api.call('POST', '/v1/accounts', {
      key: parties.key,
      body: { ...account, time_zone: 'Europe/Istanbul' },
    });
    const abroad = await send(parties, { account_id: made.body.id });
    expect([abroad.status, abroad.body.code]).toEqual([422, 'currency_mismatch']);
  });

  it.each(['0', '0.00', '-1.00', '1.0000001', '1e3', '', 'ten'])(
    'is an amount above zero of at most six decimals, not "%s"',
    async (amount) => {
      const parties = await makeParties();
      const { status, body } = await send(parties, { amount });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThanOrEqual(422);
      expect(JSON.stringify(body)).toContain('amount');
      expect(await walletsOf(parties)).toBe('reseller 900.00, customer 50.00');
    },
  );

  it('moves fractions of a paisa that usage left, so that a wallet can be emptied', async () => {
    const parties = await makeParties();
    await grant(parties.customerId, '0.001234');
    const { status, body } = await send(parties, { direction: 'to_partner', amount: '50.001234' });
    expect([status, body.amount]).toEqual([201, '50.001234']);
    expect(await walletsOf(parties)).toBe('reseller 950.001234, customer 0.00');
  });

  it('R5 moves once when it is sent again under its Idempotency-Key, also at the same time', async () => {
    const parties = await makeParties();
    const headers = { 'idempotency-key': randomUUID() };
    const replies = await Promise.all([1, 2, 3].map(() => send(parties, {}, { headers })));
    const [first, ...others] = replies.map(({ status, text }) => ({ status, text }));
    expect(first?.status).toBe(201);
    expect(others).toEqual([first, first]);
    expect(await walletsOf(parties)).toBe('reseller 600.00, customer 350.00');
    const changed = await send(parties, { amount: '301.00' }, { headers });
    expect([changed.status, changed.body.code]).toEqual([409, 'idempotency_key_reused']);
  });

  it('marks what the customer owes as to be tried, in the same transaction', async () => {
    const parties = await makeParties();
    const id = await withTransaction(api.database, SYSTEM, async (trx) => {
      const accountId = parties.customerId;
      const plan = {
        planCode: PLAN_CODE,
        planName: 'Growth',
        at: AT,
        endsAt: '2026-12-01T00:00:00.000Z',
      };
      const subscriptionId = await createSubscription(trx, { accountId, ...plan });
      const record = await subscriptions.find(trx, subscriptionId);
      invariant(record !== null, 'it was just made');
      const state = { ...record.state, status: 'past_due', dueSince: AT } as const;
      await subscriptions.update(trx, record, { state, at: AT });
      return subscriptionId;
    });
    const { status, body } = await send(parties, {});
    expect(status).toBe(201);
    const owing = await withTransaction(api.database, SYSTEM, (trx) => subscriptions.find(trx, id));
    expect(owing?.state.moneyArrivedAt).toBe(body.transferred_at);
    // Nobody could be woken here: the workflow's server does not answer. The money moved all the same.
    expect(await walletsOf(parties)).toBe('reseller 600.00, customer 350.00');
  });

  it('and one the other way at the same time never wait for each other', async () => {
    const parties = await makeParties();
    const replies = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        send(parties, { amount: '1.00', direction: index % 2 === 0 ? 'to_account' : 'to_partner' }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
    expect(await walletsOf(parties)).toBe('reseller 900.00, customer 50.00');
  });
});
