import fc from 'fast-check';
import type { BillingCycle } from '../../domain/billing-period';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import {
  applyAgreement,
  buildAllowanceGrants,
  buildComparison,
  changePrices,
  findPrice,
  isWithoutLimit,
  trackOf,
  type AllowanceName,
  type PlanPrice,
  type PlanVersion,
  type SupportTerms,
} from '../../domain/plan';
import { buildMeters } from '../../domain/rating/rating-terms';

function price(cycle: BillingCycle, currency: 'INR' | 'TRY', amountMicros: bigint): PlanPrice {
  return { cycle, price: { amountMicros, currency } };
}

const GROWTH: PlanVersion = {
  code: 'growth',
  version: 1,
  kind: 'plan',
  name: 'Growth',
  tier: 'growth',
  prices: [
    price('monthly', 'INR', 999_000_000n),
    price('yearly', 'INR', 9_990_000_000n),
    price('monthly', 'TRY', 499_000_000n),
  ],
  allowances: { minutes: 500, messages: 10_000, wa_conversations: 1_000, unique_visitors: 5_000 },
  limits: { team_members: 10, channels: 4 },
  features: [],
  support: null,
  unitPrices: {},
  onExhausted: {},
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
};

describe('the price of a plan', () => {
  it.each([
    ['monthly', 'INR', 999_000_000n],
    ['yearly', 'INR', 9_990_000_000n],
    ['monthly', 'TRY', 499_000_000n],
  ] as const)('R1.11 %s in %s is its own', (cycle, currency, amountMicros) => {
    expect(findPrice(GROWTH, { cycle, currency })).toEqual({ amountMicros, currency });
  });

  it.each([
    ['quarterly', 'INR'],
    ['yearly', 'TRY'],
    ['monthly', 'USD'],
  ] as const)('R1.11 %s in %s is missing: the plan is not sold that way', (cycle, currency) => {
    expect(findPrice(GROWTH, { cycle, currency })).toBeNull();
  });
});

describe('a change of prices', () => {
  it('R3.27 replaces those of its cycle and currency, adds, takes off sale, and keeps the order', () => {
    const changed = changePrices(GROWTH.prices, [
      {
        cycle: 'yearly',
        currency: 'TRY',
        price: { amountMicros: 4_990_000_000n, currency: 'TRY' },
      },
      { cycle: 'monthly', currency: 'INR', price: { amountMicros: 1n, currency: 'INR' } },
      { cycle: 'monthly', currency: 'TRY', price: null },
      { cycle: 'quarterly', currency: 'INR', price: null },
    ]);
    expect(changed).toEqual([
      price('monthly', 'INR', 1n),
      price('yearly', 'INR', 9_990_000_000n),
      price('yearly', 'TRY', 4_990_000_000n),
    ]);
  });
});

describe('a comparison', () => {
  const terms: SupportTerms = {
    responseTimeMinutes: 60,
    priority: 'high',
    hours: 'every day 08:00-22:00',
    guidance: ['setup'],
    suitsHighUsage: true,
    hasDedicatedAssistance: false,
  };

  it.each([
    ['none', null],
    ['high', terms],
    ['dedicated', { ...terms, hasDedicatedAssistance: true }],
  ] as const)('R1.17 calls the support level %s', (supportLevel, support) => {
    expect(buildComparison({ ...GROWTH, support })).toEqual({
      teamSize: 10,
      messagesPerMonth: 10_000,
      supportLevel,
    });
  });

  it('R1.17 of a plan that names no figures is of none', () => {
    expect(buildComparison({ ...GROWTH, limits: {}, allowances: {} })).toEqual({
      teamSize: 0,
      messagesPerMonth: 0,
      supportLevel: 'none',
    });
  });
});

describe('the track of a subscription', () => {
  it('R1.18 is support for a support package, so that it changes independently of the plan', () => {
    expect([trackOf('plan'), trackOf('support_package')]).toEqual(['plan', 'support']);
  });

  it('R4.08 is plan for a partner plan, so that an account has that or one of its own', () => {
    expect(trackOf('partner_plan')).toBe('plan');
  });
});

describe('what a month of a plan grants', () => {
  it('R1.15 is seconds and messages for a month from the anchor, the rest by calendar month', () => {
    expect(buildAllowanceGrants(GROWTH.allowances, 'INR')).toEqual([
      { asset: 'call_second', quantity: 30_000n, lasts: 'anchor_month' },
      { asset: 'message', quantity: 10_000n, lasts: 'anchor_month' },
      { asset: 'wa_conversation', quantity: 1_000n, lasts: 'calendar_month' },
      { asset: 'unique_visitor', quantity: 5_000n, lasts: 'calendar_month' },
    ]);
  });

  it('R1.14 leaves out what is zero or not named', () => {
    expect(buildAllowanceGrants({ minutes: 0, messages: 100 }, 'INR')).toEqual([
      { asset: 'message', quantity: 100n, lasts: 'anchor_month' },
    ]);
    expect(buildAllowanceGrants({}, 'INR')).toEqual([]);
  });
});

