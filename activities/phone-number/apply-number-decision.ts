import { issueDocument } from '../../db/repositories/document.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { insertOperation } from '../../db/repositories/operation.repository';
import {
  updatePhoneNumber,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import type { DocumentReference } from '../../domain/document/document';
import { invariant } from '../../domain/invariant';
import { chargeSale } from '../../domain/ledger/charge-sale';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import type { Taxation } from '../../domain/tax/taxation';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { buildNumberEvents, type OperatorAudit } from './build-number-events';
import type { NumberUnit } from './phone-number-unit';
import { settleItem } from '../order/settle-item';

/** What was decided, and how a sale in it is taxed. Null where nothing can be sold. */
interface Applied {
  readonly taxation: Taxation | null;
  readonly answer?: CommandAnswer;
  readonly audit?: OperatorAudit | null;
}

/**
 * Writes all that a decision says, in the unit's transaction: ledger, row, operation, the order's item,
 * document, events. The document comes late: its series stays locked until the transaction ends.
 */
export async function applyNumberDecision(
  unit: NumberUnit,
  decision: PhoneNumberDecision,
  { taxation, answer = { kind: 'done' }, audit = null }: Applied,
): Promise<PhoneNumberRecord> {
  const { trx, request, recordedAt } = unit;
  const { phoneNumber, at, settlesItem } = decision;
  await postRent(unit, decision);
  const record = await updatePhoneNumber(trx, unit.record, { phoneNumber, at });
  await insertOperation(trx, {
    key: request.operationKey,
    accountId: request.accountId,
    command: unit.asked,
    answer,
    effectiveAt: at,
    recordedAt,
  });
  if (settlesItem !== null) {
    const { orderId, orderItemId } = phoneNumber;
    await settleItem(trx, { orderId, orderItemId, ...settlesItem, at, recordedAt });
  }
  const document = await issueInvoice(unit, decision, taxation);
  await insertEvents(trx, buildNumberEvents(decision, { document, audit }), recordedAt);
  return record;
}

/** Money and tax of a month. Under the month's reference, so the ledger refuses to charge it twice (I7). */
async function postRent(
  { trx, ledger, request, recordedAt }: NumberUnit,
  { sale, at }: PhoneNumberDecision,
): Promise<void> {
  if (sale === null) return;
  const plan = createLedgerPlan([ledger], {
    reference: request.operationKey,
    postedAt: recordedAt,
  });
  chargeSale(plan, ledger, { ...sale, at });
  await applyLedgerPlan(trx, plan);
}

/** An invoice for a month that was charged; nothing for one that costs nothing. */
async function issueInvoice(
  { trx, request }: NumberUnit,
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
    referencesId: null,
    operationKey: request.operationKey,
  });
}
