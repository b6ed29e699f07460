/** What a reseller's key must not do, since a reseller owes money and shares in what its customers pay. */
import { issueDocument } from '../../db/repositories/document.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { findAssignment } from '../../db/repositories/assignment.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { newId } from '../../db/new-id';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { postShare } from '../../domain/revenue-share/post-share';
import { invariant } from '../../domain/invariant';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, PLAN_CODE, type World } from './world';

const AT = '2026-11-01T00:00:00.000Z';

let api: ApiUnderTest;
let world: World;
beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const write = <T>(work: (trx: Transaction) => Promise<T>): Promise<T> =>
  withTransaction(api.database, SYSTEM, work);

async function planOf(accountId: string): Promise<string> {
  const assignment = await write((trx) => findAssignment(trx, accountId));
  invariant(assignment !== null, `${accountId} has a partner plan`);
  return assignment.record.state.id;
}

/** An invoice of a partner plan, as its subscription issues it. */
async function invoice(accountId: string, subscriptionId: string): Promise<string> {
  const price = { amountMicros: 999_000_000n, currency: 'INR' } as const;
  const { id } = await write((trx) =>
    issueDocument(trx, {
      kind: 'invoice',
      accountId,
      ...buildTopUpTerms(UNTAXED, price),
      issuedAt: AT,
      subject: { kind: 'subscription', id: subscriptionId },
      references: [],
      operationKey: `${subscriptionId}/${accountId}`,
    }),
  );
  return id;
}

describe('a reseller’s key', () => {
  it('does not give back what the reseller itself paid for a customer’s plan', async () => {
    const { houseAccountId, customerId, partnerKey } = world.ours;
    const id = await invoice(houseAccountId, await planOf(customerId));
    const refund = { key: partnerKey, body: { to: 'wallet' } } as const;
    const refused = await api.call('POST', `/v1/invoices/${id}/refund`, refund);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect(refused.body.detail).toBe(
      'Only the platform refunds what a reseller pays or shares in.',
    );
    const asOperator = { ...refund, key: api.operatorKey };
    const sent = await api.call('POST', `/v1/invoices/${id}/refund`, asOperator);
    // No Temporal here: what got as far as being sent is answered 503.
    expect(sent.body.code).toBe('unavailable');
  });

  it('still refunds its customers’ other invoices', async () => {
    const { invoiceId, partnerKey } = world.ours;
    const refund = { key: partnerKey, body: { to: 'wallet' } } as const;
    const sent = await api.call('POST', `/v1/invoices/${invoiceId}/refund`, refund);
    expect(sent.body.code).toBe('unavailable');
  });

  it('does not price past usage anew', async () => {
    const { accountId, partnerKey } = world.ours;
    const body = { from: '2026-11-01', to: '2026-11-02' };
    const path = `/v1/accounts/${accountId}/reratings`;
    expect((await api.call('POST', path, { key: partnerKey, body })).status).toBe(403);
  });

  it.each(['change', 'preview_change'])(
    'R4.23 cannot %s a partner plan past the rules of assignments',
    async (deed) => {
      const { customerId, partnerKey } = world.ours;
      const id = await planOf(customerId);
      const body = { plan_code: world.changedPartnerPlanId, cycle: 'monthly' };
      for (const key of [partnerKey, api.operatorKey]) {
        const refused = await api.call('POST', `/v1/subscriptions/${id}/${deed}`, { key, body });
        expect([refused.status, refused.body.code]).toEqual([409, 'invalid_state']);
        expect(refused.body.detail).toContain('partner_plan');
      }
      const ordinary = { ...body, plan_code: PLAN_CODE };
      const asked = { key: partnerKey, body: ordinary };
      expect((await api.call('POST', `/v1/subscriptions/${id}/${deed}`, asked)).status).toBe(409);
    },
  );

  it('a customer whose plan its reseller pays sees neither the subscription nor its price', async () => {
    const { customerId, customerKey } = world.ours;
    const id = await planOf(customerId);
    const seen = await api.call('GET', `/v1/subscriptions/${id}`, { key: customerKey });
    expect([seen.status, seen.body.code]).toEqual([404, 'not_found']);
    const plan = await api.call('GET', `/v1/accounts/${customerId}/partner_plan`, {
      key: customerKey,
    });
    expect(plan.body).toMatchObject({ display_name: 'Gold', paid_by: 'partner', price: null });
    expect(plan.text).not.toContain('Internal');
  });

  it('a customer does not read in its ledger what its reseller earns', async () => {
    const { accountId, accountKey, partnerKey } = world.ours;
    const reference = 'revenue-share/inv_1';
    await write(async (trx) => {
      const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
      invariant(ledger !== undefined, 'the account has a ledger');
      const plan = createLedgerPlan([ledger], { reference, postedAt: AT });
      const earned = { kind: 'accrual', invoiceId: 'inv_1', documentId: 'inv_1', at: AT } as const;
      postShare(plan, ledger, { ...earned, shareMicros: 199_800_000n });
      await applyLedgerPlan(trx, plan);
    });
    const path = `/v1/accounts/${accountId}/ledger`;
    expect((await api.call('GET', path, { key: partnerKey })).text).toContain('partner_payable');
    const own = await api.call('GET', path, { key: accountKey });
    expect(own.status).toBe(200);
    expect(own.text).not.toContain('partner_payable');
  });

  it('neither transfers to, nor assigns a plan to, an account of another clock', async () => {
    const { customerId, partnerId, partnerKey } = world.theirs;
    const clockId = newId('test_clock');
    await write(async (trx) => {
      await insertTestClock(trx, {
        id: clockId,
        partnerId,
        name: 'elsewhen',
        now: '2035-05-01T00:00:00.000Z',
        status: 'ready',
        advancingTo: null,
        failure: null,
        createdAt: AT,
      });
      await trx('accounts').where({ id: customerId }).update({ test_clock_id: clockId });
    });
    const transfer = { account_id: customerId, amount: '1.00', currency: 'INR' };
    const asked = { key: partnerKey, body: transfer };
    const moved = await api.call('POST', `/v1/partners/${partnerId}/transfers`, asked);
    expect([moved.status, moved.body.code]).toEqual([422, 'unprocessable']);
    const body = { partner_plan_id: world.partnerPlanId, cycle: 'monthly' };
    const path = `/v1/accounts/${customerId}/partner_plan`;
    const assigned = await api.call('POST', path, { key: partnerKey, body });
    expect([assigned.status, assigned.body.code]).toEqual([422, 'unprocessable']);
  });
});
