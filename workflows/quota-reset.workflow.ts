/**
 * The months of a time zone: when one begins, every account of the zone is turned to it. Nobody waits for
 * that: the first use of a month opens its quotas however late this comes. A run is one month.
 */
import {
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { QuotaResetActivities } from '../activities/month/quota-reset.activities';
import type { Instant } from '../domain/instant';
import { DATABASE, LONG_WALK_FOR_EVER } from './activity-options';
import { LIFECYCLE_STATE, NEXT_ACTION_AT } from './lifecycle.messages';
import { retrySetAside, type QuotaResetInput } from './quota-reset.messages';
import { createAlarm } from './wait-until';

const { turnZone, issueUsageDocuments, turnSetAside } =
  proxyActivities<QuotaResetActivities>(LONG_WALK_FOR_EVER);
const { planNextTurn } = proxyActivities<QuotaResetActivities>(DATABASE);

const RETRY_AFTER_MS = 3_600_000;

export async function quotaReset(input: QuotaResetInput): Promise<void> {
  const { timeZone, month, at } = input;
  const alarm = createAlarm();
  let isRetryAsked = false;
  setHandler(
    retrySetAside,
    () => {
      isRetryAsked = true;
    },
    { description: 'Tries the accounts again that were set aside.' },
  );
  show('waiting', {
    at,
    words: `**waiting**. Next: **turn to ${month}** at ${at}, because that month begins in ${timeZone}.`,
  });
  await alarm.waitUntil(Date.parse(at), () => false, `turn to ${month}`);

  const turn = { timeZone, month, at };
  show('turning', { at, words: `**turning** the accounts of ${timeZone} to ${month}.` });
  const summary = `turn to ${month}`;
  const { turned, setAside } = await turnZone.executeWithOptions({ summary }, [turn]);
  const documents = await issueUsageDocuments.executeWithOptions(
    { summary: `documents of the usage before ${month}` },
    [{ timeZone, month }],
  );
  const next = await planNextTurn({ timeZone, month });

  let left = setAside + documents.setAside;
  while (left > 0) {
    const again = Date.now() + RETRY_AFTER_MS;
    if (next !== null && Date.parse(next.at) <= again) break;
    show('set_aside', {
      at: new Date(again).toISOString(),
      words:
        `**${left} accounts could not be turned to ${month}**, or their usage documented, and are set aside; ${turned} were turned. ` +
        'The table quota_reset_failures says why. Next: **try them again** in an hour, or at the signal `retrySetAside`.',
    });
    await alarm.waitUntil(again, () => isRetryAsked, 'try those set aside');
    isRetryAsked = false;
    left = await turnSetAside(turn);
  }
  if (next === null) return;
  await continueAsNew<typeof quotaReset>(next);
}

function show(
  state: string,
  { at, words }: { readonly at: Instant; readonly words: string },
): void {
  setCurrentDetails(words);
  upsertSearchAttributes([
    { key: LIFECYCLE_STATE, value: state },
    { key: NEXT_ACTION_AT, value: new Date(at) },
  ]);
}
