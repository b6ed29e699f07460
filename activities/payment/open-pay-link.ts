import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { listLinksToOpen, listOpenLinks, orders } from '../../db/repositories/order.repository';
import { newId } from '../../db/new-id';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { PayLink } from '../../domain/collection/pay-link';
import { laterOf, type Instant } from '../../domain/instant';
import { workflowIdOf } from '../../domain/lifecycle';
import { describeMoney } from '../../domain/money';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { placePayLink } from '../../domain/order/place';
import type { Payer } from '../../domain/payment/payment';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import type { Locked } from '../lifecycle/locked';
import { startLifecycle } from '../lifecycle/restart-lifecycle';

interface LinkToOpen {
  readonly accountId: string;
  /** What is owed, for whom the money is meant. */
  readonly paysFor: Payer;
  readonly link: PayLink;
  readonly at: Instant;
}

/**
 * Places the order of a payment link, in the transaction that found it is needed; `startPayLinks` opens its page
 * after the commit. Nothing happens while one is open for the same payer, or without a billing address (R1.06).
 */
export async function openPayLink(
  { trx, request, recordedAt }: Pick<Locked<unknown>, 'trx' | 'request' | 'recordedAt'>,
  { accountId, paysFor, link, at }: LinkToOpen,
): Promise<void> {
  const now = laterOf(at, await findAccountNow({ trx, request, recordedAt }));
  const isOpen = (await listOpenLinks(trx, { paysForId: paysFor.id, now })).length > 0;
  if (isOpen || (await findBillingAddress(trx, accountId)) === null) return;
  const { gateway, terms, reason } = link;
  const placed = { id: newId('top_up'), accountId, gateway, paysFor, note: reason, at: now };
  const order = placePayLink({ ...placed, terms });
  await orders.insert(trx, order, now);
  const told = `a payment link for ${describeMoney(order.total)} is to be opened: ${reason}`;
  const events = buildOrderEvents(order, [{ type: 'top_up.created', reason: told }], now);
  await insertEvents(trx, events, recordedAt);
}

/** Starts the orders of a payer's links that were placed and not opened. Safe to repeat: a worker may have died. */
export async function startPayLinks(
  dependencies: ActivityDependencies,
  { id }: { readonly id: string },
): Promise<void> {
  const { database } = dependencies;
  const placed = await withTransaction(database, SYSTEM, (trx: Transaction) =>
    listLinksToOpen(trx, id),
  );
  for (const orderId of placed) {
    await startLifecycle(dependencies, workflowIdOf('order', orderId));
  }
}
