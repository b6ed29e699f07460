import { newId } from '../../db/new-id';
import type { Account } from '../../db/repositories/account.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { orders } from '../../db/repositories/order.repository';
import { findPackageOffer } from '../../db/repositories/package-offer.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { checkEntitlement } from '../../domain/entitlement';
import type { Instant } from '../../domain/instant';
import { describeMoney } from '../../domain/money';
import type { Order } from '../../domain/order/order';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { isNumberItem, type OrderItem } from '../../domain/order/item';
import { placePurchase, sellNumber, sellPackage } from '../../domain/order/place';
import type { NewOrder } from '../schemas/order.schema';
import { offeredOf, type NumberLookUp } from './look-up-numbers';

export interface OrderToPlace {
  readonly id: string;
  readonly account: Account;
  /** Who takes the payment unless its mode goes elsewhere. */
  readonly gateway: string;
  readonly items: NewOrder['items'];
  /** What the carrier said of the numbers before this transaction began. */
  readonly lookUp: NumberLookUp;
  /** The account's time. */
  readonly now: Instant;
  readonly recordedAt: Instant;
}

/**
 * Prices what is wanted and writes the draft. A draft is a quote: nothing is owed for it, and no number of
 * a customer has to cross a workflow's history (ADR 0022). Throws what cannot be sold.
 */
export async function writeDraft(trx: Transaction, wanted: OrderToPlace): Promise<Order> {
  const { id, account, gateway, now: at, recordedAt } = wanted;
  const items: OrderItem[] = [];
  for (const index of wanted.items.keys()) items.push(await sell(trx, wanted, index));
  assertPriced(items);
  await assertWithinLimit(trx, account.id, items);
  const { id: accountId } = account;
  const taxation = await findTaxation(trx, { accountId, at });
  const order = placePurchase({ id, accountId, gateway, items, taxation, at });
  await orders.insert(trx, order, at);
  const reason = `an order of ${describeMoney(order.total)} was placed`;
  const event = { type: 'order.created', reason } as const;
  await insertEvents(trx, buildOrderEvents(order, [event], at), recordedAt);
  return order;
}

async function sell(
  trx: Transaction,
  { items, account, lookUp }: OrderToPlace,
  index: number,
): Promise<OrderItem> {
  const wanted = items[index];
  if (wanted === undefined) throw new RangeError(`there is no item ${index}`);
  const { currency } = account;
  if (wanted.kind === 'phone_number') {
    assertOnce(items, index);
    const { number, required_capabilities: requiredCapabilities } = wanted;
    const ids = { id: newId('order_item'), deliveryId: newId('phone_number') };
    const offered = offeredOf(lookUp, number);
    const sale = sellNumber({ number, requiredCapabilities }, offered, { currency, ids });
    if (sale.kind === 'sold') return sale.item;
    throw new BillingError(sale.code, sale.message, { field: `items.${index}.number` });
  }
  const { kind, code } = wanted;
  const offer = await findPackageOffer(trx, { kind, code, currency });
  if (offer !== null) {
    return sellPackage(offer, { id: newId('order_item'), deliveryId: newId(kind) });
  }
  const message = `There is no ${kind} "${code}" on sale in ${currency}.`;
  throw new BillingError('unknown_item', message, { field: `items.${index}.code` });
}

/** A number is rented once. */
function assertOnce(items: NewOrder['items'], index: number): void {
  const numbers = items.map((item) => (item.kind === 'phone_number' ? item.number : null));
  if (numbers.indexOf(numbers[index] ?? null) === index) return;
  const message = 'This number is in the order already.';
  throw new BillingError('unprocessable', message, { field: `items.${index}.number` });
}

/** A payment is above zero. */
function assertPriced(items: readonly OrderItem[]): void {
  const isPriced = items.some(
    ({ price, upFrontFee }) => price.amountMicros > 0n || upFrontFee.amountMicros > 0n,
  );
  if (isPriced) return;
  throw new BillingError('unprocessable', 'Nothing in this order costs anything.', {
    field: 'items',
  });
}

/** The limit is named, so that the customer knows which plan to take (R2.12). */
async function assertWithinLimit(
  trx: Transaction,
  accountId: string,
  items: readonly OrderItem[],
): Promise<void> {
  const amount = items.filter(isNumberItem).length;
  if (amount === 0) return;
  const entitlements = await loadEntitlements(trx, accountId);
  const wanted = { feature: 'phone_numbers', amount };
  const { allowed, limit, used, reason } = checkEntitlement(entitlements, wanted);
  if (!allowed) throw new BillingError('limit_reached', reason, { field: 'items', limit, used });
}
