import { getAccount } from '../../db/repositories/account.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { checkEntitlement } from '../../domain/entitlement';
import { ok } from '../answer';
import { writeRoute, type Route } from '../route';
import { entitlementAnswerSchema, entitlementQuestionSchema } from '../schemas/entitlement.schema';

/** A question, sent as POST because it may grow facts that belong in no address. Nothing is written. */
const checkRoute = writeRoute({
  method: 'post',
  path: '/v1/entitlements/check',
  operation: 'checkEntitlement',
  summary: 'Ask whether an account may use a feature, or so much of it',
  description:
    'Limits and features are those of the current plan, from the moment it changes, or what was agreed ' +
    'with the account. An account without a plan has no limit.',
  tag: 'Entitlements',
  roles: ['operator', 'partner', 'account'],
  body: entitlementQuestionSchema,
  responses: { 200: { description: 'The answer.', schema: entitlementAnswerSchema } },
  refusals: ['not_found'],
  async handler({ body }, trx) {
    const { id } = await getAccount(trx, body.account_id);
    const entitlements = await loadEntitlements(trx, id);
    const { feature, amount } = body;
    const { allowed, limit, used, reason } = checkEntitlement(entitlements, { feature, amount });
    return ok({ allowed, limit, used, reason });
  },
});

export const entitlementRoutes: readonly Route[] = [checkRoute];
