/**
 * Owns: the trend and the download of a story about usage, with the figures they must come to.
 * Does not own: the story (tell-whatsapp.ts).
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { parseCurrency } from '../../domain/currency';
import { formatAmount, parseMoney } from '../../domain/money';
import { dataDirectoryOf } from '../platform/data-directory';
import type { Stage } from './open-stage';
import type { Scene } from './scene';
import { showNumber } from './show';
import { getTrend, type Trend } from './usage-calls';

const IDR = parseCurrency('IDR');

export async function showReports(scene: Scene, stage: Stage): Promise<void> {
  await showTrend(scene, stage);
  await download(scene, stage);
}

async function showTrend({ client, accountId, checks }: Scene, { page, year }: Stage) {
  const range = `from=${year}-01-01&to=${year}-02-01`;
  const { series } = await getTrend(client, accountId, range);
  const lengths = new Set(series.map(({ points }) => points.length));
  checks.equal('every day has a point', [...lengths], [32]);
  checks.equal('marketing', pointsOf(series, 'marketing'), [
    [`${year}-01-31`, 99, '49500.00'],
    [`${year}-02-01`, 150, '75000.00'],
  ]);
  checks.equal('utility, also where it was free', pointsOf(series, 'utility'), [
    [`${year}-01-31`, 1, '0.00'],
    [`${year}-02-01`, 2, '250.00'],
  ]);
  checks.equal('visitors', pointsOf(series, 'unique_visitor'), [[`${year}-01-31`, 1, '0.00']]);
  page.tables([
    {
      headings: [`of ${[...lengths].join()} days`, 'used', 'money'],
      rows: series.flatMap(({ name }) =>
        pointsOf(series, name).map(([date, value, amount]) => [
          `${name.replaceAll('_', ' ')}, ${date}`,
          String(value),
          showNumber(amount),
        ]),
      ),
      totals: [],
    },
  ]);
}

/** Of the days on which there was something. */
function pointsOf(series: Trend['series'], wanted: string): (readonly [string, number, string])[] {
  const points = series.find(({ name }) => name === wanted)?.points ?? [];
  return points
    .filter(({ value }) => value > 0)
    .map(({ date, value, amount }) => [date, value, amount] as const);
}

async function download(
  { accountId, checks }: Scene,
  { page, platform, year }: Stage,
): Promise<void> {
  const report = `/v1/accounts/${accountId}/reports/whatsapp_usage.csv`;
  const address = `${platform.apiUrl}${report}?from=${year}-01-01&to=${year}-02-01`;
  const headers = { authorization: `Bearer ${platform.operatorKey}` };
  const text = await (await fetch(address, { headers })).text();
  const rows = z
    .array(z.looseObject({ amount: z.string() }))
    .parse(parse(text, { bom: true, columns: true }));
  checks.equal('the file has a row for each message', rows.length, 254);
  const amountMicros = rows.reduce((sum, { amount }) => sum + microsOf(amount), 0n);
  const total = formatAmount({ amountMicros, currency: IDR });
  checks.equal('and they add up to what was charged', total, '125000.00');
  const directory = dataDirectoryOf(process.env, path.join(__dirname, '../..'));
  const file = path.join(directory, `whatsapp_usage_${accountId}.csv`);
  await writeFile(file, text);
  page.paragraph('');
  page.paragraph(`${rows.length} messages, ${showNumber(total)} IDR: ${file}. Fetch it yourself:`);
  page.link(`curl -H "Authorization: Bearer $KEY" "${address}" -o usage.csv`);
}

function microsOf(amount: string): bigint {
  return parseMoney({ amount, currency: IDR }).amountMicros;
}
