import fc from 'fast-check';
import { previewChange } from '../../api/commands/preview-change';
import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { listCreditable } from '../../db/repositories/credit-note.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { insertPlan, insertPlanVersion } from '../../db/repositories/plan.repository';
import { fromEpochMs } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import type { BillingCycle } from '../../domain/billing-period';
import type { PlanVersion } from '../../domain/plan';
import type { ChangeAnswer } from '../../workflows/subscription.messages';
import {
  createBillingUnderTest,
  GROWTH,
  startSubscription,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { liveIn, registerInIndia } from './india';

jest.setTimeout(60_000);

const STARTED_AT = '2027-02-01T00:00:00.000Z';
const MID_MONTH = '2027-02-15T00:00:00.000Z';
const PERIOD_END = '2027-03-01T00:00:00.000Z';

const LARGER: PlanVersion = {
  ...GROWTH,
  code: 'larger',
  name: 'Larger',
  prices: [
    { cycle: 'monthly', price: { amountMicros: 4_999_000_000n, currency: 'INR' } },
    { cycle: 'quarterly', price: { amountMicros: 13_999_000_000n, currency: 'INR' } },
    { cycle: 'yearly', price: { amountMicros: 49_990_000_000n, currency: 'INR' } },
  ],
  allowances: { messages: 30_000, minutes: 100, wa_conversations: 500 },
};
const RISING: PlanVersion = { ...LARGER, code: 'rising', name: 'Rising' };
const FREE: PlanVersion = {
  ...GROWTH,
  code: 'free',
  name: 'Free',
  prices: [{ cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } }],
  allowances: { messages: 100 },
};

