/**
 * What usage costs, part by part, each on a fresh PostgreSQL with fsync on and with its floor in the same run. Rates
 * move with what else the machine does; ratios and CPU hardly. Prints JSON. Method: docs/benchmarks.md.
 *
 *   npm run bench:usage -- [part …]
 */
import { reportAndFail } from '../platform/report';
import { measureBytes, measureHot, measureSpread, measureWindows } from './usage/against-floors';
import { measureGrowth } from './usage/growth';
import { measureHttp, measureOverload } from './usage/http';
import { measureMonthClose } from './usage/month-close';
import { measureCsv, measureTrend } from './usage/reports';
import { measureSingles } from './usage/singles';

const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  hot: measureHot,
  spread: measureSpread,
  windows: measureWindows,
  growth: measureGrowth,
  singles: measureSingles,
  http: measureHttp,
  overload: measureOverload,
  month: measureMonthClose,
  bytes: measureBytes,
  trend: measureTrend,
  csv: measureCsv,
};

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0) {
    throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  const results: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const startedAt = performance.now();
    const result = await run();
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    results[name] = { ...(result as object), took_seconds: seconds };
    process.stderr.write(`${name}: ${seconds} s\n`);
  }
  const report = { benchmark: 'usage', node: process.version, ...results };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

main().catch(reportAndFail);
