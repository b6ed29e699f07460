import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { refunds } from '../../db/repositories/refund.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { SeenAtGateway } from '../../domain/refund/close-refund';
import type { Refund } from '../../domain/refund/refund';
import { askRefundAgain, closeRefund, type CloseRequest } from '../../workflows/refund.messages';
import type { Caller } from '../caller';
import { sendToLifecycle, type Sending } from '../commands/send-to-lifecycle';
import { getRecord } from '../get-record';
import { toApiRefund } from '../presenters/refund.presenter';
import { commandRoute, type Route } from '../route';
import { z } from 'zod';
import { idText } from '../schemas/common.schema';
import { confirmRefundSchema, refundSchema, rejectRefundSchema } from '../schemas/refund.schema';

/** What operators do to a refund that its gateway does not confirm. */
const common = {
  method: 'post',
  tag: 'Refunds',
  roles: ['operator'],
  params: z.strictObject({ refund_id: idText }),
  responses: {
    200: { description: 'The refund as it is now.', schema: refundSchema },
    202: { description: 'Accepted; the refund as it was.', schema: refundSchema },
  },
  refusals: ['invalid_state'],
} as const;

const confirmRoute = commandRoute({
  ...common,
  path: '/v1/refunds/{refund_id}/confirm',
  operation: 'confirmRefund',
  summary: 'Close a refund as given back, as a person saw at the gateway',
  description:
    'For a refund that its gateway has not confirmed for a day. It has succeeded then, with its refund voucher or ' +
    'credit note. The gateway is not asked any more.',
  body: confirmRefundSchema,
  handler: (request, dependencies) => {
    const gatewayRefundId = request.body.gateway_refund_id;
    const say = (refund: Refund, trx: Transaction) =>
      sayClosed(trx, { refund, request, seen: { kind: 'refunded', gatewayRefundId } });
    return sendToLifecycle(request, dependencies, toRefund(request.params.refund_id, say));
  },
});

const rejectRoute = commandRoute({
  ...common,
  path: '/v1/refunds/{refund_id}/reject',
  operation: 'rejectRefund',
  summary: 'Close a refund as not given back, as a person saw at the gateway',
  description:
    'For a refund that its gateway has not confirmed for a day. It has failed then, and its money is back where it ' +
    'was taken from. Make sure that the gateway cannot pay it out any more.',
  body: rejectRefundSchema,
  handler: (request, dependencies) => {
    const say = (refund: Refund, trx: Transaction) =>
      sayClosed(trx, { refund, request, seen: { kind: 'not_refunded' } });
    return sendToLifecycle(request, dependencies, toRefund(request.params.refund_id, say));
  },
});

const askAgainRoute = commandRoute({
  ...common,
  path: '/v1/refunds/{refund_id}/ask_again',
  operation: 'askRefundAgain',
  summary: 'Ask the gateway about a refund now',
  description: 'Under the key it had: a refund that was made is found, and never made twice.',
  handler: (request, dependencies) => {
    const say = async () => ({ update: askRefundAgain.name, args: [] });
    return sendToLifecycle(request, dependencies, toRefund(request.params.refund_id, say));
  },
});

export const operatorRefundRoutes: readonly Route[] = [confirmRoute, rejectRoute, askAgainRoute];

function toRefund(id: string, say: Sending<Refund, never>['say']) {
  return {
    kind: 'refund',
    get: (trx: Transaction) => getRecord(refunds, id, trx),
    say,
    show: async (trx: Transaction) => toApiRefund(await getRecord(refunds, id, trx)),
  } as const;
}

interface Closing {
  readonly refund: Refund;
  readonly request: {
    readonly caller: Caller;
    readonly body: { readonly reason: string };
    readonly receivedAt: Instant;
  };
  readonly seen: SeenAtGateway;
}

/** Keeps the operator's reason: a history carries none of it. */
async function sayClosed(trx: Transaction, { refund, request, seen }: Closing) {
  const { caller, body, receivedAt } = request;
  const note = { accountId: refund.accountId, words: body.reason, createdAt: receivedAt };
  const noteId = await insertCommandNote(trx, note);
  const asked: CloseRequest = { keyId: caller.keyId, noteId, seen };
  return { update: closeRefund.name, args: [asked] };
}
