import type { z } from 'zod';
import { currencyFacts, type CurrencyCode } from '../../domain/currency';
import { formatAmount, formatRate, toWireMoney } from '../../domain/money';
import { isSufficient, type Quoted } from '../../domain/usage/quote';
import type { quoteSchema } from '../schemas/quote.schema';
import type { QuotedEvents } from '../usage/to-quote-events';
import { toApiCharge } from './usage-result.presenter';

type ApiQuote = z.input<typeof quoteSchema>;

/** What it would cost, what would pay, and what is missing. */
export function toApiQuote(
  quote: Quoted,
  asked: Pick<ApiQuote, 'account_id' | 'kind'> & {
    readonly quoted: QuotedEvents;
    readonly currency: CurrencyCode;
  },
): ApiQuote {
  const { account_id: accountId, kind, quoted, currency } = asked;
  const toMoney = (amountMicros: bigint) => toWireMoney({ amountMicros, currency });
  return {
    account_id: accountId,
    kind,
    at: quoted.at,
    recipients: quoted.recipients,
    unique_recipients: quoted.uniqueRecipients,
    currency,
    lines: quote.lines.map((line) => toApiLine(line, currency)),
    covered_by: quote.coveredBy.map(toApiCharge),
    tax: toMoney(quote.taxMicros),
    total: toMoney(quote.totalMicros),
    sufficient: isSufficient(quote),
    missing: toMoney(quote.missingMicros),
    missing_units: quote.missingUnits.map(({ asset, quantity }) => ({
      asset,
      quantity: Number(quantity),
    })),
  };
}

function toApiLine(
  line: Quoted['lines'][number],
  currency: CurrencyCode,
): ApiQuote['lines'][number] {
  const { category, market, quantity, unitRate, amountMicros, zeroReason } = line;
  return {
    category,
    market,
    quantity: Number(quantity),
    unit_rate: unitRate === null ? null : formatRate(unitRate, currencyFacts(currency).exponent),
    amount: formatAmount({ amountMicros, currency }),
    ...(zeroReason === null ? {} : { zero_reason: zeroReason }),
  };
}
