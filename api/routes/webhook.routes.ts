import { z } from 'zod';
import { loadRestart } from '../../db/load-restart';
import { askAboutMethod } from '../../db/repositories/payment-method.repository';
import { judgeWebhook } from '../../db/judge-webhook';
import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import {
  insertInboxEntry,
  settleInboxEntry,
  type Judgement,
  type WaitingEntry,
} from '../../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { GatewayEvent, PaymentGateway } from '../../gateways/payment-gateway';
import { signalIfRunning } from '../../gateways/signal-if-running';
import { signalOf, type GatewayMessage } from '../../workflows/dispute.messages';
import { buildLifecycleStart } from '../../workflows/lifecycle.messages';
import { workflowOfPayment } from '../../workflows/payment.messages';
import { content, ok } from '../answer';
import type { ApiDependencies } from '../dependencies';
import type { RequestFacts } from '../request';
import { openRoute } from '../route';
import { idText } from '../schemas/common.schema';

const receivedSchema = z
  .strictObject({ received: z.literal(true), duplicate: z.boolean() })
  .meta({ id: 'WebhookReceived' });

/**
 * A gateway's message: signature over the raw bytes, then stored, then its payment's workflow is told, unless
 * the record says that there is nothing to tell. Nothing in it is believed beyond "look at this payment", or
 * setup, or method. Told twice, it is stored once.
 */
const receiveRoute = openRoute({
  method: 'post',
  path: '/webhooks/{gateway}',
  operation: 'receiveWebhook',
  summary: 'Receive a payment gateway’s webhook',
  description: 'For gateways only: the signature over the raw body is checked, ±300 s.',
  tag: 'Webhooks',
  params: z.strictObject({ gateway: idText }),
  rawBody: true,
  responses: { 200: { description: 'Stored.', schema: receivedSchema } },
  refusals: [
    'invalid_signature',
    'invalid_request',
    'not_found',
    'payload_too_large',
    'rate_limited',
  ],
  handler: async (request, dependencies) => {
    const { params, rawBody, receivedAt } = request;
    const gateway = dependencies.gateways.get(params.gateway);
    if (gateway === undefined) throw new BillingError('not_found', 'There is no such gateway.');
    const body = rawBody ?? Buffer.alloc(0);
    const event = await verify(gateway, { ...request, rawBody: body }, dependencies);
    const { eventId, type, reference, disputeId: gatewayDisputeId } = event;
    const gatewayPaymentId = event.gatewayPaymentId ?? event.setupId;
    const told = { gateway: gateway.name, eventId, gatewayPaymentId, gatewayDisputeId };
    const named = { ...told, type, reference, receivedAt };
    const now = dependencies.now();
    const [isNew, judged] = await withTransaction(dependencies.database, SYSTEM, async (trx) => {
      const judgement = await judge(trx, event, { named, now });
      const entry = { ...named, rawBody: body, state: judgement.state };
      return [await insertInboxEntry(trx, entry), judgement] as const;
    });
    if (isNew) await notifyLifecycles(dependencies, told, judged);
    return ok({ received: true, duplicate: !isNew });
  },
});

/** What the message is to us. Of a changed method its gateway is asked, within a minute: nobody waits for that. */
async function judge(
  trx: Transaction,
  { type, methodReference }: GatewayEvent,
  { named, now }: { readonly named: WaitingEntry; readonly now: Instant },
): Promise<Judgement> {
  const { gateway, reference, receivedAt: at } = named;
  if (type === 'method.changed' && methodReference !== null) {
    const isOurs = await askAboutMethod(trx, { gateway, methodReference, at });
    return { state: isOurs ? 'forwarded' : 'unmatched', workflowIds: [] };
  }
  const payerId = reference === null ? null : workflowOfPayment(reference);
  return judgeWebhook(trx, named, { payerId, now });
}

/** Throws what is wrong with it, or `rate_limited` once its address has sent too many like it. */
async function verify(
  gateway: PaymentGateway,
  request: Pick<RequestFacts, 'headers' | 'receivedAt' | 'address'> & { readonly rawBody: Buffer },
  { metrics, refusals }: ApiDependencies,
): Promise<GatewayEvent> {
  try {
    return gateway.verifyWebhook(request);
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    const reason = String(error.details.reason ?? error.code);
    metrics.refusedWebhooks.inc({ gateway: gateway.name, reason });
    if (error.code === 'invalid_signature') await refusals.count(request.address);
    throw error;
  }
}

const TELL_WITHIN_MS = 300;

/**
 * Tells the lifecycles, if Temporal answers at once. If not, the entry stays "received" and the
 * reconciliation brings it there: the gateway need not wait for us.
 */
async function notifyLifecycles(
  dependencies: ApiDependencies,
  told: GatewayMessage,
  { state, workflowIds }: Judgement,
): Promise<void> {
  if (state !== 'received' || workflowIds.length === 0) return;
  const { client, database, logger, now } = dependencies;
  const { gateway, eventId } = told;
  try {
    await client.withDeadline(Date.now() + TELL_WITHIN_MS, async () => {
      for (const workflowId of workflowIds) await tell(dependencies, workflowId, told);
    });
    await withTransaction(database, SYSTEM, (trx) =>
      settleInboxEntry(trx, { gateway, eventId }, { state: 'forwarded', at: now() }),
    );
  } catch (error) {
    logger.info({ eventId, error }, 'webhook kept for the reconciliation');
  }
}

/** One that has ended is opened again: an order that was paid, or has expired, may be paid once more. */
async function tell(
  { client, database, commands }: ApiDependencies,
  workflowId: string,
  told: GatewayMessage,
): Promise<void> {
  const { signal, report } = signalOf(told);
  if (await signalIfRunning(client, workflowId, signal, report)) return;
  const restart = await withTransaction(database, SYSTEM, async (trx) => {
    const row = await findLifecycle(trx, workflowId);
    invariant(row !== null, `${workflowId} has no row`);
    return loadRestart(trx, row);
  });
  await commands.restart(workflowId, buildLifecycleStart(restart));
  await client.workflow.getHandle(workflowId).signal(signal, report);
}

const RETURN_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Thank you</title>
<main>
<h1>Thank you</h1>
<p>You can close this page. Your balance grows as soon as the payment is confirmed to us by the payment provider, usually within seconds.</p>
</main>
</html>
`;

/** Where the hosted page sends people back to. It grants nothing and shows nothing of anybody. */
const returnRoute = openRoute({
  method: 'get',
  path: '/checkout/return',
  operation: 'showCheckoutReturn',
  summary: 'The page customers come back to',
  tag: 'Webhooks',
  query: z.looseObject({}),
  responses: { 200: { description: 'A page for people.', contentType: 'text/html' } },
  handler: async () => content('text/html; charset=utf-8', RETURN_PAGE),
});

export const webhookRoutes = [receiveRoute, returnRoute];
