import { newId } from '../../db/new-id';
import { orders } from '../../db/repositories/order.repository';
import type { Transaction } from '../../db/transaction';
import { placePurchase, sellNumber } from '../../domain/order/place';
import { UNTAXED } from '../../domain/tax/taxation';

/** A draft for +918000000010, which the sandbox carrier has: 500.00 INR a month and 100.00 up front. */
export async function createPurchase(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: string },
): Promise<string> {
  const id = newId('order');
  const wanted = { number: '+918000000010', requiredCapabilities: [] };
  const money = (amountMicros: bigint) => ({ amountMicros, currency: 'INR' }) as const;
  const sale = sellNumber(
    wanted,
    {
      number: wanted.number,
      country: 'IN',
      capabilities: ['sms', 'voice'],
      fees: { upFront: money(100_000_000n), monthly: money(500_000_000n) },
    },
    { currency: 'INR', ids: { id: newId('order_item'), deliveryId: newId('phone_number') } },
  );
  if (sale.kind !== 'sold') throw new Error(sale.message);
  const terms = { id, accountId, gateway: 'sandbox', items: [sale.item], taxation: UNTAXED, at };
  await orders.insert(trx, placePurchase(terms), at);
  return id;
}
