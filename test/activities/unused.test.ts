/** What is unused of a fee is given back, and no more: on real rows. */
import { turnMonthOf } from '../../activities/month/turn-accounts';
import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { previewChange } from '../../api/commands/preview-change';
import { loadRatingTerms } from '../../db/load-rating-terms';
import { listDocuments } from '../../db/repositories/document.repository';
import {
  applyLedgerPlan,
  checkLedger,
  listBuckets,
  lockLedgers,
} from '../../db/repositories/ledger.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { monthOf } from '../../domain/calendar';
import { toEpochMs } from '../../domain/instant';
import { burn, type Part } from '../../domain/ledger/burn';
import { createLedgerPlan, postUsage } from '../../domain/ledger/ledger-plan';
import { openMonths } from '../../domain/ledger/month';
import { formatAmount } from '../../domain/money';
import type { PlanVersion } from '../../domain/plan';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import {
  createBillingUnderTest,
  GROWTH,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';

jest.setTimeout(60_000);

const STARTED_AT = '2027-02-01T00:00:00.000Z';
const NEXT_DAY = '2027-02-02T00:00:00.000Z';
const MID_MONTH = '2027-02-15T00:00:00.000Z';

const ALL: PlanVersion = {
  ...GROWTH,
  code: 'all',
  name: 'All',
  allowances: { messages: 10_000, minutes: 500, wa_conversations: 1_000 },
};
const BALANCE: PlanVersion = {
  ...GROWTH,
  code: 'balance',
  name: 'Balance',
  allowances: { whatsapp_balance: { INR: '500.00' } },
};
const FREE: PlanVersion = {
  ...GROWTH,
  code: 'nothing',
  name: 'Nothing',
  prices: [{ cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } }],
  allowances: { messages: 100 },
};

