import { ok } from '../answer';
import { toApiQuote } from '../presenters/quote.presenter';
import { writeRoute, type Route } from '../route';
import { quoteBody, quoteSchema } from '../schemas/quote.schema';
import { askQuote, QUOTE_REFUSALS } from '../usage/ask-quote';

/** A question, sent as POST because its recipients belong in no address. Nothing is written. */
const quoteRoute = writeRoute({
  method: 'post',
  path: '/v1/quotes',
  operation: 'quoteUsage',
  summary: 'Ask what a broadcast, a group message or a call would cost',
  description:
    'The same decision that charges usage, with nothing stored: what each market costs now, which buckets would pay, ' +
    'and what is missing. Recipients named twice count once.',
  tag: 'Usage',
  roles: ['operator', 'partner', 'account'],
  body: quoteBody,
  responses: { 200: { description: 'What it would cost.', schema: quoteSchema } },
  refusals: ['not_found', ...QUOTE_REFUSALS],
  async handler({ body, receivedAt }, trx, dependencies) {
    const { quote, quoted, account } = await askQuote(body, { trx, receivedAt, dependencies });
    const { account_id, kind } = body;
    return ok(toApiQuote(quote, { account_id, kind, quoted, currency: account.currency }));
  },
});

export const quoteRoutes: readonly Route[] = [quoteRoute];
