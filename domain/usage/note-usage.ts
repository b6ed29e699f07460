/**
 * Owns: what a charged event leaves in the plan: its row, and what money paid, for the document of the month.
 * Does not own: what it costs and who pays (decide-usage.ts).
 * Example: 2 messages for 1.00 and 0.18 tax, whose new visitor cost 0.50 and 0.09: the row keeps the tax of the visitor
 * apart, and the month's charges grow by 1.18 of messages and 0.59 of visitors.
 */
import type { MonthKey } from '../calendar';
import { type LedgerPlan, noteUsageCharge } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import type { Tariff } from '../rating/tariff';
import type { PaidMoney } from './pay-usage';
import type { PostedUsage } from './post-usage';
import type { Rating, UsageEvent } from './usage-event';

interface ChargedEvent {
  readonly ledger: LedgerState;
  readonly tariff: Tariff;
}

/** What money paid for a use, and for the visitor it brought. */
interface EventMoney {
  readonly paid: PaidMoney;
  readonly visit: PaidMoney;
}

/** Notes a charged event as it will be kept. */
export function noteEvent(
  plan: LedgerPlan,
  {
    ledger,
    event,
    tariff,
    day,
    isNewVisitor,
  }: ChargedEvent & {
    readonly event: UsageEvent;
    readonly day: string;
    readonly isNewVisitor: boolean;
  },
  noted: {
    readonly rating: Rating;
    readonly money: EventMoney;
    readonly posted: PostedUsage;
  },
): void {
  const { rating, posted } = noted;
  const { paid, visit } = noted.money;
  const isVisit = tariff.unit === 'visitor';
  const ofUse = isVisit ? visit : paid;
  plan.events.push({
    ledgerId: ledger.ledgerId,
    event,
    localDate: day,
    asset: tariff.asset,
    rating,
    isNewVisitor,
    visitorTaxMicros: isVisit ? 0n : visit.taxMicros,
    paidQuantity: isMoney(ofUse) ? ofUse.quantity : 0n,
    taxation: isMoney(paid) || isMoney(visit) ? tariff.tax.taxation : null,
    transfers: posted.transfers,
    amounts: posted.amounts,
  });
}

function isMoney({ netMicros, taxMicros }: PaidMoney): boolean {
  return netMicros !== 0n || taxMicros !== 0n;
}

/** Adds it to what the document of the month will say. */
export function noteMoney(
  plan: LedgerPlan,
  { ledger: { ledgerId }, tariff, month }: ChargedEvent & { readonly month: MonthKey },
  { paid, visit }: EventMoney,
): void {
  const { category, tax } = tariff;
  const { taxation } = tax;
  noteUsageCharge(plan, { ledgerId, month, category, taxation }, paid);
  noteUsageCharge(plan, { ledgerId, month, category: 'unique_visitor', taxation }, visit);
}
