import { listTakenOf } from '../../db/repositories/credit-note.repository';
import { listCorrectedDocuments } from '../../db/repositories/documented-charge.repository';
import { getDocument, type DocumentRecord } from '../../db/repositories/document.repository';
import { listTakingDisputes } from '../../db/repositories/dispute.repository';
import { findPayment, listPayments, type Payment } from '../../db/repositories/payment.repository';
import {
  listRefundsOfPayments,
  listRequestedOfInvoice,
} from '../../db/repositories/refund.repository';
import type { Transaction } from '../../db/transaction';
import { findSold } from '../../domain/document/taken-back';
import type { Dispute } from '../../domain/dispute/dispute';
import { invariant } from '../../domain/invariant';
import type {
  Refundable,
  RefundablePayment,
  RefundedDocument,
} from '../../domain/refund/decide-refund';
import type { Refund, RefundSubject } from '../../domain/refund/refund';
import { mirrorSale, takePart, untaxed } from '../../domain/refund/split-refund';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import { buildUsageNote } from '../../domain/usage/usage-note';
import { findReceiptOfPayment } from '../payment/issue-receipt';

/** A refund to the source looks for a payment among this many, the newest. */
const PAYMENTS_LOOKED_AT_MAX = 100;

/**
 * A payment or an invoice with all that was given back of it. The account's ledger is locked before: every
 * refund and every credit note of the account waits for that, so nothing is given back meanwhile.
 */
export async function loadRefundable(
  trx: Transaction,
  { kind, id }: RefundSubject,
): Promise<Refundable> {
  if (kind === 'payment') {
    const payment = await findPayment(trx, id);
    invariant(payment !== null, `payment ${id} has no row`);
    return { kind, payment: await loadRefundablePayment(trx, payment) };
  }
  const invoice = await getDocument(trx, id);
  const { accountId, kind: documentKind } = invoice;
  invariant(documentKind === 'invoice', `document ${id} is no invoice`);
  const taken = await listTakenOf(trx, id);
  const underWay = (await listRequestedOfInvoice(trx, id)).map(({ sale }) => sale);
  const corrected = await loadCorrected(trx, invoice);
  const payments = await listPayments(trx, {
    limit: PAYMENTS_LOOKED_AT_MAX,
    before: null,
    accountId,
    status: 'succeeded',
  });
  return {
    kind,
    invoice: { ...toRefunded(invoice), sale: findSold(invoice) },
    taken: [...taken, ...underWay, ...corrected],
    payments: await loadPayments(trx, payments),
  };
}

/** A payment with all that was given back of it, is disputed or lost; one dispute may be left out. */
export async function loadRefundablePayment(
  trx: Transaction,
  payment: Payment,
  { exceptDisputeId = null }: { readonly exceptDisputeId?: string | null } = {},
): Promise<RefundablePayment> {
  const [refundable] = await loadPayments(trx, [payment], exceptDisputeId);
  invariant(refundable !== undefined, 'one payment was asked for');
  return refundable;
}

/** What corrections of its usage have taken back, which its next note will say. */
async function loadCorrected(trx: Transaction, { id, sale }: DocumentRecord): Promise<TaxedSale[]> {
  const documents = await listCorrectedDocuments(trx, { documentId: id });
  return documents.flatMap(({ charges, taxation }) => {
    const note = buildUsageNote(charges, { taxation, currency: sale.total.currency });
    return note?.kind === 'credit_note' ? [mirrorSale(note.sale)] : [];
  });
}

async function loadPayments(
  trx: Transaction,
  payments: readonly Payment[],
  exceptDisputeId: string | null = null,
): Promise<RefundablePayment[]> {
  const ids = payments.map(({ id }) => id);
  const refunds = await listRefundsOfPayments(trx, ids);
  const disputes = (await listTakingDisputes(trx, ids)).filter(({ id }) => id !== exceptDisputeId);
  const loaded: RefundablePayment[] = [];
  for (const { id, gateway, gatewayPaymentId, status } of payments) {
    const receipt = await findReceiptOfPayment(trx, id);
    const ofPayment = disputes.filter(({ paymentId }) => paymentId === id);
    loaded.push({
      paymentId: id,
      gateway,
      gatewayPaymentId,
      status,
      receipt: receipt === null ? null : toRefunded(receipt),
      taken: [
        ...refunds.filter(({ source }) => source?.paymentId === id).map(takenOfPayment),
        ...(await loadDisputed(trx, receipt, ofPayment)),
      ],
      isDisputed: ofPayment.some(({ status: of }) => of === 'open'),
    });
  }
  return loaded;
}

/** What disputes take of a payment: as the voucher says of one that was lost. */
async function loadDisputed(
  trx: Transaction,
  receipt: DocumentRecord | null,
  disputes: readonly Dispute[],
): Promise<TaxedSale[]> {
  if (receipt === null) return [];
  const taken: TaxedSale[] = [];
  for (const { documentId, coveredMicros } of disputes) {
    if (documentId !== null) taken.push(mirrorSale((await getDocument(trx, documentId)).sale));
    else if (coveredMicros > 0n) taken.push(takePart(receipt.sale, coveredMicros));
  }
  return taken;
}

/** What an invoice's refund takes of a payment bears the invoice's tax, none of the payment's own. */
function takenOfPayment({ subject, sale }: Refund): TaxedSale {
  return subject.kind === 'payment' ? sale : untaxed(sale);
}

function toRefunded({ id, number, sale, taxation }: DocumentRecord): RefundedDocument {
  return { id, number, sale, taxation };
}
