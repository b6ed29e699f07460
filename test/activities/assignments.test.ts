/** Partner plans as resellers and customers have them, on a real database. */
import fc from 'fast-check';
import { listDocuments } from '../../db/repositories/document.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { listBuckets } from '../../db/repositories/ledger.repository';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import {
  assign,
  changePartnerPlan,
  makePartnerPlan,
  makeReseller,
  POOL,
  THIRD,
} from './reseller-under-test';

const AT = '2027-01-31T10:00:00.000Z';
const LATER = '2027-02-10T10:00:00.000Z';

let billing: BillingUnderTest;
beforeAll(async () => {
  billing = await createBillingUnderTest();
});
afterAll(() => billing?.close());

/** Units in open buckets: "message 3000". */
async function unitsOf(accountId: string, at = AT): Promise<string[]> {
  const buckets = await billing.read((trx) => listBuckets(trx, { accountId, at }));
  return buckets
    .filter(({ asset }) => asset !== 'INR')
    .map(({ asset, posted }) => `${asset} ${posted}`)
    .toSorted();
}

async function moneyOf(accountId: string, at = AT): Promise<bigint> {
  const buckets = await billing.read((trx) => listBuckets(trx, { accountId, at }));
  return buckets
    .filter(({ asset }) => asset === 'INR')
    .reduce((sum, { posted }) => sum + posted, 0n);
}

/** What an account was told, oldest first. */
async function toldTo(accountId: string) {
  const query = { accountId, limit: 100, beforePosition: null };
  return (await billing.read((trx) => listEvents(trx, query))).toReversed();
}

