import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  findAgreement,
  findCataloguePlan,
  insertPlan,
  insertPlanVersion,
  listPlans,
  lockPlan,
  saveAgreement,
  type PlanRecord,
} from '../../db/repositories/plan.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { findDowngradeFault } from '../../domain/free-plan';
import type { PlanVersion } from '../../domain/plan';
import { created, ok } from '../answer';
import { pageFields, pageOf, readCodeCursor, toApiPage } from '../page';
import { toApiAgreement, toApiComparison, toApiPlan } from '../presenters/plan.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { fromApiAgreement, fromApiNewPlan, fromApiPlanChange } from '../schemas/plan-input';
import {
  agreementInput,
  agreementParams,
  agreementSchema,
  comparisonQuery,
  comparisonSchema,
  newPlanSchema,
  planChangeSchema,
  planParams,
  planSchema,
} from '../schemas/plan.schema';

const tag = 'Plans';
const ANYONE = ['operator', 'partner', 'account'] as const;

const createPlan = writeRoute({
  method: 'post',
  path: '/v1/plans',
  operation: 'createPlan',
  summary: 'Put a plan or support package on sale',
  tag,
  roles: ['operator'],
  body: newPlanSchema,
  responses: { 201: { description: 'The plan, version 1.', schema: planSchema } },
  refusals: ['already_exists', 'no_billing_cycle', 'invalid_amount', 'unknown_plan'],
  async handler({ body, receivedAt }, trx) {
    const plan = fromApiNewPlan(body);
    await assertDowngradable(trx, plan);
    const record = await insertPlan(trx, plan, receivedAt);
    return created(toApiPlan(record), `/v1/plans/${body.code}`);
  },
});

const listAllPlans = readRoute({
  method: 'get',
  path: '/v1/plans',
  operation: 'listPlans',
  summary: 'List what is on sale',
  tag,
  roles: ANYONE,
  query: z.strictObject({ ...pageFields, kind: planSchema.shape.kind.optional() }),
  responses: {
    200: { description: 'Plans in the order of their codes.', schema: pageOf(planSchema) },
  },
  async handler({ query }, trx) {
    const { limit, cursor, kind } = query;
    const afterCode = readCodeCursor(cursor);
    const rows = await listPlans(trx, { limit: limit + 1, afterCode, kind });
    return ok(toApiPage(rows, { limit, present: toApiPlan, cursorOf: ({ plan }) => [plan.code] }));
  },
});

const comparePlans = readRoute({
  method: 'get',
  path: '/v1/plans/compare',
  operation: 'comparePlans',
  summary: 'Compare plans by team size, message volume and support level',
  tag,
  roles: ANYONE,
  query: comparisonQuery,
  responses: { 200: { description: 'The plans side by side.', schema: comparisonSchema } },
  refusals: ['unknown_plan'],
  async handler({ query }, trx) {
    const plans = [];
    for (const code of query.codes) {
      const record = await findCataloguePlan(trx, code);
      if (record === null) {
        throw new BillingError('unknown_plan', `There is no plan "${code}".`, { field: 'codes' });
      }
      plans.push(record.plan);
    }
    return ok(toApiComparison(plans));
  },
});

const showPlan = readRoute({
  method: 'get',
  path: '/v1/plans/{plan_code}',
  operation: 'getPlan',
  summary: 'Show a plan as it is sold now',
  tag,
  roles: ANYONE,
  params: planParams,
  responses: { 200: { description: 'The plan.', schema: planSchema } },
  handler: async ({ params }, trx) => ok(toApiPlan(await getPlan(trx, params.plan_code))),
});

const changePlan = writeRoute({
  method: 'patch',
  path: '/v1/plans/{plan_code}',
  operation: 'changePlan',
  summary: 'Change a plan for those who buy it from now on',
  description:
    'Makes a new version; subscribers keep theirs. A change that changes nothing makes none. Kind ' +
    'and code are for ever.',
  tag,
  roles: ['operator'],
  params: planParams,
  body: planChangeSchema,
  responses: { 200: { description: 'The plan as it is sold now.', schema: planSchema } },
  refusals: ['no_billing_cycle', 'invalid_amount', 'unknown_plan'],
  async handler({ params, body, receivedAt }, trx) {
    const record = await lockPlan(trx, params.plan_code);
    if (record === null) throw noSuchPlan();
    const changed = fromApiPlanChange(record.plan, body);
    await assertDowngradable(trx, changed);
    if (isDeepStrictEqual(changed, record.plan)) return ok(toApiPlan(record));
    return ok(toApiPlan(await insertPlanVersion(trx, changed, receivedAt)));
  },
});

const saveAccountAgreement = writeRoute({
  method: 'put',
  path: '/v1/accounts/{account_id}/agreements/{plan_code}',
  operation: 'saveAgreement',
  summary: 'Agree on other figures with one account',
  description:
    'The figures it names count in place of the plan’s, from the next grant of allowances on.',
  tag,
  roles: ['operator'],
  params: agreementParams,
  body: agreementInput,
  responses: { 200: { description: 'The agreement as saved.', schema: agreementSchema } },
  refusals: ['currency_mismatch', 'invalid_amount'],
  async handler({ params, body, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const { plan } = await getPlan(trx, params.plan_code);
    const agreement = {
      accountId: account.id,
      planCode: plan.code,
      ...fromApiAgreement(body, account.currency),
      updatedAt: receivedAt,
    };
    await saveAgreement(trx, agreement);
    return ok(toApiAgreement(agreement));
  },
});

const showAccountAgreement = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/agreements/{plan_code}',
  operation: 'getAgreement',
  summary: 'Show what is agreed with one account',
  tag,
  roles: ['operator'],
  params: agreementParams,
  responses: { 200: { description: 'The agreement.', schema: agreementSchema } },
  async handler({ params }, trx) {
    const account = await getAccount(trx, params.account_id);
    const agreement = await findAgreement(trx, {
      accountId: account.id,
      planCode: params.plan_code,
    });
    if (agreement === null) {
      throw new BillingError('not_found', 'Nothing is agreed with this account about this plan.');
    }
    return ok(toApiAgreement(agreement));
  },
});

async function getPlan(trx: Transaction, code: string): Promise<PlanRecord> {
  const record = await findCataloguePlan(trx, code);
  if (record === null) throw noSuchPlan();
  return record;
}

function noSuchPlan(): BillingError {
  return new BillingError('not_found', 'There is no such plan.');
}

/** `compare` before `{plan_code}`: Express takes the first route that matches. */
/** The plan that suspended subscribers fall to is on sale and free wherever this one is sold. */
async function assertDowngradable(trx: Transaction, plan: PlanVersion): Promise<void> {
  const code = plan.dunning.downgradesTo;
  if (code === null) return;
  const field = 'dunning.downgrades_to';
  const target = await findCataloguePlan(trx, code);
  if (target === null)
    throw new BillingError('unknown_plan', `There is no plan "${code}".`, { field });
  const fault = findDowngradeFault(plan, target.plan);
  if (fault !== null) throw new BillingError('unprocessable', `${fault}.`, { field });
}

export const planRoutes: readonly Route[] = [
  createPlan,
  listAllPlans,
  comparePlans,
  showPlan,
  changePlan,
  saveAccountAgreement,
  showAccountAgreement,
];
