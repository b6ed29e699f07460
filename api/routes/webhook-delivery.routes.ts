import { z } from 'zod';
import { newId } from '../../db/new-id';
import {
  findDelivery,
  insertDelivery,
  listDeliveries,
  redeliver,
  type WebhookDelivery,
} from '../../db/repositories/webhook-delivery.repository';
import {
  findEndpoint,
  type WebhookEndpoint,
} from '../../db/repositories/webhook-endpoint.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { TEST_TYPE, toEndpointMessageBody } from '../../domain/webhook/webhook-message';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiDelivery } from '../presenters/webhook-endpoint.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import {
  deliveryParams,
  deliveryStatus,
  endpointParams,
  webhookDeliverySchema,
} from '../schemas/webhook-endpoint.schema';

const tag = 'Webhooks';
const ANYONE = ['operator', 'partner', 'account'] as const;
const DELIVERY = { description: 'The delivery.', schema: webhookDeliverySchema };

const testRoute = writeRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{endpoint_id}/test',
  operation: 'testWebhookEndpoint',
  summary: 'Send a webhook endpoint a test',
  description:
    'Its type is `webhook.test`, whatever types it listens to. No other endpoint is told.',
  tag,
  roles: ANYONE,
  params: endpointParams,
  responses: { 200: DELIVERY },
  refusals: ['invalid_state'],
  async handler({ params, receivedAt: at }, trx) {
    const endpoint = await getEnabled(trx, params.endpoint_id);
    const messageId = newId('event');
    const body = toEndpointMessageBody({
      id: messageId,
      endpointId: endpoint.id,
      accountId: endpoint.accountId,
      type: TEST_TYPE,
      reason: 'Somebody asked for a test.',
      data: {},
      at,
    });
    const test = { endpointId: endpoint.id, messageId, eventType: TEST_TYPE, body, at } as const;
    return ok(toApiDelivery(await insertDelivery(trx, test)));
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/webhook_endpoints/{endpoint_id}/deliveries',
  operation: 'listWebhookDeliveries',
  summary: 'List what a webhook endpoint was sent, and what came of it',
  description: 'What is settled is forgotten after 30 days.',
  tag,
  roles: ANYONE,
  params: endpointParams,
  query: z.strictObject({ ...pageFields, status: deliveryStatus.optional() }),
  responses: { 200: { description: 'Newest first.', schema: pageOf(webhookDeliverySchema) } },
  async handler({ params, query }, trx) {
    const { id: endpointId } = known(await findEndpoint(trx, params.endpoint_id), NO_ENDPOINT);
    const { limit, cursor, status } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listDeliveries(trx, { endpointId, status, limit: limit + 1, before });
    const cursorOf = ({ createdAt, id }: WebhookDelivery) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiDelivery, cursorOf }));
  },
});

const redeliverRoute = writeRoute({
  method: 'post',
  path: '/v1/webhook_deliveries/{delivery_id}/redeliver',
  operation: 'redeliverWebhook',
  summary: 'Send a webhook again, now',
  description:
    'It has the same `webhook-id` and the same bytes, so that a receiver that has it knows it. All retries are before it ' +
    'again. It waits for no other of its subject.',
  tag,
  roles: ANYONE,
  params: deliveryParams,
  responses: { 200: DELIVERY },
  refusals: ['invalid_state'],
  async handler({ params, receivedAt: at }, trx) {
    const { id, endpointId } = known(await findDelivery(trx, params.delivery_id), NO_DELIVERY);
    await getEnabled(trx, endpointId);
    await redeliver(trx, id, at);
    return ok(toApiDelivery(known(await findDelivery(trx, id), NO_DELIVERY)));
  },
});

export const webhookDeliveryRoutes: readonly Route[] = [testRoute, listRoute, redeliverRoute];

const NO_ENDPOINT = 'There is no such webhook endpoint.';
const NO_DELIVERY = 'There is no such webhook delivery.';

function known<Found>(found: Found | null, message: string): Found {
  if (found === null) throw new BillingError('not_found', message);
  return found;
}

async function getEnabled(trx: Transaction, id: string): Promise<WebhookEndpoint> {
  const endpoint = known(await findEndpoint(trx, id), NO_ENDPOINT);
  if (endpoint.status === 'disabled') {
    throw new BillingError('invalid_state', 'The endpoint is disabled: enable it first.');
  }
  return endpoint;
}