describe('an allowance without limit', () => {
  it('R4.17 R4.18 is granted as more than a month can use up', () => {
    expect(buildAllowanceGrants({ messages: -1, wa_conversations: -1 }, 'INR')).toEqual([
      { asset: 'message', quantity: 1_000_000_000_000_000n, lasts: 'anchor_month' },
      { asset: 'wa_conversation', quantity: 1_000_000_000_000_000n, lasts: 'calendar_month' },
    ]);
  });

  it('R4.18 is told from one of the largest figure, also when only a day of it is granted', () => {
    const granted = [1_000_000_000_000_000n, 1_000_000_000_000_000n / 31n, 1_000_000_000_000n];
    expect(granted.map(isWithoutLimit)).toEqual([true, true, false]);
  });

  it('R4.26 is an allowance: a meter has it as if it were a figure', () => {
    const plan = { allowances: { messages: -1, minutes: 0 }, unitPrices: {}, onExhausted: {} };
    const { message, call_second: call, unique_visitor: visitor } = buildMeters(plan, 'INR');
    expect([message, call, visitor].map(({ hasAllowance }) => hasAllowance)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the WhatsApp balance of a plan', () => {
  const allowances = { messages: 100, whatsapp_balance: { IDR: '350000.00', INR: '750.00' } };
  const whatBalances = (currency: 'IDR' | 'INR' | 'USD', of: typeof allowances) =>
    buildAllowanceGrants(of, currency).filter(({ asset }) => asset === currency);

  it('R3.14 is micros of the account’s currency, by calendar month', () => {
    expect(whatBalances('IDR', allowances)).toEqual([
      { asset: 'IDR', quantity: 350_000_000_000n, lasts: 'calendar_month' },
    ]);
    expect(whatBalances('INR', allowances)).toEqual([
      { asset: 'INR', quantity: 750_000_000n, lasts: 'calendar_month' },
    ]);
  });

  it('is none in a currency that has no amount', () => {
    expect(whatBalances('USD', allowances)).toEqual([]);
  });

  it('R3.06 may be agreed on with one account', () => {
    const plan = { ...GROWTH, allowances };
    const agreement = { allowances: { whatsapp_balance: { IDR: '500000.00' } }, limits: {} };
    const agreed = applyAgreement(plan, agreement);
    expect(buildAllowanceGrants(agreed.allowances, 'IDR')).toEqual([
      { asset: 'message', quantity: 100n, lasts: 'anchor_month' },
      { asset: 'IDR', quantity: 500_000_000_000n, lasts: 'calendar_month' },
    ]);
  });
});

describe('an agreement with one account', () => {
  it('R1.16 replaces the figures it names and leaves the others', () => {
    const agreed = applyAgreement(GROWTH, {
      allowances: { minutes: 20_000 },
      limits: { team_members: -1, phone_numbers: 50 },
    });
    expect(agreed.allowances).toEqual({
      minutes: 20_000,
      messages: 10_000,
      wa_conversations: 1_000,
      unique_visitors: 5_000,
    });
    expect(agreed.limits).toEqual({ team_members: -1, channels: 4, phone_numbers: 50 });
    expect(agreed.prices).toBe(GROWTH.prices);
  });

  it('R1.16 may also give less: zero minutes are no minutes', () => {
    const agreed = applyAgreement(GROWTH, { allowances: { minutes: 0 }, limits: {} });
    expect(buildAllowanceGrants(agreed.allowances, 'INR').map(({ asset }) => asset)).toEqual([
      'message',
      'wa_conversation',
      'unique_visitor',
    ]);
  });

  it('is none for everybody else', () => {
    expect(applyAgreement(GROWTH, null)).toBe(GROWTH);
  });

  it('R1.16 made twice is the same as made once, and the plan stays as it was', () => {
    const names = fc.constantFrom<AllowanceName>('minutes', 'messages', 'unique_visitors');
    const figures = fc.dictionary(names, fc.nat());
    fc.assert(
      fc.property(figures, (allowances) => {
        const before = structuredClone(GROWTH);
        const agreement = { allowances, limits: {} };
        const once = applyAgreement(GROWTH, agreement);
        expect(applyAgreement(once, agreement)).toEqual(once);
        expect(GROWTH).toEqual(before);
      }),
    );
  });
});
