import { cancelUsage } from '../../db/correct-usage';
import { getAccount } from '../../db/repositories/account.repository';
import { BillingError } from '../../domain/billing-error';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { toApiCorrection } from '../presenters/usage-correction.presenter';
import { toApiUsageResult } from '../presenters/usage-result.presenter';
import { writeRoute, type Route } from '../route';
import {
  amendBody,
  cancelBody,
  usageAmendmentSchema,
  usageCorrectionSchema,
  usageEventParams,
} from '../schemas/usage-correction.schema';
import { toEventKey } from '../usage/digest';
import { tellCorrection } from '../usage/tell-correction';
import { QUOTE_REFUSALS } from '../usage/ask-quote';
import { toUsageEvent } from '../usage/to-usage-event';

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

const amendRoute = writeRoute({
  method: 'post',
  path: '/v1/usage_events/{id}/amend',
  operation: 'amendUsageEvent',
  summary: 'Correct a usage event: it is taken back for another one',
  description:
    'As a cancellation and a new event in one step, both or neither. The new event is priced and paid like any other ' +
    'of its instant, after what the first one paid has returned; a visitor both of them name stays paid. Asked again ' +
    'with the same event, the answer is the same. Its successor can be corrected again.',
  tag,
  roles: SELLERS,
  params: usageEventParams,
  body: amendBody,
  responses: { 200: { description: 'What became of both.', schema: usageAmendmentSchema } },
  refusals: ['not_found', 'invalid_state', 'already_exists', 'unprocessable', ...QUOTE_REFUSALS],
  async handler({ params, body, receivedAt }, trx, { usage }) {
    const { event: told } = body;
    const account = await getAccount(trx, body.account_id);
    if (told.account_id !== account.id) {
      const message = 'The corrected event is of the same account.';
      throw new BillingError('unprocessable', message, { field: 'event.account_id' });
    }
    const at = await findAccountNow(account, { trx, receivedAt });
    const event = toUsageEvent(told, { digest: usage.digest, receivedAt: at });
    const amended = await usage.amendments.amend(trx, {
      accountId: account.id,
      key: toEventKey(params.id),
      reason: body.reason,
      event: { ...event, mode: 'record' },
      at,
      recordedAt: receivedAt,
    });
    await tellCorrection(trx, account, amended, receivedAt);
    const result = { id: event.id, outcome: amended.outcome, account: { ...account, now: at } };
    return ok({ ...toApiCorrection(account, amended), event: toApiUsageResult(result) });
  },
});

export const usageCorrectionRoutes: readonly Route[] = [cancelRoute, amendRoute];
