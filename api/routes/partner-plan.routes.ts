import { newId } from '../../db/new-id';
import {
  insertCatalogueChange,
  listCatalogueChanges,
} from '../../db/repositories/catalogue-change.repository';
import {
  findPartnerPlan,
  insertPartnerPlan,
  listNamesLike,
  listPartnerPlans,
  lockPartnerPlan,
  savePartnerPlanAvailability,
  savePartnerPlanTerms,
  type PartnerPlanRecord,
} from '../../db/repositories/partner-plan.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import {
  findChangedFields,
  type CatalogueAction,
  type Fields,
} from '../../domain/catalogue-change';
import type { Instant } from '../../domain/instant';
import { changeTerms, findChangeRefusal } from '../../domain/partner-plan/change-partner-plan';
import { nameCopy } from '../../domain/partner-plan/copy-name';
import { findTermsFault, type PartnerPlanTerms } from '../../domain/partner-plan/partner-plan';
import { created, ok } from '../answer';
import type { Caller } from '../caller';
import { pageOf, readCreatedCursor, readNumberCursor, toApiPage } from '../page';
import {
  toApiHistoryEntry,
  toApiOfferedPartnerPlan,
  toApiPartnerPlan,
  toAuditedFields,
} from '../presenters/partner-plan.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { fromApiNewPartnerPlan, fromApiPartnerPlanChange } from '../schemas/partner-plan-input';
import {
  newPartnerPlanSchema,
  partnerPlanChangeSchema,
  partnerPlanHistoryQuery,
  partnerPlanHistorySchema,
  partnerPlanParams,
  partnerPlanSchema,
  partnerPlansQuery,
  shownPartnerPlanSchema,
} from '../schemas/partner-plan.schema';

const tag = 'Partner plans';

/** By whom and when something is done. */
interface Doing {
  readonly caller: Caller;
  readonly receivedAt: Instant;
}

const createPartnerPlan = writeRoute({
  method: 'post',
  path: '/v1/partner_plans',
  operation: 'createPartnerPlan',
  summary: 'Make a plan for resellers and their customers',
  description:
    'Basics and benefits in one request; it is enabled and visible at once. A request that is refused stores nothing.',
  tag,
  roles: ['operator'],
  body: newPartnerPlanSchema,
  responses: { 201: { description: 'The plan, version 1.', schema: partnerPlanSchema } },
  refusals: ['already_exists', 'no_billing_cycle', 'invalid_amount'],
  async handler({ body, ...doing }, trx) {
    const terms = fromApiNewPartnerPlan(body);
    assertWhole(terms);
    const plan = { id: newId('partner_plan'), terms, isEnabled: true, isVisible: true };
    const record = await insertPartnerPlan(trx, plan, doing.receivedAt);
    await noteMade(trx, { record, copiedFrom: null, doing });
    return created(toApiPartnerPlan(record), `/v1/partner_plans/${record.id}`);
  },
});

const listAllPartnerPlans = readRoute({
  method: 'get',
  path: '/v1/partner_plans',
  operation: 'listPartnerPlans',
  summary: 'List and search the partner plans',
  description: 'A reseller’s own list is `GET /v1/partners/{id}/plans`.',
  tag,
  roles: ['operator'],
  query: partnerPlansQuery,
  responses: { 200: { description: 'Newest first.', schema: pageOf(partnerPlanSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor, search, type, status, visibility, archived } = query;
    const rows = await listPartnerPlans(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
      search,
      type,
      isEnabled: status === undefined ? undefined : status === 'enabled',
      isVisible: visibility === undefined ? undefined : visibility === 'visible',
      isArchived: archived === undefined ? undefined : archived === 'true',
    });
    const cursorOf = ({ createdAt, id }: PartnerPlanRecord) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiPartnerPlan, cursorOf }));
  },
});

const showPartnerPlan = readRoute({
  method: 'get',
  path: '/v1/partner_plans/{partner_plan_id}',
  operation: 'getPartnerPlan',
  summary: 'Show a partner plan',
  description:
    'To a reseller a hidden plan does not exist, and of others it sees the display name.',
  tag,
  roles: ['operator', 'partner'],
  params: partnerPlanParams,
  responses: { 200: { description: 'The plan.', schema: shownPartnerPlanSchema } },
  async handler({ params, caller }, trx) {
    const record = await findPartnerPlan(trx, params.partner_plan_id);
    if (record === null) throw noSuchPlan();
    if (caller.role === 'operator') return ok(toApiPartnerPlan(record));
    if (!record.isVisible) throw noSuchPlan();
    return ok(toApiOfferedPartnerPlan(record));
  },
});

