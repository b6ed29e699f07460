import { findTerms, revenueShares, saveTerms } from './repositories/revenue-share.repository';
import { insertEvents } from './repositories/event.repository';
import type { Transaction } from './transaction';
import type { CurrencyCode } from '../domain/currency';
import { buildEvents } from '../domain/event';
import type { Instant } from '../domain/instant';
import { formatAmount } from '../domain/money';
import type { RevenueShareTerms } from '../domain/revenue-share/statement';

interface Agreement {
  readonly partnerId: string;
  readonly houseAccountId: string;
  readonly currency: CurrencyCode;
  readonly terms: RevenueShareTerms;
  /** Business time of the partner. */
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** Agrees to terms with a partner from now on, and tells it what they are, where they are others than before. */
export async function agreeTerms(trx: Transaction, agreement: Agreement): Promise<void> {
  const { partnerId, currency, terms, recordedAt } = agreement;
  const before = await findTerms(trx, partnerId);
  await saveTerms(trx, { ...terms, partnerId, currency, updatedAt: recordedAt });
  if (!isSame(before, terms)) await tell(trx, agreement);
}

function isSame(one: RevenueShareTerms, other: RevenueShareTerms): boolean {
  return (
    one.reserveBps === other.reserveBps &&
    one.reserveDays === other.reserveDays &&
    one.gatewayFeeBps === other.gatewayFeeBps &&
    one.payoutMinimumMicros === other.payoutMinimumMicros
  );
}

async function tell(trx: Transaction, agreement: Agreement): Promise<void> {
  const { partnerId, houseAccountId, currency, terms, at, recordedAt } = agreement;
  const share = await revenueShares.find(trx, partnerId);
  const payoutMinimum = formatAmount({ amountMicros: terms.payoutMinimumMicros, currency });
  const event = {
    type: 'revenue_share.terms_changed',
    reason: 'The terms of your revenue share have changed, for what is earned from now on.',
    data: {
      reserve_bps: terms.reserveBps,
      reserve_days: terms.reserveDays,
      gateway_fee_bps: terms.gatewayFeeBps,
      payout_minimum: payoutMinimum,
    },
  } as const;
  const facts = {
    status: share?.state.status ?? 'accruing',
    month: null,
    amount: null,
    currency,
    payout_id: null,
  };
  const partner = { id: partnerId, accountId: houseAccountId };
  const told = buildEvents<'revenue_share'>(partner, { events: [event], facts, at });
  await insertEvents(trx, told, recordedAt);
}
