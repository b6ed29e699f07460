/**
 * Owns: which transfers a subscription's decision makes: the sale, the grants, what is forfeited.
 * Does not own: the decision (decide-due.ts, decide-command.ts), what a change leaves of a month's
 * allowances (carry-over.ts), what a fee brought (fee-grants.ts) and the writing (db/).
 * Rules: a period is charged under a reference that names it, so the ledger itself refuses to charge
 * it twice; allowances of a month lie in buckets named after the month (I2, I4).
 * Example: renewing period 2 of `sub_1` moves 999.00 INR from wallet/additional to revenue/INR under `subscription/sub_1/period/2` and opens `plan/message/2026-02-28/sub_1`.
 */
import { monthOf, nextMonth, type MonthKey } from '../calendar';
import { toEpochMs, type Instant } from '../instant';
import { chargeSale } from '../ledger/charge-sale';
import { forfeitBucket } from '../ledger/expiry';
import { grantMoney, grantUnits } from '../ledger/grant';
import { allowanceOf, setAllowance, takeBalanceBack } from '../ledger/month';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import { postTax } from '../ledger/tax';
import { buildAllowanceGrants, type AllowanceGrant, type Allowances } from '../plan';
import { CALENDAR_ASSETS, type AnchorAsset } from './allowances-left';
import { allowanceCode, carryOver } from './carry-over';
import type { SubscriptionDecision, SubscriptionEvent } from './decision';
import { noteFeeGrants } from './fee-grants';
import { hasFreeGrant, monthOfAnchor, type Subscription } from './subscription';
import { balanceOfMonth } from './whatsapp-balance';

/** What a month grants: of the plan after the decision, and of the one before it. */
export interface MonthlyAllowances {
  /** The plan's figures, or the account's agreement. */
  readonly after: Allowances;
  /** Only read when the plan changes within a month. */
  readonly before: Allowances;
}

/** What posting a decision adds to it: what was used too much, and what to tell of it. */
export interface PostedDecision {
  readonly subscription: Subscription;
  /** What became of allowances that were cut short. */
  readonly told: readonly SubscriptionEvent[];
}

/** Money moves in the ledger of who pays, units in that of whose plan it is: mostly one and the same. */
export interface SubscriptionBooks {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
  readonly served?: LedgerState;
}

/** Notes in `plan` all that `decision` moves. */
export function postDecision(
  { plan, ledger: payer, served: ledger = payer }: SubscriptionBooks,
  decision: SubscriptionDecision,
  allowances: MonthlyAllowances,
): PostedDecision {
  const { currency } = decision.subscription.price;
  const grants = buildAllowanceGrants(allowances.after, currency);
  const before = buildAllowanceGrants(allowances.before, currency);
  const books = { plan, ledger };
  const { subscription, at } = decision;
  const { told, debts, granted } = carryOver(books, decision, { before, after: grants });
  forfeit(plan, ledger, decision);
  postSale(plan, payer, decision);
  const granting = hasFreeGrant(subscription, at) ? [] : grants;
  if (decision.grantsMonth !== null) grantMonth(books, decision, granting);
  let balanceMicros = 0n;
  // The quotas are the plan's: a support package that comes or goes must not end them.
  if (decision.calendarQuotas !== 'unchanged' && subscription.track === 'plan') {
    setCalendarQuotas(books, decision, grants);
    // Money last: it opens the month, with the quotas that are said by then.
    balanceMicros = setBalance(books, decision, { before, after: grants });
  }
  const units = decision.grantsMonth === null ? granted : unitsOf(granting);
  const feeGrants = noteFeeGrants(ledger, decision, { units, balanceMicros });
  return { subscription: { ...decision.subscription, allowanceDebts: debts, feeGrants }, told };
}

function forfeit(plan: LedgerPlan, ledger: LedgerState, decision: SubscriptionDecision): void {
  const { subscription, at } = decision;
  const own = ledger.buckets.filter(({ code }) => code.endsWith(`/${subscription.id}`));
  for (const bucket of own) {
    const isExpired = bucket.expiresAtMs <= toEpochMs(at);
    if (decision.forfeits === 'all' || isExpired) {
      forfeitBucket(plan, ledger, { code: bucket.code, at, reference: bucket.code });
    }
  }
}

/** Money and tax of a sale. The tax of a charge goes on from revenue to what is owed to the state. */
function postSale(plan: LedgerPlan, ledger: LedgerState, { sale, at }: SubscriptionDecision): void {
  if (sale === null) return;
  const { reference, reason, total, taxTotal } = sale;
  const { amountMicros } = total;
  if (amountMicros >= 0n) {
    chargeSale(plan, ledger, { taxed: sale, reference, reason, at });
    return;
  }
  const credit = { amountMicros: -amountMicros, kind: 'refund', from: 'revenue' } as const;
  grantMoney(plan, ledger, { ...credit, source: 'wallet_additional', at, reference, reason });
  postTax(plan, ledger, { reference, taxMicros: taxTotal.amountMicros, at });
}

