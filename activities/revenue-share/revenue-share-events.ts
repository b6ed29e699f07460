import type { EventOf, NewEvent } from '../../domain/event';
import { buildEvents } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import type { Payout } from '../../domain/revenue-share/decide-payout';
import type { RevenueShare } from '../../domain/revenue-share/revenue-share';
import type { MonthStatement } from '../../domain/revenue-share/statement';

/** Events about a partner's share, told to its own account, with the facts a receiver needs. */
export function buildRevenueShareEvents(
  share: RevenueShare,
  {
    about,
    events,
    at,
  }: {
    /** What the events are about: a statement, or a payout. */
    readonly about: MonthStatement | Payout;
    readonly events: readonly EventOf<'revenue_share'>[];
    readonly at: Instant;
  },
): NewEvent[] {
  const isPayout = 'target' in about;
  const amountMicros = isPayout ? about.amountMicros : about.payableMicros;
  const { currency } = share;
  const facts = {
    status: share.status,
    month: about.month,
    amount: formatAmount({ amountMicros, currency }),
    currency,
    payout_id: isPayout ? about.id : null,
  };
  return buildEvents<'revenue_share'>(share, { events, facts, at });
}
