/**
 * Owns: the plans and support packages a fresh platform sells, and putting in all that it sells.
 * Does not own: what a plan is (domain/plan.ts), which packages are sold (catalogue-packages.ts), what
 * usage costs (catalogue-rate-cards.ts). An operator changes prices over the API; what is in the
 * database is never touched here, so starting again takes nothing back.
 * A year costs ten months everywhere (R1.11).
 */
import type { Database } from '../db/connection';
import { findPlan, insertPlan } from '../db/repositories/plan.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction } from '../db/transaction';
import type { BillingCycle } from '../domain/billing-period';
import { DEFAULT_CHANGE_POLICY } from '../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../domain/dunning';
import type { Instant } from '../domain/instant';
import { parseMoney } from '../domain/money';
import type { PlanPrice, PlanVersion, RateByCurrency, SupportTerms } from '../domain/plan';
import { seedPackageOffers } from './catalogue-packages';
import { seedRateCards } from './catalogue-rate-cards';

type Amounts = readonly [inr: string, turkishLira: string, rupiah: string, dollar: string];

const FIRST = {
  version: 1,
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
} as const;
const PLAN = { ...FIRST, kind: 'plan', onExhausted: {} } as const;
const SUPPORT = {
  ...FIRST,
  kind: 'support_package',
  allowances: {},
  limits: {},
  features: [],
  unitPrices: {},
  onExhausted: {},
} as const;

const DEDICATED: SupportTerms = {
  responseTimeMinutes: 15,
  priority: 'urgent',
  hours: '24 hours, every day',
  guidance: ['setup', 'integration', 'troubleshooting'],
  suitsHighUsage: true,
  hasDedicatedAssistance: true,
};

/** What is on sale from the first day. */
export const CATALOGUE: readonly PlanVersion[] = [
  {
    ...PLAN,
    code: 'basic',
    name: 'Basic',
    tier: 'basic',
    prices: [
      ...priced('monthly', ['0.00', '0.00', '0.00', '0.00']),
      ...priced('yearly', ['0.00', '0.00', '0.00', '0.00']),
    ],
    allowances: { messages: 500, wa_conversations: 50, unique_visitors: 100 },
    limits: { team_members: 2, channels: 1, concurrent_calls: 1 },
    features: [],
    support: null,
    unitPrices: {
      message: rated(['0.60', '0.30', '120.00', '0.012']),
      call_minute: rated(['1.50', '0.75', '300.00', '0.030']),
    },
  },
  {
    ...PLAN,
    code: 'growth',
    name: 'Growth',
    tier: 'growth',
    prices: [
      ...priced('monthly', ['999.00', '499.00', '199000.00', '19.00']),
      ...priced('quarterly', ['2849.00', '1419.00', '567000.00', '54.00']),
      ...priced('yearly', ['9990.00', '4990.00', '1990000.00', '190.00']),
    ],
    allowances: { minutes: 500, messages: 10_000, wa_conversations: 1_000, unique_visitors: 5_000 },
    limits: {
      team_members: 10,
      channels: 4,
      concurrent_calls: 5,
      phone_numbers: 3,
      queue_priority: 1,
    },
    features: ['api_access', 'broadcasts'],
    support: null,
    unitPrices: {
      message: rated(['0.50', '0.25', '100.00', '0.010']),
      call_minute: rated(['1.20', '0.60', '240.00', '0.025']),
    },
  },
  {
    ...PLAN,
    code: 'engage',
    name: 'Engage',
    tier: 'growth',
    prices: [
      ...priced('monthly', ['1999.00', '999.00', '399000.00', '39.00']),
      ...priced('yearly', ['19990.00', '9990.00', '3990000.00', '390.00']),
    ],
    allowances: {
      messages: 5_000,
      wa_conversations: 1_000,
      unique_visitors: 1_000,
      whatsapp_balance: rated(['750.00', '350.00', '150000.00', '9.00']),
    },
    limits: { team_members: 5, channels: 5, concurrent_calls: 2 },
    features: ['api_access', 'broadcasts'],
    support: null,
    unitPrices: {
      message: rated(['0.50', '0.25', '100.00', '0.010']),
      unique_visitor: rated(['3.00', '1.50', '600.00', '0.040']),
    },
    onExhausted: { wa_conversation: 'charge', unique_visitor: 'charge' },
  },
  {
    ...PLAN,
    code: 'enterprise',
    name: 'Enterprise',
    tier: 'enterprise',
    prices: [
      ...priced('monthly', ['9999.00', '4999.00', '1990000.00', '199.00']),
      ...priced('yearly', ['99990.00', '49990.00', '19900000.00', '1990.00']),
    ],
    allowances: {
      minutes: 10_000,
      messages: 200_000,
      wa_conversations: 20_000,
      unique_visitors: 100_000,
    },
    limits: {
      team_members: 100,
      channels: -1,
      concurrent_calls: 50,
      phone_numbers: 50,
      queue_priority: 2,
    },
    features: ['api_access', 'broadcasts', 'sso', 'audit_log', 'custom_integration', 'on_premise'],
    support: DEDICATED,
    unitPrices: {
      message: rated(['0.40', '0.20', '80.00', '0.008']),
      call_minute: rated(['1.00', '0.50', '200.00', '0.020']),
    },
  },
  {
    ...SUPPORT,
    code: 'standard',
    name: 'Standard support',
    tier: 'standard',
    prices: [
      ...priced('monthly', ['299.00', '149.00', '59000.00', '5.00']),
      ...priced('yearly', ['2990.00', '1490.00', '590000.00', '50.00']),
    ],
    support: {
      responseTimeMinutes: 480,
      priority: 'normal',
      hours: 'Monday to Friday, 09:00-18:00',
      guidance: ['setup'],
      suitsHighUsage: false,
      hasDedicatedAssistance: false,
    },
  },
  {
    ...SUPPORT,
    code: 'priority',
    name: 'Priority support',
    tier: 'priority',
    prices: [
      ...priced('monthly', ['1499.00', '749.00', '299000.00', '29.00']),
      ...priced('yearly', ['14990.00', '7490.00', '2990000.00', '290.00']),
    ],
    support: {
      responseTimeMinutes: 60,
      priority: 'high',
      hours: 'every day, 08:00-22:00',
      guidance: ['setup', 'integration', 'troubleshooting'],
      suitsHighUsage: true,
      hasDedicatedAssistance: false,
    },
  },
  {
    ...SUPPORT,
    code: 'dedicated',
    name: 'Dedicated support',
    tier: 'dedicated',
    prices: [
      ...priced('monthly', ['7999.00', '3999.00', '1590000.00', '159.00']),
      ...priced('yearly', ['79990.00', '39990.00', '15900000.00', '1590.00']),
    ],
    support: DEDICATED,
  },
];

/** Puts in the plans, packages and rate cards that are missing. A code that exists is left alone, whatever is under it. */
export async function seedCatalogue(database: Database, at: Instant): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    for (const plan of CATALOGUE) {
      if ((await findPlan(trx, plan.code)) === null) {
        await insertPlan(trx, plan, at);
      }
    }
    await seedPackageOffers(trx, at);
    await seedRateCards(trx, at);
  });
}

function priced(cycle: BillingCycle, amounts: Amounts): PlanPrice[] {
  return Object.entries(rated(amounts)).map(([currency, amount]) => ({
    cycle,
    price: parseMoney({ amount, currency }),
  }));
}

function rated([inr, turkishLira, rupiah, dollar]: Amounts): RateByCurrency {
  return { INR: inr, TRY: turkishLira, IDR: rupiah, USD: dollar };
}
