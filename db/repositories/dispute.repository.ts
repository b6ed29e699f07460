import type { CurrencyCode } from '../../domain/currency';
import {
  decideNextAction,
  describeServiceHold,
  type Dispute,
  type DisputePolicy,
  type DisputeStatus,
} from '../../domain/dispute/dispute';
import type { Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { DisputeModel } from '../models/dispute.model';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export const disputes = createLifecycleTable({
  kind: 'dispute',
  model: DisputeModel,
  fromRows: (_, rows: readonly DisputeModel[]) => rows.map(fromRowDispute),
  toRow: toRowDispute,
  decideNextAction,
});
export type DisputeRecord = LifecycleRecord<Dispute>;

/** The dispute of that name at a gateway, or null. */
export async function findGatewayDispute(
  trx: Transaction,
  { gateway, gatewayDisputeId }: Pick<Dispute, 'gateway' | 'gatewayDisputeId'>,
): Promise<DisputeRecord | null> {
  const [found] = await disputes.list(trx, (query) =>
    query.where({ gateway, gateway_dispute_id: gatewayDisputeId }),
  );
  return found ?? null;
}

/** The tenant's, newest first. */
export function listDisputes(
  trx: Transaction,
  {
    accountId,
    paymentId,
    status,
    ...page
  }: PageQuery & {
    readonly accountId?: string | undefined;
    readonly paymentId?: string | undefined;
    readonly status?: DisputeStatus | undefined;
  },
): Promise<DisputeRecord[]> {
  return disputes.list(trx, (query) => {
    if (accountId !== undefined) query.where({ account_id: accountId });
    if (paymentId !== undefined) query.where({ payment_id: paymentId });
    if (status !== undefined) query.where({ status });
    newestFirst(query, page);
  });
}

/** What is or was taken back of these payments: disputes that are open or lost. */
export async function listTakingDisputes(
  trx: Transaction,
  paymentIds: readonly string[],
): Promise<Dispute[]> {
  const records = await disputes.list(trx, (query) =>
    query
      .whereIn('payment_id', [...paymentIds])
      .whereIn('status', ['open', 'lost'])
      .orderBy('id'),
  );
  return records.map(({ state }) => state);
}

/** What is disputed of each of these payments or was lost, in micros; those without a dispute are left out. */
export async function sumDisputed(
  trx: Transaction,
  paymentIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const rows: { payment_id: string; disputed: string }[] = await trx('disputes')
    .whereIn('payment_id', [...paymentIds])
    .whereIn('status', ['open', 'lost'])
    .groupBy('payment_id')
    .select('payment_id', trx.raw('sum(amount_micros)::text as disputed'));
  return new Map(rows.map((row) => [row.payment_id, BigInt(row.disputed)]));
}

/** What holds the service of an account, oldest first. */
export async function listHoldingDisputes(
  trx: Transaction,
  accountId: string,
): Promise<DisputeRecord[]> {
  return disputes.list(trx, (query) =>
    query.where({ account_id: accountId }).whereNotNull('service_held_since').orderBy('id'),
  );
}

/** Why an account's service is on hold. */
export interface ServiceHold {
  readonly disputeId: string;
  readonly since: Instant;
  readonly reason: string;
}

/** What holds the service of an account, the oldest; null: nothing does. */
export async function findServiceHold(
  trx: Transaction,
  accountId: string,
): Promise<ServiceHold | null> {
  const [first] = await listHoldingDisputes(trx, accountId);
  const since = first?.state.serviceHeldSince ?? null;
  if (first === undefined || since === null) return null;
  return { disputeId: first.state.id, since, reason: describeServiceHold(first.state) };
}

function fromRowDispute(row: DisputeModel): Dispute {
  return {
    id: row.id,
    accountId: row.account_id,
    paymentId: row.payment_id,
    gateway: row.gateway,
    gatewayDisputeId: row.gateway_dispute_id,
    status: row.status as DisputeStatus,
    policy: fromRowPolicy(row),
    money: fromRowMoney(row.amount_micros, row.currency),
    fee: fromRowMoney(row.fee_micros, row.fee_currency),
    reason: row.reason,
    coveredMicros: row.covered_micros,
    takenMicros: row.taken_micros,
    evidenceDueAt: row.evidence_due_at,
    evidenceToldFor: row.evidence_told_for,
    mismatch: row.mismatch,
    serviceHeldSince: row.service_held_since,
    reportedAt: row.reported_at,
    looksAt: row.looks_at,
    unanswered: row.unanswered,
    openedAt: row.opened_at,
    settledAt: row.settled_at,
    documentId: row.document_id,
  };
}

function fromRowPolicy({
  money_policy: money,
  service_policy: service,
}: DisputeModel): DisputePolicy | null {
  if (money === null || service === null) return null;
  return {
    money: money as DisputePolicy['money'],
    service: service as DisputePolicy['service'],
  };
}

function fromRowMoney(amountMicros: bigint | null, currency: string | null): Money | null {
  if (amountMicros === null || currency === null) return null;
  return { amountMicros, currency: currency as CurrencyCode };
}

function toRowDispute(dispute: Dispute) {
  const { money, fee } = dispute;
  return {
    id: dispute.id,
    account_id: dispute.accountId,
    payment_id: dispute.paymentId,
    gateway: dispute.gateway,
    gateway_dispute_id: dispute.gatewayDisputeId,
    status: dispute.status,
    ...toRowPolicy(dispute.policy),
    currency: money?.currency ?? null,
    amount_micros: money?.amountMicros ?? null,
    fee_currency: fee?.currency ?? null,
    fee_micros: fee?.amountMicros ?? null,
    reason: dispute.reason,
    covered_micros: dispute.coveredMicros,
    taken_micros: dispute.takenMicros,
    evidence_due_at: dispute.evidenceDueAt,
    evidence_told_for: dispute.evidenceToldFor,
    mismatch: dispute.mismatch,
    service_held_since: dispute.serviceHeldSince,
    reported_at: dispute.reportedAt,
    looks_at: dispute.looksAt,
    unanswered: dispute.unanswered,
    opened_at: dispute.openedAt,
    settled_at: dispute.settledAt,
    document_id: dispute.documentId,
  };
}

function toRowPolicy(policy: DisputePolicy | null) {
  return { money_policy: policy?.money ?? null, service_policy: policy?.service ?? null };
}
