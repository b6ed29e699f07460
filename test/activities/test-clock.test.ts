import { MockActivityEnvironment } from '@temporalio/testing';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createTestClockActivities,
  type TestClockActivities,
} from '../../activities/operations/test-clock.activities';
import { insertHoldTerms } from '../../db/repositories/hold.repository';
import { insertTestClock, findTestClock } from '../../db/repositories/test-clock.repository';
import { placeHold } from '../../domain/ledger/hold';
import type { SubscriptionActionKind } from '../../domain/subscription/decide-next';
import type { SubscriptionStep } from '../../workflows/subscription.messages';
import { changeLedger } from '../support/ledger-accounts';
import {
  createBillingUnderTest,
  RECORDED_AT,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';

jest.setTimeout(20_000);

const JANUARY = '2027-01-31T10:00:00.000Z';
const FEBRUARY = '2027-02-10T10:00:00.000Z';
const APRIL = '2027-04-05T00:00:00.000Z';

/** A walk that fails is logged by the worker around it; here that is what is tested. */
const SILENT = new DefaultLogger('ERROR');

type Advance = (workflowId: string, now: string) => Promise<void>;

/** Temporal's client as a walk uses it: it moves lifecycles and nothing else. */
function clientThat(advance: Advance, noteDeadline: (atMs: number) => void = () => {}): Client {
  const getHandle = (workflowId: string) => ({
    executeUpdate: (_: unknown, { args }: { readonly args: readonly [{ readonly now: string }] }) =>
      advance(workflowId, args[0].now),
  });
  const withDeadline = <T>(deadlineMs: number, ask: () => Promise<T>): Promise<T> => {
    noteDeadline(deadlineMs);
    return ask();
  };
  return { workflow: { getHandle }, withDeadline } as unknown as Client; // Only what is used.
}

describe('the activities of a test clock', () => {
  let billing: BillingUnderTest;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
  });
  afterAll(async () => {
    await billing?.close();
  });

  function activitiesWith(
    client: Client,
    restart: (workflowId: string) => Promise<void> = async () => undefined,
  ): TestClockActivities {
    const commands = { restart };
    const dependencies = { database: billing.database, client, commands, now: () => RECORDED_AT };
    // What these activities do not touch is not there: to use it would fail the test.
    return createTestClockActivities(dependencies as unknown as ActivityDependencies);
  }

  function walk(
    accountId: string,
    to: string,
    ...temporal: Parameters<typeof activitiesWith>
  ): Promise<void> {
    const activities = activitiesWith(...temporal);
    const environment = new MockActivityEnvironment({}, { logger: SILENT });
    return environment.run(() => activities.walkAccount({ accountId, to }));
  }

  /** Lifecycles of an account as their workflows conduct them; `moves` tells what was done, in order. */
  function conduct(accountId: string): { readonly moves: string[]; readonly advance: Advance } {
    const activities = subscriptionActivities(billing.database);
    const moves: string[] = [];
    const perform = (id: string, { revision, next }: SubscriptionStep) => {
      if (!('at' in next)) throw new Error('nothing is due');
      const operationKey = `${id}/${next.kind}/${next.at}/${revision}`;
      return activities.performSubscriptionAction({ id, accountId, action: next, operationKey });
    };
    return {
      moves,
      async advance(workflowId, now) {
        const id = workflowId.replace('subscription/', '');
        moves.push(`${id} to ${now.slice(0, 10)}`);
        for (let step = await stepOf(id); isDue(step, now); step = await perform(id, step)) {
          moves.push(`${id} ${step.next.kind} ${now.slice(0, 10)}`);
        }
      },
    };
  }

  function isDue({ next }: SubscriptionStep, now: string): boolean {
    return 'at' in next && Date.parse(next.at) <= Date.parse(now);
  }

  async function stepOf(id: string): Promise<SubscriptionStep> {
    const { rows } = await billing.owner.raw<{
      rows: { status: string; revision: bigint; kind: SubscriptionActionKind; at: string | null }[];
    }>(
      `select status, revision, next_action_kind as kind, next_action_at as at
         from subscriptions where id = ?`,
      [id],
    );
    const [row] = rows;
    if (!row || row.at === null) {
      return { status: 'ended', revision: 0, next: { kind: 'end', reason: 'ended' } };
    }
    const { status, kind, at } = row;
    return { status, revision: Number(row.revision), next: { kind, at, reason: 'due' } };
  }

  async function subscribe(
    accountId: string,
    { id, planCode, at }: { readonly id: string; readonly planCode: string; readonly at: string },
  ): Promise<void> {
    await subscriptionActivities(billing.database).answerSubscriptionCommand({
      id,
      accountId,
      command: { kind: 'start', planCode, cycle: 'monthly' },
      now: at,
      operationKey: `${id}/start`,
    });
  }

  describe('walking an account', () => {
    it('moves what is due first, across its lifecycles, then all of them to the end', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_plan_a', planCode: 'growth', at: JANUARY });
      await subscribe(accountId, { id: 'sub_care_a', planCode: 'care', at: FEBRUARY });
      const { moves, advance } = conduct(accountId);
      await walk(accountId, APRIL, clientThat(advance));
      expect(moves.slice(0, 6)).toEqual([
        'sub_plan_a to 2027-02-28',
        'sub_plan_a renew 2027-02-28',
        'sub_care_a to 2027-03-10',
        'sub_care_a renew 2027-03-10',
        'sub_plan_a to 2027-03-31',
        'sub_plan_a renew 2027-03-31',
      ]);
      expect(moves.slice(6).sort()).toEqual([
        'sub_care_a to 2027-04-05',
        'sub_plan_a to 2027-04-05',
      ]);
    });

    it('ends a hold before the month after its deadline turns', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_held', planCode: 'growth', at: JANUARY });
      const deadlineAt = '2027-01-31T12:00:00.000Z';
      const held = { id: 'hold_walked', accountId, deadlineAt };
      await changeLedger(
        billing.database,
        { accountId, reference: held.id, at: JANUARY },
        (plan, ledger) =>
          placeHold(plan, ledger, {
            holdId: held.id,
            asset: 'message',
            quantity: 1n,
            unitPrice: 10_000_000_000n,
            at: JANUARY,
            month: '2027-01',
            deadlineAt,
          }),
      );
      await billing.read((trx) =>
        insertHoldTerms(trx, {
          ...held,
          kind: 'broadcast',
          status: 'open',
          category: 'marketing',
          quantity: 1n,
          toPrefix: null,
          placedAt: JANUARY,
          closedAt: null,
        }),
      );
      await walk(accountId, APRIL, clientThat(conduct(accountId).advance));
      const told = (await billing.events(accountId)).filter((type) =>
        ['hold.expired', 'quota.reset'].includes(type),
      );
      expect(told).toEqual(['hold.expired', 'quota.reset', 'quota.reset', 'quota.reset']);
    });

    it('does both of two that are due at one instant, in the order of their names', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_plan_b', planCode: 'growth', at: FEBRUARY });
      await subscribe(accountId, { id: 'sub_care_b', planCode: 'care', at: FEBRUARY });
      const { moves, advance } = conduct(accountId);
      await walk(accountId, '2027-03-10T10:00:00.000Z', clientThat(advance));
      expect(moves.filter((move) => move.includes('renew'))).toEqual([
        'sub_care_b renew 2027-03-10',
        'sub_plan_b renew 2027-03-10',
      ]);
    });

    it('does not ask lifecycles that have ended', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_ended', planCode: 'growth', at: JANUARY });
      await subscriptionActivities(billing.database).answerSubscriptionCommand({
        id: 'sub_ended',
        accountId,
        command: { kind: 'cancel', at: 'now', noteId: null },
        now: FEBRUARY,
        operationKey: 'sub_ended/cancel',
      });
      const { moves, advance } = conduct(accountId);
      await walk(accountId, APRIL, clientThat(advance));
      expect(moves).toEqual([]);
    });

    it('may be done again: the second walk finds nothing due', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_twice', planCode: 'growth', at: JANUARY });
      const { moves, advance } = conduct(accountId);
      await walk(accountId, APRIL, clientThat(advance));
      const once = moves.length;
      await walk(accountId, APRIL, clientThat(advance));
      expect(moves.slice(once)).toEqual(['sub_twice to 2027-04-05']);
    });

    it('stops with the reason when a lifecycle is blocked', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_stuck', planCode: 'growth', at: JANUARY });
      const blocked = ApplicationFailure.nonRetryable('renew is blocked: no ledger', 'blocked');
      const client = clientThat(async () => {
        throw new WorkflowUpdateFailedError('failed', blocked);
      });
      await expect(walk(accountId, APRIL, client)).rejects.toMatchObject({
        type: 'lifecycle_blocked',
        message: 'subscription/sub_stuck: renew is blocked: no ledger',
        nonRetryable: true,
      });
    });

    it('starts a lifecycle again whose workflow is gone, and walks on', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_lost', planCode: 'growth', at: JANUARY });
      const { moves, advance } = conduct(accountId);
      const restarted: string[] = [];
      const client = clientThat(async (workflowId, now) => {
        if (restarted.length === 0) throw new WorkflowNotFoundError('gone', workflowId, undefined);
        return advance(workflowId, now);
      });
      await walk(accountId, '2027-03-01T00:00:00.000Z', client, async (workflowId) => {
        restarted.push(workflowId);
      });
      expect(restarted).toEqual(['subscription/sub_lost']);
      expect(moves).toEqual([
        'sub_lost to 2027-02-28',
        'sub_lost renew 2027-02-28',
        'sub_lost to 2027-03-01',
      ]);
    });

    it('stops when a lifecycle is due and its workflow is gone however often it is started', async () => {
      const accountId = await billing.makeAccount('9000.00');
      await subscribe(accountId, { id: 'sub_gone', planCode: 'growth', at: JANUARY });
      const client = clientThat(async (workflowId) => {
        throw new WorkflowNotFoundError('gone', workflowId, undefined);
      });
      let restarts = 0;
      const restart = async (): Promise<void> => void (restarts += 1);
      await expect(walk(accountId, APRIL, client, restart)).rejects.toMatchObject({
        type: 'lifecycle_gone',
        message: 'subscription/sub_gone does not run',
        nonRetryable: true,
      });
      expect(restarts).toBe(3);
    });

    describe('when a gateway or carrier keeps a lifecycle waiting', () => {
      /** `waited`: how long the walk would have waited for each move, in seconds. */
      function silentTo(silent: string, { moves, advance }: ReturnType<typeof conduct>) {
        const waited: number[] = [];
        const move: Advance = async (workflowId, now) => {
          if (workflowId !== `subscription/${silent}`) return advance(workflowId, now);
          moves.push(`${silent} asked ${now.slice(0, 10)}`);
          throw new WorkflowUpdateRPCTimeoutOrCancelledError('too late');
        };
        const client = clientThat(move, (deadlineMs) =>
          waited.push(Math.round((deadlineMs - Date.now()) / 1_000)),
        );
        return { client, waited };
      }

      async function awaitOutside(id: string, outside: string | null): Promise<void> {
        await billing.owner('subscriptions').where({ id }).update({ next_action_outside: outside });
      }

      it.each(['asked', 'awaited'])('leaves one behind that has %s, and walks on', async (how) => {
        const accountId = await billing.makeAccount('9000.00');
        const [mute, other] = [`sub_mute_${how}`, `sub_other_${how}`];
        await subscribe(accountId, { id: mute, planCode: 'growth', at: JANUARY });
        await subscribe(accountId, { id: other, planCode: 'care', at: FEBRUARY });
        await awaitOutside(mute, how);
        const conducted = conduct(accountId);
        const { client, waited } = silentTo(mute, conducted);
        await walk(accountId, '2027-03-20T00:00:00.000Z', client);
        expect(conducted.moves.slice(0, 3)).toEqual([
          `${mute} asked 2027-02-28`,
          `${other} to 2027-03-10`,
          `${other} renew 2027-03-10`,
        ]);
        expect(conducted.moves.slice(3).sort()).toEqual([
          `${mute} asked 2027-03-20`,
          `${other} to 2027-03-20`,
        ]);
        expect(waited).toEqual([15, 1, 1, 1]);
      });

      it('waits for one that only waits for us, however long that takes', async () => {
        const accountId = await billing.makeAccount('9000.00');
        await subscribe(accountId, { id: 'sub_slow', planCode: 'growth', at: JANUARY });
        const conducted = conduct(accountId);
        let isLate = true;
        const client = clientThat(async (workflowId, now) => {
          if (!isLate) return conducted.advance(workflowId, now);
          isLate = false;
          throw new WorkflowUpdateRPCTimeoutOrCancelledError('too late');
        });
        await walk(accountId, '2027-03-01T00:00:00.000Z', client);
        expect(conducted.moves).toEqual([
          'sub_slow to 2027-02-28',
          'sub_slow renew 2027-02-28',
          'sub_slow to 2027-03-01',
        ]);
      });
    });

    it.each([
      ['while it is moved to what is due', APRIL],
      ['while it is moved to the end of the walk', '2027-02-01T00:00:00.000Z'],
    ])('goes on when a lifecycle ends %s', async (_, to) => {
      const accountId = await billing.makeAccount('9000.00');
      const id = `sub_ends_${to.slice(5, 7)}`;
      await subscribe(accountId, { id, planCode: 'growth', at: JANUARY });
      const client = clientThat(async (workflowId) => {
        await subscriptionActivities(billing.database).answerSubscriptionCommand({
          id,
          accountId,
          command: { kind: 'cancel', at: 'now', noteId: null },
          now: JANUARY,
          operationKey: `${id}/cancel`,
        });
        throw new WorkflowNotFoundError('completed meanwhile', workflowId, undefined);
      });
      await expect(walk(accountId, to, client)).resolves.toBeUndefined();
    });
  });

  describe('the clock’s row', () => {
    const nobody = clientThat(async () => undefined);

    async function makeClock(id: string): Promise<TestClockActivities> {
      await billing.read((trx) =>
        insertTestClock(trx, {
          id,
          partnerId: null,
          name: id,
          now: FEBRUARY,
          status: 'ready',
          advancingTo: null,
          failure: null,
          createdAt: RECORDED_AT,
        }),
      );
      return activitiesWith(nobody);
    }

    function clockOf(id: string) {
      return billing.read((trx) => findTestClock(trx, id));
    }

    it('says where it goes, then that it is there', async () => {
      const activities = await makeClock('clk_goes');
      expect(await activities.beginAdvance({ clockId: 'clk_goes', to: APRIL })).toEqual({
        kind: 'done',
      });
      expect(await clockOf('clk_goes')).toMatchObject({
        now: FEBRUARY,
        status: 'advancing',
        advancingTo: APRIL,
      });
      await activities.finishAdvance({ clockId: 'clk_goes', to: APRIL });
      expect(await clockOf('clk_goes')).toMatchObject({
        now: APRIL,
        status: 'ready',
        advancingTo: null,
      });
    });

    it('refuses to go back and changes nothing', async () => {
      const activities = await makeClock('clk_back');
      const before = await clockOf('clk_back');
      expect(await activities.beginAdvance({ clockId: 'clk_back', to: JANUARY })).toEqual({
        kind: 'refused',
        code: 'unprocessable',
        message: `the clock is at ${FEBRUARY} already; it only moves forward`,
        details: { now: FEBRUARY },
      });
      expect(await clockOf('clk_back')).toEqual(before);
    });

    it('says that it failed and why, stays where it was, and forgets it with the next advance', async () => {
      const activities = await makeClock('clk_fails');
      await activities.beginAdvance({ clockId: 'clk_fails', to: APRIL });
      await activities.failAdvance({ clockId: 'clk_fails', reason: 'renew is blocked' });
      expect(await clockOf('clk_fails')).toMatchObject({
        now: FEBRUARY,
        status: 'failed',
        advancingTo: APRIL,
        failure: 'renew is blocked',
      });
      await activities.beginAdvance({ clockId: 'clk_fails', to: APRIL });
      expect(await clockOf('clk_fails')).toMatchObject({ status: 'advancing', failure: null });
    });
  });
});
