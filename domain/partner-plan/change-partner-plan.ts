/**
 * Owns: what a change makes of a partner plan's terms, and what may not be changed any more.
 * Does not own: whether the new terms are whole (partner-plan.ts), versions (db/repositories/).
 * Rules: R4.07, R4.25, R4.26. What is left out stays, within prices, benefits and unit prices too; null takes a price
 * away. Money of one currency says nothing in another: with the currency all prices go, and the change states new
 * ones. Once an account had the plan, its type and currency are for ever: the pool, the statements and the wallets of
 * those who have it are kept by them.
 * Example: 999.00 INR monthly and 9990.00 yearly, changed by `{ prices: { yearly: null } }`: 999.00 monthly is left.
 */
import type { BillingCycle } from '../billing-period';
import {
  toPlanVersion,
  type BenefitFigures,
  type BenefitPrices,
  type PartnerPlanTerms,
} from './partner-plan';

type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** What may change of the terms; undefined: it stays. A price of null goes. */
export interface PartnerPlanChange extends Optional<
  Omit<PartnerPlanTerms, 'prices' | 'benefits' | 'unitPrices'>
> {
  readonly prices?: Readonly<Partial<Record<BillingCycle, bigint | null | undefined>>> | undefined;
  readonly benefits?: Optional<BenefitFigures> | undefined;
  readonly unitPrices?:
    { readonly [Name in keyof BenefitPrices]?: string | null | undefined } | undefined;
}

/** The terms after the change. A type that shares no revenue has no share. */
export function changeTerms(before: PartnerPlanTerms, change: PartnerPlanChange): PartnerPlanTerms {
  const { prices, benefits, unitPrices, ...facts } = change;
  const kept: PartnerPlanTerms = { ...before, ...withoutUndefined(facts) };
  const isMoved = kept.currency !== before.currency;
  return {
    ...kept,
    prices: replace(isMoved ? {} : before.prices, prices),
    benefits: { ...before.benefits, ...withoutUndefined(benefits ?? {}) },
    unitPrices: replace(isMoved ? {} : before.unitPrices, unitPrices),
    revenueShareBps:
      kept.type !== before.type && kept.type === 'usage_based'
        ? (facts.revenueShareBps ?? null)
        : kept.revenueShareBps,
  };
}

type Stated<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

function withoutUndefined<T extends object>(given: T): Stated<T> {
  const stated = Object.entries(given).filter(([, value]) => value !== undefined);
  // The names of `given`, less those without a value: TypeScript knows entries by text only.
  return Object.fromEntries(stated) as Stated<T>;
}

type PriceList<Name extends string, Price> = Readonly<Partial<Record<Name, Price>>>;

function replace<Name extends string, Price>(
  before: PriceList<Name, Price>,
  change: PriceList<Name, Price | null | undefined> | undefined,
): PriceList<Name, Price> {
  const merged = Object.entries({ ...before, ...withoutUndefined(change ?? {}) });
  const kept = merged.filter(([, price]) => price !== null);
  // Names of both lists, and no null is left.
  return Object.fromEntries(kept) as PriceList<Name, Price>;
}

export interface ChangeRefusal {
  readonly code: 'invalid_state';
  readonly field: 'type' | 'currency';
  readonly message: string;
}

/** What of a change is refused because an account has or had the plan; null: nothing. */
export function findChangeRefusal(
  before: PartnerPlanTerms,
  after: PartnerPlanTerms,
): ChangeRefusal | null {
  const field = (['type', 'currency'] as const).find((name) => before[name] !== after[name]);
  if (field === undefined) return null;
  const message = `Accounts have or had this plan: its ${field} stays. Duplicate it and change the copy.`;
  return { code: 'invalid_state', field, message };
}

/** Whether only names for the owner differ: what an account has of the plan is the same. */
export function isSameVersion(before: PartnerPlanTerms, after: PartnerPlanTerms): boolean {
  return spell(before) === spell(after);
}

function spell(terms: PartnerPlanTerms): string {
  const { type, currency, revenueShareBps } = terms;
  const plan = toPlanVersion(terms, { code: '', version: 0 });
  return JSON.stringify([type, currency, revenueShareBps, plan], (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
