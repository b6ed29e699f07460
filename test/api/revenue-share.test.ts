/** What operators and resellers read of a revenue share, and what they are refused: HTTP over a real PostgreSQL. */
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const of = (path: string, partnerId = world.ours.partnerId) => `/v1/partners/${partnerId}${path}`;
const asOperator = (method: string, path: string, body?: unknown) =>
  api.call(method, path, { key: api.operatorKey, body });
const asPartner = (method: string, path: string, body?: unknown) =>
  api.call(method, path, { key: world.ours.partnerKey, body });
const inr = (amount: string) => ({ amount, currency: 'INR' });

describe('a partner reads its own (R4.10)', () => {
  it('its share says what it waits for', async () => {
    const { status, body } = await asPartner('GET', of('/revenue_share'));
    expect([status, body]).toMatchObject([
      200,
      {
        status: 'awaiting_approval',
        open_month: '2026-11',
        awaiting_approval: 1,
        next_action: {
          kind: 'close_month',
          at: '2026-11-30T18:30:00.000Z',
          reason: '2026-11 ends; 1 statement waits for approval',
        },
        workflow_id: `revenue-share/${world.ours.partnerId}`,
      },
    ]);
  });

  it('a closed month has every figure, and the open one what it comes to so far', async () => {
    const closed = await asPartner('GET', of('/statements/2026-10'));
    expect(closed.body).toMatchObject({
      status: 'awaiting_approval',
      collected: inr('999.00'),
      tax: inr('179.82'),
      refunds: inr('0.00'),
      fees: inr('0.00'),
      base: inr('999.00'),
      share_bps: 2_000,
      accrued: inr('199.80'),
      clawed_back: inr('0.00'),
      held: inr('0.00'),
      payable: inr('199.80'),
      paid: inr('0.00'),
      carried_forward: inr('0.00'),
      lines: [],
    });
    const open = await asPartner('GET', of('/statements/2026-11'));
    expect(open.body).toMatchObject({ status: 'open', share_bps: null, payable: inr('0.00') });
    const list = await asPartner('GET', of('/statements'));
    expect(list.body).toMatchObject({ items: [{ month: '2026-10' }], next_cursor: null });
  });

  it('no month that has not begun, no word that is no month, nobody else’s', async () => {
    expect((await asPartner('GET', of('/statements/2026-12'))).status).toBe(404);
    expect((await asPartner('GET', of('/statements/2026-13'))).status).toBe(404);
    const theirs = world.theirs.partnerId;
    for (const path of ['/revenue_share', '/revenue_share_terms', '/statements', '/payouts']) {
      expect((await asPartner('GET', of(path, theirs))).status).toBe(404);
    }
    const foreign = of(`/payouts/${world.theirs.payoutId}`);
    expect((await asOperator('GET', foreign)).status).toBe(404);
  });

  it('neither approves, nor pays itself, nor says on which terms', async () => {
    const asked = [
      asPartner('POST', of('/statements/2026-10/approve')),
      asPartner('POST', of('/payouts'), { month: '2026-10', to: 'wallet' }),
      asPartner('PUT', of('/revenue_share_terms'), { reserve_bps: 0 }),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([403, 403, 403]);
  });
});

describe('the terms of a partner (R4.10)', () => {
  it('hold nothing until an operator agrees to more', async () => {
    const before = await asPartner('GET', of('/revenue_share_terms'));
    expect(before.body).toEqual({
      partner_id: world.ours.partnerId,
      reserve_bps: 0,
      reserve_days: 0,
      gateway_fee_bps: 0,
      payout_minimum: inr('0.00'),
    });
    const body = { reserve_bps: 1_000, reserve_days: 45, payout_minimum: '500.00' };
    const saved = await asOperator('PUT', of('/revenue_share_terms'), body);
    expect(saved.body).toMatchObject({ reserve_bps: 1_000, payout_minimum: inr('500.00') });
    expect((await asPartner('GET', of('/revenue_share_terms'))).body).toEqual(saved.body);
    await asOperator('PUT', of('/revenue_share_terms'), body);
    const told = await asPartner('GET', '/v1/events?type=revenue_share.terms_changed');
    expect(told.body.items).toMatchObject([
      { data: { reserve_bps: 1_000, reserve_days: 45, payout_minimum: '500.00' } },
    ]);
  });

  it.each([
    [{ reserve_bps: 10_001 }, 400],
    [{ reserve_days: 367 }, 400],
    [{ payout_minimum: '-1.00' }, 400],
    [{ share_bps: 2_000 }, 400],
  ])('%j are refused', async (body, status) => {
    expect((await asOperator('PUT', of('/revenue_share_terms'), body)).status).toBe(status);
  });
});

describe('a plan whose revenue is shared (R4.10)', () => {
  it('is not assigned where the reseller could not be paid in the customer’s currency', async () => {
    const plan = await asOperator('POST', '/v1/partner_plans', {
      type: 'revenue_sharing',
      plan_name: 'Shared in lira',
      display_name: 'Shared',
      currency: 'TRY',
      prices: { monthly: '999.00' },
      gst: false,
      benefits: { messages: 10, wa_conversations: 10, team_members: 1 },
      revenue_share_bps: 2_000,
      on_exhausted: 'block',
    });
    const customer = await asOperator('POST', '/v1/accounts', {
      name: 'Kadıköy Çiçek',
      country: 'TR',
      currency: 'TRY',
      time_zone: 'Europe/Istanbul',
      partner_id: world.ours.partnerId,
      test_clock_id: world.ours.testClockId,
    });
    const path = `/v1/accounts/${String(customer.body['id'])}/partner_plan`;
    const wanted = { partner_plan_id: plan.body['id'], cycle: 'monthly' };
    const refused = await asOperator('POST', path, wanted);
    expect([refused.status, refused.body['code']]).toEqual([422, 'currency_mismatch']);
  });
});
