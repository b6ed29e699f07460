import {
  decideNextAction,
  findWatchedMicros,
  type AutoRecharge,
  type AutoRechargeStatus,
} from '../../domain/auto-recharge/auto-recharge';
import type { CurrencyCode } from '../../domain/currency';
import { toRowMonth } from '../ledger-rows';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { AutoRechargeModel } from '../models/auto-recharge.model';
import type { Transaction } from '../transaction';
import { fromRowCollection, toRowCollection } from './collection.columns';

export const autoRecharges = createLifecycleTable({
  kind: 'auto_recharge',
  model: AutoRechargeModel,
  fromRows: (_, rows: readonly AutoRechargeModel[]) => rows.map(fromRowAutoRecharge),
  toRow: toRowAutoRecharge,
  writeParts: saveWatch,
  decideNextAction,
});
export type AutoRechargeRecord = LifecycleRecord<AutoRecharge>;

/** The ledger says the same as the row: what to watch for. So only who moves money below it has anything to do. */
async function saveWatch(
  trx: Transaction,
  { before, after }: { readonly before: AutoRecharge | null; readonly after: AutoRecharge },
): Promise<void> {
  const watched = findWatchedMicros(after);
  if (before !== null && findWatchedMicros(before) === watched) return;
  await trx('ledgers').where({ account_id: after.accountId }).update({ watched_micros: watched });
}

/** Accounts whose balance fell and whose workflow may not have heard. Any of them: no row says who has. */
export async function listUnheard(
  trx: Transaction,
  { limit }: { readonly limit: number },
): Promise<string[]> {
  return trx('auto_recharges')
    .whereNotNull('crossed_at')
    .orderByRaw('random()')
    .limit(limit)
    .pluck('id');
}

function fromRowAutoRecharge(row: AutoRechargeModel): AutoRecharge {
  const money = (amountMicros: bigint) => ({
    amountMicros,
    currency: row.currency as CurrencyCode,
  });
  return {
    id: row.id,
    accountId: row.account_id,
    timeZone: row.time_zone,
    limits: {
      threshold: money(row.threshold_micros),
      amount: money(row.amount_micros),
      monthlyCap: money(row.monthly_cap_micros),
    },
    paymentMethodId: row.payment_method_id,
    isEnabled: row.is_enabled,
    status: row.status as AutoRechargeStatus,
    reason: row.reason,
    crossedAt: row.crossed_at,
    chargeNumber: Number(row.charge_number),
    collection: fromRowCollection(row.collection),
    charged: {
      month: row.charged_month.slice(0, 'YYYY-MM'.length),
      money: money(row.charged_micros),
    },
  };
}

function toRowAutoRecharge(recharge: AutoRecharge) {
  const { limits, charged } = recharge;
  return {
    id: recharge.id,
    account_id: recharge.accountId,
    time_zone: recharge.timeZone,
    currency: limits.amount.currency,
    threshold_micros: limits.threshold.amountMicros,
    amount_micros: limits.amount.amountMicros,
    monthly_cap_micros: limits.monthlyCap.amountMicros,
    payment_method_id: recharge.paymentMethodId,
    is_enabled: recharge.isEnabled,
    status: recharge.status,
    reason: recharge.reason,
    crossed_at: recharge.crossedAt,
    charge_number: BigInt(recharge.chargeNumber),
    collection: toRowCollection(recharge.collection),
    charged_month: toRowMonth(charged.month),
    charged_micros: charged.money.amountMicros,
  };
}
