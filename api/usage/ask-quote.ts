import { getAccount, type Account } from '../../db/repositories/account.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { Quote, Quoted } from '../../domain/usage/quote';
import { toRefusalError } from '../../domain/usage/refusal-error';
import { findAccountNow } from '../account-time';
import type { ApiDependencies } from '../dependencies';
import type { AskedQuote } from '../schemas/quote.schema';
import { toQuoteEvents, type QuotedEvents } from './to-quote-events';

/** Why something has no price. */
export const QUOTE_REFUSALS = [
  'no_rate',
  'group_too_large',
  'event_too_old',
  'event_in_future',
  'amount_out_of_range',
] as const;

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

/** Quotes what is asked. Throws `no_rate` when it has no price at all, and other refusals of usage. */
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

/** A quote with a price, or a refusal that says why there is none. */
export function expectQuoted(quote: Quote): Quoted {
  if (quote.kind === 'quoted') return quote;
  throw toRefusalError(quote.reason);
}
