/**
 * Owns: what a decision about a subscription holds: the state after it, the sale, the allowances, the
 * events. A value: the activity that asked for it applies all of it in one transaction.
 * Does not own: the decisions themselves (decide-*.ts), what they post (post-to-ledger.ts).
 * Example: a renewal is the subscription in its next period, a sale of 999.00, month 2 to grant, what
 * is left of month 1 to forfeit, and the event `subscription.renewed`.
 */
import type { AllowanceMode, ProrationMode } from '../change-policy';
import type { PayLink } from '../collection/pay-link';
import type { EventOf } from '../event';
import type { Instant } from '../instant';
import type { SettledMonth } from './credit';
import type { SubscriptionSale } from './sale';
import type { Subscription } from './subscription';

export type SubscriptionEvent = EventOf<'subscription'>;

export interface CarriesOver {
  readonly mode: AllowanceMode;
  /** How the days ahead are measured: as their money is. */
  readonly measure: Exclude<ProrationMode, 'none'>;
  /** Whether the days ahead were charged at the new price: otherwise the old fee goes on. */
  readonly isPaidAnew: boolean;
}

export interface SubscriptionDecision {
  readonly kind: 'decided';
  readonly subscription: Subscription;
  /** Business time of everything this decision does. */
  readonly at: Instant;
  /** What is sold or taken back: it is charged to the wallet, or credited to it. */
  readonly sale: SubscriptionSale | null;
  /** Grant the allowances of this month, counted from the anchor, or nothing. */
  readonly grantsMonth: number | null;
  /** Forfeit what is left of allowances: those that are over, or all of them. */
  readonly forfeits: 'expired' | 'all';
  /** What is left of this month's allowances is counted anew under the new plan, or stays. */
  readonly carriesOver: CarriesOver | null;
  /**
   * Calendar-month quotas: from this month on the plan's; the same, but this month no less than before;
   * none from the next month on; or as they are.
   */
  readonly calendarQuotas: 'on' | 'raised' | 'off' | 'unchanged';
  /**
   * Days were credited: that part of the units and of the WhatsApp balance that came with them goes, and this
   * month's quotas are at once no more than what is given from now on (ADR 0034).
   */
  readonly settled: SettledMonth | null;
  readonly events: readonly SubscriptionEvent[];
  /** What the saved method may not pay without its owner. */
  readonly payLink?: PayLink | null;
}

/** A decision that moves nothing but lets expired allowances go: the start of most decisions. */
export function keepSubscription(subscription: Subscription, at: Instant): SubscriptionDecision {
  return {
    kind: 'decided',
    subscription,
    at,
    sale: null,
    grantsMonth: null,
    forfeits: 'expired',
    carriesOver: null,
    calendarQuotas: 'unchanged',
    settled: null,
    events: [],
  };
}
