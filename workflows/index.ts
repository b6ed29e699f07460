/** The bundle's entry: every workflow, nothing else. */
export { autoRechargeLifecycle } from './auto-recharge.workflow';
export { disputeLifecycle } from './dispute.workflow';
export { orderLifecycle } from './order.workflow';
export { packageLifecycle } from './package.workflow';
export { phoneNumberLifecycle } from './phone-number.workflow';
export { quotaReset } from './quota-reset.workflow';
export { reconcile } from './reconciliation.workflow';
export { refundLifecycle } from './refund.workflow';
export { revenueShareLifecycle } from './revenue-share.workflow';
export { setupLifecycle } from './setup.workflow';
export { reconcileSettlements } from './settlement.workflow';
export { subscriptionLifecycle } from './subscription.workflow';
export { testClock } from './test-clock.workflow';
