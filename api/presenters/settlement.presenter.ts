import type {
  SettlementReport,
  SettlementTotals,
  StoredLine,
} from '../../db/repositories/settlement.repository';
import { subtractMoney, toWireMoney } from '../../domain/money';
import type { OperatorTask } from '../../domain/operator-task';
import { settlementWorkflowId } from '../../workflows/settlement.messages';

export function toApiSettlementReport(report: SettlementReport, totals?: SettlementTotals) {
  const { counts = {}, sums = [] } = totals ?? {};
  return {
    id: report.id,
    gateway: report.gateway,
    date: report.day,
    status: report.status,
    matched: counts.matched ?? 0,
    missing_here: counts.missing_here ?? 0,
    missing_there: counts.missing_there ?? 0,
    amount_differs: counts.amount_differs ?? 0,
    not_compared: counts.not_compared ?? 0,
    totals: sums.map(({ settled, fees }) => ({
      settled: toWireMoney(settled),
      fees: toWireMoney(fees),
      net: toWireMoney(subtractMoney(settled, fees)),
    })),
    completed_at: report.completedAt,
    created_at: report.createdAt,
    workflow_id: settlementWorkflowId(report),
  };
}

export function toApiSettlementLine(line: StoredLine) {
  return {
    position: line.position,
    verdict: line.verdict,
    kind: line.kind,
    entry_id: line.entryId,
    gateway_payment_id: line.gatewayPaymentId,
    booked_id: line.bookedId,
    account_id: line.accountId,
    settled: line.settled && toWireMoney(line.settled),
    fee: line.fee && toWireMoney(line.fee),
    booked: line.booked && toWireMoney(line.booked),
    settled_at: line.settledAt,
    reason: line.reason,
  };
}

export function toApiOperatorTask(task: OperatorTask) {
  return {
    id: task.id,
    kind: task.kind,
    subject: task.subject,
    account_id: task.accountId,
    reason: task.reason,
    opened_at: task.openedAt,
    closed_at: task.closedAt,
    closed_by_key_id: task.closedByKeyId,
    note: task.note,
  };
}
