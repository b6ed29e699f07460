import { issueDocument } from '../../db/repositories/document.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  phoneNumbers,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import type { DocumentReference } from '../../domain/document/document';
import { invariant } from '../../domain/invariant';
import { chargeSale } from '../../domain/ledger/charge-sale';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import type { Taxation } from '../../domain/tax/taxation';
import { buildNumberEvents, type OperatorAudit } from './build-number-events';
import { postTransfers } from '../lifecycle/post-transfers';
import type { LockedNumber } from './number-funds';
import { recordDelivery } from '../order/record-delivery';

/** How a sale in a decision is taxed, null where nothing can be sold; and who asked for it as an operator. */
interface Applied {
  readonly taxation: Taxation | null;
  readonly audit?: OperatorAudit | null;
}

/**
 * Writes all that a decision says, in the unit's transaction: ledger, row, the order's item, document,
 * events. The document comes late: its series stays locked until the transaction ends.
 */
export async function applyNumberDecision(
  locked: LockedNumber,
  decision: PhoneNumberDecision,
  { taxation, audit = null }: Applied,
): Promise<PhoneNumberRecord> {
  const { trx, request, recordedAt } = locked;
  const { phoneNumber, at, settlesItem, sale } = decision;
  if (sale !== null) {
    // Under the month's reference, so the ledger refuses to charge it twice (I7).
    await postTransfers(locked, { reference: request.operationKey, at }, ({ plan, ledger }) =>
      chargeSale(plan, ledger, { ...sale, at }),
    );
  }
  const record = await phoneNumbers.update(trx, locked.record, { state: phoneNumber, at });
  if (settlesItem !== null) {
    const { orderId, orderItemId } = phoneNumber;
    await recordDelivery(trx, { orderId, orderItemId, ...settlesItem, at, recordedAt });
  }
  const document = await issueInvoice(locked, decision, taxation);
  await insertEvents(trx, buildNumberEvents(decision, { document, audit }), recordedAt);
  return record;
}

/** An invoice for a month that was charged; nothing for one that costs nothing. */
async function issueInvoice(
  { trx, request }: LockedNumber,
  { phoneNumber, sale, at }: PhoneNumberDecision,
  taxation: Taxation | null,
): Promise<DocumentReference | null> {
  if (sale === null || sale.taxed.total.amountMicros === 0n) return null;
  invariant(taxation !== null, 'a sale is taxed somehow');
  return issueDocument(trx, {
    kind: 'invoice',
    accountId: request.accountId,
    sale: sale.taxed,
    taxation,
    issuedAt: at,
    subject: { kind: 'phone_number', id: phoneNumber.id },
    references: [],
    operationKey: request.operationKey,
  });
}
