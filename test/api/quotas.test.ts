import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantUnits } from '../../domain/ledger/grant';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { openMonths, setAllowance } from '../../domain/ledger/month';
import { clawBackMoney } from '../../domain/ledger/payback';
import { toEpochMs } from '../../domain/instant';
import { UNITS_WITHOUT_LIMIT } from '../../domain/plan';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

/** 1 November 2026, 05:30 in Kolkata: the world's clock. */
const AT = '2026-11-01T00:00:00.000Z';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

async function change(
  reference: string,
  work: (plan: LedgerPlan, ledger: LedgerState) => void,
): Promise<void> {
  const { accountId } = world.ours;
  await withTransaction(api.database, SYSTEM, async (trx) => {
    const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
    if (ledger === undefined) throw new Error('the account has a ledger');
    const plan = createLedgerPlan([ledger], { reference, postedAt: AT });
    work(plan, ledger);
    await applyLedgerPlan(trx, plan);
  });
}

async function showQuotas() {
  const { accountId, accountKey } = world.ours;
  const { status, body } = await api.call('GET', `/v1/accounts/${accountId}/quotas`, {
    key: accountKey,
  });
  expect(status).toBe(200);
  return body as { items: { asset: string }[] } & Record<string, unknown>;
}

const itemOf = async (asset: string) =>
  (await showQuotas()).items.find((item) => item.asset === asset);
const NEXT_MONTH = '2026-11-30T18:30:00.000Z';
const UNUSED = { initial: 0, top_up: 0, used: 0, held: 0, remaining: 0 };

describe('the quotas of a month', () => {
  it('R3.06 are none without an allowance, and the month is the account’s own', async () => {
    expect(await showQuotas()).toEqual({
      account_id: world.ours.accountId,
      as_of: AT,
      documentation_url: '/docs#/Usage/getQuotas',
      month: '2026-11',
      resets_at: NEXT_MONTH,
      items: [
        { asset: 'wa_conversation', ...UNUSED, resets_at: NEXT_MONTH },
        { asset: 'unique_visitor', ...UNUSED, resets_at: NEXT_MONTH },
        { asset: 'message', ...UNUSED, resets_at: null },
        { asset: 'call_second', ...UNUSED, resets_at: null },
      ],
      whatsapp_balance: {
        initial: { amount: '0.00', currency: 'INR' },
        additional: { amount: '1000.00', currency: 'INR' },
        total: { amount: '1000.00', currency: 'INR' },
        held: { amount: '0.00', currency: 'INR' },
      },
      available_users: { limit: 5, used: 0, available: 5 },
    });
  });

  it('R3.06 R3.10 that nobody has used yet are shown full', async () => {
    await change('promised', (plan, ledger) => {
      for (const [asset, quantity] of [
        ['wa_conversation', 1_000n],
        ['unique_visitor', 500n],
      ] as const) {
        setAllowance(plan, ledger, { asset, fromMonth: '2026-11', quantity, at: AT });
      }
    });
    expect(await itemOf('wa_conversation')).toMatchObject({ initial: 1_000, remaining: 1_000 });
    expect(await itemOf('unique_visitor')).toMatchObject({ initial: 500, used: 0, remaining: 500 });
  });

  it('R4.18 without limit say so with null, and count what is used', async () => {
    await change('unlimited', (plan, ledger) => {
      setAllowance(plan, ledger, {
        asset: 'wa_conversation',
        fromMonth: '2026-11',
        quantity: UNITS_WITHOUT_LIMIT,
        at: AT,
      });
    });
    expect(await itemOf('wa_conversation')).toMatchObject({
      initial: null,
      top_up: 0,
      used: 0,
      remaining: null,
    });
  });

  it('R3.10 are initial and top-up together, less what is used; another month’s do not count', async () => {
    await change('bought', (plan, ledger) => {
      openMonths(plan, ledger, { month: '2026-12', atMs: toEpochMs(AT) });
      const code = 'quota_top_up/unique_visitor/2026-11';
      grantUnits(plan, ledger, {
        code,
        asset: 'unique_visitor',
        source: 'quota_top_up',
        month: '2026-11',
        quantity: 1_000n,
        startsAt: null,
        expiresAt: null,
        at: AT,
        reference: code,
      });
    });
    const { accountId } = world.ours;
    await withTransaction(api.database, SYSTEM, (trx) =>
      trx('buckets')
        .whereIn('ledger_id', trx('ledgers').where({ account_id: accountId }).select('id'))
        .where({ code: 'quota/unique_visitor/2026-11' })
        .update({ posted: '260', held: '10' }),
    );
    expect(await itemOf('unique_visitor')).toEqual({
      asset: 'unique_visitor',
      initial: 500,
      top_up: 1_000,
      used: 240,
      held: 10,
      remaining: 1_250,
      resets_at: NEXT_MONTH,
    });
  });

  it('of messages and call seconds last with the plan’s own month', async () => {
    await change('granted', (plan, ledger) => {
      grantUnits(plan, ledger, {
        code: 'plan/message/2026-11-01/sub_1',
        asset: 'message',
        source: 'plan_quota',
        quantity: 5_000n,
        startsAt: AT,
        expiresAt: '2026-12-01T05:00:00.000Z',
        at: AT,
        reference: 'plan/message/2026-11-01/sub_1',
      });
    });
    expect(await itemOf('message')).toMatchObject({
      initial: 5_000,
      remaining: 5_000,
      resets_at: '2026-12-01T05:00:00.000Z',
    });
  });

  it('R3.15 come beside a WhatsApp balance, whose additional part may be a debt', async () => {
    await change('promised and charged back', (plan, ledger) => {
      const balance = { asset: 'INR', quantity: 250_000_000n, fromMonth: '2026-11', at: AT };
      setAllowance(plan, ledger, { ...balance, reference: 'balance' });
      const charged = { amountMicros: 1_400_000_000n, at: AT, reference: 'charge_back' };
      clawBackMoney(plan, ledger, charged);
    });
    expect((await showQuotas()).whatsapp_balance).toEqual({
      initial: { amount: '0.00', currency: 'INR' },
      additional: { amount: '-150.00', currency: 'INR' },
      total: { amount: '-150.00', currency: 'INR' },
      held: { amount: '0.00', currency: 'INR' },
    });
  });
});
