import { findSoldPlan } from '../../db/repositories/plan.repository';
import {
  lockSubscription,
  type SubscriptionRecord,
} from '../../db/repositories/subscription.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { findFreeCycle } from '../../domain/free-plan';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { findTerms, type PlanTerms } from '../../domain/plan';
import type { Funds } from '../../domain/subscription/funds';
import { decideNextAction } from '../../domain/subscription/decide-next';
import type { Subscription } from '../../domain/subscription/subscription';
import { taxationAt } from '../../domain/tax/taxation';
import type { SubscriptionStep } from '../../workflows/subscription.messages';
import type { ActivityDependencies } from '../dependencies';
import { findSavedMethod } from '../collection/find-saved-method';
import { lockLedger } from '../lock-ledger';

/** Whose subscription an operation is about, and the key that makes it happen once. */
export interface SubscriptionTarget {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}

/** What one transaction about a subscription has locked and was asked for. */
export interface SubscriptionUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  /** Null before the start. */
  readonly record: SubscriptionRecord | null;
  readonly request: SubscriptionTarget;
  /** Stored with the operation: the same key must ask for the same. */
  readonly asked: unknown;
  readonly recordedAt: Instant;
  readonly gateways: ActivityDependencies['gateways'];
}

/** One transaction about a subscription. Locks the account's ledger first, then the row. */
export function inSubscriptionUnit<T>(
  { database, now, gateways }: Pick<ActivityDependencies, 'database' | 'now' | 'gateways'>,
  { request, asked }: { readonly request: SubscriptionTarget; readonly asked: unknown },
  work: (unit: SubscriptionUnit) => Promise<T>,
): Promise<T> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = await lockLedger(trx, request.accountId);
    const record = await lockSubscription(trx, request.id);
    return work({ trx, ledger, record, request, asked, recordedAt: now(), gateways });
  });
}

/** The step of a start that was refused: no row, nothing will ever happen. */
const REFUSED: SubscriptionStep = {
  status: 'refused',
  revision: 0,
  next: { kind: 'end', reason: 'the start was refused; nothing was stored' },
};

export function stepOf(record: SubscriptionRecord | null): SubscriptionStep {
  if (record === null) return REFUSED;
  const { subscription, revision } = record;
  const { status, planCode } = subscription;
  return { status, revision, next: decideNextAction(subscription), planCode };
}

/** What a decision at an instant may count on: the wallet, how it is taxed, who else pays. */
export async function findFunds(unit: SubscriptionUnit, at: Instant): Promise<Funds> {
  const { trx, ledger, request, record } = unit;
  const taxation = await findTaxation(trx, { accountId: request.accountId, at });
  return {
    availableMicros: availableMoney(ledger, at),
    taxation: taxationAt('consumption', taxation),
    savedMethod: await findSavedMethod(unit),
    topUpTaxation: taxationAt('top_up', taxation),
    freePlan: record === null ? null : await findFreePlan(trx, record.subscription),
  };
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
