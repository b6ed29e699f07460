import { insertDelivery } from '../../db/repositories/webhook-delivery.repository';
import { insertEndpoint } from '../../db/repositories/webhook-endpoint.repository';
import { newId } from '../../db/new-id';
import type { Transaction } from '../../db/transaction';
import { TEST_TYPE } from '../../domain/webhook/webhook-message';
import { newWebhookSecret, sealWebhookSecret } from '../../gateways/webhooks/webhook-secret';
import { WEBHOOK_KEY } from './api-under-test';

/** An endpoint of the account, with a test on its way to it. */
export async function createWebhooks(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: string },
): Promise<{
  readonly webhookEndpointId: string;
  readonly spareEndpointId: string;
  readonly webhookDeliveryId: string;
}> {
  const endpoint = {
    partnerId: null,
    accountId,
    url: 'https://hooks.example.com/tollgate',
    eventTypes: ['*'] as const,
    secretSealed: sealWebhookSecret(newWebhookSecret(), WEBHOOK_KEY),
    createdAt: at,
  };
  const { id: endpointId } = await insertEndpoint(trx, endpoint);
  const spare = await insertEndpoint(trx, endpoint);
  const messageId = newId('event');
  const message = { endpointId, messageId, eventType: TEST_TYPE, body: '{}', at } as const;
  const delivery = await insertDelivery(trx, message);
  return {
    webhookEndpointId: endpointId,
    spareEndpointId: spare.id,
    webhookDeliveryId: delivery.id,
  };
}
