import { reportDispute } from '../domain/dispute/dispute';
import type { Instant } from '../domain/instant';
import { newId } from './new-id';
import { getAccount } from './repositories/account.repository';
import {
  disputes,
  findGatewayDispute,
  type DisputeRecord,
} from './repositories/dispute.repository';
import { findPaymentOf } from './repositories/payment.repository';
import { keepTestClock } from './repositories/test-clock.repository';
import type { Transaction } from './transaction';

/**
 * The row of a dispute that a gateway told of, which the first word of it writes. Null while we do
 * not know its payment: a dispute may be told before the payment was.
 */
export async function openDisputeOnce(
  trx: Transaction,
  named: {
    readonly gateway: string;
    readonly gatewayDisputeId: string;
    readonly gatewayPaymentId: string | null;
    readonly receivedAt: Instant;
  },
): Promise<DisputeRecord | null> {
  const { gateway, gatewayDisputeId, gatewayPaymentId, receivedAt } = named;
  // Several messages about one dispute may come at once, and none of them finds a row to lock.
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `dispute/${gateway}/${gatewayDisputeId}`,
  ]);
  const known = await findGatewayDispute(trx, { gateway, gatewayDisputeId });
  if (known !== null) return known;
  const payment =
    gatewayPaymentId === null ? null : await findPaymentOf(trx, { gateway, gatewayPaymentId });
  if (payment === null || payment.status === 'failed') return null;
  const { id: paymentId, accountId } = payment;
  const { testClockId } = await getAccount(trx, accountId);
  const clock = testClockId === null ? null : await keepTestClock(trx, testClockId);
  const at = clock?.now ?? receivedAt;
  const id = newId('dispute');
  const dispute = reportDispute({ id, accountId, paymentId, gateway, gatewayDisputeId }, at);
  return disputes.insert(trx, dispute, at);
}
