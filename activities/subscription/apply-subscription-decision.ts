import { issueDocument } from '../../db/repositories/document.repository';
import { findPlanExcess } from '../../db/repositories/entitlement.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { getAgreedFigures } from '../../db/repositories/plan.repository';
import {
  subscriptions,
  type SubscriptionRecord,
} from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import { describeExcess } from '../../domain/entitlement';
import { buildEvents, type NewEvent } from '../../domain/event';
import { formatAmount } from '../../domain/money';
import type { Allowances } from '../../domain/plan';
import { postDecision } from '../../domain/subscription/post-to-ledger';
import type { SubscriptionDecision, SubscriptionEvent } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import { postTransfers } from '../lifecycle/post-transfers';
import { noteMoneyCame } from '../../db/waiting-lifecycles';
import { shareSale, type IssuedSale } from '../revenue-share/share-documents';
import type { LockedSubscription } from './subscription-funds';

/**
 * Writes all that a decision says, in the unit's transaction: ledger, row, document, events. The document
 * comes late: its series stays locked until the transaction ends.
 */
export async function applySubscriptionDecision(
  locked: LockedSubscription,
  decision: SubscriptionDecision,
): Promise<SubscriptionRecord> {
  const { trx, request, record: current, recordedAt } = locked;
  const { subscription, at } = decision;
  const after = await findAllowances(trx, subscription);
  const isChange = decision.carriesOver !== null && current !== null;
  const before = isChange ? await findAllowances(trx, current.state) : after;
  const unit = { reference: request.operationKey, at };
  const posted = await postTransfers(locked, unit, (posting) =>
    postDecision(posting, decision, { before, after }),
  );
  const changed = { state: posted.subscription, at };
  const record =
    current === null
      ? await subscriptions.insert(trx, changed.state, at)
      : await subscriptions.update(trx, current, changed);
  const documents = await issueSaleDocuments(locked, decision);
  if (decision.sale !== null) {
    const { reference } = decision.sale;
    await shareSale(locked, documents.issued, { subscription: changed.state, reference, at });
  }
  const overLimit = await findOverLimit(locked, decision);
  const events = [...decision.events, ...posted.told, ...overLimit];
  const told = buildSubscriptionEvents({ ...decision, events }, documents);
  await insertEvents(trx, told, recordedAt);
  const { creditNoteId: causedBy } = documents;
  if (causedBy !== null && (decision.sale?.total.amountMicros ?? 0n) < 0n) {
    const { accountId, id: exceptId } = request;
    await noteMoneyCame(trx, { accountId, exceptId, causedBy, at, recordedAt });
  }
  return record;
}

/** What a month of this subscription grants: its plan's figures, or what was agreed with the account. */
async function findAllowances(trx: Transaction, subscription: Subscription): Promise<Allowances> {
  const { servesAccountId: accountId, planCode, planVersion } = subscription;
  return (await getAgreedFigures(trx, { accountId, planCode, planVersion })).allowances;
}

interface SaleDocuments {
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  readonly issued: readonly IssuedSale[];
}

const NO_DOCUMENTS: SaleDocuments = { invoiceId: null, creditNoteId: null, issued: [] };

/** An invoice for what was charged, a credit note for what was credited, nothing where no money moved. */
async function issueSaleDocuments(
  { trx, request }: LockedSubscription,
  { subscription, sale, at }: SubscriptionDecision,
): Promise<SaleDocuments> {
  let documents = NO_DOCUMENTS;
  for (const { taxed, taxation, takesBack } of sale?.parts ?? []) {
    const { amountMicros } = taxed.total;
    if (amountMicros === 0n) continue;
    const isInvoice = amountMicros > 0n;
    const { id } = await issueDocument(trx, {
      kind: isInvoice ? 'invoice' : 'credit_note',
      accountId: request.accountId,
      sale: taxed,
      taxation,
      issuedAt: at,
      subject: { kind: 'subscription', id: subscription.id },
      references: takesBack,
      operationKey: request.operationKey,
    });
    documents = {
      ...documents,
      [isInvoice ? 'invoiceId' : 'creditNoteId']: id,
      issued: [...documents.issued, { id, sale: taxed, taxation, takesBack }],
    };
  }
  return documents;
}

/** Told where a change leaves more in use than the new plan allows: nothing is taken away (ADR 0027). */
async function findOverLimit(
  { trx, record }: LockedSubscription,
  { subscription }: SubscriptionDecision,
): Promise<SubscriptionEvent[]> {
  const { planCode, planVersion, status } = subscription;
  const before = record?.state;
  const isSame = before?.planCode === planCode && before.planVersion === planVersion;
  if (isSame || status === 'ended') return [];
  const { servesAccountId: accountId } = subscription;
  const excess = await findPlanExcess(trx, { ...subscription, accountId });
  return excess.map((one) => ({
    type: 'subscription.over_limit',
    reason: `${describeExcess(planCode, one)}: existing ones are kept; none can be added`,
    data: { feature: one.name, limit: one.limit, used: one.used },
  }));
}

/** A decision's events, with the facts a receiver needs. */
export function buildSubscriptionEvents(
  {
    subscription,
    at,
    events,
    sale,
  }: Pick<SubscriptionDecision, 'subscription' | 'at' | 'events' | 'sale'>,
  { invoiceId, creditNoteId }: Omit<SaleDocuments, 'issued'> = NO_DOCUMENTS,
): NewEvent[] {
  const { price, period } = subscription;
  const facts = {
    status: subscription.status,
    serves_account_id: subscription.servesAccountId,
    plan_code: subscription.planCode,
    cycle: subscription.cycle,
    price: formatAmount(price),
    currency: price.currency,
    period_starts_at: period.startsAt,
    period_ends_at: period.endsAt,
    charged: sale === null ? null : formatAmount(sale.total),
    document_id: invoiceId ?? creditNoteId,
    credit_note_id: creditNoteId,
  };
  return buildEvents<'subscription'>(subscription, { events, facts, at });
}
