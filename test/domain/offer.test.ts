import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { findOffer } from '../../domain/offer';
import type { PlanKind, PlanVersion } from '../../domain/plan';

const sold = (kind: PlanKind): PlanVersion => ({
  code: 'gold',
  version: 1,
  kind,
  name: 'Gold',
  tier: 'gold',
  prices: [{ cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'INR' } }],
  allowances: {},
  limits: {},
  features: [],
  support: null,
  unitPrices: {},
  onExhausted: {},
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
});
const WANTED = { planCode: 'gold', cycle: 'monthly', currency: 'INR' } as const;

describe('a plan on offer', () => {
  it.each([
    ['plan', 'bought', 'offered'],
    ['support_package', 'bought', 'offered'],
    ['partner_plan', 'bought', 'unknown_plan plan_code'],
    ['plan', 'assigned', 'unknown_plan plan_code'],
    ['support_package', 'assigned', 'unknown_plan plan_code'],
    ['partner_plan', 'assigned', 'offered'],
  ] as const)('R4.23 I8 of the kind %s, %s: %s', (kind, taken, outcome) => {
    const offer = findOffer(sold(kind), { ...WANTED, taken });
    expect(offer.kind === 'refused' ? `${offer.code} ${offer.field}` : offer.kind).toBe(outcome);
  });

  it('R4.23 is bought unless said otherwise, and the refusal says what to do instead', () => {
    expect(findOffer(sold('partner_plan'), WANTED)).toMatchObject({
      message: '"gold" is a partner plan: it is assigned to an account, not subscribed to.',
    });
  });
});
