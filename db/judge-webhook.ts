import { isSettled } from '../domain/dispute/dispute';
import { addSeconds, isBefore, type Instant } from '../domain/instant';
import { openDisputeOnce } from './open-dispute';
import { findLifecycle } from './repositories/lifecycle.repository';
import {
  judgeEntry,
  type Judgement,
  type WaitingEntry,
} from './repositories/webhook-inbox.repository';
import type { Transaction } from './transaction';

/** A dispute waits so long for its payment, which may be told later; then it is none of ours. */
const WAITS_FOR_PAYMENT_SECONDS = 86_400;

/** What a webhook is before anybody is told. One about a dispute that is new to us opens the dispute's row. */
export async function judgeWebhook(
  trx: Transaction,
  entry: WaitingEntry,
  { payerId, now }: { readonly payerId: string | null; readonly now: Instant },
): Promise<Judgement> {
  const { gatewayDisputeId } = entry;
  if (gatewayDisputeId === null) {
    return judgeEntry(trx, { ...entry, workflowId: payerId });
  }
  // That its payment is stored says nothing about the dispute.
  const dispute = await openDisputeOnce(trx, { ...entry, gatewayDisputeId });
  if (dispute !== null) {
    const { workflowId, state } = dispute;
    return isSettled(state)
      ? { state: 'known', workflowIds: [] }
      : { state: 'received', workflowIds: [workflowId] };
  }
  const isForeign = payerId !== null && (await findLifecycle(trx, payerId)) === null;
  const waitsUntil = addSeconds(entry.receivedAt, WAITS_FOR_PAYMENT_SECONDS);
  const isWaiting = !isForeign && isBefore(now, waitsUntil);
  return { state: isWaiting ? 'received' : 'unmatched', workflowIds: [] };
}
