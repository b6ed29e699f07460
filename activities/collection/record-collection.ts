import { newId } from '../../db/new-id';
import { findFee } from '../payment/find-fee';
import { openMismatchTask } from '../payment/open-mismatch-task';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  findMethodCharge,
  type MethodChargeRecord,
} from '../../db/repositories/method-charge.repository';
import { getAccount } from '../../db/repositories/account.repository';
import {
  lockPaymentMethod,
  refusePaymentMethod,
} from '../../db/repositories/payment-method.repository';
import {
  listPaymentsNamed,
  savePayment,
  type PaymentStatus,
} from '../../db/repositories/payment.repository';
import type { MadeCharge } from '../../domain/collection/collection';
import { endsMandate } from '../../domain/payment/decline';
import { changeMandate } from '../payment-method/end-method';
import { describeCollected, type ChargeOutcome } from '../../domain/collection/charge-attempt';
import type { Instant } from '../../domain/instant';
import { workflowIdOf, type Step } from '../../domain/lifecycle';
import { describeMoney, formatAmount } from '../../domain/money';
import type { GatewayPayment } from '../../gateways/payment-gateway';
import { outcomeOf } from './charge-outcome';
import type { Collectible } from './collectible';
import { issueReceipt } from '../payment/issue-receipt';
import { buildEvents, type NewEvent } from '../../domain/event';
import { findMismatch, isNews } from '../../domain/payment/payment';
import { postPayment } from '../../domain/payment/post-payment';
import { lockLedger } from '../../db/lock-ledger';
import { noteMoneyCame } from '../../db/waiting-lifecycles';
import { workflowOfPayment } from '../../workflows/payment.messages';
import { postTransfers } from '../lifecycle/post-transfers';

/** A payment as a gateway tells it. */
export interface ReportedPayment {
  readonly gateway: string;
  readonly payment: GatewayPayment;
}

interface ChargeAnswer {
  readonly key: string;
  readonly at: Instant;
  readonly outcome: ChargeOutcome;
  /** Null when the gateway refused without making one. */
  readonly payment: GatewayPayment | null;
}

/**
 * Records what the gateway said of the charge that is under way, in one transaction: the payment, its
 * money, and what it means for the period. A charge that was settled before changes nothing.
 */
export async function recordCharge<NounStep extends Step>(
  locked: Collectible<NounStep>,
  { key, at, outcome, payment }: ChargeAnswer,
): Promise<NounStep> {
  const { charge } = locked.collection();
  if (charge === null || charge.stage === 'planned' || charge.key !== key) {
    return locked.step();
  }
  const { gateway } = charge;
  const saved = payment === null ? null : await savePaymentOf(locked, { gateway, payment }, at);
  if (outcome.kind === 'declined' && outcome.declineClass === 'hard') {
    await refuseMethod(locked, charge, { code: outcome.declineCode, at });
  }
  const fate = saved?.status === 'mismatched' ? MISMATCHED : outcome;
  const apply = await locked.decideCharged(fate, at);
  await issueReceiptOf(locked, saved, at);
  await apply();
  // What it was charged for is paid by now: the others are told of what is left.
  await tellOthers(locked, saved, at);
  return locked.step();
}

/** The method will never pay again; where its mandate is over, that is told with what depends on it. */
async function refuseMethod(
  { trx, request, recordedAt }: AnyCollectible,
  { methodId: id }: MadeCharge,
  { code, at }: { readonly code: string; readonly at: Instant },
): Promise<void> {
  await refusePaymentMethod(trx, { id, code, at });
  const method = await lockPaymentMethod(trx, id);
  const { timeZone } = await getAccount(trx, request.accountId);
  if (method === null || method.mandate === null || !endsMandate(code)) return;
  const mandate = { ...method.mandate, status: 'revoked' } as const;
  await changeMandate(trx, method, { mandate, at, recordedAt, timeZone });
}

/** Money that is not what we asked for pays nothing, and asking the same way again would not help. */
const MISMATCHED = {
  kind: 'declined',
  declineCode: 'payment_mismatched',
  declineClass: 'technical',
} as const;

/**
 * Records payments that a webhook or a look-up spoke of: the charge under way, or an earlier try that a
 * bank authorised late. Late money goes into the wallet, and whoever owes a payment tries it at once.
 */
export async function recordReported<NounStep extends Step>(
  locked: Collectible<NounStep>,
  { reported, at }: { readonly reported: readonly ReportedPayment[]; readonly at: Instant },
): Promise<NounStep> {
  const { charge } = locked.collection();
  for (const { payment } of reported) {
    const key = payment.idempotencyKey;
    if (key === null || charge === null || charge.stage === 'planned' || key !== charge.key) {
      continue;
    }
    const outcome = outcomeOf(payment);
    // Still under way: news to nobody, and no look of ours that would bring the last one nearer.
    if (outcome.kind === 'pending') return locked.step();
    return recordCharge(locked, { key, at, outcome, payment });
  }
  for (const found of reported.filter(({ payment }) => isOf(locked, payment))) {
    const saved = await savePaymentOf(locked, found, at);
    if (!saved.isGranted || saved.asked === null) continue;
    await insertEvents(locked.trx, tellLate(locked, saved.asked, at), locked.recordedAt);
    await locked.noteMoneyArrived(at, found.payment.money);
    await tellOthers(locked, saved, at);
    await issueReceiptOf(locked, saved, at);
  }
  return locked.step();
}

