/**
 * Who is paid first when an account's money is wanted by several at one instant: on real rows, on eight
 * connections at once, whoever runs first on the wall clock.
 */
import { recordTriage } from '../../db/record-triage';
import { markWaiting } from '../../db/waiting-lifecycles';
import { loadOutlook } from '../../db/load-outlook';
import { listEvents } from '../../db/repositories/event.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import { phoneNumbers, savePriority } from '../../db/repositories/phone-number.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { isDueAction } from '../../domain/next-action';
import { decideNextAction } from '../../domain/subscription/decide-next';
import { GROWTH, RECORDED_AT, subscriptionActivities } from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';
import { BOUGHT_AT, openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(120_000);

const DUE_AT = '2027-02-28T10:00:00.000Z';
const TOPPED_UP_AT = '2027-03-02T09:00:00.000Z';

let desk: NumberDesk;
let rented = 0;
beforeAll(async () => {
  desk = await openNumberDesk();
});
afterAll(() => desk?.close());

interface Household {
  readonly accountId: string;
  readonly plan: string;
  readonly support: string;
  /** `placed` are first and second in the account's own order; the others have no place. */
  readonly placed: readonly [string, string];
  readonly others: readonly [string, string, string, string];
}

/** Starts a subscription that renews on 28 February at 10:00 UTC, as the numbers do. */
async function subscribe(accountId: string, planCode: string): Promise<string> {
  const id = `sub_${planCode}_${accountId}`;
  const { answer } = await subscriptionActivities(desk.billing.database).answerSubscriptionCommand({
    id,
    accountId,
    now: BOUGHT_AT,
    operationKey: `subscription/${id}/start`,
    command: { kind: 'start', planCode, cycle: 'monthly' },
  });
  if (answer.kind === 'refused') throw new Error(answer.message);
  return id;
}

/** A number of 500.00 that works; its carrier has no part in these stories. */
async function rent(accountId: string): Promise<string> {
  rented += 1;
  const number = `+9180000001${String(rented).padStart(3, '0')}`;
  const id = await desk.open(accountId, { number, rent: '500.00' });
  const record = await desk.record(id);
  const state = { ...record.state, status: 'active', activatedAt: BOUGHT_AT } as const;
  await desk.billing.read((trx) => phoneNumbers.update(trx, record, { state, at: BOUGHT_AT }));
  return id;
}

/** A plan of 999.00, a support package of 99.00 and six numbers of 500.00, all due at one instant. */
async function openHousehold(wallet: string): Promise<Household> {
  const accountId = await desk.billing.makeAccount('1098.00');
  const plan = await subscribe(accountId, 'growth');
  const support = await subscribe(accountId, 'care');
  const others = [
    await rent(accountId),
    await rent(accountId),
    await rent(accountId),
    await rent(accountId),
  ] as const;
  const placed = [await rent(accountId), await rent(accountId)] as const;
  await desk.billing.read((trx) => savePriority(trx, { accountId, ids: [...placed] }));
  await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
  if (wallet !== '0.00') await desk.billing.topUp(accountId, wallet);
  return { accountId, plan, support, placed: [...placed], others: [...others] };
}

function listIds({ plan, support, placed, others }: Household): string[] {
  return [...placed, plan, support, ...others];
}

async function attempt(id: string, accountId: string): Promise<void> {
  if (!id.startsWith('sub_')) {
    await desk.attempt(id);
    return;
  }
  const record = await desk.billing.subscription(id);
  const action = record && decideNextAction(record.state);
  if (!record || !action || !isDueAction(action)) throw new Error(`${id} rests`);
  const operationKey = `${id}/${action.kind}/${action.at}/${record.revision}`;
  const activities = subscriptionActivities(desk.billing.database);
  await activities.performSubscriptionAction({ id, accountId, action, operationKey });
}

async function statusOf(id: string): Promise<string> {
  if (!id.startsWith('sub_')) return (await desk.get(id)).status;
  return (await desk.billing.subscription(id))?.state.status ?? 'no row';
}

/** Those with a place, the plan, the support package, the others. */
async function statuses(household: Household): Promise<string[]> {
  return Promise.all(listIds(household).map(statusOf));
}

/** Somebody else comes first each time, forwards or backwards. */
function turn(ids: readonly string[], by: number): string[] {
  const turned = [...ids.slice(by), ...ids.slice(0, by)];
  return by % 2 === 0 ? turned : turned.toReversed();
}

async function walletOf(accountId: string): Promise<bigint> {
  const ledgers = await desk.billing.read((trx) => lockLedgers(trx, [accountId]));
  const buckets = ledgers.get(accountId)?.buckets ?? [];
  return buckets.find(({ code }) => code === 'wallet/additional')?.posted ?? 0n;
}

const PAID = 'active';
const HELD = 'on_hold';

describe('charges that are due at one instant', () => {
  it.each([
    // Both placed numbers, the plan, the support package; 1.00 is left.
    {
      wallet: '2099.00',
      left: 1_000_000n,
      expected: [PAID, PAID, PAID, PAID, HELD, HELD, HELD, HELD],
    },
    // The plan does not fit in what the placed numbers leave, so that money goes on down the list.
    {
      wallet: '1700.00',
      left: 101_000_000n,
      expected: [PAID, PAID, 'past_due', PAID, PAID, HELD, HELD, HELD],
    },
    { wallet: '3098.00', left: 0n, expected: [PAID, PAID, PAID, PAID, PAID, PAID, HELD, HELD] },
  ])('R2.15 are paid in the account’s order with $wallet, whoever runs first', async (story) => {
    for (const by of [1, 2, 4, 7]) {
      const household = await openHousehold(story.wallet);
      const { accountId } = household;
      const ids = turn(listIds(household), by);
      if (by < 4) await Promise.all(ids.map((id) => attempt(id, accountId)));
      else for (const id of ids) await attempt(id, accountId);
      expect({ by, statuses: await statuses(household) }).toEqual({ by, statuses: story.expected });
      expect(await walletOf(accountId)).toBe(story.left);
    }
  });

  it('R2.15 leave no money for longer than a day to one that does not take it', async () => {
    const household = await openHousehold('1999.00');
    const { accountId, plan, support, placed, others } = household;
    // The plan's workflow is stuck: of all that are due, it alone is never performed.
    for (const id of [...others, support, ...placed]) await attempt(id, accountId);
    expect(await statuses(household)).toEqual([
      PAID,
      PAID,
      PAID,
      'past_due',
      HELD,
      HELD,
      HELD,
      HELD,
    ]);
    expect(await walletOf(accountId)).toBe(999_000_000n);
    // A day later all of them are tried again, and the money is theirs.
    for (const id of [...others, support]) await attempt(id, accountId);
    expect(await walletOf(accountId)).toBe(400_000_000n);
    await attempt(plan, accountId);
    expect(await statuses(household)).toEqual([
      PAID,
      PAID,
      'past_due',
      PAID,
      PAID,
      HELD,
      HELD,
      HELD,
    ]);
  });
});

describe('the reminder of a renewal', () => {
  it('R1.08 counts a rent that is due the day before, as the overview does', async () => {
    const told = { ...GROWTH, code: 'told', dunning: { ...GROWTH.dunning, noticeDaysBefore: [3] } };
    await desk.billing.read((trx) => insertPlan(trx, told, BOUGHT_AT));
    const accountId = await desk.billing.makeAccount('999.00');
    const plan = await subscribe(accountId, 'told');
    const number = await rent(accountId);
    const record = await desk.record(number);
    const period = { ...record.state.period, endsAt: '2027-02-27T10:00:00.000Z' };
    const state = { ...record.state, period };
    await desk.billing.read((trx) => phoneNumbers.update(trx, record, { state, at: BOUGHT_AT }));
    await desk.billing.topUp(accountId, '999.00');
    await attempt(plan, accountId);
    const query = { accountId, limit: 1, beforePosition: null };
    const [event] = await desk.billing.read((trx) => listEvents(trx, query));
    expect([event?.type, event?.reason]).toEqual([
      'subscription.renewal_not_covered',
      'the renewal on 2027-02-28T10:00:00.000Z is not covered: 500.00 INR are missing',
    ]);
  });
});

describe('a credit of a change or a pause', () => {
  it('R2.15 is money that came: whoever waits is marked and woken, numbers are triaged', async () => {
    const accountId = await desk.billing.makeAccount('999.00');
    const plan = await subscribe(accountId, 'growth');
    const numbers = [await rent(accountId), await rent(accountId)];
    await desk.billing.topUp(accountId, '999.00');
    await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
    // Its workflow renews it first; then the numbers find an empty wallet.
    for (const id of [plan, ...numbers]) await attempt(id, accountId);
    expect(await Promise.all(numbers.map(statusOf))).toEqual([HELD, HELD]);
    const signalled: string[] = [];
    const activities = subscriptionActivities(
      desk.billing.database,
      createSignalRecorder(signalled),
    );
    const { answer } = await activities.answerSubscriptionCommand({
      id: plan,
      accountId,
      now: '2027-03-01T09:00:00.000Z',
      operationKey: `${plan}/pause`,
      command: { kind: 'pause', at: 'now', resumesAt: null },
    });
    expect(answer.kind).toBe('done');
    expect(signalled.toSorted()).toEqual(
      numbers.map((id) => `phone-number/${id} moneyArrived`).toSorted(),
    );
    const type = 'phone_number.triaged' as const;
    const query = { accountId, type, limit: 1, beforePosition: null };
    const [told] = await desk.billing.read((trx) => listEvents(trx, query));
    expect(told?.data).toMatchObject({ kept: numbers[0], not_kept: numbers[1] });
    const next = await Promise.all(numbers.map((id) => desk.show(id)));
    expect(next.every((one) => one.includes('retry_'))).toBe(true);
  });
});

describe('the amount that keeps a number', () => {
  it('R2.15 counts a subscription that owes and comes first, also between its retries', async () => {
    const accountId = await desk.billing.makeAccount('99.00');
    const support = await subscribe(accountId, 'care');
    const number = await rent(accountId);
    await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
    for (const id of [support, number, number]) await attempt(id, accountId);
    expect([await statusOf(support), await statusOf(number)]).toEqual(['past_due', HELD]);
    const told = await desk.reasons(number);
    expect(told.slice(-2)).toEqual([
      expect.stringMatching(/; pay 599\.00 INR to keep \+91\d+$/),
      expect.stringMatching(/^pay 599\.00 INR to keep \+91\d+; /),
    ]);
    const at = '2027-02-28T12:00:00.000Z';
    const outlook = await desk.billing.read((trx) => loadOutlook(trx, { accountId, at }));
    expect(outlook.numbers.get(number)?.payToKeep?.amountMicros).toBe(599_000_000n);
    await desk.topUp(accountId, '599.00', TOPPED_UP_AT);
    // The support package's retry of 1 March comes before the money, and finds none.
    for (const id of [number, support, support]) await attempt(id, accountId);
    expect([await statusOf(support), await statusOf(number)]).toEqual([PAID, PAID]);
    expect(await walletOf(accountId)).toBe(0n);
  });
});

describe('money that comes in twice at once', () => {
  it('R2.15 is told by the last triage as it is, and pays in the account’s order', async () => {
    for (const by of [1, 4]) {
      const household = await openHousehold('0.00');
      const { accountId, placed } = household;
      const ids = listIds(household);
      // On the due date, and once more a day later.
      for (const id of [...ids, ...ids]) await attempt(id, accountId);
      expect(await statuses(household)).toEqual([
        HELD,
        HELD,
        'past_due',
        'past_due',
        HELD,
        HELD,
        HELD,
        HELD,
      ]);
      const arrive = async (amount: string): Promise<void> => {
        await desk.billing.topUp(accountId, amount);
        await desk.billing.read(async (trx) => {
          await lockLedgers(trx, [accountId]);
          await markWaiting(trx, { accountId, at: TOPPED_UP_AT });
          await recordTriage(trx, {
            accountId,
            causedBy: `pay_of_${amount}`,
            at: TOPPED_UP_AT,
            recordedAt: RECORDED_AT,
          });
        });
      };
      await Promise.all([arrive('600.00'), arrive('1499.00')]);
      const query = {
        accountId,
        type: 'phone_number.triaged',
        limit: 1,
        beforePosition: null,
      } as const;
      const [last] = await desk.billing.read((trx) => listEvents(trx, query));
      expect(last?.data['kept']).toBe(placed.join(','));
      await Promise.all(turn(ids, by).map((id) => attempt(id, accountId)));
      expect(await statuses(household)).toEqual([PAID, PAID, PAID, PAID, HELD, HELD, HELD, HELD]);
      expect(await walletOf(accountId)).toBe(1_000_000n);
    }
  });

  it('R2.15 corrects a triage that said less, once the money suffices for all', async () => {
    const accountId = await desk.billing.makeAccount('0.00');
    const ids = [await rent(accountId), await rent(accountId)];
    await desk.advanceTo(accountId, DUE_AT);
    const arrive = async (amount: string): Promise<void> => {
      await desk.billing.topUp(accountId, amount);
      await desk.billing.read((trx) =>
        recordTriage(trx, {
          accountId,
          causedBy: `pay_of_${amount}`,
          at: TOPPED_UP_AT,
          recordedAt: RECORDED_AT,
        }),
      );
    };
    await arrive('500.00');
    await arrive('500.00');
    const query = {
      accountId,
      type: 'phone_number.triaged',
      limit: 2,
      beforePosition: null,
    } as const;
    const told = await desk.billing.read((trx) => listEvents(trx, query));
    expect(told.map(({ data }) => data)).toEqual([
      { kept: ids.join(','), not_kept: '', caused_by: 'pay_of_500.00' },
      { kept: ids[0], not_kept: ids[1], caused_by: 'pay_of_500.00' },
    ]);
  });
});
