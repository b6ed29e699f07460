import { newId } from '../../db/new-id';
import { insertEvents } from '../../db/repositories/event.repository';
import { findPartner } from '../../db/repositories/partner.repository';
import {
  failPendingDeliveries,
  insertDelivery,
} from '../../db/repositories/webhook-delivery.repository';
import {
  changeEndpoint,
  listOperatorListeners,
  type WebhookEndpoint,
} from '../../db/repositories/webhook-endpoint.repository';
import type { Transaction } from '../../db/transaction';
import { buildEvents } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { toEndpointMessageBody } from '../../domain/webhook/webhook-message';

/**
 * Disables an endpoint that does not take what it is sent, gives up what waits for it, and tells its owner: by an event
 * of its account, or its partner's own. The operator has no account: its other endpoints are told without an event.
 */
export async function disableFailingEndpoint(
  trx: Transaction,
  failing: {
    readonly endpointId: string;
    readonly reason: string;
    readonly at: Instant;
    readonly failingSince: Instant;
    readonly failures: number;
  },
): Promise<void> {
  const { endpointId, reason, at } = failing;
  const endpoint = await changeEndpoint(trx, endpointId, {
    status: 'disabled',
    disabledReason: reason,
    at,
  });
  await failPendingDeliveries(trx, { endpointId, error: 'the endpoint was disabled', at });
  const facts = {
    status: endpoint.status,
    failing_since: failing.failingSince,
    failures: failing.failures,
  };
  const accountId = await findOwnAccount(trx, endpoint);
  if (accountId === null) {
    await tellOperator(trx, { endpointId, reason, at, facts });
    return;
  }
  const events = [{ type: TYPE, reason }] as const;
  const told = buildEvents<'webhook_endpoint'>(
    { id: endpointId, accountId },
    { events, facts, at },
  );
  await insertEvents(trx, told, at);
}

const TYPE = 'webhook_endpoint.disabled';

async function findOwnAccount(
  trx: Transaction,
  { accountId, partnerId }: WebhookEndpoint,
): Promise<string | null> {
  if (partnerId === null) return accountId;
  return (await findPartner(trx, partnerId))?.houseAccountId ?? null;
}

async function tellOperator(
  trx: Transaction,
  message: {
    readonly endpointId: string;
    readonly reason: string;
    readonly at: Instant;
    readonly facts: Readonly<Record<string, string | number>>;
  },
): Promise<void> {
  const { at, facts: data } = message;
  const id = newId('event');
  const body = toEndpointMessageBody({ ...message, id, accountId: null, type: TYPE, data });
  for (const endpointId of await listOperatorListeners(trx, TYPE)) {
    await insertDelivery(trx, { endpointId, messageId: id, eventType: TYPE, body, at });
  }
}
