import { z } from 'zod';
import { findAccount, getAccount } from '../../db/repositories/account.repository';
import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { getPlan } from '../../db/repositories/plan.repository';
import {
  subscriptions,
  type SubscriptionRecord,
} from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError, type BillingErrorCode } from '../../domain/billing-error';
import type { WantedOffer } from '../../domain/offer';
import type { Subscription } from '../../domain/subscription/subscription';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import {
  cancelSubscription,
  changePlan,
  pauseSubscription,
  resumeSubscription,
  scheduleChange,
  unscheduleChange,
  type ChangeAnswer,
} from '../../workflows/subscription.messages';
import { accepted, created, ok, type Answer } from '../answer';
import { assertDone } from '../command-answer';
import { previewChange } from '../commands/preview-change';
import { runCommand } from '../commands/run-command';
import {
  assertBought,
  buildSubscriptionStart,
  getOfferedTerms,
} from '../commands/start-subscription';
import { sendToLifecycle, type Sending } from '../commands/send-to-lifecycle';
import type { ApiDependencies } from '../dependencies';
import { cursorOfRecord, getRecord } from '../get-record';
import type { RepeatableRequest } from '../idempotency';
import { getLifecycleOwner } from '../lifecycle-owner';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import {
  toApiChangeLines,
  toApiChangePreview,
  toApiSubscription,
} from '../presenters/subscription.presenter';
import { commandRoute, readRoute, writeRoute } from '../route';
import { idText } from '../schemas/common.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import {
  cancelSubscriptionSchema,
  changedSubscriptionSchema,
  changePreviewSchema,
  changeSubscriptionSchema,
  newSubscriptionSchema,
  pauseSubscriptionSchema,
  scheduleChangeSchema,
  subscriptionSchema,
} from '../schemas/subscription.schema';

const tag = 'Subscriptions';
const ANYONE = ['operator', 'partner', 'account'] as const;
const accountParams = z.strictObject({ account_id: idText });
const subscriptionParams = z.strictObject({ subscription_id: idText });

const CHANGE_REFUSALS: readonly BillingErrorCode[] = [
  'same_plan',
  'unknown_plan',
  'no_billing_cycle',
  'currency_mismatch',
  'billing_address_required',
];

const startRoute = commandRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/subscriptions',
  operation: 'startSubscription',
  summary: 'Start a subscription',
  description: 'The first period is paid from the wallet; if it is short, 402 says by how much.',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: newSubscriptionSchema,
  responses: {
    201: { description: 'The subscription is active.', schema: subscriptionSchema },
    202: {
      description: 'Accepted; the outcome takes longer than was waited.',
      schema: startedSchema,
    },
  },
  refusals: [
    'insufficient_balance',
    'unknown_plan',
    'no_billing_cycle',
    'currency_mismatch',
    'billing_address_required',
    'already_exists',
  ],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'subscription',
      build: async (id, trx) => {
        const { account, owner } = await getLifecycleOwner(trx, request.params.account_id);
        const { plan_code: planCode, cycle, track } = request.body;
        const wanted = { planCode, cycle, track, currency: account.currency };
        await getOfferedTerms(trx, wanted);
        return buildSubscriptionStart(id, owner, wanted);
      },
      present: async (answer, context) => {
        assertDone(answer);
        const subscription = await showSubscription(context.resourceId, context.trx);
        return created(subscription, `/v1/subscriptions/${context.resourceId}`);
      },
      presentAccepted: async ({ resourceId }) =>
        accepted({ id: resourceId, status: 'pending' }, `/v1/subscriptions/${resourceId}`),
    }),
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/subscriptions',
  operation: 'listSubscriptions',
  summary: 'List an account’s subscriptions, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(subscriptionSchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await subscriptions.page(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    return ok(
      toApiPage(rows, {
        limit: query.limit,
        present: toApiSubscription,
        cursorOf: cursorOfRecord,
      }),
    );
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/subscriptions/{subscription_id}',
  operation: 'getSubscription',
  summary: 'Show a subscription and what happens to it next',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  responses: { 200: { description: 'The subscription.', schema: subscriptionSchema } },
  handler: async ({ params }, trx) => ok(await showSubscription(params.subscription_id, trx)),
});

