import { activityInfo, heartbeat } from '@temporalio/activity';
import {
  listLedgersToTurn,
  listSetAside,
  type LedgerToTurn,
} from '../../db/repositories/quota-reset.repository';
import { listLedgersToDocument } from '../../db/repositories/usage-charge.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { ActivityDependencies } from '../dependencies';
import { withApplicationFailures } from '../to-application-failure';
import { issueEach } from './issue-usage-documents';
import { planNextTurn } from './plan-turns';
import { turnEach, type Turn } from './turn-accounts';

export type QuotaResetActivities = ReturnType<typeof createQuotaResetActivities>;

/** Small enough that a charge never waits long for the locks of its chunk. Two at once: one is decided, one written. */
const CHUNK = 100;
/** Each has a transaction of its own: so many are done well within a heartbeat. */
const DOCUMENTS_AT_ONCE = 50;

interface ZoneTurn extends Turn {
  readonly timeZone: string;
}

/** How far a pass has come, as its heartbeat keeps it: JSON knows no bigint. */
interface Progress {
  readonly after: string;
  /** Or documents that were issued. */
  readonly turned: number;
  readonly setAside: number;
}

/** Turns the months of all accounts of a zone. */
export function createQuotaResetActivities(
  dependencies: Pick<ActivityDependencies, 'database' | 'now'>,
) {
  const { database } = dependencies;
  return withApplicationFailures({
    /**
     * Turns every account of the zone that is on the wall clock, chunk by chunk. One that cannot be turned is set
     * aside. Safe to repeat: who was turned is not turned again, and a retry goes on where the last one was.
     */
    async turnZone({ timeZone, month, at }: ZoneTurn): Promise<Omit<Progress, 'after'>> {
      let progress = readProgress();
      for (;;) {
        const after = BigInt(progress.after);
        const accounts = await withTransaction(database, SYSTEM, (trx) =>
          listLedgersToTurn(trx, { timeZone, month, after, limit: 2 * CHUNK }),
        );
        const last = accounts.at(-1);
        if (last === undefined) break;
        const chunks = [accounts.slice(0, CHUNK), accounts.slice(CHUNK)];
        const failures = await Promise.all(
          chunks
            .filter(({ length }) => length > 0)
            .map((chunk) => turnEach(dependencies, chunk, { month, at })),
        );
        const failed = failures.reduce((sum, count) => sum + count, 0);
        progress = {
          after: String(last.ledgerId),
          turned: progress.turned + accounts.length - failed,
          setAside: progress.setAside + failed,
        };
        heartbeat(progress);
      }
      const { turned, setAside } = progress;
      return { turned, setAside };
    },

    /**
     * Issues what usage of the zone's accounts took from money in the months before, an account at a time. Safe to
     * repeat: an account has its documents of a month once.
     */
    issueUsageDocuments: (closing: Omit<ZoneTurn, 'at'>) => documentZone(dependencies, closing),

    /** Tries the accounts again that were set aside. Answers how many still are. */
    async turnSetAside({ timeZone, month, at }: ZoneTurn): Promise<number> {
      const accounts: LedgerToTurn[] = await withTransaction(database, SYSTEM, (trx) =>
        listSetAside(trx, timeZone),
      );
      let failed = 0;
      for (const account of accounts) {
        const isLeft = (await turnEach(dependencies, [account], { month, at })) > 0;
        const { setAside } = await issueEach(dependencies, [account], month);
        if (isLeft || setAside > 0) failed += 1;
        heartbeat();
      }
      return failed;
    },

    /** The turn after this one; null: nobody lives in the zone any more. */
    planNextTurn: (turn: Omit<ZoneTurn, 'at'>) => planNextTurn(database, turn),
  });
}

async function documentZone(
  dependencies: Pick<ActivityDependencies, 'database' | 'now'>,
  { timeZone, month }: Omit<ZoneTurn, 'at'>,
): Promise<{ readonly issued: number; readonly setAside: number }> {
  let progress = readProgress();
  for (;;) {
    const after = BigInt(progress.after);
    const accounts = await withTransaction(dependencies.database, SYSTEM, (trx) =>
      listLedgersToDocument(trx, { timeZone, before: month, after, limit: DOCUMENTS_AT_ONCE }),
    );
    const last = accounts.at(-1);
    if (last === undefined) return { issued: progress.turned, setAside: progress.setAside };
    const { issued, setAside } = await issueEach(dependencies, accounts, month);
    progress = {
      after: String(last.ledgerId),
      turned: progress.turned + issued,
      setAside: progress.setAside + setAside,
    };
    heartbeat(progress);
  }
}

function readProgress(): Progress {
  const details: unknown = activityInfo().heartbeatDetails;
  return isProgress(details) ? details : { after: '0', turned: 0, setAside: 0 };
}

function isProgress(value: unknown): value is Progress {
  return typeof value === 'object' && value !== null && 'after' in value;
}
