import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { getPartner } from '../../db/repositories/partner.repository';
import { failPendingDeliveries } from '../../db/repositories/webhook-delivery.repository';
import {
  changeEndpoint,
  deleteEndpoint,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  lockEndpoint,
  rotateSecret,
  type WebhookEndpoint,
} from '../../db/repositories/webhook-endpoint.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { addSeconds, type Instant } from '../../domain/instant';
import { newWebhookSecret, sealWebhookSecret } from '../../gateways/webhooks/webhook-secret';
import { findUrlFault, type TargetPolicy } from '../../gateways/webhooks/webhook-target';
import { created, ok } from '../answer';
import type { Caller } from '../caller';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiEndpoint } from '../presenters/webhook-endpoint.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import {
  endpointParams,
  newWebhookEndpointSchema,
  webhookEndpointChangeSchema,
  webhookEndpointSchema,
  webhookEndpointWithSecretSchema,
} from '../schemas/webhook-endpoint.schema';

const tag = 'Webhooks';
const ANYONE = ['operator', 'partner', 'account'] as const;
const ENDPOINT = { description: 'The endpoint.', schema: webhookEndpointSchema };
/** Receivers have a day to learn a new secret. */
const ROTATION_SECONDS = 86_400;

const createRoute = writeRoute({
  method: 'post',
  path: '/v1/webhook_endpoints',
  operation: 'createWebhookEndpoint',
  summary: 'Have events sent to a URL',
  description:
    'An operator’s endpoint is told every event, a partner’s those of its accounts, an account’s its own: what ' +
    '`GET /v1/events` shows its owner. The secret is in this answer and never again. Webhooks are signed as ' +
    'standardwebhooks.com says; anything but a 2xx answer within 15 seconds is tried again, for a day.',
  tag,
  roles: ANYONE,
  body: newWebhookEndpointSchema,
  responses: {
    201: { description: 'The endpoint with its secret.', schema: webhookEndpointWithSecretSchema },
  },
  refusals: ['not_found', 'unprocessable'],
  answersWithSecret: true,
  async handler({ body, caller, receivedAt }, trx, { webhooksOut }) {
    const owner = await findOwner(body, { caller, trx });
    refuseBadTarget(body.url, webhooksOut);
    const secret = newWebhookSecret();
    const endpoint = await insertEndpoint(trx, {
      ...owner,
      url: body.url,
      eventTypes: body.event_types,
      secretSealed: sealWebhookSecret(secret, webhooksOut.key),
      createdAt: receivedAt,
    });
    const location = `/v1/webhook_endpoints/${endpoint.id}`;
    return created({ ...toApiEndpoint(endpoint), secret }, location);
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/webhook_endpoints',
  operation: 'listWebhookEndpoints',
  summary: 'List webhook endpoints',
  tag,
  roles: ANYONE,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'Newest first.', schema: pageOf(webhookEndpointSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor } = query;
    const rows = await listEndpoints(trx, { limit: limit + 1, before: readCreatedCursor(cursor) });
    const cursorOf = ({ createdAt, id }: WebhookEndpoint) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiEndpoint, cursorOf }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/webhook_endpoints/{endpoint_id}',
  operation: 'getWebhookEndpoint',
  summary: 'Show a webhook endpoint',
  tag,
  roles: ANYONE,
  params: endpointParams,
  responses: { 200: ENDPOINT },
  async handler({ params }, trx) {
    return ok(toApiEndpoint(known(await findEndpoint(trx, params.endpoint_id))));
  },
});

