import type { z } from 'zod';
import { BillingError } from '../../domain/billing-error';
import { DEFAULT_CHANGE_POLICY, type ChangePolicy } from '../../domain/change-policy';
import { currencyFacts, parseCurrency, type CurrencyCode } from '../../domain/currency';
import { DEFAULT_DUNNING_POLICY, type DunningPolicy } from '../../domain/dunning';
import { formatAmount, parseMoney, roundToMinorUnit, type Money } from '../../domain/money';
import { isPartnerPlanCode } from '../../domain/partner-plan/partner-plan';
import {
  changePrices,
  UNIT_NAMES,
  type Allowances,
  type AmountByCurrency,
  type Limits,
  type PlanPrice,
  type PlanVersion,
  type PriceChange,
  type RateByCurrency,
  type SupportTerms,
  type UnitPrices,
} from '../../domain/plan';
import { InvalidRequest } from '../problem';
import type { agreementInput, newPlanSchema, planChangeSchema } from './plan.schema';

type NewPlan = z.output<typeof newPlanSchema>;
type PlanChange = z.output<typeof planChangeSchema>;

/**
 * The first version of a plan. Throws `no_billing_cycle` without a price, `invalid_amount` for one
 * nobody can pay, `unprocessable` for a code of a partner plan.
 */
export function fromApiNewPlan(body: NewPlan): PlanVersion {
  if (isPartnerPlanCode(body.code)) {
    const message = 'Codes that begin so are those of partner plans.';
    throw new BillingError('unprocessable', message, { field: 'code' });
  }
  const prices = changePrices([], body.prices.map(fromApiPrice));
  return assertSold({
    code: body.code,
    version: 1,
    kind: body.kind,
    name: body.name,
    tier: body.tier ?? body.code,
    prices,
    allowances: fromApiAllowances(body.allowances),
    limits: fromApiFigures(body.limits ?? {}),
    features: body.features ?? [],
    support: fromApiSupport(body.support ?? null),
    unitPrices: fromApiUnitPrices(body.unit_prices ?? {}, prices),
    onExhausted: fromApiFigures(body.on_exhausted ?? {}),
    bearsTax: true,
    ...fromApiPolicies(body, { dunning: DEFAULT_DUNNING_POLICY, changes: DEFAULT_CHANGE_POLICY }),
  });
}

/** The plan after the change; what the change leaves out stays. Throws as `fromApiNewPlan`. */
export function fromApiPlanChange(plan: PlanVersion, body: PlanChange): PlanVersion {
  const prices = changePrices(plan.prices, (body.prices ?? []).map(fromApiPrice));
  const changed: PlanVersion = {
    ...plan,
    name: body.name ?? plan.name,
    tier: body.tier ?? plan.tier,
    prices,
    allowances: { ...plan.allowances, ...fromApiAllowances(body.allowances) },
    limits: { ...plan.limits, ...fromApiFigures(body.limits ?? {}) },
    features: body.features ?? plan.features,
    support: body.support === undefined ? plan.support : fromApiSupport(body.support),
    unitPrices: { ...plan.unitPrices, ...fromApiUnitPrices(body.unit_prices ?? {}, prices) },
    onExhausted: { ...plan.onExhausted, ...fromApiFigures(body.on_exhausted ?? {}) },
    ...fromApiPolicies(body, plan),
  };
  assertFitsKind(changed);
  return assertSold(changed);
}

/** What is agreed with one account. Throws `currency_mismatch` for money the account does not have. */
export function fromApiAgreement(
  body: z.output<typeof agreementInput>,
  accountCurrency: CurrencyCode,
): { readonly allowances: Allowances; readonly limits: Limits } {
  const allowances = fromApiAllowances(body.allowances);
  const currencies = Object.keys(allowances.whatsapp_balance ?? {});
  if (currencies.some((currency) => currency !== accountCurrency)) {
    const message = `The account is kept in ${accountCurrency}.`;
    throw new BillingError('currency_mismatch', message, { field: 'allowances.whatsapp_balance' });
  }
  return { allowances, limits: fromApiFigures(body.limits ?? {}) };
}

function fromApiAllowances(allowances: NewPlan['allowances']): Allowances {
  const { whatsapp_balance: balance, ...figures } = allowances ?? {};
  const units = fromApiFigures(figures);
  return balance === undefined ? units : { ...units, whatsapp_balance: fromApiBalance(balance) };
}

/** Granted as it is, like a price that is charged. */
function fromApiBalance(
  balance: NonNullable<NonNullable<NewPlan['allowances']>['whatsapp_balance']>,
): AmountByCurrency {
  const field = 'allowances.whatsapp_balance';
  const amounts = (Array.isArray(balance) ? balance : [balance]).map((wire) =>
    parseMoney(wire, field),
  );
  for (const amount of amounts) assertPayable(amount, field);
  return Object.fromEntries(amounts.map((money) => [money.currency, formatAmount(money)]));
}

