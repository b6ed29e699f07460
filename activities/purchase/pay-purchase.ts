import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { checkEntitlement, type EntitlementAnswer } from '../../domain/entitlement';
import { availableMoney } from '../../domain/ledger/charge';
import { chargeSale } from '../../domain/ledger/charge-sale';
import { purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { isNumberItem } from '../../domain/order/item';
import { decidePay, type OrderRefusal, type PayDecision } from '../../domain/order/pay';
import { DONE } from '../../workflows/lifecycle.messages';
import type { OrderCommand } from '../../workflows/order.messages';
import { toRefusedAnswer, type Decided } from '../lifecycle/once';
import { postTransfers } from '../lifecycle/post-transfers';
import { issueOrderInvoice } from '../order/issue-order-invoice';
import { orderReference, type LockedOrder } from '../order/purchase-unit';

export type PayCommand = Extract<OrderCommand, { kind: 'pay' }>;

/** Decides a wish to pay and writes what follows, in the unit's transaction. */
export async function payPurchase(
  locked: LockedOrder,
  command: PayCommand,
): Promise<Decided<Order>> {
  const decision = await decide(locked, command);
  if (decision.kind === 'refused') {
    return { record: locked.record, answer: toRefusedAnswer(locked, decision, locked.at) };
  }
  return { record: await apply(locked, decision), answer: DONE };
}

async function decide(
  { trx, ledger, record, at, gateways }: LockedOrder,
  command: PayCommand,
): Promise<PayDecision | OrderRefusal> {
  const order = purchaseOf(record.state);
  const { accountId, total } = order;
  const { gateway = order.gateway } = command;
  return decidePay(
    order,
    { ...command, gateway },
    {
      now: at,
      taxation: await findTaxation(trx, { accountId, at }),
      availableMicros: availableMoney(ledger, at),
      offer: gateways.get(gateway)?.capabilities.offerIn(total.currency) ?? null,
      isAddressed: (await findBillingAddress(trx, accountId)) !== null,
      numbers: await checkNumbers(trx, order),
    },
  );
}

/** Whether the plan allows the order's numbers beside those in use (R2.12); null: it has none. */
async function checkNumbers(
  trx: Transaction,
  { accountId, items }: Purchase,
): Promise<EntitlementAnswer | null> {
  const amount = items.filter(isNumberItem).length;
  if (amount === 0) return null;
  return checkEntitlement(await loadEntitlements(trx, accountId), {
    feature: 'phone_numbers',
    amount,
  });
}

async function apply(locked: LockedOrder, decision: PayDecision): Promise<OrderRecord> {
  const { trx, record, at, recordedAt } = locked;
  switch (decision.kind) {
    case 'unchanged':
      return record;
    case 'open_page':
      return orders.update(trx, record, { state: decision.order, at });
    case 'charge': {
      const { order, event } = decision;
      const reference = orderReference(order.id);
      const sale = { taxed: order.sale, reference, reason: `order ${order.id}`, at };
      await postTransfers(locked, { reference, at }, ({ plan, ledger }) =>
        chargeSale(plan, ledger, sale),
      );
      const changed = await orders.update(trx, record, { state: order, at });
      await insertEvents(trx, buildOrderEvents(order, [event], at), recordedAt);
      await issueOrderInvoice(trx, order, { terms: order, at });
      return changed;
    }
  }
}
