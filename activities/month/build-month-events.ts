import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { MonthTurn } from '../../domain/ledger/month';
import { formatAmount, type Money } from '../../domain/money';
import { parseCurrency } from '../../domain/currency';
import type { MonthKey } from '../../domain/calendar';

/** What is told of a month's turn: nothing of an account that had nothing to end, to get or to settle. */
export function buildMonthEvents(
  { accountId, currency }: Pick<LedgerState, 'accountId' | 'currency'>,
  { forfeited, granted, settledMicros }: MonthTurn,
  { month, at }: { readonly month: MonthKey; readonly at: Instant },
): NewEvent[] {
  if (forfeited.length + granted.length === 0 && settledMicros === 0n) return [];
  const money = (amountMicros: bigint): string =>
    formatAmount({ amountMicros, currency: parseCurrency(currency) } satisfies Money);
  const reason = `the month ${month} began: what was left of last month's quotas ended, and this month's were granted`;
  return buildEvents<'quota'>(
    { id: accountId, accountId },
    {
      at,
      facts: {
        month,
        conversations_forfeited: Number(amountOf(forfeited, 'wa_conversation')),
        visitors_forfeited: Number(amountOf(forfeited, 'unique_visitor')),
        conversations_granted: Number(amountOf(granted, 'wa_conversation')),
        visitors_granted: Number(amountOf(granted, 'unique_visitor')),
        balance_granted: money(amountOf(granted, currency)),
        debt_settled: money(settledMicros),
        currency,
      },
      events: [{ type: 'quota.reset', reason }],
    },
  );
}

function amountOf(
  parts: readonly { readonly asset: string; readonly amount: bigint }[],
  asset: string,
): bigint {
  return parts.reduce((sum, part) => (part.asset === asset ? sum + part.amount : sum), 0n);
}
