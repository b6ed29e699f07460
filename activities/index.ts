import {
  createCollectionActivities,
  createRentCollectionActivities,
} from './collection.activities';
import type { ActivityDependencies } from './dependencies';
import { createOrderActivities } from './order.activities';
import { createPackageActivities } from './package.activities';
import { createPhoneNumberActivities } from './phone-number.activities';
import { createPurchaseActivities } from './purchase.activities';
import { createReconciliationActivities } from './reconciliation.activities';
import { createRefundActivities } from './refund.activities';
import { createSubscriptionActivities } from './subscription.activities';
import { createTestClockActivities } from './test-clock.activities';

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
    ...createRefundActivities(dependencies),
    ...createTestClockActivities(dependencies),
    ...createReconciliationActivities(dependencies),
  };
}
