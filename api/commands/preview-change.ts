import { loadAllowancesLeft } from '../../db/load-allowances-left';
import { getAccount } from '../../db/repositories/account.repository';
import { listCreditable } from '../../db/repositories/credit-note.repository';
import { findPlanExcess } from '../../db/repositories/entitlement.repository';
import { readLedger } from '../../db/repositories/ledger.repository';
import { getPlan } from '../../db/repositories/plan.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { BillingCycle, BillingPeriod } from '../../domain/billing-period';
import type { LimitExcess } from '../../domain/entitlement';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import type { Money } from '../../domain/money';
import { decideChange } from '../../domain/subscription/decide-change';
import { walletFunds } from '../../domain/subscription/funds';
import { listChangeLines, type ChangeLine } from '../../domain/subscription/sale';
import type { Subscription } from '../../domain/subscription/subscription';
import { taxationAt } from '../../domain/tax/taxation';
import { findAccountNow } from '../account-time';
import { assertBought, getOfferedTerms } from './start-subscription';

export interface WantedChange {
  readonly planCode: string;
  readonly cycle: BillingCycle;
  readonly isForced: boolean;
}

/** What a change now would do. `total` above zero is charged, below zero credited. */
export interface ChangePreview {
  readonly lines: readonly ChangeLine[];
  readonly total: Money;
  /** Below zero: that much is missing, and the change would be refused. */
  readonly balanceAfter: Money;
  readonly period: BillingPeriod;
  /** Now, or the end of the period for a change to a plan that costs nothing. */
  readonly effectiveAt: Instant;
  /** What is in use beyond what the plan allows: it stays, and nothing more can be had. */
  readonly excess: LimitExcess | null;
}

/** More than any wallet holds: a preview tells what a change costs also to who cannot pay it. */
const ENDLESS_MICROS = 10n ** 18n;

/**
 * Asks the decision that a change itself asks, and throws its answer away. Throws what the change would
 * be refused with, except for money.
 */
export async function previewChange(
  trx: Transaction,
  subscription: Subscription,
  { wanted, receivedAt }: { readonly wanted: WantedChange; readonly receivedAt: Instant },
): Promise<ChangePreview> {
  const { accountId, servesAccountId, track, price } = subscription;
  const account = await getAccount(trx, accountId);
  const now = await findAccountNow(account, { trx, receivedAt });
  const { currency } = price;
  assertBought(await getPlan(trx, subscription.planCode));
  const target = await getOfferedTerms(trx, { ...wanted, track, currency });
  const taxation = taxationAt('consumption', await findTaxation(trx, { accountId, at: now }));
  const creditable = await listCreditable(trx, { kind: 'subscription', id: subscription.id });
  const [excess = null] = await findPlanExcess(trx, {
    accountId: servesAccountId,
    track,
    ...target,
  });
  const ledger = await readLedger(trx, accountId);
  const served = servesAccountId === accountId ? ledger : await readLedger(trx, servesAccountId);
  const allowances = await loadAllowancesLeft(trx, served, { subscription, at: now });
  const decision = decideChange(
    subscription,
    { target, isForced: wanted.isForced, excess },
    { now, funds: { ...walletFunds(ENDLESS_MICROS), taxation, creditable, allowances } },
  );
  if (decision.kind === 'refused') throw new BillingError(decision.code, decision.message);
  const totalMicros = decision.sale?.total.amountMicros ?? 0n;
  const availableMicros = availableMoney(ledger, now);
  return {
    lines: listChangeLines(decision.sale),
    total: { amountMicros: totalMicros, currency },
    balanceAfter: { amountMicros: availableMicros - totalMicros, currency },
    period: decision.subscription.period,
    effectiveAt: decision.subscription.scheduledChange?.effectiveAt ?? now,
    excess,
  };
}
