/**
 * From command to state over HTTP: at a fixed rate (open loop: latency counts from when a command was
 * due, not from when it could be sent) subscriptions are cancelled for the period's end and resumed.
 * The answer shows the stored state, so its arrival is the end. Prints JSON, with the memory of every
 * process of the platform before and after. Needs a running platform (`npm start`).
 *
 *   npm run bench:commands -- [perSecond=10] [seconds=60]
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { dataDirectoryOf } from '../platform/data-directory';
import { reportAndFail } from '../platform/report';
import { createApiClient, type ApiClient } from '../story/api-client';
import { residentMbByCommand } from './cpu';

const SUBSCRIPTIONS = 40;
const PROJECT_ROOT = path.join(__dirname, '../..');

const demoSchema = z.looseObject({
  api_url: z.string(),
  operator_key: z.string(),
  pid: z.number().int(),
});
const withId = z.looseObject({ id: z.string() });

interface Sample {
  readonly status: number;
  readonly latencyMs: number;
}

async function main(): Promise<void> {
  const [perSecond = 10, seconds = 60] = process.argv.slice(2).map(Number);
  const file = path.join(dataDirectoryOf(process.env, PROJECT_ROOT), 'demo.json');
  const demo = demoSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const client = createApiClient({ baseUrl: demo.api_url, apiKey: demo.operator_key });
  const subscriptionIds = await startSubscriptions(client);
  const idle = residentMbByCommand(demo.pid);
  const samples = await sendAtRate(client, subscriptionIds, { perSecond, seconds });
  const after = residentMbByCommand(demo.pid);
  process.stdout.write(
    `${JSON.stringify({ ...summarise(samples, { perSecond, seconds }), memory_mb: { idle, after } }, null, 2)}\n`,
  );
}

/** Free subscriptions, each of an account of its own: no money is needed to cancel and resume. */
async function startSubscriptions(client: ApiClient): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < SUBSCRIPTIONS) {
    const account = await client.write('POST', '/v1/accounts', {
      body: { name: 'Bench', country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' },
      schema: withId,
    });
    const subscription = await client.write('POST', `/v1/accounts/${account.id}/subscriptions`, {
      body: { plan_code: 'basic', cycle: 'monthly' },
      schema: withId,
    });
    ids.push(subscription.id);
  }
  return ids;
}

async function sendAtRate(
  client: ApiClient,
  ids: readonly string[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Sample[]> {
  const startedAt = performance.now();
  const sent = Array.from({ length: perSecond * seconds }, async (_, index) => {
    const dueAt = startedAt + (index * 1_000) / perSecond;
    await pause(Math.max(0, dueAt - performance.now()));
    const id = ids[index % ids.length] ?? '';
    const isCancel = Math.floor(index / ids.length) % 2 === 0;
    const body = isCancel ? { at: 'period_end' } : {};
    const path = `/v1/subscriptions/${id}/${isCancel ? 'cancel' : 'resume'}`;
    const { status } = await client.send('POST', path, { body });
    return { status, latencyMs: performance.now() - dueAt };
  });
  return Promise.all(sent);
}

function summarise(samples: readonly Sample[], load: object) {
  const latencies = samples.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0,
    );
  const statuses: Record<string, number> = {};
  for (const { status } of samples) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    benchmark: 'commands',
    load,
    commands: samples.length,
    statuses,
    latency_ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  };
}

main().catch(reportAndFail);
