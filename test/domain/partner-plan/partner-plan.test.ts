import {
  changeTerms,
  findChangeRefusal,
  isSameVersion,
} from '../../../domain/partner-plan/change-partner-plan';
import {
  findTermsFault,
  toBenefitFigures,
  toPlanVersion,
  type PartnerPlanTerms,
} from '../../../domain/partner-plan/partner-plan';
import { buildAllowanceGrants } from '../../../domain/plan';

const GOLD: PartnerPlanTerms = {
  type: 'usage_based',
  planName: 'Gold 2026',
  displayName: 'Gold',
  currency: 'INR',
  prices: { monthly: 999_000_000n, yearly: 9_990_000_000n },
  hasGst: true,
  benefits: { messages: 10_000, wa_conversations: 1_000, team_members: null },
  revenueShareBps: null,
  onExhausted: 'charge',
  unitPrices: { message: '0.25' },
};

describe('a partner plan as a subscription sees it', () => {
  it('R4.12 R4.15 R4.17 R4.18 R4.19 is a plan of its display name, with its prices and benefits', () => {
    expect(toPlanVersion(GOLD, { code: 'pplan_1', version: 3 })).toMatchObject({
      code: 'pplan_1',
      version: 3,
      kind: 'partner_plan',
      bearsTax: true,
      name: 'Gold',
      prices: [
        { cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'INR' } },
        { cycle: 'yearly', price: { amountMicros: 9_990_000_000n, currency: 'INR' } },
      ],
      allowances: { messages: 10_000, wa_conversations: 1_000 },
      limits: { team_members: -1 },
      unitPrices: { message: { INR: '0.25' } },
      onExhausted: { message: 'charge', wa_conversation: 'charge' },
    });
    expect(
      JSON.stringify(toPlanVersion({ ...GOLD, prices: {} }, { code: 'x', version: 1 })),
    ).not.toContain('2026');
  });

  it('R4.18 grants conversations by the calendar month, whatever the cycle', () => {
    const { allowances } = toPlanVersion(GOLD, { code: 'pplan_1', version: 1 });
    expect(buildAllowanceGrants(allowances, 'INR')).toEqual([
      { asset: 'message', quantity: 10_000n, lasts: 'anchor_month' },
      { asset: 'wa_conversation', quantity: 1_000n, lasts: 'calendar_month' },
    ]);
  });

  it('R4.17 R4.19 keeps what is without limit apart from what is none', () => {
    const benefits = { messages: null, wa_conversations: 0, team_members: 0 };
    const plan = toPlanVersion({ ...GOLD, benefits }, { code: 'pplan_1', version: 1 });
    expect(toBenefitFigures(plan)).toEqual(benefits);
    expect(buildAllowanceGrants(plan.allowances, 'INR')).toEqual([
      { asset: 'message', quantity: 1_000_000_000_000_000n, lasts: 'anchor_month' },
    ]);
  });
});

describe('the terms of a partner plan', () => {
  const SHARING: PartnerPlanTerms = { ...GOLD, type: 'revenue_sharing', revenueShareBps: 2_500 };

  it.each([
    ['usage-based without a share', GOLD, null],
    ['revenue-sharing with a share', SHARING, null],
    ['a price of zero', { ...GOLD, prices: { quarterly: 0n } }, null],
    ['no cycle at all', { ...GOLD, prices: {} }, 'no_billing_cycle prices'],
    [
      'revenue-sharing without',
      { ...SHARING, revenueShareBps: null },
      'unprocessable revenue_share_bps',
    ],
    [
      'usage-based with a share',
      { ...GOLD, revenueShareBps: 1 },
      'unprocessable revenue_share_bps',
    ],
  ] as const)('R4.10 R4.13 are whole or not: %s', (_, terms, fault) => {
    const found = findTermsFault(terms);
    expect(found && `${found.code} ${found.field}`).toBe(fault);
  });

  it('R4.15 keep what a change leaves out, and lose a price that becomes null', () => {
    const change = {
      prices: { yearly: null, quarterly: 2_700_000_000n },
      benefits: { messages: 5 },
    };
    expect(changeTerms(GOLD, change)).toEqual({
      ...GOLD,
      prices: { monthly: 999_000_000n, quarterly: 2_700_000_000n },
      benefits: { messages: 5, wa_conversations: 1_000, team_members: null },
    });
  });

  it('R4.14 lose all prices with their currency', () => {
    const moved = changeTerms(GOLD, { currency: 'USD', prices: { monthly: 12_000_000n } });
    expect(moved).toMatchObject({ currency: 'USD', prices: { monthly: 12_000_000n } });
    expect([Object.keys(moved.prices), moved.unitPrices]).toEqual([['monthly'], {}]);
  });

  it('R4.10 lose the share with the type that had one', () => {
    expect(changeTerms(SHARING, { type: 'usage_based' })).toMatchObject({
      type: 'usage_based',
      revenueShareBps: null,
    });
  });

  it('R4.07 are another version unless only the internal name differs', () => {
    expect(isSameVersion(GOLD, { ...GOLD, planName: 'Gold 2027' })).toBe(true);
    const changes = [
      { displayName: 'Golden' },
      { prices: { monthly: 1n } },
      { hasGst: false },
      { benefits: { team_members: 1 } },
      { onExhausted: 'block' },
      { unitPrices: { message: '0.3' } },
    ] as const;
    expect(changes.map((change) => isSameVersion(GOLD, changeTerms(GOLD, change)))).toEqual(
      changes.map(() => false),
    );
    expect(isSameVersion(SHARING, { ...SHARING, revenueShareBps: 2_501 })).toBe(false);
  });

  it('R4.10 R4.14 keep type and currency once an account had the plan', () => {
    const fieldOf = (after: PartnerPlanTerms) => findChangeRefusal(GOLD, after)?.field ?? null;
    expect([fieldOf(SHARING), fieldOf({ ...GOLD, currency: 'USD' }), fieldOf(GOLD)]).toEqual([
      'type',
      'currency',
      null,
    ]);
  });
});
