import { findLatestInvoice, issueDocument } from '../../db/repositories/document.repository';
import { findPlanExcess } from '../../db/repositories/entitlement.repository';
import { insertEvents, type NewEvent } from '../../db/repositories/event.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { insertOperation } from '../../db/repositories/operation.repository';
import { getAgreedFigures } from '../../db/repositories/plan.repository';
import {
  insertSubscription,
  updateSubscription,
  type SubscriptionRecord,
} from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import type { DocumentReference, DocumentSubject } from '../../domain/document/document';
import { describeExcess } from '../../domain/entitlement';
import type { Instant } from '../../domain/instant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { formatAmount } from '../../domain/money';
import type { Allowances } from '../../domain/plan';
import { postDecision } from '../../domain/subscription/post-to-ledger';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import type { Taxation } from '../../domain/tax/taxation';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { subscriptionWorkflowId } from '../../workflows/subscription.messages';
import type { SubscriptionUnit } from './subscription-unit';

/**
 * Writes all that a decision says, in the unit's transaction: ledger, row, operation, document, events.
 * The document comes late: its series stays locked until the transaction ends.
 */
export async function applySubscriptionDecision(
  unit: SubscriptionUnit,
  decision: SubscriptionDecision,
  { answer, taxation }: { readonly answer: CommandAnswer; readonly taxation: Taxation },
): Promise<SubscriptionRecord> {
  const { trx, ledger, request, recordedAt } = unit;
  const { subscription, at } = decision;
  const plan = createLedgerPlan([ledger], {
    reference: request.operationKey,
    postedAt: recordedAt,
  });
  const after = await findAllowances(trx, subscription);
  const isChange = decision.carriesOver !== null && unit.record !== null;
  const before = isChange ? await findAllowances(trx, unit.record.subscription) : after;
  const posted = postDecision({ plan, ledger }, decision, { before, after });
  await applyLedgerPlan(trx, plan);
  const record = await writeRow(unit, posted.subscription, at);
  await insertOperation(trx, {
    key: request.operationKey,
    accountId: request.accountId,
    command: unit.asked,
    answer,
    effectiveAt: at,
    recordedAt,
  });
  const document = await issueSaleDocument(unit, decision, taxation);
  const overLimit = await findOverLimit(unit, decision);
  await insertEvents(
    trx,
    [...buildEvents(decision, { document, carriedOver: posted.told }), ...overLimit],
    recordedAt,
  );
  return record;
}

function writeRow(
  { trx, record }: SubscriptionUnit,
  subscription: Subscription,
  at: Instant,
): Promise<SubscriptionRecord> {
  if (record !== null) return updateSubscription(trx, record, { subscription, at });
  const workflowId = subscriptionWorkflowId(subscription.id);
  return insertSubscription(trx, subscription, { workflowId, at });
}

/** What a month of this subscription grants: its plan's figures, or what was agreed with the account. */
async function findAllowances(trx: Transaction, subscription: Subscription): Promise<Allowances> {
  const { accountId, planCode, planVersion } = subscription;
  return (await getAgreedFigures(trx, { accountId, planCode, planVersion })).allowances;
}

/** An invoice for what was charged, a credit note for what was credited, nothing where no money moved. */
async function issueSaleDocument(
  { trx, request }: SubscriptionUnit,
  { subscription, sale, at }: SubscriptionDecision,
  taxation: Taxation,
): Promise<DocumentReference | null> {
  if (sale === null || sale.taxed.total.amountMicros === 0n) return null;
  const subject: DocumentSubject = { kind: 'subscription', id: subscription.id };
  const document = {
    accountId: request.accountId,
    sale: sale.taxed,
    taxation,
    issuedAt: at,
    subject,
    operationKey: request.operationKey,
  };
  if (sale.taxed.total.amountMicros > 0n) {
    return issueDocument(trx, { ...document, kind: 'invoice', referencesId: null });
  }
  const invoice = await findLatestInvoice(trx, { subject });
  return issueDocument(trx, {
    ...document,
    kind: 'credit_note',
    referencesId: invoice?.id ?? null,
  });
}

/** Told where a change leaves more in use than the new plan allows: nothing is taken away (ADR 0027). */
async function findOverLimit(
  { trx, record }: SubscriptionUnit,
  { subscription, at }: SubscriptionDecision,
): Promise<NewEvent[]> {
  const { id, accountId, planCode, planVersion, status } = subscription;
  const before = record?.subscription;
  const isSame = before?.planCode === planCode && before.planVersion === planVersion;
  if (isSame || status === 'ended') return [];
  const excess = await findPlanExcess(trx, subscription);
  if (excess === null) return [];
  const { name, limit, used } = excess;
  const reason = `${describeExcess(planCode, excess)}: they stay, and no more can be had`;
  return [
    {
      accountId,
      type: 'subscription.over_limit',
      subjectId: id,
      reason,
      data: { feature: name, limit, used, plan_code: planCode },
      occurredAt: at,
    },
  ];
}

function buildEvents(
  { subscription, at, events, sale }: SubscriptionDecision,
  {
    document,
    carriedOver,
  }: { readonly document: DocumentReference | null; readonly carriedOver: readonly string[] },
): NewEvent[] {
  const { price } = subscription;
  const facts = {
    status: subscription.status,
    plan_code: subscription.planCode,
    price: formatAmount(price),
    currency: price.currency,
    charged: sale === null ? null : formatAmount(sale.taxed.total),
    document_id: document?.id ?? null,
  };
  const told = carriedOver.map((reason) => ({
    type: 'subscription.allowances_carried_over' as const,
    reason,
  }));
  return [...events, ...told].map(({ type, reason }) => ({
    accountId: subscription.accountId,
    type,
    subjectId: subscription.id,
    reason,
    data: facts,
    occurredAt: at,
  }));
}