const cancelRoute = commandRoute({
  method: 'post',
  path: '/v1/subscriptions/{subscription_id}/cancel',
  operation: 'cancelSubscription',
  summary: 'Cancel now, with what is unused credited, or at the end of the paid period',
  description: 'A cancellation now credits to the wallet what a pause now would credit.',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  body: cancelSubscriptionSchema,
  responses: changedResponses(),
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToSubscription(request, dependencies, async ({ accountId }, trx) => {
      const { at, reason } = request.body;
      const note = { accountId, words: reason ?? '', createdAt: request.receivedAt };
      const noteId = reason === undefined ? null : await insertCommandNote(trx, note);
      return { update: cancelSubscription.name, args: [{ at, noteId }] };
    }),
});

const resumeRoute = commandRoute({
  method: 'post',
  path: '/v1/subscriptions/{subscription_id}/resume',
  operation: 'resumeSubscription',
  summary: 'Withdraw a cancellation or pause, end a pause, or pay what is owed and go on',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  responses: changedResponses(),
  refusals: ['insufficient_balance', 'invalid_state'],
  handler: (request, dependencies) =>
    sendToSubscription(request, dependencies, async () => ({
      update: resumeSubscription.name,
      args: [],
    })),
});

const previewRoute = writeRoute({
  method: 'post',
  path: '/v1/subscriptions/{subscription_id}/preview_change',
  operation: 'previewChange',
  summary: 'Show exactly what a change now would do; nothing is changed',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  body: changeSubscriptionSchema,
  responses: { 200: { description: 'The preview.', schema: changePreviewSchema } },
  refusals: CHANGE_REFUSALS,
  async handler({ params, body, receivedAt }, trx) {
    const { state } = await getSubscription(params.subscription_id, trx);
    const { plan_code: planCode, cycle, force: isForced } = body;
    const wanted = { planCode, cycle, isForced };
    return ok(toApiChangePreview(await previewChange(trx, state, { wanted, receivedAt })));
  },
});

const changeRoute = commandRoute({
  method: 'post',
  path: '/v1/subscriptions/{subscription_id}/change',
  operation: 'changeSubscription',
  summary: 'Change the plan or the cycle now',
  description:
    'The unused part of the period is credited and the new plan charged; the difference moves. What is ' +
    'unused is the time that is left, or what is left of an allowance when that is less; the line says so. A ' +
    'change to a plan that costs nothing is put on the schedule for the period’s end, unless forced.',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  body: changeSubscriptionSchema,
  responses: {
    200: { description: 'The subscription as it is now.', schema: changedSubscriptionSchema },
    202: { description: 'Accepted; the subscription as it was.', schema: subscriptionSchema },
  },
  refusals: ['insufficient_balance', 'invalid_state', ...CHANGE_REFUSALS],
  handler: (request, dependencies) => {
    const { plan_code: planCode, cycle, force: isForced } = request.body;
    const id = request.params.subscription_id;
    return sendToLifecycle<Subscription, ChangeAnswer>(request, dependencies, {
      kind: 'subscription',
      get: (trx) => getSubscription(id, trx),
      say: async (subscription, trx) => {
        await assertOffered(subscription, { planCode, cycle }, trx);
        return { update: changePlan.name, args: [{ planCode, cycle, isForced }] };
      },
      show: async (trx, reply) => ({
        ...(await showSubscription(id, trx)),
        ...(reply && { lines: toApiChangeLines(reply.lines ?? []) }),
      }),
    });
  },
});

