import { ApplicationFailure } from '@temporalio/common';
import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { saveAgreement } from '../../db/repositories/plan.repository';
import { createDatabase } from '../../db/connection';
import type { SubscriptionActionKind } from '../../domain/subscription/decide-next';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import {
  createBillingUnderTest,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites, photograph } from './broken-writes';

jest.setTimeout(20_000);

const ANCHOR = '2027-01-31T10:00:00.000Z';
const PERIOD_2 = '2027-02-28T10:00:00.000Z';
const PERIOD_3 = '2027-03-31T10:00:00.000Z';
const DONE = { kind: 'done' };
const START: SubscriptionCommand = { kind: 'start', planCode: 'growth', cycle: 'monthly' };
const CANCEL: SubscriptionCommand = { kind: 'cancel', at: 'now', noteId: null };

const FIRST_PERIOD = [
  'charge wallet/additional > revenue/INR 999000000',
  'grant issuance/call_second > plan/call_second/2027-01-31/sub 600',
  'grant issuance/message > plan/message/2027-01-31/sub 1000',
];

describe('the activities of a subscription', () => {
  let billing: BillingUnderTest;
  let activities: SubscriptionActivities;
  let made = 0;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    activities = subscriptionActivities(billing.database);
  });
  afterAll(async () => {
    await billing?.close();
  });

  /** The activities as the workflow of one subscription calls them. */
  interface Asked {
    readonly id: string;
    readonly accountId: string;
    answer(
      command: SubscriptionCommand,
      now?: string,
      key?: string,
    ): ReturnType<SubscriptionActivities['answerSubscriptionCommand']>;
    perform(
      kind: SubscriptionActionKind,
      at: string,
      key?: string,
    ): ReturnType<SubscriptionActivities['performSubscriptionAction']>;
  }

  async function ask(wallet: string): Promise<Asked> {
    return askFor(await billing.makeAccount(wallet));
  }

  function askFor(accountId: string, on: SubscriptionActivities = activities): Asked {
    made += 1;
    const id = `sub_${made}`;
    const workflowId = `subscription/${id}`;
    return {
      id,
      accountId,
      answer: (command, now = ANCHOR, key = `${workflowId}/${command.kind}/${now}`) =>
        on.answerSubscriptionCommand({ id, accountId, command, now, operationKey: key }),
      perform: (kind, at, key = `${workflowId}/${kind}/${at}`) =>
        on.performSubscriptionAction({
          id,
          accountId,
          action: { kind, at, reason: 'due' },
          operationKey: key,
        }),
    };
  }

  /** The account's transfers after its first top-up, with the subscription's id left out of names. */
  async function moved({ id, accountId }: Asked): Promise<string[]> {
    const all = await billing.transfers(accountId);
    return all
      .filter((line) => !line.includes('clearing'))
      .map((line) => line.replaceAll(id, 'sub'));
  }

  /** What belongs to the calendar month of the anchor: opened in the ledger by its first use. */
  async function monthlyQuotas({ accountId }: Asked): Promise<unknown[]> {
    const { rows } = await billing.owner.raw<{ rows: unknown[] }>(
      `select a.asset, a.quantity from allowances a join ledgers l on l.id = a.ledger_id
        where l.account_id = ? and a.from_month = '2027-01-01' order by a.asset`,
      [accountId],
    );
    return rows;
  }

  describe('starting', () => {
    it('R1.10 charges the first period, grants its allowances and says what is next', async () => {
      const asked = await ask('1000.00');
      expect(await asked.answer(START)).toEqual({
        answer: DONE,
        step: {
          status: 'active',
          revision: 1,
          next: { kind: 'renew', at: PERIOD_2, reason: 'period 2 begins' },
          attributes: { PlanCode: 'growth' },
        },
      });
      expect((await moved(asked)).sort()).toEqual(FIRST_PERIOD);
      expect(await monthlyQuotas(asked)).toEqual([{ asset: 'wa_conversation', quantity: 50n }]);
      expect(await billing.events(asked.accountId)).toEqual(['subscription.started']);
      expect(await billing.operations(asked.accountId)).toEqual([
        `subscription/${asked.id}/start/${ANCHOR}`,
      ]);
      const record = await billing.subscription(asked.id);
      expect(record).toMatchObject({
        workflowId: `subscription/${asked.id}`,
        revision: 1,
        state: { status: 'active', anchorAt: ANCHOR, planVersion: 1 },
      });
    });

    it('is refused without the money, leaves no row, and is remembered under its key', async () => {
      const asked = await ask('998.99');
      const refused = {
        answer: {
          kind: 'refused',
          code: 'insufficient_balance',
          message: 'the wallet does not cover the price',
          details: { required: '999.00', available: '998.99', missing: '0.01', currency: 'INR' },
        },
        step: { status: 'refused', revision: 0, next: { kind: 'end', reason: expect.any(String) } },
      };
      expect(await asked.answer(START)).toEqual(refused);
      await billing.topUp(asked.accountId, '500.00');
      expect(await asked.answer(START)).toEqual(refused);
      expect(await billing.subscription(asked.id)).toBeNull();
      expect(await moved(asked)).toEqual([]);
      expect(await billing.events(asked.accountId)).toEqual([]);
    });

    it.each([
      ['a plan that does not exist', { planCode: 'growht' }, 'unknown_plan'],
      ['a cycle the plan is not sold in', { cycle: 'quarterly' }, 'no_billing_cycle'],
    ] as const)('is refused for %s', async (_, change, code) => {
      const asked = await ask('9000.00');
      const { answer } = await asked.answer({ ...START, ...change });
      expect(answer).toMatchObject({ kind: 'refused', code });
      expect(await billing.subscription(asked.id)).toBeNull();
    });

    it('R1.18 is refused when the account has an open one already, also at the same moment', async () => {
      const accountId = await billing.makeAccount('9000.00');
      const both = [askFor(accountId), askFor(accountId)];
      const answers = await Promise.all(both.map((asked) => asked.answer(START)));
      const codes = answers.map(({ answer }) => (answer.kind === 'done' ? 'done' : answer.code));
      expect(codes.sort()).toEqual(['already_exists', 'done']);
      const third = await askFor(accountId).answer(START);
      expect(third.answer).toMatchObject({ code: 'already_exists' });
    });

    it('R1.16 grants what was agreed with the account in place of the plan’s figures', async () => {
      const asked = await ask('1000.00');
      await billing.read((trx) =>
        saveAgreement(trx, {
          accountId: asked.accountId,
          planCode: 'growth',
          allowances: { messages: 7 },
          limits: {},
          updatedAt: ANCHOR,
        }),
      );
      await asked.answer(START);
      expect(await moved(asked)).toContain(
        'grant issuance/message > plan/message/2027-01-31/sub 7',
      );
    });
  });

  describe('a WhatsApp balance', () => {
    const GRANT = 'grant issuance/INR > wallet/initial 750000000';
    const agree = (accountId: string) =>
      billing.read((trx) =>
        saveAgreement(trx, {
          accountId,
          planCode: 'growth',
          allowances: { whatsapp_balance: { INR: '750.00' } },
          limits: {},
          updatedAt: ANCHOR,
        }),
      );
    const grantsOf = async (asked: Asked) =>
      (await moved(asked)).filter((transfer) => transfer === GRANT).length;

    it('R3.06 R3.14 is granted at the start and by what touches the next month first', async () => {
      const asked = await ask('2000.00');
      await agree(asked.accountId);
      await asked.answer(START);
      expect(await grantsOf(asked)).toBe(1);
      await asked.perform('renew', PERIOD_2);
      expect(await grantsOf(asked)).toBe(2);
      expect(await moved(asked)).toContain('charge wallet/additional > revenue/INR 999000000');
    });

    it('R3.14 pays for usage only: a renewal that the customer’s own money does not cover stays unpaid', async () => {
      const asked = await ask('999.00');
      await agree(asked.accountId);
      await asked.answer(START);
      const step = await asked.perform('renew', PERIOD_2);
      expect(step.status).toBe('past_due');
      expect(await grantsOf(asked)).toBe(2);
    });
  });

  describe('the same key again', () => {
    it('is one effect and the same answer, with the step as it is now', async () => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      await asked.perform('renew', PERIOD_2);
      const again = await asked.answer(START);
      expect(again.answer).toEqual(DONE);
      expect(again.step).toMatchObject({ revision: 2, next: { kind: 'renew', at: PERIOD_3 } });
      expect(await billing.events(asked.accountId)).toEqual([
        'subscription.started',
        'subscription.renewed',
      ]);
    });

    it('does not care about the time it is asked at: a retry carries a later clock', async () => {
      const asked = await ask('9000.00');
      await asked.answer(START, ANCHOR, 'key/1');
      expect((await asked.answer(START, PERIOD_2, 'key/1')).answer).toEqual(DONE);
      expect((await billing.subscription(asked.id))?.state.anchorAt).toBe(ANCHOR);
    });

    it('renews once when the action comes twice', async () => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      const first = await asked.perform('renew', PERIOD_2);
      expect(await asked.perform('renew', PERIOD_2)).toEqual(first);
      const charges = (await moved(asked)).filter((line) => line.startsWith('charge'));
      expect(charges).toHaveLength(2);
    });

    it('with another command is an alarm, and nothing happens', async () => {
      const asked = await ask('9000.00');
      await asked.answer(START, ANCHOR, 'key/2');
      const alarm: unknown = await asked.answer(CANCEL, ANCHOR, 'key/2').catch((e: unknown) => e);
      expect(alarm).toBeInstanceOf(ApplicationFailure);
      expect(alarm).toMatchObject({ type: 'invariant_violated', nonRetryable: true });
      expect((await billing.subscription(asked.id))?.state.status).toBe('active');
    });
  });

  describe('an action that is not due any more', () => {
    it.each([
      ['at another instant', 'renew', PERIOD_3],
      ['of another kind', 'retry_payment', PERIOD_2],
    ] as const)('does nothing: %s', async (_, kind, at) => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      const step = await asked.perform(kind, at);
      expect(step).toMatchObject({ revision: 1, next: { kind: 'renew', at: PERIOD_2 } });
      expect(await moved(asked)).toHaveLength(3);
      expect(await billing.operations(asked.accountId)).toHaveLength(1);
    });

    it('does nothing after the subscription has ended', async () => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      await asked.answer(CANCEL);
      const step = await asked.perform('renew', PERIOD_2);
      expect(step).toMatchObject({ status: 'ended', next: { kind: 'end' } });
    });

    it('without a row is a bug, and blocks', async () => {
      const asked = await ask('0.00');
      await expect(asked.perform('renew', PERIOD_2)).rejects.toMatchObject({
        type: 'invariant_violated',
        nonRetryable: true,
      });
    });
  });

  describe('a year in short', () => {
    it('R1.08 falls due without the money, is suspended, and is taken up by a top-up', async () => {
      const asked = await ask('999.00');
      await asked.answer(START);
      expect(await asked.perform('renew', PERIOD_2)).toMatchObject({ status: 'past_due' });
      await asked.perform('retry_payment', '2027-03-01T10:00:00.000Z');
      await asked.perform('retry_payment', '2027-03-03T10:00:00.000Z');
      await asked.perform('retry_payment', '2027-03-05T10:00:00.000Z');
      const suspended = await asked.perform('retry_payment', '2027-03-07T10:00:00.000Z');
      expect(suspended).toMatchObject({ status: 'suspended' });
      const refused = await asked.answer({ kind: 'resume' }, '2027-03-08T10:00:00.000Z');
      expect(refused.answer).toMatchObject({
        details: { required: '999.00', available: '0.00', missing: '999.00', currency: 'INR' },
      });
      await billing.topUp(asked.accountId, '1000.00');
      const resumed = await asked.answer({ kind: 'resume' }, '2027-03-09T10:00:00.000Z');
      expect(resumed).toMatchObject({ answer: DONE, step: { status: 'active' } });
      expect(await billing.events(asked.accountId)).toEqual([
        'subscription.started',
        'subscription.past_due',
        'subscription.payment_retried',
        'subscription.payment_retried',
        'subscription.payment_retried',
        'subscription.suspended',
        'subscription.resumed',
      ]);
      expect((await moved(asked)).filter((line) => line.startsWith('charge'))).toHaveLength(2);
    });

    it('forfeits what is left of the allowances when it ends, once', async () => {
      const asked = await ask('999.00');
      await asked.answer(START);
      await asked.answer(CANCEL, '2027-02-10T00:00:00.000Z');
      await asked.answer(CANCEL, '2027-02-10T00:00:00.000Z');
      const forfeited = (await moved(asked)).filter((line) => line.startsWith('expiry'));
      expect(forfeited.sort()).toEqual([
        'expiry plan/call_second/2027-01-31/sub > breakage/call_second 600',
        'expiry plan/message/2027-01-31/sub > breakage/message 1000',
      ]);
    });
  });

  describe('a command', () => {
    it('keeps the customer’s words in the row and the event, found by the note’s id', async () => {
      const asked = await ask('999.00');
      await asked.answer(START);
      const words = 'too expensive for us';
      const note = { accountId: asked.accountId, words, createdAt: ANCHOR };
      const noteId = await billing.read((trx) => insertCommandNote(trx, note));
      await asked.answer({ kind: 'cancel', at: 'period_end', noteId });
      const record = await billing.subscription(asked.id);
      expect(record?.state).toMatchObject({ cancelsAtPeriodEnd: true, cancelReason: words });
    });

    it('tells the workflow nothing of the customer’s words', async () => {
      const asked = await ask('999.00');
      await asked.answer(START);
      const note = { accountId: asked.accountId, words: 'ask for Ada', createdAt: ANCHOR };
      const noteId = await billing.read((trx) => insertCommandNote(trx, note));
      const answered = await asked.answer({ kind: 'cancel', at: 'now', noteId });
      expect(JSON.stringify(answered)).not.toContain('Ada');
    });

    it('for a subscription that never started is refused', async () => {
      const asked = await ask('0.00');
      const { answer, step } = await asked.answer(CANCEL);
      expect(answer).toMatchObject({ kind: 'refused', code: 'not_found' });
      expect(step.next.kind).toBe('end');
    });

    it('that money arrived answers the step and writes nothing: the row says it already', async () => {
      const asked = await ask('9000.00');
      const { step } = await asked.answer(START);
      expect(await asked.answer({ kind: 'money_arrived' })).toEqual({ step, answer: DONE });
      expect(await billing.operations(asked.accountId)).toHaveLength(1);
    });
  });

  describe('with eight connections at once', () => {
    const CONNECTIONS = 8;

    async function onEight<T>(work: (asked: SubscriptionActivities) => Promise<T>): Promise<T[]> {
      const { connectionString } = connectionOf(billing);
      const databases = Array.from({ length: CONNECTIONS }, () =>
        createDatabase({ url: connectionString, applicationName: 'tollgate-test', poolMax: 1 }),
      );
      try {
        return await Promise.all(databases.map((each) => work(subscriptionActivities(each))));
      } finally {
        await Promise.all(databases.map((each) => each.destroy()));
      }
    }

    it.each([
      ['the same key', () => 'key/renew'],
      ['a key of its own each', (index: number) => `key/renew/${index}`],
    ])('renews once: %s', async (name, keyOf) => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      let index = 0;
      const steps = await onEight((eighth) =>
        eighth.performSubscriptionAction({
          id: asked.id,
          accountId: asked.accountId,
          action: { kind: 'renew', at: PERIOD_2, reason: 'due' },
          operationKey: `${asked.id}/${name}/${keyOf((index += 1))}`,
        }),
      );
      expect(new Set(steps.map(({ revision }) => revision))).toEqual(new Set([2]));
      expect((await moved(asked)).filter((line) => line.startsWith('charge'))).toHaveLength(2);
      expect(await billing.events(asked.accountId)).toEqual([
        'subscription.started',
        'subscription.renewed',
      ]);
    });

    it('starts once and gives eight equal answers', async () => {
      const asked = await ask('9000.00');
      const answers = await onEight((eighth) =>
        eighth.answerSubscriptionCommand({
          id: asked.id,
          accountId: asked.accountId,
          command: START,
          now: ANCHOR,
          operationKey: `${asked.id}/start`,
        }),
      );
      expect(answers.map(({ answer }) => answer)).toEqual(Array(CONNECTIONS).fill(DONE));
      expect((await moved(asked)).sort()).toEqual(FIRST_PERIOD);
    });
  });

  describe('in one transaction', () => {
    /** Everything that is written, in the order of the activity. */
    const WRITES = [
      ['the transfers', 'transfers', 'insert'],
      ['the buckets’ balances', 'buckets', 'update'],
      ['the new buckets', 'buckets', 'insert'],
      ['the subscription', 'subscriptions', 'update'],
      ['the operation', 'operations', 'insert'],
      ['the event', 'events', 'insert'],
    ] as const;

    it.each(WRITES)('a failure to write %s leaves nothing of a renewal', async (_, table, verb) => {
      const asked = await ask('9000.00');
      await asked.answer(START);
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(asked.perform('renew', PERIOD_2)).rejects.toThrow('broken by a test');
      expect(await photograph(billing)).toEqual(before);
      await mendWrites(billing, table);
      expect(await asked.perform('renew', PERIOD_2)).toMatchObject({ revision: 2 });
    });

    it('a failure to write the row of a start leaves the money where it was', async () => {
      const asked = await ask('9000.00');
      const before = await photograph(billing);
      await breakWrites(billing, 'subscriptions', 'insert');
      await expect(asked.answer(START)).rejects.toThrow('broken by a test');
      expect(await photograph(billing)).toEqual(before);
      await mendWrites(billing, 'subscriptions');
    });
  });
});

function connectionOf({ database }: BillingUnderTest): { connectionString: string } {
  const { connection } = database.client.config as { connection: { connectionString: string } }; // As createDatabase wrote it.
  return connection;
}
