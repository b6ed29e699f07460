import type { Database } from '../../db/connection';
import { createUsageAmendments } from '../../db/correct-usage';
import { createUsageQuotes } from '../../db/quote-usage';
import { createRateCardCache } from '../../db/rate-card-cache';
import { createUsageRecorder } from '../../db/record-usage';
import { createUsageReratings } from '../../db/rerate-usage';
import type { Instant } from '../../domain/instant';
import type { Metrics } from '../metrics';
import { createUsageDigest } from './digest';
import { createUsageLanes } from './lanes';
import type { UsageDoor } from './take-usage';
import { createUsageAccounts } from './usage-accounts';

export interface UsageDoorOptions {
  readonly database: Database;
  /** A pool of as many connections as there are lanes: no other request takes them. */
  readonly laneDatabase: Database;
  readonly digestKey: string;
  readonly lanes: number;
  readonly metrics: Metrics;
  readonly now: () => Instant;
  /** Events that may wait in a lane; left out: thousands. */
  readonly waitingMax?: number | undefined;
}

export function createUsageDoor(options: UsageDoorOptions): UsageDoor {
  const { database, laneDatabase, digestKey, ...others } = options;
  const rateCards = createRateCardCache();
  return {
    accounts: createUsageAccounts(database),
    digest: createUsageDigest(digestKey),
    quotes: createUsageQuotes(rateCards),
    amendments: createUsageAmendments(rateCards),
    reratings: createUsageReratings(rateCards),
    lanes: createUsageLanes({ ...others, recorder: createUsageRecorder(laneDatabase, rateCards) }),
  };
}
