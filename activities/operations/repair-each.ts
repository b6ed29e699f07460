import { heartbeat, log } from '@temporalio/activity';

/** So many failures in a row are no row's fault: a server is down, and the next run tries again. */
const FAILURES_IN_A_ROW_MAX = 10;

/**
 * Repairs row after row; one that cannot be repaired is logged and keeps no other waiting. Answers how
 * many were repaired. Throws the last error when nothing works any more.
 */
export async function repairEach<Row>(
  rows: readonly Row[],
  {
    nameOf,
    repair,
  }: {
    /** Ids only: it goes into the log. */
    readonly nameOf: (row: Row) => string;
    /** Answers whether there was something to repair. */
    readonly repair: (row: Row) => Promise<boolean>;
  },
): Promise<number> {
  let repaired = 0;
  let failuresInARow = 0;
  for (const row of rows) {
    heartbeat();
    try {
      if (await repair(row)) repaired += 1;
      failuresInARow = 0;
    } catch (error) {
      failuresInARow += 1;
      if (failuresInARow === FAILURES_IN_A_ROW_MAX) throw error;
      log.error('not repaired; it is tried again a minute later', { row: nameOf(row), error });
    }
  }
  return repaired;
}
