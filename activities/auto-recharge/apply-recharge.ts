import {
  autoRecharges,
  type AutoRechargeRecord,
} from '../../db/repositories/auto-recharge.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  findCharged,
  type AutoRecharge,
  type AutoRechargeDecision,
  type AutoRechargeEvent,
} from '../../domain/auto-recharge/auto-recharge';
import type { RechargeFunds } from '../../domain/auto-recharge/collect';
import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import type { Locked } from '../lifecycle/locked';

/** Writes a decision: the row, new or again, and what is told. */
export async function applyRecharge(
  { trx, record, recordedAt }: Locked<AutoRechargeRecord | null>,
  { recharge, at, events }: AutoRechargeDecision,
  { balanceMicros }: Pick<RechargeFunds, 'balanceMicros'>,
): Promise<AutoRechargeRecord> {
  const told = buildRechargeEvents(recharge, { events, at, balanceMicros });
  await insertEvents(trx, told, recordedAt);
  return record === null
    ? autoRecharges.insert(trx, recharge, at)
    : autoRecharges.update(trx, record, { state: recharge, at });
}

/** Events with the facts a receiver needs. */
export function buildRechargeEvents(
  recharge: AutoRecharge,
  told: {
    readonly events: readonly AutoRechargeEvent[];
    readonly at: Instant;
    /** Null: nobody looked. */
    readonly balanceMicros: bigint | null;
  },
): NewEvent[] {
  const { events, at, balanceMicros } = told;
  const { status, limits } = recharge;
  const { currency } = limits.amount;
  const balance = balanceMicros === null ? null : { amountMicros: balanceMicros, currency };
  const facts = {
    status,
    threshold: formatAmount(limits.threshold),
    amount: formatAmount(limits.amount),
    monthly_cap: formatAmount(limits.monthlyCap),
    charged_this_month: formatAmount(findCharged(recharge, at)),
    balance: balance && formatAmount(balance),
    currency,
  };
  return buildEvents<'auto_recharge'>(recharge, { events, facts, at });
}