describe('a usage-based plan of a customer', () => {
  it('R4.10 R4.17 R4.18 is paid by its reseller and brings the customer units, both at once', async () => {
    const reseller = await makeReseller(billing, '5000.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT });
    expect(assigned.outcome).toBe('done');
    expect(await moneyOf(reseller.houseId)).toBe(4_001_000_000n);
    expect(await unitsOf(reseller.houseId)).toEqual([]);
    expect(await moneyOf(customer)).toBe(0n);
    expect(await unitsOf(customer)).toEqual(['message 3000', 'wa_conversation 300']);
    expect(await billing.transfers(customer)).toEqual([
      'grant issuance/message > plan/message/2027-01-31/' + assigned.id + ' 3000',
    ]);
    const invoices = await billing.read((trx) =>
      listDocuments(trx, { accountId: reseller.houseId, limit: 10, beforePosition: null }),
    );
    expect(invoices.map(({ kind }) => kind)).toEqual(['invoice']);
    expect(await billing.events(customer)).toEqual([]);
    expect(await billing.events(reseller.houseId)).toContain('subscription.started');
  });

  it('R4.19 R4.20 gives the customer its seats, and stops them when the reseller does not pay', async () => {
    const reseller = await makeReseller(billing, '999.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT });
    const entitled = () => billing.read((trx) => loadEntitlements(trx, customer));
    expect(await entitled()).toMatchObject({
      plan: { code: planId, status: 'active' },
      limits: { team_members: 3 },
    });
    while ((await billing.subscription(assigned.id))?.state.status !== 'suspended') {
      await assigned.passTime();
    }
    expect(await entitled()).toMatchObject({ plan: { status: 'suspended' } });
    expect(await billing.events(reseller.houseId)).toContain('subscription.suspended');
    expect(await billing.events(customer)).toEqual([]);
  });

  it('R4.18 renews each month from the anchor, and grants the next messages to the customer', async () => {
    const reseller = await makeReseller(billing, '5000.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT });
    await assigned.passTime();
    const february = '2027-02-28T10:00:00.000Z';
    expect(await moneyOf(reseller.houseId, february)).toBe(3_002_000_000n);
    expect(await unitsOf(customer, february)).toEqual(['message 3000', 'wa_conversation 300']);
    expect((await billing.subscription(assigned.id))?.state.period.startsAt).toBe(february);
  });

  it('R4.18 a yearly plan grants conversations and messages each month', async () => {
    const reseller = await makeReseller(billing, '9990.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT, cycle: 'yearly' });
    expect(assigned.outcome).toBe('done');
    await assigned.passTime();
    expect(await unitsOf(customer, '2027-03-01T00:00:00.000Z')).toEqual([
      'message 3000',
      'wa_conversation 300',
    ]);
    expect(await moneyOf(reseller.houseId)).toBe(0n);
  });

  it('R4.25 R4.26 keeps the version it was given when the plan changes', async () => {
    const reseller = await makeReseller(billing, '5000.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT });
    await changePartnerPlan(billing, planId, { prices: { monthly: 1_999_000_000n } });
    await assigned.passTime();
    expect(await moneyOf(reseller.houseId)).toBe(3_002_000_000n);
    const next = await reseller.makeCustomer();
    await assign(billing, { ...who, accountId: next, at: LATER });
    expect(await moneyOf(reseller.houseId)).toBe(1_003_000_000n);
  });

  it('R4.07 goes on at its price when the plan is archived; nobody new gets it', async () => {
    const reseller = await makeReseller(billing, '5000.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId };
    const assigned = await assign(billing, { ...who, accountId: customer, at: AT });
    await billing.read((trx) => trx('plans').where({ code: planId }).update({ archived_at: AT }));
    await assigned.passTime();
    expect((await billing.subscription(assigned.id))?.state.status).toBe('active');
    const late = await reseller.makeCustomer();
    const refused = await assign(billing, { ...who, accountId: late, at: LATER });
    expect(refused.outcome).toMatchObject({ code: 'unknown_plan' });
  });

  it('ends now with what is unused credited to the reseller, and the customer’s units gone', async () => {
    const reseller = await makeReseller(billing, '999.00');
    const customer = await reseller.makeCustomer();
    const planId = await makePartnerPlan(billing, THIRD);
    const who = { planId, payerId: reseller.houseId, accountId: customer };
    const assigned = await assign(billing, { ...who, at: AT });
    expect(await assigned.tell({ kind: 'cancel', at: 'now', noteId: null }, AT)).toBe('done');
    expect(await moneyOf(reseller.houseId)).toBe(999_000_000n);
    expect(await unitsOf(customer)).toEqual([]);
  });
});

describe('a revenue-sharing plan of a customer', () => {
  it('R4.10 is paid from the customer’s own wallet', async () => {
    const reseller = await makeReseller(billing, '0.00');
    const customer = await reseller.makeCustomer('1000.00');
    const planId = await makePartnerPlan(billing, {
      ...THIRD,
      type: 'revenue_sharing',
      revenueShareBps: 2_000,
    });
    const assigned = await assign(billing, {
      planId,
      payerId: customer,
      accountId: customer,
      at: AT,
    });
    expect(assigned.outcome).toBe('done');
    expect(await moneyOf(customer)).toBe(1_000_000n);
    expect(await unitsOf(customer)).toEqual(['message 3000', 'wa_conversation 300']);
  });
});

describe('the pool', () => {
  async function withPool(wallet = '50000.00') {
    const reseller = await makeReseller(billing, wallet);
    const { houseId } = reseller;
    const pool = await makePartnerPlan(billing, POOL);
    const own = await assign(billing, {
      planId: pool,
      payerId: houseId,
      accountId: houseId,
      at: AT,
    });
    const planId = await makePartnerPlan(billing, THIRD);
    const give = async (accountId: string) =>
      assign(billing, { planId, payerId: houseId, accountId, at: AT });
    return { reseller, own, planId, give };
  }

  it('R4.20 gives three thirds, refuses the fourth, and gives it when one has ended', async () => {
    const { reseller, give } = await withPool();
    const customers = await Promise.all([1, 2, 3, 4].map(() => reseller.makeCustomer()));
    const [first, second, third, fourth] = customers as [string, string, string, string];
    const given = [await give(first), await give(second), await give(third)];
    expect(given.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(await unitsOf(reseller.houseId)).toEqual([]);
    expect((await give(fourth)).outcome).toEqual({
      code: 'pool_exhausted',
      details: { benefit: 'messages', free: '1000' },
    });
    await given[0]?.tell({ kind: 'cancel', at: 'now', noteId: null }, LATER);
    expect((await give(fourth)).outcome).toBe('done');
    expect(await reseller.free()).toEqual({
      messages: 1_000n,
      wa_conversations: 100n,
      team_members: 1n,
    });
  });

  it('R4.20 is never overdrawn by ten assignments at once', async () => {
    const { reseller, give } = await withPool();
    const customers = await Promise.all(Array.from({ length: 10 }, () => reseller.makeCustomer()));
    const given = await Promise.all(customers.map(give));
    expect(given.filter(({ outcome }) => outcome === 'done')).toHaveLength(3);
    expect((await reseller.free())?.messages).toBe(1_000n);
  });

  it('R4.20 stays as it is while a customer’s plan is paused, and holds a scheduled change from its asking on', async () => {
    const { reseller, give, planId } = await withPool();
    const [first, second] = [await reseller.makeCustomer(), await reseller.makeCustomer()];
    const given = await give(first);
    await give(second);
    await given.tell({ kind: 'pause', at: 'now', resumesAt: null }, AT);
    expect((await reseller.free())?.messages).toBe(4_000n);
    await given.tell({ kind: 'resume' }, AT);
    const large = await makePartnerPlan(billing, {
      ...THIRD,
      benefits: { messages: 7_000, wa_conversations: 300, team_members: 3 },
    });
    const effectiveAt = '2027-02-20T10:00:00.000Z';
    const change = { planCode: large, cycle: 'monthly', effectiveAt } as const;
    expect(await given.tell({ kind: 'schedule', ...change }, AT)).toBe('done');
    expect((await reseller.free())?.messages).toBe(0n);
    expect(await given.tell({ kind: 'unschedule' }, AT)).toBe('done');
    expect((await reseller.free())?.messages).toBe(4_000n);
    const tooLarge = await makePartnerPlan(billing, {
      ...THIRD,
      benefits: { messages: 7_001, wa_conversations: 300, team_members: 3 },
    });
    const now = { kind: 'change', planCode: tooLarge, cycle: 'monthly', isForced: false } as const;
    expect(await given.tell(now, AT)).toEqual({
      code: 'pool_exhausted',
      details: { benefit: 'messages', free: '7000' },
    });
    expect(planId).not.toBe(large);
  });

  it('R4.20 does not shrink below what customers have, and gives nothing while it is suspended', async () => {
    const { reseller, own, give, planId } = await withPool('8995.00');
    const [first, second] = [await reseller.makeCustomer(), await reseller.makeCustomer()];
    await give(first);
    await give(second);
    const small = { kind: 'change', planCode: planId, cycle: 'monthly', isForced: false } as const;
    expect(await own.tell(small, AT)).toMatchObject({ code: 'pool_exhausted' });
    while ((await billing.subscription(own.id))?.state.status !== 'suspended') await own.passTime();
    const third = await reseller.makeCustomer();
    await billing.topUp(reseller.houseId, '999.00');
    expect((await give(third)).outcome).toMatchObject({
      code: 'pool_exhausted',
      details: { free: '0' },
    });
  });

  it('R4.20 is gone for good when the reseller’s plan has ended: ending it does not lift the limit', async () => {
    const { reseller, own, give } = await withPool();
    const cancel = { kind: 'cancel', at: 'now', noteId: null } as const;
    expect(await own.tell(cancel, AT)).toBe('done');
    const customer = await reseller.makeCustomer();
    expect((await give(customer)).outcome).toMatchObject({
      code: 'pool_exhausted',
      details: { free: '0' },
    });
  });

  it('R4.20 is not given back for money while customers have their part of it', async () => {
    const { reseller, own, give } = await withPool();
    const given = await give(await reseller.makeCustomer());
    const cancel = { kind: 'cancel', at: 'now', noteId: null } as const;
    expect(await own.tell(cancel, AT)).toMatchObject({ code: 'invalid_state' });
    const pause = { kind: 'pause', at: 'now', resumesAt: null } as const;
    expect(await own.tell(pause, AT)).toMatchObject({ code: 'invalid_state' });
    await given.tell(cancel, AT);
    expect(await own.tell(pause, AT)).toBe('done');
  });

  it('R4.10 a plan that another account pays is a new assignment, not a change', async () => {
    const { reseller, give } = await withPool();
    const given = await give(await reseller.makeCustomer());
    const planCode = await makePartnerPlan(billing, {
      ...THIRD,
      type: 'revenue_sharing',
      revenueShareBps: 2_000,
    });
    const change = { kind: 'change', planCode, cycle: 'monthly', isForced: false } as const;
    expect(await given.tell(change, AT)).toMatchObject({ code: 'plan_not_assignable' });
  });

  it('assignments and shared renewals of one reseller at once never wait for each other in a circle', async () => {
    const { reseller, give } = await withPool();
    const planId = await makePartnerPlan(billing, {
      ...THIRD,
      type: 'revenue_sharing',
      revenueShareBps: 2_000,
      benefits: { messages: 100, wa_conversations: 10, team_members: 0 },
    });
    const paying = await Promise.all([1, 2, 3, 4].map(() => reseller.makeCustomer('3000.00')));
    const shared = [];
    for (const accountId of paying) {
      shared.push(await assign(billing, { planId, payerId: accountId, accountId, at: AT }));
    }
    const customers = await Promise.all([1, 2, 3].map(() => reseller.makeCustomer()));
    const deadlocks = () =>
      billing.read(async (trx) => {
        const { rows } = await trx.raw<{ rows: { deadlocks: bigint }[] }>(
          `select deadlocks from pg_stat_database where datname = current_database()`,
        );
        return rows[0]?.deadlocks;
      });
    const before = await deadlocks();
    const [, given] = await Promise.all([
      Promise.all(shared.map((one) => one.passTime())),
      Promise.all(customers.map(give)),
    ]);
    expect(given.filter(({ outcome }) => outcome === 'done')).toHaveLength(3);
    expect(await deadlocks()).toBe(before);
  });

  it('R4.20 tells the house account when four fifths are given, each time that line is crossed', async () => {
    const { reseller, give } = await withPool();
    const customers = await Promise.all([1, 2, 3].map(() => reseller.makeCustomer()));
    const [first, second, third] = customers as [string, string, string];
    const told = async () =>
      (await toldTo(reseller.houseId)).filter(({ type }) => type === 'partner_plan.pool_low');
    await give(first);
    await give(second);
    expect(await told()).toEqual([]);
    const given = await give(third);
    expect(await told()).toMatchObject([
      {
        subjectId: reseller.partnerId,
        reason: '9000 of 10000 messages of the pool are given to customers: 1000 are left',
        data: { benefit: 'messages', total: 10_000, allocated: 9_000, free: 1_000 },
      },
      { data: { benefit: 'wa_conversations', total: 1_000, allocated: 900, free: 100 } },
      { data: { benefit: 'team_members', total: 10, allocated: 9, free: 1 } },
    ]);
    await given.tell({ kind: 'cancel', at: 'now', noteId: null }, AT);
    await give(third);
    expect(await told()).toHaveLength(6);
    expect(await billing.events(third)).toEqual([]);
  });

  it('R4.20 tells it once when assignments that cross it come at once', async () => {
    const { reseller } = await withPool();
    // Each pays itself, so nothing but the pool makes them take turns; the eighth of ten crosses the line.
    const planId = await makePartnerPlan(billing, {
      ...THIRD,
      type: 'revenue_sharing',
      revenueShareBps: 2_000,
      benefits: { messages: 1_000, wa_conversations: 100, team_members: 1 },
    });
    const customers = await Promise.all(
      Array.from({ length: 10 }, () => reseller.makeCustomer('999.00')),
    );
    await Promise.all(
      customers.map((id) => assign(billing, { planId, payerId: id, accountId: id, at: AT })),
    );
    expect((await reseller.free())?.messages).toBe(0n);
    const told = (await toldTo(reseller.houseId)).map(({ data }) => data['benefit']);
    expect(told.filter((benefit) => typeof benefit === 'string').toSorted()).toEqual([
      'messages',
      'team_members',
      'wa_conversations',
    ]);
  });

  it('R4.20 tells it when the pool becomes smaller', async () => {
    const { reseller, own, give } = await withPool();
    for (const customer of [await reseller.makeCustomer(), await reseller.makeCustomer()]) {
      await give(customer);
    }
    const smaller = await makePartnerPlan(billing, {
      ...POOL,
      benefits: { messages: 7_500, wa_conversations: 1_000, team_members: 10 },
    });
    const change = { planCode: smaller, cycle: 'monthly', isForced: false } as const;
    expect(await own.tell({ kind: 'change', ...change }, AT)).toBe('done');
    const told = await toldTo(reseller.houseId);
    expect(told.filter(({ type }) => type === 'partner_plan.pool_low')).toMatchObject([
      { data: { benefit: 'messages', total: 7_500, allocated: 6_000, free: 1_500 } },
    ]);
  });

  it('R1.08 the house account hears which renewals its wallet will not cover, before they are due', async () => {
    // 999.00 are left after the start: of two plans that renew at the same instant one is covered.
    const reseller = await makeReseller(billing, '2997.00');
    const planId = await makePartnerPlan(billing, THIRD);
    const [first, second] = [await reseller.makeCustomer(), await reseller.makeCustomer()];
    const who = { planId, payerId: reseller.houseId, at: AT };
    const plans = [
      await assign(billing, { ...who, accountId: first }),
      await assign(billing, { ...who, accountId: second }),
    ];
    for (const plan of plans) await plan.remind();
    const told = await toldTo(reseller.houseId);
    expect(told.filter(({ type }) => type === 'subscription.renewal_not_covered')).toMatchObject([
      {
        occurredAt: '2027-02-21T10:00:00.000Z',
        data: { serves_account_id: second, missing_amount: '999.00' },
      },
    ]);
    expect([await billing.events(first), await billing.events(second)]).toEqual([[], []]);
  });

  it('a reseller without a plan of its own has no limit', async () => {
    const reseller = await makeReseller(billing, '5000.00');
    expect(await reseller.free()).toBeNull();
  });

  it('R4.20 is whole again when all have ended, whatever happened at once (8 connections)', async () => {
    const deed = fc.record({ customer: fc.nat({ max: 5 }), ends: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(deed, { maxLength: 8 }), { maxLength: 3 }),
        async (rounds) => {
          const { reseller, give } = await withPool('90000.00');
          const customers = await Promise.all(
            [0, 1, 2, 3, 4, 5].map(() => reseller.makeCustomer()),
          );
          const open = new Map<number, Awaited<ReturnType<typeof give>>>();
          const end = async (customer: number): Promise<void> => {
            const assigned = open.get(customer);
            open.delete(customer);
            await assigned?.tell({ kind: 'cancel', at: 'now', noteId: null }, AT);
          };
          for (const deeds of rounds) {
            const each = new Map(deeds.map((one) => [one.customer, one.ends]));
            await Promise.all(
              [...each].map(async ([customer, ends]) => {
                if (ends) return end(customer);
                const given = await give(customers[customer] ?? '');
                if (given.outcome === 'done') open.set(customer, given);
              }),
            );
            expect((await reseller.free())?.messages).toBe(10_000n - 3_000n * BigInt(open.size));
            expect(open.size).toBeLessThanOrEqual(3);
          }
          await Promise.all([...open.keys()].map(end));
          expect(await reseller.free()).toEqual({
            messages: 10_000n,
            wa_conversations: 1_000n,
            team_members: 10n,
          });
        },
      ),
      { numRuns: 8 },
    );
  });
});