describe('what is unused of a fee', () => {
  let billing: BillingUnderTest;
  let activities: SubscriptionActivities;
  let made = 0;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    activities = subscriptionActivities(billing.database);
    for (const plan of [ALL, BALANCE, FREE]) {
      await billing.read((trx) => insertPlan(trx, plan, STARTED_AT));
    }
  });
  afterAll(async () => {
    await billing?.close();
  });

  async function start(accountId: string, planCode: string, at = STARTED_AT) {
    made += 1;
    const id = `sub_unused_${made}`;
    let asked = 0;
    const answer = (command: SubscriptionCommand, now: string) => {
      asked += 1;
      const operationKey = `subscription/${id}/${command.kind}/${asked}`;
      return activities.answerSubscriptionCommand({ id, accountId, command, now, operationKey });
    };
    const { answer: started } = await answer({ kind: 'start', planCode, cycle: 'monthly' }, at);
    expect(started.kind).toBe('done');
    return { id, answer };
  }

  async function use(accountId: string, asset: string, amount: bigint, at: string): Promise<void> {
    await billing.read(async (trx) => {
      const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
      if (ledger === undefined) throw new Error(`no ledger of ${accountId}`);
      const month = monthOf(at, ledger.timeZone);
      const reference = `use/${accountId}/${asset}/${at}`;
      const plan = createLedgerPlan([ledger], { reference, postedAt: at });
      openMonths(plan, ledger, { month, atMs: toEpochMs(at) });
      const parts: Part[] = [];
      burn(ledger, { asset, amount, atMs: toEpochMs(at), month }, parts);
      for (const { bucket, amount: drawn } of parts) {
        postUsage(plan, ledger, {
          debit: bucket.code,
          credit: `consumption/${asset}`,
          asset,
          amount: drawn,
          effectiveAtMs: toEpochMs(at),
          month,
        });
      }
      await applyLedgerPlan(trx, plan);
    });
  }

  /** The books of an account: its documents, newest first, and what is left of units. */
  async function booksOf(accountId: string, at: string) {
    return billing.read(async (trx) => {
      const items = await listDocuments(trx, { accountId, limit: 10, beforePosition: null });
      const buckets = await listBuckets(trx, { accountId, at });
      const check = await checkLedger(trx, accountId);
      const units = buckets.filter(({ asset, available }) => asset !== 'INR' && available > 0n);
      return {
        documents: items.map(({ kind, sale }) => `${kind} ${formatAmount(sale.total)}`),
        units: units.map(({ asset, available, granted }) => `${asset} ${available} of ${granted}`),
        isIntact:
          check.chainIntact && check.assets.every(({ cachedEqualsPosted }) => cachedEqualsPosted),
      };
    });
  }

  const PAUSE = { kind: 'pause', at: 'now', resumesAt: null } as const;
  const CANCEL = { kind: 'cancel', at: 'now', noteId: null } as const;

  it('R1.08 leaves the level that a balance is measured by to the plan', async () => {
    const accountId = await billing.makeAccount('5000.00');
    const levelOf = async () =>
      (await billing.read((trx) => loadRatingTerms(trx, [accountId])))[0]?.monthlyBalanceMicros;
    expect(await levelOf()).toBe(0n);
    await start(accountId, 'balance');
    expect(await levelOf()).toBe(500_000_000n);
  });

  it('is nothing when all messages are used, however many days are left', async () => {
    const accountId = await billing.makeAccount('5000.00');
    const { answer } = await start(accountId, 'all');
    await use(accountId, 'message', 10_000n, NEXT_DAY);
    expect((await answer(PAUSE, NEXT_DAY)).answer.kind).toBe('done');
    expect(await booksOf(accountId, NEXT_DAY)).toEqual({
      documents: ['invoice 999.00'],
      units: [],
      isIntact: true,
    });
  });

  it('comes back with a cancellation now, and takes the calendar month’s quota along', async () => {
    const accountId = await billing.makeAccount('5000.00');
    const { answer } = await start(accountId, 'all');
    await use(accountId, 'wa_conversation', 250n, NEXT_DAY);
    expect((await answer(CANCEL, NEXT_DAY)).answer.kind).toBe('done');
    expect(await booksOf(accountId, NEXT_DAY)).toEqual({
      documents: ['credit_note -749.25', 'invoice 999.00'],
      units: [],
      isIntact: true,
    });
    await start(accountId, 'all', MID_MONTH);
    const { units, isIntact } = await booksOf(accountId, MID_MONTH);
    expect(units.toSorted()).toEqual([
      'call_second 30000 of 30000',
      'message 10000 of 10000',
      'wa_conversation 750 of 1000',
    ]);
    expect(isIntact).toBe(true);
  });

  it.each([
    ['used up', 1_000n, []],
    ['used by half', 500n, ['credit_note -499.50']],
    ['not used', 0n, ['credit_note -963.32']],
  ])(
    'counts conversations of the month it was paid in when that has turned: %s',
    async (_, used, credited) => {
      const accountId = await billing.makeAccount('5000.00');
      const { answer } = await start(accountId, 'all', '2027-01-31T00:00:00.000Z');
      if (used > 0n) await use(accountId, 'wa_conversation', used, '2027-01-31T00:00:00.000Z');
      // February began at midnight in Kolkata.
      const turning = { database: billing.database, now: () => STARTED_AT };
      while (await turnMonthOf(turning, { accountId, to: STARTED_AT }));
      await answer(PAUSE, STARTED_AT);
      const { documents, isIntact } = await booksOf(accountId, STARTED_AT);
      expect(documents).toEqual([...credited, 'invoice 999.00']);
      expect(isIntact).toBe(true);
    },
  );

  it('counts what was used before a late payment for the month that it pays', async () => {
    const accountId = await billing.makeAccount('999.00');
    // Both begin at midnight in Kolkata, as the months do.
    const { id, answer } = await start(accountId, 'all', '2027-01-31T18:30:00.000Z');
    const perform = (kind: 'renew' | 'retry_payment', day: string) => {
      const action = { kind, at: `${day}T18:30:00.000Z`, reason: 'due' };
      const operationKey = `subscription/${id}/${kind}/${day}`;
      return activities.performSubscriptionAction({ id, accountId, action, operationKey });
    };
    await perform('renew', '2027-02-28');
    await use(accountId, 'wa_conversation', 800n, '2027-03-02T00:00:00.000Z');
    for (const day of ['01', '03', '05', '07']) await perform('retry_payment', `2027-03-${day}`);
    expect((await billing.subscription(id))?.state.status).toBe('suspended');
    await billing.topUp(accountId, '999.00');
    const resumed = await answer({ kind: 'resume' }, '2027-03-09T00:00:00.000Z');
    expect(resumed.answer.kind).toBe('done');
    const { units } = await booksOf(accountId, '2027-03-09T00:00:00.000Z');
    expect(units).toContain('wa_conversation 200 of 1000');
    await answer(PAUSE, '2027-03-09T00:00:00.000Z');
    // 200 of 1,000 conversations are left, and three quarters of the month.
    const { documents } = await booksOf(accountId, '2027-03-09T00:00:00.000Z');
    expect(documents).toEqual(['credit_note -199.80', 'invoice 999.00', 'invoice 999.00']);
  });

  it('R3.14 goes with the part of the WhatsApp balance that its days brought, and comes with it again', async () => {
    const accountId = await billing.makeAccount('5000.00');
    const { id, answer } = await start(accountId, 'balance');
    await answer(PAUSE, MID_MONTH);
    await answer({ kind: 'resume' }, MID_MONTH);
    await use(accountId, 'INR', 500_000_000n, MID_MONTH);
    await answer(CANCEL, MID_MONTH);
    const transfers = await billing.transfers(accountId);
    expect(transfers.filter((row) => row.includes('wallet/initial'))).toEqual([
      'grant issuance/INR > wallet/initial 500000000',
      'clawback wallet/initial > issuance/INR 250000000',
      'grant issuance/INR > wallet/initial 250000000',
      'usage wallet/initial > consumption/INR 500000000',
    ]);
    expect(await booksOf(accountId, MID_MONTH)).toEqual({
      documents: ['invoice 999.00', 'credit_note -499.50', 'invoice 999.00'],
      units: [],
      isIntact: true,
    });
    expect((await billing.subscription(id))?.state.feeGrants.balanceMicros).toBe(250_000_000n);
  });

  it('R1.12 is the same in a preview, with the reason in its line', async () => {
    const accountId = await billing.makeAccount('5000.00');
    const { id, answer } = await start(accountId, 'all');
    await use(accountId, 'message', 7_500n, NEXT_DAY);
    const record = await billing.subscription(id);
    if (record === null) throw new Error(`no row of ${id}`);
    const wanted = { planCode: 'nothing', cycle: 'monthly', isForced: true } as const;
    const preview = await billing.read((trx) =>
      previewChange(trx, record.state, { wanted, receivedAt: NEXT_DAY }),
    );
    expect(preview.lines).toMatchObject([
      {
        amount: '-249.75',
        description:
          'All, monthly, not used, from 2027-02-02 until 2027-03-01: 2,500 of 10,000 messages are left',
      },
    ]);
    const { answer: outcome } = await answer({ kind: 'change', ...wanted }, NEXT_DAY);
    expect(outcome).toMatchObject({ kind: 'done', lines: preview.lines });
  });

  it('of a plan that costs nothing is not granted again to who ends it and starts anew', async () => {
    const accountId = await billing.makeAccount('0.00');
    const { answer } = await start(accountId, 'nothing');
    await use(accountId, 'message', 100n, NEXT_DAY);
    await answer(CANCEL, NEXT_DAY);
    await start(accountId, 'nothing', MID_MONTH);
    expect((await booksOf(accountId, MID_MONTH)).units).toEqual([]);
  });
});