const changePartnerPlan = writeRoute({
  method: 'patch',
  path: '/v1/partner_plans/{partner_plan_id}',
  operation: 'changePartnerPlan',
  summary: 'Change a partner plan for those who get it from now on',
  description:
    'Accounts that have it keep what they have: the terms become a new version. While nobody ever had ' +
    'the plan it is changed as it is. Type and currency are for ever once somebody had it.',
  tag,
  roles: ['operator'],
  params: partnerPlanParams,
  body: partnerPlanChangeSchema,
  responses: { 200: { description: 'The plan as it is assigned now.', schema: partnerPlanSchema } },
  refusals: [
    'already_exists',
    'invalid_state',
    'no_billing_cycle',
    'invalid_amount',
    'unprocessable',
  ],
  async handler({ params, body, ...doing }, trx) {
    const before = await lockPlan(trx, params.partner_plan_id);
    const terms = changeTerms(before.terms, fromApiPartnerPlanChange(body, before.terms));
    const refusal = before.takenVersion === null ? null : findChangeRefusal(before.terms, terms);
    if (refusal !== null) {
      throw new BillingError(refusal.code, refusal.message, { field: refusal.field });
    }
    assertWhole(terms);
    return saveChange(trx, {
      before,
      action: 'changed',
      doing,
      after: { ...before, terms },
      save: () => savePartnerPlanTerms(trx, before, { terms, at: doing.receivedAt }),
    });
  },
});

const duplicatePartnerPlan = writeRoute({
  method: 'post',
  path: '/v1/partner_plans/{partner_plan_id}/duplicate',
  operation: 'duplicatePartnerPlan',
  summary: 'Copy a partner plan',
  description:
    'The copy is disabled and hidden, so that it can be changed first, and is named "… (copy)", then "… (copy 2)". ' +
    'From then on the two have nothing to do with each other.',
  tag,
  roles: ['operator'],
  params: partnerPlanParams,
  responses: { 201: { description: 'The copy, version 1.', schema: partnerPlanSchema } },
  refusals: ['already_exists'],
  async handler({ params, ...doing }, trx) {
    const { id: copiedFrom, terms } = await lockPlan(trx, params.partner_plan_id);
    const planName = nameCopy(terms.planName, await listNamesOfCopies(trx, terms));
    const plan = {
      id: newId('partner_plan'),
      terms: { ...terms, planName },
      isEnabled: false,
      isVisible: false,
    };
    const record = await insertPartnerPlan(trx, plan, doing.receivedAt);
    await noteMade(trx, { record, copiedFrom, doing });
    return created(toApiPartnerPlan(record), `/v1/partner_plans/${record.id}`);
  },
});

interface Switch {
  readonly verb: 'archive' | 'unarchive' | 'enable' | 'disable' | 'show' | 'hide';
  readonly action: CatalogueAction;
  readonly summary: string;
  readonly description?: string;
  readonly set: (
    record: PartnerPlanRecord,
    at: Instant,
  ) => Partial<Pick<PartnerPlanRecord, 'isEnabled' | 'isVisible' | 'archivedAt'>>;
}

const SWITCHES: readonly Switch[] = [
  {
    verb: 'archive',
    action: 'archived',
    summary: 'Assign a partner plan to nobody new any more',
    description: 'Accounts that have it keep it and renew at their price. Nothing is ever deleted.',
    set: ({ archivedAt }, at) => ({ archivedAt: archivedAt ?? at }),
  },
  {
    verb: 'unarchive',
    action: 'unarchived',
    summary: 'Take a partner plan out of the archive',
    description: 'It is as enabled and as visible as it was.',
    set: () => ({ archivedAt: null }),
  },
  {
    verb: 'enable',
    action: 'enabled',
    summary: 'Let a partner plan be assigned',
    set: () => ({ isEnabled: true }),
  },
  {
    verb: 'disable',
    action: 'disabled',
    summary: 'Assign a partner plan to nobody new for now',
    description: 'Accounts that have it keep it.',
    set: () => ({ isEnabled: false }),
  },
  {
    verb: 'show',
    action: 'shown',
    summary: 'Show a partner plan to resellers',
    set: () => ({ isVisible: true }),
  },
  {
    verb: 'hide',
    action: 'hidden',
    summary: 'Hide a partner plan from resellers',
    description: 'You may assign it all the same.',
    set: () => ({ isVisible: false }),
  },
];