describe('a change of plan', () => {
  let billing: BillingUnderTest;
  let activities: SubscriptionActivities;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    activities = subscriptionActivities(billing.database);
    for (const plan of [LARGER, FREE]) {
      await billing.read((trx) => insertPlan(trx, plan, STARTED_AT));
    }
  });
  afterAll(async () => {
    await billing?.close();
  });

  async function start(
    wallet: string,
    planCode = 'growth',
    cycle: BillingCycle = 'monthly',
    hasAddress = false,
  ) {
    const accountId = await billing.makeAccount(wallet);
    if (hasAddress) await liveIn(billing, accountId, 'KA');
    const options = { accountId, planCode, cycle, at: STARTED_AT };
    const subscription = await startSubscription(billing, options);
    const { id } = subscription;
    return {
      ...subscription,
      perform: async (now: string) => {
        const record = await subscriptionOf(id);
        const { next_action_kind: kind, next_action_at: at } = await billing.read((trx) =>
          trx('subscriptions').where({ id }).first('next_action_kind', 'next_action_at'),
        );
        expect(at).toBe(now);
        const operationKey = `subscription/${id}/${kind}/${at}/${record.revision}`;
        const action = { kind, at, reason: 'due' };
        return activities.performSubscriptionAction({ id, accountId, action, operationKey });
      },
    };
  }

  async function subscriptionOf(id: string) {
    const record = await billing.subscription(id);
    if (record === null) throw new Error(`no subscription ${id}`);
    return record;
  }

  /** Newest first: "credit_note -2499.50, 2499.50 of the invoice over 2000.00". */
  async function documentsOf(accountId: string): Promise<string[]> {
    const documents = await billing.read((trx) =>
      listDocuments(trx, { accountId, limit: 100, beforePosition: null }),
    );
    const totals = new Map(documents.map(({ id, sale }) => [id, formatAmount(sale.total)]));
    return documents.map(({ kind, sale, references }) => {
      const of = references.map(
        ({ id, amount }) => `, ${formatAmount(amount)} of the invoice over ${totals.get(id)}`,
      );
      return `${kind} ${formatAmount(sale.total)}${of.join('')}`;
    });
  }

  it('R1.12 up charges the difference, issues an invoice and moves the month’s messages', async () => {
    const { id, accountId, answer } = await start('5000.00');
    const changed = await answer(
      { kind: 'change', planCode: 'larger', cycle: 'monthly', isForced: false },
      MID_MONTH,
    );
    expect(changed.answer).toEqual({
      kind: 'done',
      lines: [
        {
          kind: 'proration_credit',
          description: 'Growth, monthly, not used, from 2027-02-15 until 2027-03-01',
          amount: '-499.50',
          currency: 'INR',
          period: { startsAt: MID_MONTH, endsAt: PERIOD_END },
        },
        {
          kind: 'proration_charge',
          description: 'Larger, monthly, rest of the period, from 2027-02-15 until 2027-03-01',
          amount: '2499.50',
          currency: 'INR',
          period: { startsAt: MID_MONTH, endsAt: PERIOD_END },
        },
      ],
    });
    expect(changed.step.next).toMatchObject({ kind: 'renew', at: PERIOD_END });
    expect((await billing.transfers(accountId)).slice(-5)).toEqual([
      'expiry plan/call_second/2027-02-01/' + id + ' > breakage/call_second 600',
      'grant issuance/call_second > plan/call_second/2027-02-15/rest-1/' + id + ' 3300',
      'expiry plan/message/2027-02-01/' + id + ' > breakage/message 1000',
      'grant issuance/message > plan/message/2027-02-15/rest-1/' + id + ' 15500',
      'charge wallet/additional > revenue/INR 2000000000',
    ]);
    expect(await documentsOf(accountId)).toEqual([
      'invoice 2000.00, 499.50 of the invoice over 999.00',
      'invoice 999.00',
    ]);
    expect((await billing.events(accountId)).slice(-3)).toEqual([
      'subscription.changed',
      'subscription.allowances_carried_over',
      'subscription.allowances_carried_over',
    ]);
  });

  it('R1.12 down credits the wallet and issues a credit note to the last invoice', async () => {
    const { accountId, answer } = await start('5000.00', 'larger');
    await answer(
      { kind: 'change', planCode: 'growth', cycle: 'monthly', isForced: false },
      MID_MONTH,
    );
    expect(await documentsOf(accountId)).toEqual([
      'credit_note -2000.00, 2000.00 of the invoice over 4999.00',
      'invoice 4999.00',
    ]);
    expect((await billing.transfers(accountId)).filter((row) => row.startsWith('refund'))).toEqual([
      'refund revenue/INR > wallet/additional 2000000000',
    ]);
  });

  it.each([
    ['to the plan it is on', { planCode: 'growth', cycle: 'monthly' }, 'same_plan'],
    ['to an unknown plan', { planCode: 'nowhere', cycle: 'monthly' }, 'unknown_plan'],
    ['to a support package', { planCode: 'care', cycle: 'monthly' }, 'unprocessable'],
    [
      'to a cycle it is not sold in',
      { planCode: 'growth', cycle: 'quarterly' },
      'no_billing_cycle',
    ],
    ['beyond the wallet', { planCode: 'larger', cycle: 'yearly' }, 'insufficient_balance'],
  ] as const)('R1.12 %s is refused and nothing is stored', async (_, wanted, code) => {
    const { id, accountId, answer } = await start('1200.00');
    const before = [await subscriptionOf(id), await billing.transfers(accountId)];
    const refused = await answer({ kind: 'change', ...wanted, isForced: false }, MID_MONTH);
    expect(refused.answer).toMatchObject({ kind: 'refused', code });
    expect([await subscriptionOf(id), await billing.transfers(accountId)]).toEqual(before);
    expect(await documentsOf(accountId)).toEqual(['invoice 999.00']);
  });

  it('R1.13 scheduled is kept at its price although the plan’s price rises before its day', async () => {
    await billing.read((trx) => insertPlan(trx, RISING, STARTED_AT));
    const { id, accountId, answer, perform } = await start('9000.00');
    await answer(
      { kind: 'schedule', planCode: 'rising', cycle: 'monthly', effectiveAt: PERIOD_END },
      MID_MONTH,
    );
    expect((await subscriptionOf(id)).state.scheduledChange).toMatchObject({
      target: { planVersion: 1, price: { amountMicros: 4_999_000_000n } },
      effectiveAt: PERIOD_END,
    });
    const [offered] = RISING.prices;
    if (offered === undefined) throw new Error('it has a price');
    const dearer = {
      ...offered,
      price: { amountMicros: 9_999_000_000n, currency: 'INR' },
    } as const;
    await billing.read((trx) => insertPlanVersion(trx, { ...RISING, prices: [dearer] }, MID_MONTH));
    const step = await perform(PERIOD_END);
    expect(step).toMatchObject({ status: 'active', next: { at: '2027-04-01T00:00:00.000Z' } });
    expect(await documentsOf(accountId)).toEqual(['invoice 4999.00', 'invoice 999.00']);
  });

  it('a pause credits the unused days with a credit note, and resuming is invoiced anew', async () => {
    const { accountId, answer } = await start('2000.00');
    await answer({ kind: 'pause', at: 'now', resumesAt: null }, MID_MONTH);
    await answer({ kind: 'resume' }, '2027-05-10T00:00:00.000Z');
    expect(await documentsOf(accountId)).toEqual([
      'invoice 999.00',
      'credit_note -499.50, 499.50 of the invoice over 999.00',
      'invoice 999.00',
    ]);
  });

  it('an invoice that nets a credit names what it takes back, and has that much more to be credited', async () => {
    const { id, accountId, answer } = await start('5000.00');
    const up = { kind: 'change', planCode: 'larger', cycle: 'monthly', isForced: false } as const;
    await answer(up, MID_MONTH);
    const left = async () => {
      const all = await billing.read((trx) => listCreditable(trx, { kind: 'subscription', id }));
      return all.map(({ leftMicros }) =>
        formatAmount({ amountMicros: leftMicros, currency: 'INR' }),
      );
    };
    expect(await left()).toEqual(['2499.50', '499.50']);
    await answer({ kind: 'pause', at: 'now', resumesAt: null }, MID_MONTH);
    expect(await documentsOf(accountId)).toEqual([
      'credit_note -2499.50, 2499.50 of the invoice over 2000.00',
      'invoice 2000.00, 499.50 of the invoice over 999.00',
      'invoice 999.00',
    ]);
    expect(await left()).toEqual(['0.00', '499.50']);
  });

  it('R1.12 a preview is the outcome, line by line, whatever is changed when', async () => {
    const wanted = fc.record({
      from: fc.constantFrom('growth', 'larger', 'free'),
      to: fc.constantFrom(
        ['growth', 'monthly'] as const,
        ['growth', 'yearly'] as const,
        ['larger', 'monthly'] as const,
        ['larger', 'quarterly'] as const,
        ['larger', 'yearly'] as const,
        ['free', 'monthly'] as const,
      ),
      isForced: fc.boolean(),
      afterMs: fc.integer({ min: 1, max: 27 * 86_400_000 }),
    });
    await fc.assert(
      fc.asyncProperty(wanted, async ({ from, to, isForced, afterMs }) => {
        const [planCode, cycle] = to;
        const { id, accountId, answer } = await start('60000.00', from);
        const now = fromEpochMs(Date.parse(STARTED_AT) + afterMs);
        const { state: subscription } = await subscriptionOf(id);
        const preview = await billing
          .read((trx) =>
            previewChange(trx, subscription, {
              wanted: { planCode, cycle, isForced },
              receivedAt: now,
            }),
          )
          .catch((error: unknown) => error);
        const stored = await subscriptionOf(id);
        expect(stored.state).toEqual(subscription);
        const { answer: outcome } = await answer(
          { kind: 'change', planCode, cycle, isForced },
          now,
        );
        if (outcome.kind === 'refused') {
          expect(preview).toMatchObject({ code: outcome.code });
          return;
        }
        const after = await subscriptionOf(id);
        expect(preview).toMatchObject({
          lines: outcome.lines,
          period: after.state.period,
          balanceAfter: { amountMicros: await walletOf(accountId) },
        });
      }),
      { numRuns: 40 },
    );
  });

  async function walletOf(accountId: string): Promise<bigint> {
    const rows = await billing.read((trx) =>
      trx('buckets as b')
        .join('ledgers as l', 'l.id', 'b.ledger_id')
        .where({ 'l.account_id': accountId, 'b.asset': 'INR' })
        .pluck<bigint[]>('b.posted'),
    );
    return rows.reduce((sum, posted) => sum + posted, 0n);
  }

  describe('where the seller taxes what the balance is used for', () => {
    beforeAll(async () => {
      await registerInIndia(billing, { taxPoint: 'consumption', validFrom: STARTED_AT });
    });

    it('R1.12 tax is charged with the plan, rounded to rupees, and reversed with a credit', async () => {
      const { accountId, answer } = await start('10000.00', 'growth', 'monthly', true);
      const up = { kind: 'change', planCode: 'larger', cycle: 'monthly', isForced: false } as const;
      const changed = await answer(up, MID_MONTH);
      expect(linesOf(changed.answer)).toEqual([
        'proration_credit -499.50',
        'proration_charge 2499.50',
        'tax 180.00',
        'tax 180.00',
      ]);
      await answer({ ...up, planCode: 'growth' }, MID_MONTH);
      expect(await documentsOf(accountId)).toEqual([
        'credit_note -2360.00, 2360.00 of the invoice over 2360.00',
        'invoice 2360.00, 589.00 of the invoice over 1179.00',
        'invoice 1179.00',
      ]);
      const moved = await billing.transfers(accountId);
      expect(moved.filter((line) => /tax_payable|wallet/.test(line))).toEqual([
        'grant clearing/INR > wallet/additional 10000000000',
        'charge wallet/additional > revenue/INR 1179000000',
        'charge revenue/INR > tax_payable/INR 179820000',
        'charge wallet/additional > revenue/INR 2360000000',
        'charge revenue/INR > tax_payable/INR 360000000',
        'refund revenue/INR > wallet/additional 2360000000',
        'refund tax_payable/INR > revenue/INR 360000000',
      ]);
    });

    it('R1.05 who gave no billing address cannot be invoiced, and nothing is stored', async () => {
      const accountId = await billing.makeAccount('5000.00');
      const operationKey = 'subscription/sub_without/start';
      const { answer } = await activities.answerSubscriptionCommand({
        id: 'sub_without',
        accountId,
        command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
        now: STARTED_AT,
        operationKey,
      });
      expect(answer).toMatchObject({ kind: 'refused', code: 'billing_address_required' });
      expect(await billing.subscription('sub_without')).toBeNull();
      expect(await documentsOf(accountId)).toEqual([]);
    });
  });
});

/** "tax 180.00" */
function linesOf(answer: ChangeAnswer): string[] {
  return (answer.lines ?? []).map(({ kind, amount }) => `${kind} ${amount}`);
}
