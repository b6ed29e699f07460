/**
 * Owns: which kinds of things have a life of their own here, and what a workflow knows of one.
 * Does not own: what happens to one next (each noun's decide-next), or its workflow (workflows/).
 * Every list of kinds, the workflow ids, the view `lifecycles` and the starts derive from LIFECYCLES: a new
 * kind is one line here, its row's table, its decisions and its workflow.
 * Example: the subscription `sub_1` is a row of `subscriptions` and is conducted by the workflow
 * `subscription/sub_1`, which runs `subscriptionLifecycle`.
 */
import type { Instant } from './instant';
import type { NextAction } from './next-action';

export const LIFECYCLES = {
  subscription: {
    idPrefix: 'subscription',
    workflowType: 'subscriptionLifecycle',
    table: 'subscriptions',
  },
  order: { idPrefix: 'order', workflowType: 'orderLifecycle', table: 'orders' },
  refund: { idPrefix: 'refund', workflowType: 'refundLifecycle', table: 'refunds' },
  setup: { idPrefix: 'setup', workflowType: 'setupLifecycle', table: 'payment_method_setups' },
  dispute: { idPrefix: 'dispute', workflowType: 'disputeLifecycle', table: 'disputes' },
  package: { idPrefix: 'package', workflowType: 'packageLifecycle', table: 'packages' },
  phone_number: {
    idPrefix: 'phone-number',
    workflowType: 'phoneNumberLifecycle',
    table: 'phone_numbers',
  },
  revenue_share: {
    idPrefix: 'revenue-share',
    workflowType: 'revenueShareLifecycle',
    table: 'revenue_shares',
  },
  auto_recharge: {
    idPrefix: 'auto-recharge',
    workflowType: 'autoRechargeLifecycle',
    table: 'auto_recharges',
  },
} as const;

export type LifecycleKind = keyof typeof LIFECYCLES;

// The type of Object.keys forgets which keys.
export const LIFECYCLE_KINDS = Object.keys(LIFECYCLES) as readonly LifecycleKind[];

/** The id of the workflow that conducts one, which is also how the ledger and gateways refer to it. */
export function workflowIdOf(kind: LifecycleKind, id: string): string {
  return `${LIFECYCLES[kind].idPrefix}/${id}`;
}

/** What operators filter by beside the state: no personal data, and only what a kind has. */
export interface LifecycleAttributes {
  /** Of a subscription; it changes. */
  readonly PlanCode?: string;
  /** Of a phone number: whether it pays by itself. */
  readonly AutoPay?: boolean;
  /** Of a package: when it ends. */
  readonly ExpiresAt?: Instant;
}

/** All a workflow knows of its row: the state, how often it changed, and what happens next. */
export interface Step<ActionKind extends string = string> {
  readonly status: string;
  readonly revision: number;
  readonly next: NextAction<ActionKind>;
  readonly attributes?: LifecycleAttributes;
  /** What an operator did last, for the details in the Temporal UI: no words of a person. */
  readonly note?: string;
}
