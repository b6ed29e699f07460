import { getAccount, type Account } from '../../db/repositories/account.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import type { Quote, Quoted } from '../../domain/usage/quote';
import type { UsageRefusal } from '../../domain/usage/usage-event';
import { findAccountNow } from '../account-time';
import type { ApiDependencies } from '../dependencies';
import type { AskedQuote } from '../schemas/quote.schema';
import { toQuoteEvents, type QuotedEvents } from './to-quote-events';

/** What a request brings beside its body. */
export interface Asking {
  readonly trx: Transaction;
  readonly receivedAt: Instant;
  readonly dependencies: Pick<ApiDependencies, 'usage'>;
}

/** A question about one account, with its present. */
export interface AskedEvents {
  readonly quoted: QuotedEvents;
  readonly account: Account;
  readonly now: Instant;
}

/** The events a quote or a hold is about. Throws `not_found` when the account is not the caller's. */
export async function askEvents(
  asked: AskedQuote,
  { trx, receivedAt, dependencies }: Asking,
): Promise<AskedEvents> {
  const account = await getAccount(trx, asked.account_id);
  const now = await findAccountNow(account, { trx, receivedAt });
  const quoted = toQuoteEvents(asked, { digest: dependencies.usage.digest, now });
  return { quoted, account, now };
}

/** Quotes what is asked. Throws `unprocessable` when it has no price at all. */
export async function askQuote(
  asked: AskedQuote,
  asking: Asking,
): Promise<AskedEvents & { readonly quote: Quoted }> {
  const events = await askEvents(asked, asking);
  const { trx, receivedAt, dependencies } = asking;
  const quote = await dependencies.usage.quotes.quote(trx, {
    events: events.quoted.events,
    recordedAt: receivedAt,
  });
  return { ...events, quote: expectQuoted(quote) };
}

const REFUSALS: Partial<Record<UsageRefusal, string>> = {
  no_rate:
    'The account has no price for this: its rate card does not name the category and market.',
  group_too_large: 'The group has more members than a group message may have.',
  event_too_old: 'It is too long ago: usage is taken for 40 days.',
  event_in_future: 'It is too far ahead: prices are quoted for 1 day.',
};

/** A quote with a price, or a refusal that says why there is none. */
export function expectQuoted(quote: Quote): Quoted {
  if (quote.kind === 'quoted') return quote;
  const { reason } = quote;
  const message = REFUSALS[reason] ?? `This cannot be quoted: ${reason}.`;
  throw new BillingError('unprocessable', message, { reason });
}
