/**
 * Who has which partner plan: a customer under `/v1/accounts/{account_id}/partner_plan`, a reseller itself under
 * `/v1/partners/{partner_id}/partner_plan`. Both are the same six things done to an account.
 */
import { z } from 'zod';
import {
  countUsed,
  findLastAssignment,
  findPool,
  listAssigned,
} from '../../db/repositories/assignment.repository';
import { getAccount } from '../../db/repositories/account.repository';
import { findPartnerPlan } from '../../db/repositories/partner-plan.repository';
import { getPartner } from '../../db/repositories/partner.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { sumAllocated } from '../../domain/partner-plan/pool';
import {
  cancelSubscription,
  changePlan,
  scheduleChange,
  unscheduleChange,
} from '../../workflows/subscription.messages';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { findAccountNow } from '../account-time';
import { accepted, created, ok, type Answer } from '../answer';
import type { Caller, Role } from '../caller';
import { assertDone } from '../command-answer';
import { buildAssignment, getAssignable, getAssignment } from '../commands/assign-partner-plan';
import { runCommand } from '../commands/run-command';
import { sendToLifecycle, type Sending } from '../commands/send-to-lifecycle';
import { getOfferedTerms } from '../commands/start-subscription';
import type { ApiDependencies } from '../dependencies';
import type { RepeatableRequest } from '../idempotency';
import { toApiAllocation, toApiAssignment } from '../presenters/assignment.presenter';
import { commandRoute, readRoute, type Route } from '../route';
import {
  allocationSchema,
  assignmentSchema,
  assignPlanSchema,
  scheduleAssignmentSchema,
} from '../schemas/assignment.schema';
import { idText } from '../schemas/common.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import type { Subscription } from '../../domain/subscription/subscription';

const tag = 'Partner plans';
const SELLERS = ['operator', 'partner'] as const;
const ASSIGNMENT = { description: 'The assignment as it is now.', schema: assignmentSchema };
const CHANGED = {
  200: ASSIGNMENT,
  202: { description: 'Accepted; the assignment as it was.', schema: assignmentSchema },
};

/** Whose plan a group of routes is about. */
interface Holder<P extends z.ZodType> {
  readonly path: string;
  readonly params: P;
  /** Ends the names of the operations: `assignPlanToAccount`. */
  readonly name: 'Account' | 'Partner';
  /** In a sentence. */
  readonly words: string;
  readonly readers: readonly Role[];
  /** Throws `not_found` when the caller cannot see it. */
  readonly accountIdOf: (params: z.output<P>, trx: Transaction) => Promise<string>;
}

const CHANGE_REFUSALS = [
  'invalid_state',
  'same_plan',
  'plan_not_assignable',
  'pool_exhausted',
  'no_billing_cycle',
  'currency_mismatch',
  'billing_address_required',
] as const;

function assignRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words, accountIdOf } = holder;
  return commandRoute({
    method: 'post',
    path,
    operation: `assignPlanTo${name}`,
    summary: `Give a partner plan to ${words}`,
    description:
      'Usage-based: the reseller’s own account pays for it. Revenue sharing: the account pays, and the reseller ' +
      'gets its share of what is collected. Its benefits come out of the reseller’s pool.',
    tag,
    roles: SELLERS,
    params,
    body: assignPlanSchema,
    responses: {
      201: ASSIGNMENT,
      202: {
        description: 'Accepted; the outcome takes longer than was waited.',
        schema: startedSchema,
      },
    },
    refusals: [
      'already_exists',
      'plan_not_assignable',
      'pool_exhausted',
      'insufficient_balance',
      'billing_address_required',
      'no_billing_cycle',
      'currency_mismatch',
      'unprocessable',
    ],
    handler: (request, dependencies) =>
      runCommand<CommandAnswer>(request, dependencies, {
        resourceKind: 'subscription',
        build: async (id, trx) => {
          const { partner_plan_id: partnerPlanId, cycle } = request.body;
          const accountId = await accountIdOf(request.params, trx);
          const { role } = request.caller;
          return buildAssignment(id, trx, { accountId, partnerPlanId, cycle, role });
        },
        present: async (answer, { trx }) => {
          assertDone(answer);
          return created(await show(holder, request, trx), request.path);
        },
        presentAccepted: async ({ resourceId }) =>
          accepted({ id: resourceId, status: 'pending' }, request.path),
      }),
  });
}

function showRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words, readers } = holder;
  return readRoute({
    method: 'get',
    path,
    operation: `getPlanOf${name}`,
    summary: `Show the partner plan of ${words}`,
    tag,
    roles: readers,
    params,
    responses: { 200: ASSIGNMENT },
    handler: async (request, trx) => ok(await show(holder, request, trx)),
  });
}

function changeRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words } = holder;
  return commandRoute({
    method: 'post',
    path: `${path}/change`,
    operation: `changePlanOf${name}`,
    summary: `Change the partner plan of ${words} now`,
    description:
      'What is unused of the period is credited and the new plan charged, to whoever pays. A change between ' +
      'usage-based and revenue sharing is an end and a new beginning.',
    tag,
    roles: SELLERS,
    params,
    body: assignPlanSchema,
    responses: CHANGED,
    refusals: [...CHANGE_REFUSALS, 'insufficient_balance'],
    handler: (request, dependencies) =>
      send(holder, { request, dependencies }, async (subscription, trx) => {
        const wanted = await expectChange(request, subscription, trx);
        return { update: changePlan.name, args: [{ ...wanted, isForced: false }] };
      }),
  });
}

function scheduleRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words } = holder;
  return commandRoute({
    method: 'put',
    path: `${path}/scheduled_change`,
    operation: `scheduleChangeOf${name}`,
    summary: `Schedule a change of the partner plan of ${words}`,
    description: 'The price is locked now. The pool keeps the larger of both plans until then.',
    tag,
    roles: SELLERS,
    params,
    body: scheduleAssignmentSchema,
    responses: CHANGED,
    refusals: [...CHANGE_REFUSALS, 'scheduled_in_past', 'scheduled_too_far'],
    handler: (request, dependencies) =>
      send(holder, { request, dependencies }, async (subscription, trx) => {
        const wanted = await expectChange(request, subscription, trx);
        const { effective_at: effectiveAt } = request.body;
        return { update: scheduleChange.name, args: [{ ...wanted, effectiveAt }] };
      }),
  });
}

function unscheduleRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words } = holder;
  return commandRoute({
    method: 'delete',
    path: `${path}/scheduled_change`,
    operation: `unscheduleChangeOf${name}`,
    summary: `Take the scheduled change of ${words} off`,
    tag,
    roles: SELLERS,
    params,
    responses: CHANGED,
    refusals: ['invalid_state'],
    handler: (request, dependencies) =>
      send(holder, { request, dependencies }, async () => ({
        update: unscheduleChange.name,
        args: [],
      })),
  });
}

function endRoute<P extends z.ZodType>(holder: Holder<P>): Route {
  const { path, params, name, words } = holder;
  return commandRoute({
    method: 'delete',
    path,
    operation: `endPlanOf${name}`,
    summary: `End the partner plan of ${words} with its period, or now`,
    description:
      'Its benefits are free again when it has ended. Now: what is unused is credited to who paid it.',
    tag,
    roles: SELLERS,
    params,
    query: z.strictObject({ at: z.enum(['now', 'period_end']).default('period_end') }),
    responses: CHANGED,
    refusals: ['invalid_state'],
    handler: (request, dependencies) =>
      send(holder, { request, dependencies }, async () => ({
        update: cancelSubscription.name,
        args: [{ at: request.query.at, noteId: null }],
      })),
  });
}

function createRoutes<P extends z.ZodType>(holder: Holder<P>): Route[] {
  return [
    assignRoute(holder),
    showRoute(holder),
    changeRoute(holder),
    scheduleRoute(holder),
    unscheduleRoute(holder),
    endRoute(holder),
  ];
}

type HolderRequest<P extends z.ZodType> = RepeatableRequest & {
  readonly params: z.output<P>;
  readonly caller: Caller;
};

