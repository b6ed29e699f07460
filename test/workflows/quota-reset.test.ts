import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { QuotaResetActivities } from '../../activities/month/quota-reset.activities';
import {
  buildQuotaResetStart,
  quotaResetWorkflowId,
  retrySetAside,
  type QuotaResetInput,
} from '../../workflows/quota-reset.messages';
import { readDetails } from './history-facts';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const ZONE = 'Asia/Jakarta';

interface ZoneBooks {
  readonly activities: Omit<QuotaResetActivities, 'planZones'>;
  readonly deeds: string[];
  /** How many accounts the next turns leave aside. */
  leaveAside(count: number): void;
  endZone(): void;
}

/** A zone of ten accounts whose month begins on the 10th of each month at 00:00 UTC. */
function createZoneBooks(): ZoneBooks {
  const deeds: string[] = [];
  let aside = 0;
  let isInUse = true;
  return {
    deeds,
    leaveAside: (count) => void (aside = count),
    endZone: () => void (isInUse = false),
    activities: {
      async turnZone({ month, at }) {
        deeds.push(`turn to ${month} at ${at}`);
        return { turned: 10 - aside, setAside: aside };
      },
      async issueUsageDocuments({ month }) {
        deeds.push(`documents before ${month}`);
        return { issued: 3, setAside: 0 };
      },
      async turnSetAside({ month }) {
        deeds.push(`again ${month}`);
        return aside;
      },
      planNextTurn: async ({ month }) => (isInUse ? turnAfter(month) : null),
    },
  };
}

function turnAfter(month: string): QuotaResetInput {
  const date = new Date(`${month}-10T00:00:00.000Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  const at = date.toISOString();
  return { version: 1, timeZone: ZONE, month: at.slice(0, 'YYYY-MM'.length), at };
}

describe('quotaReset', () => {
  let stage: Stage;
  let zone: WorkflowHandle;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /** Begins in the month of the server's present. */
  async function begin(): Promise<ZoneBooks> {
    const books = createZoneBooks();
    stage.use(books.activities);
    const month = (await stage.now()).slice(0, 'YYYY-MM'.length);
    zone = await stage.start(quotaResetWorkflowId(ZONE), buildQuotaResetStart(turnAfter(month)));
    await stage.settle();
    return books;
  }

  it('waits for the first instant of the month, turns the zone, and waits for the next one', async () => {
    const books = await begin();
    const { month, at } = turnAfter((await stage.now()).slice(0, 'YYYY-MM'.length));
    expect(books.deeds).toEqual([]);
    expect(await readDetails(zone)).toBe(
      `**waiting**. Next: **turn to ${month}** at ${at}, because that month begins in ${ZONE}.`,
    );
    const { runId } = await zone.describe();
    await stage.passUntil(at.slice('YYYY-'.length, 'YYYY-MM-DD'.length));
    expect(books.deeds).toEqual([`turn to ${month} at ${at}`, `documents before ${month}`]);
    const described = await zone.describe();
    expect(described.runId).not.toBe(runId);
    const next = turnAfter(month);
    expect(await readDetails(zone)).toContain(`**turn to ${next.month}** at ${next.at}`);
  });

  it('shows the accounts that are set aside and tries them each hour, or when asked', async () => {
    const books = await begin();
    books.leaveAside(2);
    const { month, at } = turnAfter((await stage.now()).slice(0, 'YYYY-MM'.length));
    await stage.passUntil(at.slice('YYYY-'.length, 'YYYY-MM-DD'.length), '00:30');
    expect(await readDetails(zone)).toContain(
      `**2 accounts could not be turned to ${month}**, or their usage documented, and are set aside; 8 were turned.`,
    );
    await zone.signal(retrySetAside);
    await stage.settle();
    expect(books.deeds.slice(2)).toEqual([`again ${month}`]);
    books.leaveAside(0);
    await stage.pass('61 minutes');
    expect(books.deeds.slice(2)).toEqual([`again ${month}`, `again ${month}`]);
    expect(await readDetails(zone)).toContain('**waiting**');
  });

  it('ends with the zone', async () => {
    const books = await begin();
    books.endZone();
    await stage.pass('62 days');
    expect((await zone.describe()).status.name).toBe('COMPLETED');
    expect(books.deeds).toHaveLength(2);
  });

  it('goes on trying while the database is away', async () => {
    const books = await begin();
    let tries = 0;
    stage.use({
      ...books.activities,
      async turnZone() {
        tries += 1;
        if (tries < 3) throw ApplicationFailure.create({ message: 'away', nonRetryable: false });
        return { turned: 10, setAside: 0 };
      },
    });
    await stage.pass('31 days');
    await stage.skip('5 minutes');
    await stage.settle();
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(await readDetails(zone)).toContain('**waiting**');
  });
});