/** A figure that is undefined was left out. */
function fromApiFigures<Name extends string, Figure>(
  figures: Readonly<Partial<Record<Name, Figure | undefined>>>,
): Readonly<Partial<Record<Name, Figure>>> {
  const given = Object.entries(figures).filter(([, figure]) => figure !== undefined);
  return Object.fromEntries(given) as Partial<Record<Name, Figure>>;
}

function fromApiPrice(
  wire: PlanChange['prices'] extends (infer Price)[] | undefined ? Price : never,
  index: number,
): PriceChange {
  const path = `prices.${index}`;
  const currency = parseCurrency(wire.currency, `${path}.currency`);
  if (wire.amount === null) return { cycle: wire.cycle, currency, price: null };
  const price = parseMoney({ amount: wire.amount, currency }, path);
  assertPayable(price, `${path}.amount`);
  return { cycle: wire.cycle, currency, price };
}

/** A price is charged as it is, so it must not be finer than the money there is. Throws `invalid_amount`. */
export function assertPayable(price: Money, field: string): void {
  if (roundToMinorUnit(price, 'down').amountMicros === price.amountMicros) return;
  const { exponent } = currencyFacts(price.currency);
  const message = `A price in ${price.currency} has at most ${exponent} decimals.`;
  throw new BillingError('invalid_amount', message, { field });
}

function fromApiSupport(terms: NewPlan['support'] | null): SupportTerms | null {
  if (!terms) return null;
  return {
    responseTimeMinutes: terms.response_time_minutes,
    priority: terms.priority,
    hours: terms.hours,
    guidance: terms.guidance,
    suitsHighUsage: terms.suits_high_usage,
    hasDedicatedAssistance: terms.dedicated_assistance,
  };
}

/** The policies that are given, in place of those that were. */
function fromApiPolicies(
  { dunning, changes }: Pick<NewPlan, 'dunning' | 'changes'>,
  before: Pick<PlanVersion, 'dunning' | 'changes'>,
): Pick<PlanVersion, 'dunning' | 'changes'> {
  return {
    dunning: dunning ? fromApiDunning(dunning) : before.dunning,
    changes: changes ? fromApiChanges(changes) : before.changes,
  };
}

function fromApiChanges(changes: NonNullable<NewPlan['changes']>): ChangePolicy {
  return {
    proration: changes.proration,
    allowances: changes.allowances,
    unpaidSchedule: changes.unpaid_schedule,
    overLimit: changes.over_limit,
  };
}

function fromApiDunning(dunning: NonNullable<NewPlan['dunning']>): DunningPolicy {
  return {
    retryAfterDays: dunning.retry_after_days,
    stopsOnHardDecline: dunning.stops_on_hard_decline,
    collection: dunning.collection,
    noticeDaysBefore: dunning.notice_days_before,
    final: dunning.final,
    endsAfterDays: dunning.ends_after_days,
    downgradesTo: dunning.downgrades_to,
  };
}

type UnitPricesInput = NonNullable<NewPlan['unit_prices']>;

function fromApiUnitPrices(input: UnitPricesInput, prices: readonly PlanPrice[]): UnitPrices {
  const given = UNIT_NAMES.flatMap((unit) => {
    const rates = input[unit];
    return rates === undefined ? [] : [[unit, fromApiRates(rates, prices, `unit_prices.${unit}`)]];
  });
  return Object.fromEntries(given) as UnitPrices;
}

function fromApiRates(
  input: NonNullable<UnitPricesInput['message']>,
  prices: readonly PlanPrice[],
  field: string,
): RateByCurrency {
  if (typeof input === 'string') return { [onlyCurrencyOf(prices, field)]: input };
  const rates = Array.isArray(input) ? input : [input];
  return Object.fromEntries(
    rates.map(({ amount, currency }) => [parseCurrency(currency, field), amount]),
  );
}

/** A bare rate means the plan's currency, when there is only one it could mean. */
function onlyCurrencyOf(prices: readonly PlanPrice[], field: string): CurrencyCode {
  const [first, ...others] = new Set(prices.map(({ price }) => price.currency));
  if (first !== undefined && others.length === 0) return first;
  throw invalid(field, 'The plan is sold in several currencies: name the one of this price.');
}

function assertSold(plan: PlanVersion): PlanVersion {
  if (plan.prices.length > 0) return plan;
  const message = 'A plan needs a price for at least one billing cycle.';
  throw new BillingError('no_billing_cycle', message, { field: 'prices' });
}

function assertFitsKind({ kind, support, allowances }: PlanVersion): void {
  if (kind === 'plan') return;
  if (support === null) {
    throw invalid('support', 'A support package says what support it promises.');
  }
  if (Object.keys(allowances).length > 0) {
    throw invalid('allowances', 'Allowances belong to a plan; a support package grants none.');
  }
}

function invalid(field: string, message: string): InvalidRequest {
  return new InvalidRequest('invalid_request', [{ field, code: 'invalid', message }]);
}
