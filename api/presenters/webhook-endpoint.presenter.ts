import type { z } from 'zod';
import type { WebhookDelivery } from '../../db/repositories/webhook-delivery.repository';
import type { WebhookEndpoint } from '../../db/repositories/webhook-endpoint.repository';
import type {
  webhookDeliverySchema,
  webhookEndpointSchema,
} from '../schemas/webhook-endpoint.schema';

export function toApiEndpoint(endpoint: WebhookEndpoint): z.input<typeof webhookEndpointSchema> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    event_types: [...endpoint.eventTypes],
    partner_id: endpoint.partnerId,
    account_id: endpoint.accountId,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
  };
}

export function toApiDelivery(delivery: WebhookDelivery): z.input<typeof webhookDeliverySchema> {
  return {
    id: delivery.id,
    endpoint_id: delivery.endpointId,
    webhook_id: delivery.messageId,
    event_type: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts.map((attempt) => ({ ...attempt })),
    next_attempt_at: delivery.status === 'pending' ? delivery.nextTryAt : null,
    created_at: delivery.createdAt,
  };
}
