import { getAccount } from '../../db/repositories/account.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { isNumberRented } from '../../db/repositories/order-item.repository';
import { checkEntitlement } from '../../domain/entitlement';
import { invariant } from '../../domain/invariant';
import { findItem } from '../../domain/order/fulfilment';
import type { NumberItem, PackageItem } from '../../domain/order/item';
import { purchaseOf } from '../../domain/order/order';
import { noteOrdered, settleItem, type OrderChange } from '../../domain/order/settle';
import type { ActivityDependencies } from '../dependencies';
import { grantPackage } from '../package/grant-package';
import { openPhoneNumber } from '../phone-number/open-phone-number';
import type { ItemStep, LockedOrder } from '../order/purchase-unit';

type Delivery = OrderChange & ItemStep;

/** Delivers the first pending item of a locked order, or has it delivered by a lifecycle of its own. */
export async function deliverItem(
  locked: LockedOrder,
  { numberCarrier, gracePolicy }: Pick<ActivityDependencies, 'numberCarrier' | 'gracePolicy'>,
): Promise<Delivery> {
  const order = purchaseOf(locked.record.state);
  const item = findItem(order.items, 'pending');
  invariant(item !== null, 'an item is delivered while one is pending');
  if (item.kind !== 'phone_number') return deliverPackage(locked, item);
  const obstacle = await findObstacle(locked, item);
  if (obstacle === null) {
    return orderNumber(locked, item, { carrier: numberCarrier.name, grace: gracePolicy });
  }
  const told = { outcome: 'failed', reason: obstacle, at: locked.at } as const;
  return { ...settleItem(order, item.id, told), ...NOTHING_BEGUN };
}

const NOTHING_BEGUN: ItemStep = { workflowId: null };

async function deliverPackage(locked: LockedOrder, item: PackageItem): Promise<Delivery> {
  const { trx, ledger, record, at, recordedAt } = locked;
  const { id: orderId, accountId } = record.state;
  const { timeZone } = await getAccount(trx, accountId);
  const { kind, code, name, units, price, upFrontFee, validityDays, channels } = item;
  const { workflowId } = await grantPackage(trx, {
    id: item.deliveryId,
    accountId,
    orderId,
    // As it was when it was ordered, whatever became of the offer.
    offer: { kind, code, name, units, price, upFrontFee, validityDays, channels },
    timeZone,
    ledger,
    at,
    recordedAt,
  });
  const told = { outcome: 'delivered', reason: 'it can be used', at } as const;
  return { ...settleItem(purchaseOf(record.state), item.id, told), workflowId };
}

/** What another order was faster with since this one was paid; null: nothing. */
async function findObstacle(
  { trx, record }: LockedOrder,
  { number }: NumberItem,
): Promise<string | null> {
  if (await isNumberRented(trx, number)) return 'it has been taken by someone else';
  const wanted = { feature: 'phone_numbers', amount: 1 };
  const entitlements = await loadEntitlements(trx, record.state.accountId);
  const { allowed, reason } = checkEntitlement(entitlements, wanted);
  return allowed ? null : reason;
}

async function orderNumber(
  { trx, record, at, recordedAt }: LockedOrder,
  item: NumberItem,
  own: Pick<Parameters<typeof openPhoneNumber>[1], 'carrier' | 'grace'>,
): Promise<Delivery> {
  const { id: orderId, accountId } = record.state;
  const { timeZone } = await getAccount(trx, accountId);
  const { number, country, capabilities, price } = item;
  const terms = {
    id: item.deliveryId,
    accountId,
    orderId,
    orderItemId: item.id,
    number,
    country,
    capabilities,
    rent: price,
    timeZone,
    at,
    ...own,
  };
  const { workflowId } = await openPhoneNumber(trx, terms, recordedAt);
  return { ...noteOrdered(purchaseOf(record.state), item.id), workflowId };
}
