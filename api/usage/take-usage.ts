import type { UsageAmendments } from '../../db/correct-usage';
import type { UsageQuotes } from '../../db/quote-usage';
import type { UsageReratings } from '../../db/rerate-usage';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { UsageOutcome } from '../../domain/usage/usage-event';
import type { Caller } from '../caller';
import type { Metrics } from '../metrics';
import type { ToldUsage } from '../schemas/usage.schema';
import type { UsageDigest } from './digest';
import type { UsageLanes } from './lanes';
import { toUsageEvent } from './to-usage-event';
import type { UsageAccount, UsageAccounts } from './usage-accounts';

/** All that stands between a request with usage and the ledger. */
export interface UsageDoor {
  readonly accounts: UsageAccounts;
  readonly digest: UsageDigest;
  readonly lanes: UsageLanes;
  readonly quotes: UsageQuotes;
  readonly amendments: UsageAmendments;
  readonly reratings: UsageReratings;
}

/** What came of one event. */
export interface UsageResult {
  readonly id: string;
  readonly outcome: UsageOutcome;
  /** Null: the account is not the caller's. */
  readonly account: UsageAccount | null;
}

const UNKNOWN_ACCOUNT = { kind: 'refused', reason: 'unknown_account' } as const;

/**
 * Records the events of a request, one result each in the order sent. Events of accounts that are not the caller's
 * are refused, and the others go on. Throws `rate_limited` when too much is waiting, and then none is recorded.
 */
export async function takeUsage(
  told: readonly ToldUsage[],
  request: { readonly caller: Caller; readonly receivedAt: Instant; readonly sender: string },
  { usage, metrics }: { readonly usage: UsageDoor; readonly metrics: Metrics },
): Promise<UsageResult[]> {
  const ids = new Set(told.map((event) => event.account_id));
  const accounts = await usage.accounts.find(ids, request);
  const events = told.flatMap((event) => {
    const account = accounts.get(event.account_id);
    if (account === undefined) return [];
    return toUsageEvent(event, { digest: usage.digest, receivedAt: account.now });
  });
  const outcomes = (await usage.lanes.record(events, request.sender)).values();
  const results = told.map(({ id, account_id: accountId }): UsageResult => {
    const account = accounts.get(accountId);
    if (account === undefined) return { id, outcome: UNKNOWN_ACCOUNT, account: null };
    const { value: outcome } = outcomes.next();
    invariant(outcome !== undefined, 'the lanes answer one outcome each');
    return { id, outcome, account };
  });
  countOutcomes(results, metrics);
  return results;
}

/** Once for all that are alike: a counter costs more than an event may. */
function countOutcomes(results: readonly UsageResult[], metrics: Metrics): void {
  const alike = new Map<string, { readonly outcome: UsageOutcome; events: number }>();
  for (const { outcome } of results) {
    const name = outcome.kind === 'refused' ? outcome.reason : outcome.kind;
    const counted = alike.get(name);
    if (counted === undefined) alike.set(name, { outcome, events: 1 });
    else counted.events += 1;
  }
  for (const { outcome, events } of alike.values()) {
    const reason = outcome.kind === 'refused' ? outcome.reason : '';
    metrics.usageEvents.inc({ outcome: outcome.kind, reason }, events);
  }
}
