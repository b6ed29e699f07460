import { cancelUsage } from '../../db/correct-usage';
import { getAccount } from '../../db/repositories/account.repository';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { toApiCorrection } from '../presenters/usage-correction.presenter';
import { writeRoute, type Route } from '../route';
import {
  cancelBody,
  usageCorrectionSchema,
  usageEventParams,
} from '../schemas/usage-correction.schema';
import { toEventKey } from '../usage/digest';
import { tellCorrection } from '../usage/tell-correction';

const tag = 'Usage';
const SELLERS = ['operator', 'partner'] as const;
const CORRECTION = { description: 'How it was taken back.', schema: usageCorrectionSchema };

const cancelRoute = writeRoute({
  method: 'post',
  path: '/v1/usage_events/{id}/cancel',
  operation: 'cancelUsageEvent',
  summary: 'Cancel a usage event: what it paid returns',
  description:
    'By the id it was told under, which is not free again. What it paid returns to the buckets it came from, the last ' +
    'first; what came from one that has closed meanwhile has expired. The event stays and is shown as cancelled; the ' +
    'visitor it brought stays known for the month, and so do the window and the conversation it opened and free units ' +
    'it took. Asked again, the answer is the same.',
  tag,
  roles: SELLERS,
  params: usageEventParams,
  body: cancelBody,
  responses: { 200: CORRECTION },
  refusals: ['not_found', 'invalid_state'],
  async handler({ params, body, receivedAt }, trx) {
    const account = await getAccount(trx, body.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const asked = { key: toEventKey(params.id), reason: body.reason, at, recordedAt: receivedAt };
    const cancelled = await cancelUsage(trx, { ...asked, accountId: account.id });
    await tellCorrection(trx, account, cancelled, receivedAt);
    return ok(toApiCorrection(account, cancelled));
  },
});

export const usageCorrectionRoutes: readonly Route[] = [cancelRoute];
