import { issueDocument } from '../../db/repositories/document.repository';
import { disputes, type DisputeRecord } from '../../db/repositories/dispute.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { buildDisputeEvents, walletMicros } from '../../db/release-service';
import { noteMoneyCame } from '../../db/waiting-lifecycles';
import { releaseService, type DisputeChange } from '../../domain/dispute/decide-dispute';
import type { Dispute } from '../../domain/dispute/dispute';
import { disputeReference, postDispute } from '../../domain/dispute/post-dispute';
import type { Instant } from '../../domain/instant';
import type { RefundedDocument } from '../../domain/refund/decide-refund';
import { mirrorSale } from '../../domain/refund/split-refund';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Locked } from '../lifecycle/locked';
import { postTransfers } from '../lifecycle/post-transfers';
import { shareUncollected } from '../revenue-share/share-documents';

export type LockedDispute = Locked<DisputeRecord>;

/** What is written of a change, and at which business time. */
interface Applied {
  readonly at: Instant;
  /** The payment's receipt voucher; null: it was never granted. */
  readonly receipt: RefundedDocument | null;
  /** When the payment was made. */
  readonly paidAt: Instant;
}

/** Writes a change: the money, the voucher of what is lost, the row, what is told. */
export async function applyDispute(
  locked: LockedDispute,
  { dispute: decided, moves, events }: DisputeChange,
  { at, receipt, paidAt }: Applied,
): Promise<DisputeRecord> {
  const { trx, ledger, recordedAt, record } = locked;
  await postMoves(locked, { dispute: decided, moves }, at);
  const documentId = await issueVoucher(locked, {
    dispute: decided,
    lost: moves.lost,
    receipt,
    at,
  });
  if (moves.lost !== null && documentId !== null) {
    await takeBackShare(locked, decided, { documentId, paidAt, at });
  }
  const released = releaseService(decided, walletMicros(ledger));
  const dispute = { ...(released?.dispute ?? decided), documentId };
  const told = [...events, ...(released?.events ?? [])];
  const updated = await disputes.update(trx, record, { state: dispute, at });
  await insertEvents(trx, buildDisputeEvents({ dispute, events: told }, at), recordedAt);
  if (moves.returnedMicros > 0n) {
    const { id: causedBy, accountId } = dispute;
    await noteMoneyCame(trx, { accountId, causedBy, at, recordedAt });
  }
  return updated;
}

async function postMoves(
  locked: LockedDispute,
  { dispute, moves }: Pick<DisputeChange, 'dispute' | 'moves'>,
  at: Instant,
): Promise<void> {
  if (moves.takenMicros === 0n && moves.returnedMicros === 0n && moves.lost === null) return;
  await postTransfers(locked, { reference: disputeReference(dispute.id), at }, (posting) =>
    postDispute(posting, dispute, { moves, at }),
  );
}

/** What the loss leaves unpaid of shared charges was not collected: the share goes back. */
async function takeBackShare(
  locked: LockedDispute,
  { id, accountId, takenMicros }: Dispute,
  of: { readonly documentId: string; readonly paidAt: Instant; readonly at: Instant },
): Promise<void> {
  const { documentId, paidAt, at } = of;
  const debtMicros = -walletMicros(locked.ledger);
  const uncollectedMicros = debtMicros < takenMicros ? debtMicros : takenMicros;
  const lost = { accountId, documentId, paidAt, uncollectedMicros };
  await shareUncollected(locked, lost, { reference: disputeReference(id), at });
}

/** What was lost is taken back by a refund voucher: the payment never happened for us, and its tax is not owed. */
async function issueVoucher(
  { trx }: LockedDispute,
  of: {
    readonly dispute: Dispute;
    readonly lost: TaxedSale | null;
    readonly receipt: RefundedDocument | null;
    readonly at: Instant;
  },
): Promise<string | null> {
  const { dispute, lost, receipt, at } = of;
  if (lost === null || receipt === null) return dispute.documentId;
  const { id } = await issueDocument(trx, {
    kind: 'refund_voucher',
    accountId: dispute.accountId,
    sale: mirrorSale(lost),
    taxation: receipt.taxation,
    issuedAt: at,
    subject: { kind: 'dispute', id: dispute.id },
    references: [{ id: receipt.id, amountMicros: lost.total.amountMicros }],
    operationKey: disputeReference(dispute.id),
  });
  return id;
}