async function show<P extends z.ZodType>(
  { accountIdOf }: Holder<P>,
  { params, caller }: Pick<HolderRequest<P>, 'params' | 'caller'>,
  trx: Transaction,
) {
  const accountId = await accountIdOf(params, trx);
  return toApiAssignment(await getAssignment(trx, accountId), caller.role);
}

/** Sends the workflow of an assignment the update that `say` names, and shows the assignment after it. */
async function send<P extends z.ZodType>(
  holder: Holder<P>,
  asked: { readonly request: HolderRequest<P>; readonly dependencies: ApiDependencies },
  say: Sending<Subscription, CommandAnswer>['say'],
): Promise<Answer> {
  const { request, dependencies } = asked;
  return sendToLifecycle(request, dependencies, {
    kind: 'subscription',
    get: async (trx) => {
      const accountId = await holder.accountIdOf(request.params, trx);
      return (await getAssignment(trx, accountId)).record;
    },
    say,
    // One that has just ended, too.
    show: async (trx) => {
      const last = await findLastAssignment(trx, await holder.accountIdOf(request.params, trx));
      return last && toApiAssignment(last, request.caller.role);
    },
  });
}

/** Refuses at once what no workflow need be asked about. */
async function expectChange(
  request: { readonly body: z.output<typeof assignPlanSchema>; readonly caller: Caller },
  { planCode: from, track, price }: Subscription,
  trx: Transaction,
) {
  const { partner_plan_id: planCode, cycle } = request.body;
  const { role } = request.caller;
  const { terms } = await getAssignable(trx, { partnerPlanId: planCode, role });
  const before = await findPartnerPlan(trx, from);
  if (before?.terms.type !== terms.type) {
    const message = 'Another account pays for that plan: end this one and give that one anew.';
    throw new BillingError('plan_not_assignable', message, { field: 'partner_plan_id' });
  }
  const { currency } = price;
  await getOfferedTerms(trx, { planCode, cycle, track, currency, taken: 'assigned' });
  return { planCode, cycle };
}

const partnerParams = z.strictObject({ partner_id: idText });

const ofAccounts = createRoutes({
  path: '/v1/accounts/{account_id}/partner_plan',
  params: z.strictObject({ account_id: idText }),
  name: 'Account',
  words: 'an account',
  readers: ['operator', 'partner', 'account'],
  accountIdOf: async ({ account_id: id }, trx) => (await getAccount(trx, id)).id,
});

const ofPartners = createRoutes({
  path: '/v1/partners/{partner_id}/partner_plan',
  params: partnerParams,
  name: 'Partner',
  words: 'a reseller itself; its benefits are the pool',
  readers: SELLERS,
  accountIdOf: async ({ partner_id: id }, trx) => (await getHouse(trx, id)).houseAccountId,
});

const allocationRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/allocation',
  operation: 'getAllocation',
  summary: 'Show a reseller’s pool: what it has, has given, and can still give',
  tag,
  roles: SELLERS,
  params: partnerParams,
  responses: { 200: { description: 'The pool.', schema: allocationSchema } },
  handler: async ({ params, receivedAt }, trx) => {
    const { id: partnerId, houseAccountId } = await getPartner(trx, params.partner_id);
    const member = { partnerId, houseAccountId };
    const house = houseAccountId === null ? null : await getAccount(trx, houseAccountId);
    const at = house === null ? receivedAt : await findAccountNow(house, { trx, receivedAt });
    const pool = await findPool(trx, member);
    const allocated = sumAllocated(await listAssigned(trx, member));
    const used = await countUsed(trx, { ...member, at });
    return ok(toApiAllocation({ pool: pool && pool.benefits, allocated, used }));
  },
});

async function getHouse(trx: Transaction, id: string) {
  const { houseAccountId } = await getPartner(trx, id);
  if (houseAccountId !== null) return { houseAccountId };
  throw new BillingError('not_found', 'The partner has no account of its own.');
}

export const assignmentRoutes: readonly Route[] = [...ofAccounts, ...ofPartners, allocationRoute];
