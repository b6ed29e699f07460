import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import { updateOrder, type OrderRecord } from '../../db/repositories/order.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { checkEntitlement, type EntitlementAnswer } from '../../domain/entitlement';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import { chargeSale } from '../../domain/ledger/charge-sale';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import type { Order } from '../../domain/order/order';
import { isNumberItem } from '../../domain/order/item';
import { decidePay, type OrderRefusal, type PayDecision } from '../../domain/order/pay';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { OrderCommand } from '../../workflows/order.messages';
import { buildEvent } from './build-order-event';
import type { ActivityDependencies } from '../dependencies';
import { issueOrderInvoice } from './issue-order-invoice';
import { lockPurchase, orderReference, type PurchaseUnit } from './purchase-unit';

interface PayToRecord {
  readonly request: {
    readonly id: string;
    readonly accountId: string;
    readonly now: Instant;
    readonly operationKey: string;
    readonly command: Extract<OrderCommand, { kind: 'pay' }>;
  };
  readonly gateways: ActivityDependencies['gateways'];
  readonly recordedAt: Instant;
}

/** Decides a wish to pay and writes what follows, in the caller's transaction. */
export async function payPurchase(
  trx: Transaction,
  { request, gateways, recordedAt }: PayToRecord,
): Promise<{ readonly record: OrderRecord; readonly answer: CommandAnswer }> {
  const { id, accountId, now, operationKey: key, command } = request;
  const unit = await lockPurchase(trx, { id, accountId, at: now, recordedAt });
  const { record } = unit;
  const stored = await findAnswer<CommandAnswer>(trx, { key, command });
  if (stored !== null) return { record, answer: stored.answer };
  const decision = await decide(unit, command, gateways);
  const answer: CommandAnswer = decision.kind === 'refused' ? decision : { kind: 'done' };
  const changed = await apply(unit, decision);
  await insertOperation(trx, { key, accountId, command, answer, effectiveAt: now, recordedAt });
  return { record: changed, answer };
}

async function decide(
  { trx, ledger, record, at }: PurchaseUnit,
  command: PayToRecord['request']['command'],
  gateways: PayToRecord['gateways'],
): Promise<PayDecision | OrderRefusal> {
  const { order } = record;
  const { accountId, gateway, total } = order;
  return decidePay(order, command, {
    now: at,
    taxation: await findTaxation(trx, { accountId, at }),
    availableMicros: availableMoney(ledger, at),
    offer: gateways.get(gateway)?.capabilities.offerIn(total.currency) ?? null,
    isAddressed: (await findBillingAddress(trx, accountId)) !== null,
    numbers: await checkNumbers(trx, order),
  });
}

/** Whether the plan allows the order's numbers beside those in use (R2.12); null: it has none. */
async function checkNumbers(
  trx: Transaction,
  { accountId, items }: Order,
): Promise<EntitlementAnswer | null> {
  const amount = items.filter(isNumberItem).length;
  if (amount === 0) return null;
  return checkEntitlement(await loadEntitlements(trx, accountId), {
    feature: 'phone_numbers',
    amount,
  });
}

async function apply(
  unit: PurchaseUnit,
  decision: PayDecision | OrderRefusal,
): Promise<OrderRecord> {
  const { trx, record, at, recordedAt } = unit;
  switch (decision.kind) {
    case 'refused':
    case 'unchanged':
      return record;
    case 'open_page':
      return updateOrder(trx, record, { order: decision.order, at });
    case 'charge': {
      const { order, event } = decision;
      await charge(unit, order);
      const changed = await updateOrder(trx, record, { order, at });
      await insertEvents(trx, [buildEvent(order, event, at)], recordedAt);
      await issueOrderInvoice(trx, order, { terms: order, at });
      return changed;
    }
  }
}

async function charge({ trx, ledger, at, recordedAt }: PurchaseUnit, order: Order): Promise<void> {
  const reference = orderReference(order.id);
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  chargeSale(plan, ledger, { taxed: order.sale, reference, reason: `order ${order.id}`, at });
  await applyLedgerPlan(trx, plan);
}
