import { heartbeat } from '@temporalio/activity';
import {
  completeReport,
  hasPaymentsBefore,
  insertReport,
  listBooked,
  listRequestedDays,
  lockReport,
  type SettlementReport,
} from '../../db/repositories/settlement.repository';
import { judgeEntry } from '../../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import {
  compareSettlement,
  type SettledMovement,
  type SettlementLine,
} from '../../domain/settlement/compare-settlement';
import {
  listClosedDays,
  rangeOf,
  type GatewayDay,
} from '../../domain/settlement/settlement-report';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import { paymentReported, workflowOfPayment } from '../../workflows/payment.messages';
import type { ActivityDependencies } from '../dependencies';
import { gatewayOf } from '../payment/gateway-of';
import { tellOfPayment } from '../payment/tell-of-payment';
import { withApplicationFailures } from '../to-application-failure';
import { recordSettlement } from './record-settlement';

export type SettlementActivities = ReturnType<typeof createSettlementActivities>;

/** More than a worker that was away for weeks has missed, over three gateways. */
const DAYS_PER_RUN_MAX = 100;
/** A report with more strangers than this is of another business: people have to look. */
const TOLD_PER_RUN_MAX = 200;

export interface ComparisonOfDay extends GatewayDay {
  /** Tell the lifecycles of what is missing here, and write nothing yet if there is one to tell. */
  readonly repairs: boolean;
}

/** Settlement reconciliation. Safe to repeat: a day that is compared again is the same report. */
export function createSettlementActivities(dependencies: ActivityDependencies) {
  const { database, gateways, now } = dependencies;
  return withApplicationFailures({
    /** The days whose gateway has closed its books and that have no report, and those somebody asked for. */
    async planSettlements(): Promise<GatewayDay[]> {
      const at = now();
      return withTransaction(database, SYSTEM, async (trx) => {
        for (const gateway of gateways.keys()) {
          for (const day of listClosedDays(at)) {
            const before = rangeOf(day).to;
            if (!(await hasPaymentsBefore(trx, { gateway, before }))) continue;
            await insertReport(trx, { gateway, day }, at);
          }
        }
        return listRequestedDays(trx, { limit: DAYS_PER_RUN_MAX });
      });
    },

    /**
     * Compares what a gateway settled on a day with our books. Answers how many lifecycles were told of what is
     * missing here; then nothing is written: compare again once they have asked.
     */
    async compareDay({ repairs, ...of }: ComparisonOfDay): Promise<{ readonly told: number }> {
      const gateway = gatewayOf(dependencies, of);
      const settled = await readSettled(gateway, of);
      if (repairs) {
        const lines = await withTransaction(database, SYSTEM, async (trx) =>
          compare(trx, { report: await lockReport(trx, of), settled }),
        );
        const told = await tellMissing(dependencies, gateway, lines);
        if (told > 0) return { told };
      }
      await withTransaction(database, SYSTEM, async (trx) => {
        const report = await lockReport(trx, of);
        const lines = await compare(trx, { report, settled });
        await completeReport(trx, report, { lines, at: now() });
        await recordSettlement(trx, { report, lines, at: now() });
      });
      return { told: 0 };
    },
  });
}

async function compare(
  trx: Transaction,
  {
    report,
    settled,
  }: { readonly report: SettlementReport; readonly settled: readonly SettledMovement[] },
): Promise<SettlementLine[]> {
  const ids = new Set(settled.flatMap(({ gatewayPaymentId }) => gatewayPaymentId ?? []));
  const asked = { report, gatewayPaymentIds: [...ids], range: rangeOf(report.day) };
  return compareSettlement(settled, await listBooked(trx, asked));
}

async function readSettled(
  gateway: PaymentGateway,
  { day }: GatewayDay,
): Promise<SettledMovement[]> {
  const { from, to } = rangeOf(day);
  const settled: SettledMovement[] = [];
  let cursor: string | null = null;
  do {
    heartbeat();
    const page: Awaited<ReturnType<PaymentGateway['listSettled']>> = await gateway.listSettled({
      from,
      to,
      cursor,
    });
    settled.push(...page.entries);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return settled;
}

/** What a webhook would have done: the lifecycle asks the gateway by itself, and believes nothing of a report. */
async function tellMissing(
  dependencies: ActivityDependencies,
  gateway: PaymentGateway,
  lines: readonly SettlementLine[],
): Promise<number> {
  let told = 0;
  for (const line of lines) {
    if (line.verdict !== 'missing_here' || told >= TOLD_PER_RUN_MAX) continue;
    heartbeat();
    told += await tellOf(dependencies, gateway, line.settled);
  }
  return told;
}

async function tellOf(
  dependencies: ActivityDependencies,
  gateway: PaymentGateway,
  { gatewayPaymentId, kind, entryId }: SettledMovement,
): Promise<number> {
  if (gatewayPaymentId === null || (kind !== 'payment' && kind !== 'refund')) return 0;
  const payment = await gateway.getPayment(gatewayPaymentId);
  if (payment === null) return 0;
  const entry = {
    gateway: gateway.name,
    gatewayPaymentId,
    type: `${kind}.succeeded`,
    workflowId: workflowOfPayment(payment.reference),
  };
  const { workflowIds } = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    judgeEntry(trx, entry),
  );
  const report = { eventId: `settlement/${entryId}`, gateway: gateway.name, gatewayPaymentId };
  let told = 0;
  for (const workflowId of workflowIds) {
    if (await tellOfPayment(dependencies, workflowId, { signal: paymentReported, report }))
      told += 1;
  }
  return told;
}