/** A message may name anybody's payment: whose it is says the gateway, and theirs alone it stays. */
function isOf({ payer }: AnyCollectible, { reference }: GatewayPayment): boolean {
  return workflowOfPayment(reference) === workflowIdOf(payer.kind, payer.id);
}

/** What is done here with the step of a noun is done with any. */
type AnyCollectible = Collectible<Step>;

interface SavedPayment {
  readonly paymentId: string;
  readonly status: PaymentStatus | 'processing';
  /** Null when we never asked for it. */
  readonly asked: MethodChargeRecord | null;
  /** Its money came into the wallet just now. */
  readonly isGranted: boolean;
}

/** Writes a payment with what it turned out to be, and grants its money, once. */
async function savePaymentOf(
  locked: AnyCollectible,
  { gateway, payment }: ReportedPayment,
  at: Instant,
): Promise<SavedPayment> {
  const { trx, request, payer, recordedAt } = locked;
  const { gatewayPaymentId, idempotencyKey } = payment;
  const asked = await findMethodCharge(trx, { key: idempotencyKey, payer });
  const [before] = await listPaymentsNamed(trx, gateway, [gatewayPaymentId]);
  const { status, mismatch } = judge(payment, asked);
  const paymentId = before?.id ?? newId('payment');
  if (status === 'processing' || !isNews(payment, before, payer)) {
    return { paymentId, status, asked, isGranted: false };
  }
  await savePayment(trx, {
    id: paymentId,
    accountId: request.accountId,
    payer,
    gateway,
    gatewayPaymentId,
    money: payment.money,
    fee: findFee(payment),
    status,
    mode: payment.mode,
    declineCode: payment.declineCode,
    effectiveAt: at,
    createdAt: recordedAt,
  });
  if (mismatch !== null) {
    const told = { paymentId, payment, reason: mismatch };
    await insertEvents(trx, tellMismatch(locked, told, at), recordedAt);
    const { accountId } = request;
    await openMismatchTask(trx, { paymentId, accountId, reason: mismatch, at: recordedAt });
  }
  const isGranted = status === 'succeeded' && asked !== null;
  if (isGranted) await grant(locked, { paymentId, asked, at });
  return { paymentId, status, asked, isGranted };
}

/** Only what is exactly what we asked for is ours to take. */
function judge(
  payment: GatewayPayment,
  asked: MethodChargeRecord | null,
): Pick<SavedPayment, 'status'> & { readonly mismatch: string | null } {
  if (payment.status !== 'succeeded') return { status: payment.status, mismatch: null };
  const wanted = asked && {
    reference: asked.reference,
    customerReference: asked.accountId,
    money: asked.sale.total,
  };
  const mismatch = findMismatch(payment, wanted);
  return { status: mismatch === null ? 'succeeded' : 'mismatched', mismatch };
}

/** Money comes in from clearing under the payment's id: the ledger refuses the same payment twice (I2). */
async function grant(
  locked: AnyCollectible,
  {
    paymentId,
    asked,
    at,
  }: { readonly paymentId: string; readonly asked: MethodChargeRecord; readonly at: Instant },
): Promise<void> {
  const { trx, request, recordedAt } = locked;
  const ledger = await lockLedger(trx, request.accountId);
  const reason = `charge of a saved method, ${asked.key}`;
  await postTransfers({ trx, ledger, recordedAt }, { reference: asked.key, at }, ({ plan }) =>
    postPayment(plan, ledger, { paymentId, sale: asked.sale, at, reason }),
  );
}

/** Granted money is in the wallet: who else waits for it is told. */
async function tellOthers(
  { trx, request, recordedAt }: AnyCollectible,
  saved: SavedPayment | null,
  at: Instant,
): Promise<void> {
  if (saved === null || !saved.isGranted) return;
  const { accountId, id: exceptId } = request;
  await noteMoneyCame(trx, { accountId, exceptId, causedBy: saved.paymentId, at, recordedAt });
}

/** The receipt voucher of granted money, which comes before the invoice that it pays. */
async function issueReceiptOf(
  { trx, request: { accountId }, payer: subject }: AnyCollectible,
  saved: SavedPayment | null,
  at: Instant,
): Promise<void> {
  if (saved === null || !saved.isGranted || saved.asked === null) return;
  const { sale, taxation } = saved.asked;
  await issueReceipt(trx, { paymentId: saved.paymentId, accountId, sale, taxation, subject, at });
}

function tellMismatch(
  { request, step }: AnyCollectible,
  told: {
    readonly paymentId: string;
    readonly payment: GatewayPayment;
    readonly reason: string;
  },
  at: Instant,
): NewEvent[] {
  const { paymentId, payment, reason } = told;
  const { money, gatewayPaymentId } = payment;
  const event = {
    type: 'payment.mismatched',
    reason,
    data: {
      payment_id: paymentId,
      gateway_payment_id: gatewayPaymentId,
      amount: formatAmount(money),
      currency: money.currency,
    },
  } as const;
  const facts = { status: step().status };
  return buildEvents<'payment'>(request, { events: [event], facts, at });
}

function tellLate(
  { tellCollected }: AnyCollectible,
  { key, paymentMethodId: methodId, sale }: MethodChargeRecord,
  at: Instant,
): NewEvent[] {
  const { data } = describeCollected({ key, methodId, money: sale.total });
  const reason = `${describeMoney(sale.total)} from an earlier charge arrived late and is in the wallet`;
  return tellCollected({ reason, data }, at);
}
