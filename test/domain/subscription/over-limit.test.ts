import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import type { LimitExcess } from '../../../domain/entitlement';
import type { PlanTerms } from '../../../domain/plan';
import { decideChange } from '../../../domain/subscription/decide-change';
import { decideStart } from '../../../domain/subscription/decide-command';
import type { Subscription } from '../../../domain/subscription/subscription';
import { fundsOf, growth, inr } from './subscription-walk';

const STARTED_AT = '2026-02-01T00:00:00.000Z';
const LATER = '2026-02-10T00:00:00.000Z';
const RICH = fundsOf(100_000_000_000n);
const FIVE_OF_THREE: LimitExcess = { name: 'phone_numbers', limit: 3, used: 5 };

function started(): Subscription {
  const decision = decideStart(growth(), { now: STARTED_AT, funds: RICH });
  if (decision.kind === 'refused') throw new Error(decision.message);
  return decision.subscription;
}

function small(overLimit: 'keep' | 'refuse', price = '499.00'): PlanTerms {
  const { planVersion, cycle, dunning } = growth();
  return {
    planCode: 'small',
    planName: 'Small',
    planVersion,
    cycle,
    price: inr(price),
    bearsTax: true,
    dunning,
    changePolicy: { ...DEFAULT_CHANGE_POLICY, overLimit },
  };
}

function change(target: PlanTerms, excess: LimitExcess | null, funds = RICH) {
  const request = { target, isForced: false, excess };
  return decideChange(started(), request, { now: LATER, funds });
}

describe('a change to a plan that allows less than is in use', () => {
  it('R2.12 is made, and nothing is taken away, by default', () => {
    const decision = change(small(DEFAULT_CHANGE_POLICY.overLimit), FIVE_OF_THREE);
    expect(decision).toMatchObject({ kind: 'decided', subscription: { planCode: 'small' } });
  });

  it('R2.12 is refused with the limit where the plan says so', () => {
    expect(change(small('refuse'), FIVE_OF_THREE)).toEqual({
      kind: 'refused',
      code: 'limit_reached',
      message: 'small allows 3 phone numbers; 5 are in use',
      excess: FIVE_OF_THREE,
    });
  });

  it('R2.12 is refused before money is asked for', () => {
    expect(change(small('refuse', '4999.00'), FIVE_OF_THREE, fundsOf(0n))).toMatchObject({
      code: 'limit_reached',
    });
  });

  it('R2.12 is made once no more is in use than the plan allows', () => {
    expect(change(small('refuse'), null)).toMatchObject({ kind: 'decided' });
  });

  it('R2.12 is put on the schedule when it is to come: less may be in use on its day', () => {
    expect(change(small('refuse', '0.00'), FIVE_OF_THREE)).toMatchObject({
      kind: 'decided',
      subscription: { planCode: 'growth', scheduledChange: { target: { planCode: 'small' } } },
    });
  });
});
