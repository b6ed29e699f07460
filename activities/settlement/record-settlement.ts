import { insertEventsOnce } from '../../db/repositories/event.repository';
import {
  closeOperatorTasks,
  openOperatorTask,
} from '../../db/repositories/operator-task.repository';
import { notePaymentFee } from '../../db/repositories/payment.repository';
import type { SettlementReport } from '../../db/repositories/settlement.repository';
import type { Transaction } from '../../db/transaction';
import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import { isDiscrepancy, type SettlementLine } from '../../domain/settlement/compare-settlement';
import { describeLine } from '../../domain/settlement/settlement-report';

interface Comparison {
  readonly report: SettlementReport;
  readonly lines: readonly SettlementLine[];
  readonly at: Instant;
}

const kind = 'settlement_discrepancy';

/** What follows from a comparison: fees we did not know, an event and a task per difference, solved tasks closed. */
export async function recordSettlement(trx: Transaction, comparison: Comparison): Promise<void> {
  const { report, lines, at } = comparison;
  for (const { settled, booked, verdict } of lines) {
    if (verdict !== 'matched' || booked.kind !== 'payment') continue;
    await notePaymentFee(trx, { id: booked.id, fee: settled.fee });
  }
  const differing = lines.filter(({ verdict }) => isDiscrepancy(verdict));
  const isOpen = new Set(differing.map((line) => subjectOf(line, report)));
  const compared = new Set(lines.flatMap((line) => subjectsOf(line, report)));
  const subjects = [...compared].filter((subject) => !isOpen.has(subject));
  await closeOperatorTasks(trx, { kind, subjects, at });
  for (const line of differing) {
    await openOperatorTask(trx, {
      kind,
      subject: subjectOf(line, report),
      accountId: line.booked?.accountId ?? null,
      reason: describeLine(line, report.gateway) ?? line.verdict,
      openedAt: at,
    });
  }
  await insertEventsOnce(trx, tellDifferences(comparison), at);
}

/** By the gateway's movement where there is one: it is the same in every report. */
function subjectOf({ settled, booked }: SettlementLine, { gateway }: SettlementReport): string {
  return `${gateway}/${settled?.entryId ?? booked?.id ?? ''}`;
}

/** Whatever was open of the movement on either side. */
function subjectsOf({ settled, booked }: SettlementLine, { gateway }: SettlementReport): string[] {
  return [settled?.entryId, booked?.id].flatMap((id) =>
    id === undefined ? [] : `${gateway}/${id}`,
  );
}

function tellDifferences({
  report,
  lines,
  at,
}: Comparison): { readonly event: NewEvent; readonly once: string }[] {
  return lines.flatMap((line) => {
    const { booked, settled, verdict } = line;
    if (booked === null || verdict === 'matched') return [];
    const reason = describeLine(line, report.gateway) ?? verdict;
    const facts = {
      kind: booked.kind,
      gateway: report.gateway,
      report_id: report.id,
      booked_amount: formatAmount(booked.money),
      settled_amount: settled === null ? null : formatAmount(settled.money),
      currency: booked.money.currency,
    };
    const events = [{ type: `settlement.${verdict}`, reason }] as const;
    const once = `settlement/${booked.id}/${verdict}/${facts.settled_amount ?? ''}`;
    return buildEvents<'settlement'>(booked, { events, facts, at }).map((event) => ({
      event,
      once,
    }));
  });
}
