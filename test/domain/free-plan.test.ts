import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { findDowngradeFault, findFreeCycle } from '../../domain/free-plan';
import type { PlanPrice, PlanVersion } from '../../domain/plan';

function plan(code: string, prices: readonly PlanPrice[]): PlanVersion {
  return {
    code,
    version: 1,
    kind: 'plan',
    name: code,
    tier: code,
    prices,
    allowances: {},
    limits: {},
    features: [],
    support: null,
    unitPrices: {},
    onExhausted: {},
    bearsTax: true,
    dunning: DEFAULT_DUNNING_POLICY,
    changes: DEFAULT_CHANGE_POLICY,
  };
}

const free = (cycle: PlanPrice['cycle'], currency: 'INR' | 'TRY'): PlanPrice => ({
  cycle,
  price: { amountMicros: 0n, currency },
});
const GROWTH = plan('growth', [
  { cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'INR' } },
]);

describe('the free offer a subscription falls to', () => {
  const basic = plan('basic', [free('monthly', 'INR'), free('yearly', 'INR')]);

  it('R1.08 keeps the cycle when the free plan is sold in it', () => {
    expect(findFreeCycle(basic, { cycle: 'yearly', currency: 'INR' })).toBe('yearly');
  });

  it('R1.08 is the first free cycle otherwise', () => {
    expect(findFreeCycle(basic, { cycle: 'quarterly', currency: 'INR' })).toBe('monthly');
  });

  it('R1.08 does not exist in a currency the plan is not free in', () => {
    expect(findFreeCycle(basic, { cycle: 'monthly', currency: 'TRY' })).toBeNull();
    expect(findFreeCycle(GROWTH, { cycle: 'monthly', currency: 'INR' })).toBeNull();
  });
});

describe('a plan named for the downgrade', () => {
  it.each([
    [
      'that is free wherever the plan is sold is taken',
      plan('basic', [free('monthly', 'INR')]),
      null,
    ],
    ['that costs something is refused', GROWTH, '"growth" has no price of zero in INR'],
    [
      'that is free elsewhere only is refused',
      plan('basic', [free('monthly', 'TRY')]),
      '"basic" has no price of zero in INR',
    ],
    [
      'of another kind is refused',
      { ...plan('care', [free('monthly', 'INR')]), kind: 'support_package' as const },
      '"care" is a plan of another kind',
    ],
  ])('%s', (_, target, fault) => {
    expect(findDowngradeFault(GROWTH, target)).toBe(fault);
  });
});
