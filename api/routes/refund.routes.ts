import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { getDocument } from '../../db/repositories/document.repository';
import { findPayment } from '../../db/repositories/payment.repository';
import { refunds } from '../../db/repositories/refund.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { accepted, created, ok } from '../answer';
import { assertDone } from '../command-answer';
import { buildRefundStart } from '../commands/request-refund';
import { runCommand, type CommandOptions } from '../commands/run-command';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiRefund } from '../presenters/refund.presenter';
import { commandRoute, readRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import { invoiceRefundSchema, paymentRefundSchema, refundSchema } from '../schemas/refund.schema';
import { getRecord, cursorOfRecord } from '../get-record';

const tag = 'Refunds';
const ANYONE = ['operator', 'partner', 'account'] as const;
const SELLERS = ['operator', 'partner'] as const;
const requested = {
  201: { description: 'The refund; `status` says whether it is done.', schema: refundSchema },
  202: { description: 'Accepted; ask for the refund until it is there.', schema: startedSchema },
};

const refundPaymentRoute = commandRoute({
  method: 'post',
  path: '/v1/payments/{payment_id}/refund',
  operation: 'refundPayment',
  summary: 'Give money of a payment back to what it was paid with',
  description:
    'The money leaves the wallet first: never more than it has, never more than was paid. Tax that was ' +
    'paid with a top-up goes back with it, by refund voucher. What was spent is refunded by its invoice.',
  tag,
  roles: SELLERS,
  params: z.strictObject({ payment_id: idText }),
  body: paymentRefundSchema,
  responses: requested,
  refusals: [
    'amount_out_of_range',
    'insufficient_balance',
    'invalid_amount',
    'invalid_state',
    'unprocessable',
  ],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      build: async (id, trx) => {
        const payment = await findPayment(trx, request.params.payment_id);
        if (payment === null) throw new BillingError('not_found', 'There is no such payment.');
        const { accountId } = payment;
        const subject = { kind: 'payment', id: payment.id } as const;
        return buildRefundStart(id, trx, { ...request, subject, accountId });
      },
      ...presentRefund(),
    }),
});

const refundInvoiceRoute = commandRoute({
  method: 'post',
  path: '/v1/invoices/{document_id}/refund',
  operation: 'refundInvoice',
  summary: 'Give back what was invoiced, with its tax, by credit note',
  description:
    'Never more than the invoice sold less what was taken back of it. To the source, it goes to the newest ' +
    'payment of the account that has as much left and bore no tax of its own.',
  tag,
  roles: SELLERS,
  params: z.strictObject({ document_id: idText }),
  body: invoiceRefundSchema,
  responses: requested,
  refusals: ['amount_out_of_range', 'invalid_amount', 'invalid_state', 'unprocessable'],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      build: async (id, trx) => {
        const document = await getDocument(trx, request.params.document_id);
        if (document.kind !== 'invoice') {
          const message = 'Only an invoice is refunded by credit note.';
          throw new BillingError('unprocessable', message);
        }
        const { accountId } = document;
        const subject = { kind: 'invoice', id: document.id } as const;
        return buildRefundStart(id, trx, { ...request, subject, accountId });
      },
      ...presentRefund(),
    }),
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/refunds/{refund_id}',
  operation: 'getRefund',
  summary: 'Show a refund and what happens to it next',
  tag,
  roles: ANYONE,
  params: z.strictObject({ refund_id: idText }),
  responses: { 200: { description: 'The refund.', schema: refundSchema } },
  handler: async ({ params }, trx) => ok(await showRefund(params.refund_id, trx)),
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/refunds',
  operation: 'listRefunds',
  summary: 'List an account’s refunds, newest first',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText }),
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(refundSchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await refunds.page(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    return ok(
      toApiPage(rows, { limit: query.limit, present: toApiRefund, cursorOf: cursorOfRecord }),
    );
  },
});

export const refundRoutes: readonly Route[] = [
  refundPaymentRoute,
  refundInvoiceRoute,
  showRoute,
  listRoute,
];

async function showRefund(id: string, trx: Transaction) {
  return toApiRefund(await getRecord(refunds, id, trx));
}

function presentRefund(): Omit<CommandOptions<CommandAnswer>, 'build'> {
  return {
    resourceKind: 'refund',
    present: async (answer, { resourceId, trx }) => {
      assertDone(answer);
      return created(await showRefund(resourceId, trx), `/v1/refunds/${resourceId}`);
    },
    presentAccepted: async ({ resourceId }) => accepted({ id: resourceId, status: 'requested' }),
  };
}
