import type { IncomingHttpHeaders } from 'node:http';
import { ok } from '../answer';
import { toApiUsageResult } from '../presenters/usage-result.presenter';
import { intakeRoute, type Route } from '../route';
import { usageAnswerSchema, usageBody } from '../schemas/usage.schema';
import { takeUsage } from '../usage/take-usage';

const recordUsage = intakeRoute({
  method: 'post',
  path: '/v1/usage',
  operation: 'recordUsage',
  summary: 'Charge usage: 1 to 1,000 events, one result each',
  description:
    'What each event was charged, from which buckets and at which dated price, or why it was refused. A bad event never stops the others. Accounts that are not the key’s are `unknown_account`. After 429 nothing was recorded; after 503 a part may be: send the same events again, those that are stored answer what they were charged.',
  tag: 'Usage',
  roles: ['operator', 'partner', 'account'],
  body: usageBody,
  responses: { 200: { description: 'The results.', schema: usageAnswerSchema } },
  admit: ({ headers }, { usage }) => usage.lanes.letIn(senderOf(headers)),
  async handler(request, dependencies) {
    const { body, caller, receivedAt, headers } = request;
    const asked = { caller, receivedAt, sender: senderOf(headers) };
    const results = await takeUsage(body.events, asked, dependencies);
    return ok({ results: results.map(toApiUsageResult) });
  },
});

/** Whoever it is: the key is not looked up yet. */
function senderOf({ authorization = '' }: IncomingHttpHeaders): string {
  return authorization;
}

export const usageRoutes: readonly Route[] = [recordUsage];
