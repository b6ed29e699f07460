/** The process that turns the month in month-close.ts. Started with fork; says what came of it and ends. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createQuotaResetActivities } from '../../../activities/month/quota-reset.activities';
import { createDatabase } from '../../../db/connection';
import { monthOf, startOfMonth } from '../../../domain/calendar';
import { reportAndFail } from '../../platform/report';

async function main(): Promise<void> {
  const { DATABASE_URL: url = '', TIME_ZONE: timeZone = '' } = process.env;
  const database = createDatabase({ url, applicationName: 'tollgate-bench-month' });
  const now = () => new Date().toISOString();
  const activities = createQuotaResetActivities({ database, now });
  const month = monthOf(now(), timeZone);
  const turn = { timeZone, month, at: startOfMonth(month, timeZone) };
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const turned = await new MockActivityEnvironment().run<
    [],
    { turned: number; setAside: number },
    () => ReturnType<typeof activities.turnZone>
  >(() => activities.turnZone(turn));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(before);
  process.send?.({ ...turned, seconds, nodeMs: (user + system) / 1_000 });
  await database.destroy();
}

main().catch(reportAndFail);
