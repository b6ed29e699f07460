import { insertPartnerPlan, lockPartnerPlan } from '../../db/repositories/partner-plan.repository';
import { findSoldPlan } from '../../db/repositories/plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { createTestDatabase, type TestDatabase } from '../support/database';

const ID = 'pplan_gold';
const AT = '2026-11-01T00:00:00.000Z';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
  await transact((trx) =>
    insertPartnerPlan(
      trx,
      {
        id: ID,
        terms: {
          type: 'usage_based',
          planName: 'Gold',
          displayName: 'Gold',
          currency: 'INR',
          prices: { monthly: 999_000_000n },
          hasGst: true,
          benefits: { messages: null, wa_conversations: 0, team_members: 5 },
          revenueShareBps: null,
          onExhausted: 'block',
          unitPrices: {},
        },
        isEnabled: true,
        isVisible: true,
      },
      AT,
    ),
  );
});
afterAll(() => test.drop());

const transact = <T>(work: (trx: Transaction) => Promise<T>): Promise<T> =>
  withTransaction(test.database, SYSTEM, work);

/** PostgreSQL's code of a lock that is not to be had at once. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

async function atOnce(trx: Transaction): Promise<void> {
  await trx.raw(`set local lock_timeout = '100ms'`);
}

describe('a partner plan in the database', () => {
  it('R4.07 R4.23 is not changed or archived while it is being assigned, which many may do at once', async () => {
    await transact(async (first) => {
      expect((await findSoldPlan(first, ID))?.bearsTax).toBe(true);
      const kept = transact(async (second) => {
        await atOnce(second);
        return (await findSoldPlan(second, ID))?.code;
      });
      expect(await kept).toBe(ID);
      const locked = transact(async (second) => {
        await atOnce(second);
        await lockPartnerPlan(second, ID);
      });
      expect(await codeOf(locked)).toBe('55P03');
    });
    expect((await transact((trx) => lockPartnerPlan(trx, ID)))?.id).toBe(ID);
  });

  it('R4.24 keeps its versions: nobody rewrites one, or withdraws one that somebody had', async () => {
    const remove = transact((trx) => trx('plan_versions').where({ plan_code: ID }).delete());
    expect(await codeOf(remove)).toBe('42501');
    await transact((trx) =>
      trx('partner_plans').where({ plan_code: ID }).update({ taken_version: 1 }),
    );
    const withdraw = transact((trx) => trx.raw('select withdraw_untaken_version(?, 1)', [ID]));
    expect(await codeOf(withdraw)).toBe('P0001');
    const removeAll = transact((trx) => trx('plans').where({ code: ID }).delete());
    expect(await codeOf(removeAll)).toBe('42501');
  });
});