/** One fact of a partner plan set or cleared; set again it changes nothing. */
function switchRoute({ verb, action, summary, description, set }: Switch): Route {
  return writeRoute({
    method: 'post',
    path: `/v1/partner_plans/{partner_plan_id}/${verb}`,
    operation: `${verb}PartnerPlan`,
    summary,
    ...(description !== undefined && { description }),
    tag,
    roles: ['operator'],
    params: partnerPlanParams,
    responses: { 200: { description: 'The plan.', schema: partnerPlanSchema } },
    async handler({ params, ...doing }, trx) {
      const before = await lockPlan(trx, params.partner_plan_id);
      const after = { ...before, ...set(before, doing.receivedAt) };
      const save = () => savePartnerPlanAvailability(trx, after, doing.receivedAt);
      return saveChange(trx, { before, after, action, doing, save });
    },
  });
}

const listHistory = readRoute({
  method: 'get',
  path: '/v1/partner_plans/{partner_plan_id}/history',
  operation: 'listPartnerPlanHistory',
  summary: 'List what was done to a partner plan, the last first',
  tag,
  roles: ['operator'],
  params: partnerPlanParams,
  query: partnerPlanHistoryQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(partnerPlanHistorySchema) } },
  async handler({ params, query }, trx) {
    const { limit, cursor } = query;
    const record = await findPartnerPlan(trx, params.partner_plan_id);
    if (record === null) throw noSuchPlan();
    const rows = await listCatalogueChanges(trx, {
      subject: { kind: 'partner_plan', id: record.id },
      limit: limit + 1,
      before: readNumberCursor(cursor),
    });
    const cursorOf = ({ number }: (typeof rows)[number]) => [String(number)];
    return ok(toApiPage(rows, { limit, present: toApiHistoryEntry, cursorOf }));
  },
});

/** Saves and keeps what changed; a change that changes nothing leaves no trace. */
async function saveChange(
  trx: Transaction,
  change: {
    readonly before: PartnerPlanRecord;
    readonly after: PartnerPlanRecord;
    readonly action: CatalogueAction;
    readonly doing: Doing;
    readonly save: () => Promise<void>;
  },
) {
  const { before, action, doing, save } = change;
  const asked = findChangedFields(toAuditedFields(before), toAuditedFields(change.after));
  if (Object.keys(asked.after).length === 0) return ok(toApiPartnerPlan(before));
  await save();
  const after = (await findPartnerPlan(trx, before.id)) ?? before;
  const fields = findChangedFields(toAuditedFields(before), toAuditedFields(after));
  await insertCatalogueChange(trx, { ...audit(before, doing), action, ...fields });
  return ok(toApiPartnerPlan(after));
}

async function noteMade(
  trx: Transaction,
  made: {
    readonly record: PartnerPlanRecord;
    readonly copiedFrom: string | null;
    readonly doing: Doing;
  },
): Promise<void> {
  const { record, copiedFrom, doing } = made;
  const after: Fields = {
    ...toAuditedFields(record),
    ...(copiedFrom !== null && { copied_from: copiedFrom }),
  };
  const change = { ...audit(record, doing), action: 'created', before: null, after } as const;
  await insertCatalogueChange(trx, change);
}

function audit({ id }: PartnerPlanRecord, { caller, receivedAt }: Doing) {
  return {
    subject: { kind: 'partner_plan', id },
    apiKeyId: caller.keyId,
    role: caller.role,
    changedAt: receivedAt,
  } as const;
}

/** A long name is cut before it is copied, so that names of copies begin like it and not always with it. */
async function listNamesOfCopies(
  trx: Transaction,
  { planName }: PartnerPlanTerms,
): Promise<string[]> {
  return listNamesLike(trx, Array.from(planName).slice(0, NAME_KEPT).join(''));
}

/** Of a name of 200 characters, "(copy 9999)" leaves more than this. */
const NAME_KEPT = 180;

async function lockPlan(trx: Transaction, id: string): Promise<PartnerPlanRecord> {
  const record = await lockPartnerPlan(trx, id);
  if (record === null) throw noSuchPlan();
  return record;
}

function assertWhole(terms: PartnerPlanTerms): void {
  const fault = findTermsFault(terms);
  if (fault !== null) throw new BillingError(fault.code, fault.message, { field: fault.field });
}

function noSuchPlan(): BillingError {
  return new BillingError('not_found', 'There is no such partner plan.');
}

export const partnerPlanRoutes: readonly Route[] = [
  createPartnerPlan,
  listAllPartnerPlans,
  showPartnerPlan,
  changePartnerPlan,
  duplicatePartnerPlan,
  ...SWITCHES.map(switchRoute),
  listHistory,
];
