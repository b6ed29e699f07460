import type { ActivityDependencies } from './dependencies';
import { createAutoRechargeActivities } from './auto-recharge/auto-recharge.activities';
import { createRechargeCollectionActivities } from './auto-recharge/recharge-collection';
import { createDisputeActivities } from './dispute/dispute.activities';
import { createQuotaResetActivities } from './month/quota-reset.activities';
import { createOrderActivities } from './order/order.activities';
import { createPackageActivities } from './package/package.activities';
import { createRentCollectionActivities } from './phone-number/phone-number-collection';
import { createPhoneNumberActivities } from './phone-number/phone-number.activities';
import { createPurchaseActivities } from './purchase/purchase.activities';
import { createSetupActivities } from './payment-method/setup.activities';
import { createReconciliationActivities } from './operations/reconciliation.activities';
import { createRefundActivities } from './refund/refund.activities';
import { createPayoutActivities } from './revenue-share/payout.activities';
import { createRevenueShareActivities } from './revenue-share/revenue-share.activities';
import { createSettlementActivities } from './settlement/settlement.activities';
import { createCollectionActivities } from './subscription/subscription-collection';
import { createSubscriptionActivities } from './subscription/subscription.activities';
import { createTestClockActivities } from './operations/test-clock.activities';

/** Every activity, over one set of dependencies. The worker registers exactly this. */
export function createActivities(dependencies: ActivityDependencies) {
  return {
    ...createSubscriptionActivities(dependencies),
    ...createCollectionActivities(dependencies),
    ...createOrderActivities(dependencies),
    ...createPackageActivities(dependencies),
    ...createPhoneNumberActivities(dependencies),
    ...createRentCollectionActivities(dependencies),
    ...createPurchaseActivities(dependencies),
    ...createSetupActivities(dependencies),
    ...createRefundActivities(dependencies),
    ...createDisputeActivities(dependencies),
    ...createRevenueShareActivities(dependencies),
    ...createPayoutActivities(dependencies),
    ...createAutoRechargeActivities(dependencies),
    ...createRechargeCollectionActivities(dependencies),
    ...createTestClockActivities(dependencies),
    ...createQuotaResetActivities(dependencies),
    ...createReconciliationActivities(dependencies),
    ...createSettlementActivities(dependencies),
  };
}
