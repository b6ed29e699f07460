import { loadAllowancesLeft } from '../../db/load-allowances-left';
import { isAnotherDue, loadClaimFacts } from '../../db/load-claims';
import { listCreditable } from '../../db/repositories/credit-note.repository';
import { findSoldPlan } from '../../db/repositories/plan.repository';
import type { SubscriptionRecord } from '../../db/repositories/subscription.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { findFreeCycle } from '../../domain/free-plan';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import { listClaims } from '../../domain/outlook/claims';
import { findLeftFor } from '../../domain/phone-number/triage';
import { findTerms, type PlanTerms } from '../../domain/plan';
import type { Funds } from '../../domain/subscription/funds';
import type { Subscription } from '../../domain/subscription/subscription';
import { taxationAt } from '../../domain/tax/taxation';
import { findSavedMethod } from '../payment/find-saved-method';
import type { Locked } from '../lifecycle/locked';

/** One transaction about a subscription; without a row before its start. */
export type LockedSubscription<Row = SubscriptionRecord | null> = Locked<Row>;

/** What a decision at an instant may count on: the wallet, how it is taxed, who else pays. */
export async function findFunds(locked: LockedSubscription, at: Instant): Promise<Funds> {
  const { trx, ledger, request, record } = locked;
  const taxation = await findTaxation(trx, { accountId: request.accountId, at });
  return {
    availableMicros: availableMoney(ledger, at),
    taxation: taxationAt('consumption', taxation),
    creditable: null,
    allowances: [],
    savedMethod: await findSavedMethod(locked),
    topUpTaxation: taxationAt('top_up', taxation),
    freePlan: record === null ? null : await findFreePlan(trx, record.state),
  };
}

/**
 * What a due action may count on: the wallet less what others take first, who are due at that instant or
 * before and not paid yet (ADR 0033).
 */
export async function findDueFunds(locked: LockedSubscription, at: Instant): Promise<Funds> {
  const { trx, request } = locked;
  const { id, accountId } = request;
  const funds = await findFunds(locked, at);
  const asked = { accountId, at, payer: { kind: 'subscription', id } } as const;
  if (!(await isAnotherDue(trx, asked))) return funds;
  const facts = await loadClaimFacts(trx, { accountId, at, taxation: funds.taxation });
  const claims = listClaims(facts, asked.payer);
  return { ...funds, availableMicros: findLeftFor(claims, id, funds.availableMicros) };
}

/** For a decision that may credit: what the invoices and the allowances it gives up have left is looked up, too. */
export async function withCreditable(
  { trx, served, record, request: { id } }: LockedSubscription,
  at: Instant,
  funds: Funds,
): Promise<Funds> {
  const subscription = record?.state;
  const allowances = subscription
    ? await loadAllowancesLeft(trx, served, { subscription, at })
    : [];
  const creditable = await listCreditable(trx, { kind: 'subscription', id });
  return { ...funds, creditable, allowances };
}

/** The free plan a subscription's policy names, as it is sold now in its currency; null: none. */
async function findFreePlan(
  trx: Transaction,
  { dunning, cycle, price }: Subscription,
): Promise<PlanTerms | null> {
  if (dunning.downgradesTo === null) return null;
  const plan = await findSoldPlan(trx, dunning.downgradesTo);
  if (plan === null) return null;
  const { currency } = price;
  const freeCycle = findFreeCycle(plan, { cycle, currency });
  return freeCycle === null ? null : findTerms(plan, { cycle: freeCycle, currency });
}
