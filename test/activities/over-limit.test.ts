import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { previewChange } from '../../api/commands/preview-change';
import { listEvents } from '../../db/repositories/event.repository';
import { insertPlan, saveAgreement } from '../../db/repositories/plan.repository';
import type { PlanVersion } from '../../domain/plan';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import { placeTopUp } from '../support/place-top-up';
import { rentNumber } from '../support/rented-number';
import {
  createBillingUnderTest,
  GROWTH,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';

jest.setTimeout(60_000);

const STARTED_AT = '2027-02-01T00:00:00.000Z';
const MID_MONTH = '2027-02-15T00:00:00.000Z';
const PERIOD_END = '2027-03-01T00:00:00.000Z';

const ROOMY: PlanVersion = { ...GROWTH, code: 'roomy', limits: { phone_numbers: 5 } };
const SMALL: PlanVersion = { ...GROWTH, code: 'small', limits: { phone_numbers: 1 } };
const STRICT: PlanVersion = {
  ...SMALL,
  code: 'strict',
  changes: { ...GROWTH.changes, overLimit: 'refuse' },
};

let billing: BillingUnderTest;
let activities: SubscriptionActivities;
let made = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  activities = subscriptionActivities(billing.database);
  for (const plan of [ROOMY, SMALL, STRICT]) {
    await billing.read((trx) => insertPlan(trx, plan, STARTED_AT));
  }
});
afterAll(() => billing.close());

/** On Roomy, with three numbers. */
async function start() {
  const accountId = await billing.makeAccount('5000.00');
  made += 1;
  const id = `sub_${made}`;
  let asked = 0;
  const answer = (command: SubscriptionCommand, now: string) => {
    asked += 1;
    const operationKey = `subscription/${id}/${command.kind}/${asked}`;
    return activities.answerSubscriptionCommand({ id, accountId, command, now, operationKey });
  };
  await answer({ kind: 'start', planCode: 'roomy', cycle: 'monthly' }, STARTED_AT);
  await billing.read(async (trx) => {
    const orderId = await placeTopUp(trx, { accountId, at: STARTED_AT });
    for (const digit of [1, 2, 3]) {
      const number = `+9180000${made}000${digit}`;
      const rented = { id: `num_${made}_${digit}`, accountId, orderId, number, at: STARTED_AT };
      await rentNumber(trx, rented);
    }
  });
  return { id, accountId, answer };
}

function change(planCode: string): SubscriptionCommand {
  return { kind: 'change', planCode, cycle: 'monthly', isForced: false };
}

async function findOverLimit(accountId: string) {
  const query = {
    limit: 100,
    beforePosition: null,
    accountId,
    type: 'subscription.over_limit',
  } as const;
  const events = await billing.read((trx) => listEvents(trx, query));
  return events.map(({ reason, data, occurredAt }) => ({ reason, data, occurredAt }));
}

const TOLD = {
  reason: 'small allows 1 phone numbers; 3 are in use: existing ones are kept; none can be added',
  data: expect.objectContaining({
    feature: 'phone_numbers',
    limit: 1,
    used: 3,
    plan_code: 'small',
  }),
};

describe('a plan that allows less than is in use', () => {
  it('R2.12 takes nothing away when it is changed to, and tells the figures', async () => {
    const { id, accountId, answer } = await start();
    expect((await answer(change('small'), MID_MONTH)).answer.kind).toBe('done');
    expect((await billing.subscription(id))?.state.planCode).toBe('small');
    expect(await findOverLimit(accountId)).toEqual([{ ...TOLD, occurredAt: MID_MONTH }]);
  });

  it('R2.12 that says so refuses the change, and nothing moves', async () => {
    const { id, accountId, answer } = await start();
    const before = await billing.transfers(accountId);
    expect((await answer(change('strict'), MID_MONTH)).answer).toEqual({
      kind: 'refused',
      code: 'limit_reached',
      message: 'strict allows 1 phone numbers; 3 are in use',
      details: { feature: 'phone_numbers', limit: '1', used: '3' },
    });
    expect((await billing.subscription(id))?.state.planCode).toBe('roomy');
    expect(await billing.transfers(accountId)).toEqual(before);
  });

  it('R2.12 is changed to as scheduled, whatever it says, and tells the figures', async () => {
    const { id, accountId, answer } = await start();
    const command = { kind: 'schedule', planCode: 'strict', cycle: 'monthly' } as const;
    const scheduled = await answer({ ...command, effectiveAt: PERIOD_END }, MID_MONTH);
    expect(scheduled.answer.kind).toBe('done');
    expect(await findOverLimit(accountId)).toEqual([]);
    const action = { kind: 'apply_scheduled_change', at: PERIOD_END, reason: 'due' } as const;
    await activities.performSubscriptionAction({ id, accountId, action, operationKey: `${id}/1` });
    expect((await billing.subscription(id))?.state.planCode).toBe('strict');
    expect(await findOverLimit(accountId)).toMatchObject([
      { data: { plan_code: 'strict', limit: 1, used: 3 }, occurredAt: PERIOD_END },
    ]);
  });

  it('R2.12 counts what was agreed with the account', async () => {
    const { accountId, answer } = await start();
    const agreement = { allowances: {}, limits: { phone_numbers: 3 }, updatedAt: STARTED_AT };
    await billing.read((trx) =>
      saveAgreement(trx, { accountId, planCode: 'strict', ...agreement }),
    );
    expect((await answer(change('strict'), MID_MONTH)).answer.kind).toBe('done');
    expect(await findOverLimit(accountId)).toEqual([]);
  });

  it('R2.12 is previewed as it would be: with the excess, or refused', async () => {
    const { id } = await start();
    const subscription = (await billing.subscription(id))?.state;
    if (subscription === undefined) throw new Error('it was started');
    const preview = (planCode: string) =>
      billing.read((trx) =>
        previewChange(trx, subscription, {
          wanted: { planCode, cycle: 'monthly', isForced: false },
          receivedAt: MID_MONTH,
        }),
      );
    const excess = { name: 'phone_numbers', limit: 1, used: 3 };
    expect(await preview('small')).toMatchObject({ excess });
    expect(await preview('growth')).toMatchObject({ excess: { limit: 0, used: 3 } });
    await expect(preview('strict')).rejects.toMatchObject({ code: 'limit_reached' });
  });
});