const scheduleRoute = commandRoute({
  method: 'put',
  path: '/v1/subscriptions/{subscription_id}/scheduled_change',
  operation: 'scheduleChange',
  summary: 'Schedule a change of plan, in place of the one that is scheduled',
  description: 'The price is locked now and shown; it is charged on the day.',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  body: scheduleChangeSchema,
  responses: changedResponses(),
  refusals: ['invalid_state', 'scheduled_in_past', 'scheduled_too_far', ...CHANGE_REFUSALS],
  handler: (request, dependencies) =>
    sendToSubscription(request, dependencies, async (subscription, trx) => {
      const { plan_code: planCode, cycle, effective_at: effectiveAt } = request.body;
      await assertOffered(subscription, { planCode, cycle }, trx);
      return { update: scheduleChange.name, args: [{ planCode, cycle, effectiveAt }] };
    }),
});

const unscheduleRoute = commandRoute({
  method: 'delete',
  path: '/v1/subscriptions/{subscription_id}/scheduled_change',
  operation: 'unscheduleChange',
  summary: 'Take the scheduled change off',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  responses: changedResponses(),
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToSubscription(request, dependencies, async () => ({
      update: unscheduleChange.name,
      args: [],
    })),
});

const pauseRoute = commandRoute({
  method: 'post',
  path: '/v1/subscriptions/{subscription_id}/pause',
  operation: 'pauseSubscription',
  summary: 'Pause now, with what is unused credited, or at the end of the paid period',
  description:
    'Credited is the time that is left, or what is left of the plan’s allowances when that is less. Resumed by `resume`, or by itself at `resumes_at`: a whole period is paid from then on.',
  tag,
  roles: ANYONE,
  params: subscriptionParams,
  body: pauseSubscriptionSchema,
  responses: changedResponses(),
  refusals: ['invalid_state', 'scheduled_in_past'],
  handler: (request, dependencies) =>
    sendToSubscription(request, dependencies, async () => {
      const { at, resumes_at: resumesAt } = request.body;
      return { update: pauseSubscription.name, args: [{ at, resumesAt: resumesAt ?? null }] };
    }),
});

export const subscriptionRoutes = [
  startRoute,
  listRoute,
  showRoute,
  previewRoute,
  changeRoute,
  scheduleRoute,
  unscheduleRoute,
  pauseRoute,
  cancelRoute,
  resumeRoute,
];

/** Sends a subscription's workflow the update that `say` names; answers the subscription after it. */
function sendToSubscription(
  request: RepeatableRequest & { readonly params: z.output<typeof subscriptionParams> },
  dependencies: ApiDependencies,
  say: Sending<Subscription, CommandAnswer>['say'],
): Promise<Answer> {
  const id = request.params.subscription_id;
  return sendToLifecycle(request, dependencies, {
    kind: 'subscription',
    get: (trx) => getSubscription(id, trx),
    say,
    show: (trx) => showSubscription(id, trx),
  });
}

/** Refuses at once what no workflow need be asked about. */
async function assertOffered(
  { track, price, planCode }: Subscription,
  wanted: Pick<WantedOffer, 'planCode' | 'cycle'>,
  trx: Transaction,
): Promise<void> {
  assertBought(await getPlan(trx, planCode));
  await getOfferedTerms(trx, { ...wanted, track, currency: price.currency });
}

function changedResponses() {
  return {
    200: { description: 'The subscription as it is now.', schema: subscriptionSchema },
    202: { description: 'Accepted; the subscription as it was.', schema: subscriptionSchema },
  };
}

async function showSubscription(id: string, trx: Transaction) {
  return toApiSubscription(await getSubscription(id, trx));
}

/** One that the caller pays for. Who has a plan that its reseller pays for sees neither its price nor its life. */
async function getSubscription(id: string, trx: Transaction): Promise<SubscriptionRecord> {
  const record = await getRecord(subscriptions, id, trx);
  if ((await findAccount(trx, record.state.accountId)) !== null) return record;
  throw new BillingError('not_found', 'There is no such subscription.');
}