function grantMonth(
  { plan, ledger }: { readonly plan: LedgerPlan; readonly ledger: LedgerState },
  { subscription, at }: { readonly subscription: Subscription; readonly at: Instant },
  grants: readonly AllowanceGrant[],
): void {
  const month = monthOfAnchor(subscription, subscription.allowanceMonth);
  for (const { asset, quantity, lasts } of grants) {
    if (lasts !== 'anchor_month') continue;
    const code = allowanceCode(subscription, asset, month.startsAt);
    grantUnits(plan, ledger, {
      code,
      asset,
      source: 'plan_quota',
      quantity,
      startsAt: month.startsAt,
      expiresAt: month.endsAt,
      at,
      reference: code,
    });
  }
}

/**
 * From this month on what the plan or the agreement gives, or nothing from the next month on. Said at
 * each grant, so that a new agreement counts from there; what is so already is not written again.
 */
function setCalendarQuotas(
  { plan, ledger }: { readonly plan: LedgerPlan; readonly ledger: LedgerState },
  { subscription, at, calendarQuotas, settled }: SubscriptionDecision,
  grants: readonly AllowanceGrant[],
): void {
  const { id, timeZone, changesMade } = subscription;
  const takesBack = settled !== null;
  const thisMonth = monthOf(at, timeZone);
  for (const asset of CALENDAR_ASSETS) {
    const quantity = calendarQuotas === 'off' ? 0n : quantityOf(grants, asset);
    // A month that was promised and not credited stays as it was: less of it begins with the next one.
    const isLess = !takesBack && quantity < allowanceOf(ledger, asset, thisMonth);
    const firstMonth = calendarQuotas !== 'on' && isLess ? nextMonth(thisMonth) : thisMonth;
    for (const fromMonth of monthsToSay(ledger, asset, firstMonth)) {
      if (allowanceOf(ledger, asset, fromMonth) === quantity) continue;
      const reference = `quota/${asset}/${fromMonth}/${id}/${changesMade}/${calendarQuotas}/${at}`;
      setAllowance(plan, ledger, { asset, fromMonth, quantity, at, reference, takesBack });
    }
  }
}

/** The same for the WhatsApp balance. Answers what of it was granted at once. */
function setBalance(
  { plan, ledger }: { readonly plan: LedgerPlan; readonly ledger: LedgerState },
  decision: SubscriptionDecision,
  months: { readonly before: readonly AllowanceGrant[]; readonly after: readonly AllowanceGrant[] },
): bigint {
  const { subscription, at, calendarQuotas, settled } = decision;
  const { id, timeZone, changesMade, price } = subscription;
  const { currency: asset } = price;
  for (const { month, amountMicros } of settled?.balance ?? []) {
    const reference = `quota/${asset}/${month}/${id}/${changesMade}/taken/${at}`;
    takeBalanceBack(plan, ledger, { month, amountMicros, at, reference });
  }
  const thisMonth = monthOf(at, timeZone);
  const given = allowanceOf(ledger, asset, thisMonth);
  const before = quantityOf(months.before, asset);
  const after = calendarQuotas === 'off' ? 0n : quantityOf(months.after, asset);
  const ofThisMonth = balanceOfMonth(decision, { given, before, after });
  let grantedMicros = 0n;
  const say = (fromMonth: MonthKey, quantity: bigint): void => {
    if (allowanceOf(ledger, asset, fromMonth) === quantity) return;
    const reference = `quota/${asset}/${fromMonth}/${id}/${changesMade}/${calendarQuotas}/${at}`;
    const said = { asset, fromMonth, quantity, at, reference };
    grantedMicros += setAllowance(plan, ledger, said).grantedNow;
  };
  say(thisMonth, ofThisMonth);
  for (const month of monthsToSay(ledger, asset, nextMonth(thisMonth))) say(month, after);
  return grantedMicros;
}

function unitsOf(grants: readonly AllowanceGrant[]): Readonly<Record<AnchorAsset, bigint>> {
  return { call_second: quantityOf(grants, 'call_second'), message: quantityOf(grants, 'message') };
}

function quantityOf(grants: readonly AllowanceGrant[], asset: AllowanceGrant['asset']): bigint {
  return grants.find((grant) => grant.asset === asset)?.quantity ?? 0n;
}

/** What was said about later months, the end of a suspension for one, must give way too. */
function monthsToSay(ledger: LedgerState, asset: string, firstMonth: MonthKey): MonthKey[] {
  const later = ledger.allowances.filter((a) => a.asset === asset && a.fromMonth > firstMonth);
  return [firstMonth, ...later.map(({ fromMonth }) => fromMonth)];
}