const changeRoute = writeRoute({
  method: 'patch',
  path: '/v1/webhook_endpoints/{endpoint_id}',
  operation: 'changeWebhookEndpoint',
  summary: 'Change where and what a webhook endpoint is told, or enable it again',
  description:
    'A disabled endpoint is sent nothing: what waits for it is given up, and what happens meanwhile is not kept for it. ' +
    '`GET /v1/events` has all of it, and given-up deliveries can be redelivered once it is enabled.',
  tag,
  roles: ANYONE,
  params: endpointParams,
  body: webhookEndpointChangeSchema,
  responses: { 200: ENDPOINT },
  refusals: ['unprocessable'],
  async handler({ params, body, receivedAt: at }, trx, { webhooksOut }) {
    const endpoint = known(await lockEndpoint(trx, params.endpoint_id));
    if (body.url !== undefined) refuseBadTarget(body.url, webhooksOut);
    const isNew = body.status !== endpoint.status;
    const changed = await changeEndpoint(trx, endpoint.id, {
      url: body.url,
      eventTypes: body.event_types,
      status: isNew ? body.status : undefined,
      disabledReason: 'Its owner disabled it.',
      at,
    });
    if (isNew && body.status === 'disabled') await giveUp(trx, endpoint.id, at);
    return ok(toApiEndpoint(changed));
  },
});

const deleteRoute = writeRoute({
  method: 'delete',
  path: '/v1/webhook_endpoints/{endpoint_id}',
  operation: 'deleteWebhookEndpoint',
  summary: 'Delete a webhook endpoint and its deliveries',
  description: 'Nobody finds it any more. Deleted again, the answer is the same.',
  tag,
  roles: ANYONE,
  params: endpointParams,
  responses: { 200: { description: 'The endpoint, deleted.', schema: webhookEndpointSchema } },
  async handler({ params, receivedAt: at }, trx) {
    const deleted = await deleteEndpoint(trx, { id: params.endpoint_id, at });
    return ok(toApiEndpoint(known(deleted)));
  },
});

const rotateRoute = writeRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{endpoint_id}/rotate_secret',
  operation: 'rotateWebhookSecret',
  summary: 'Sign a webhook endpoint’s webhooks with a new secret',
  description:
    'The secret is in this answer and never again. For 24 hours the one before signs beside it: `webhook-signature` ' +
    'has both, with a blank between, and one that matches is enough.',
  tag,
  roles: ANYONE,
  params: endpointParams,
  responses: {
    200: { description: 'The endpoint with its secret.', schema: webhookEndpointWithSecretSchema },
  },
  answersWithSecret: true,
  async handler({ params, receivedAt: at }, trx, { webhooksOut }) {
    const endpoint = known(await lockEndpoint(trx, params.endpoint_id));
    const secret = newWebhookSecret();
    await rotateSecret(trx, endpoint.id, {
      secretSealed: sealWebhookSecret(secret, webhooksOut.key),
      previousUntil: addSeconds(at, ROTATION_SECONDS),
      at,
    });
    return ok({ ...toApiEndpoint({ ...endpoint, updatedAt: at }), secret });
  },
});

export const webhookEndpointRoutes: readonly Route[] = [
  createRoute,
  listRoute,
  showRoute,
  changeRoute,
  deleteRoute,
  rotateRoute,
];

function known(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (endpoint === null) throw new BillingError('not_found', 'There is no such webhook endpoint.');
  return endpoint;
}

function refuseBadTarget(url: string, policy: TargetPolicy): void {
  const fault = findUrlFault(url, policy);
  if (fault !== null) throw new BillingError('unprocessable', fault, { field: 'url' });
}

function giveUp(trx: Transaction, endpointId: string, at: Instant): Promise<void> {
  return failPendingDeliveries(trx, { endpointId, error: 'the endpoint was disabled', at });
}

/** Whose the endpoint is. Throws `not_found` for a partner or account that the caller does not see. */
async function findOwner(
  body: z.output<typeof newWebhookEndpointSchema>,
  { caller, trx }: { readonly caller: Caller; readonly trx: Transaction },
): Promise<{ partnerId: string | null; accountId: string | null }> {
  if (body.account_id !== undefined) {
    return { partnerId: null, accountId: (await getAccount(trx, body.account_id)).id };
  }
  if (body.partner_id !== undefined) {
    return { partnerId: (await getPartner(trx, body.partner_id)).id, accountId: null };
  }
  const { role, partnerId, accountId } = caller;
  if (role === 'account') return { partnerId: null, accountId };
  return { partnerId: role === 'partner' ? partnerId : null, accountId: null };
}
