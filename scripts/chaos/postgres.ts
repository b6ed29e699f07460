/**
 * What a database that dies costs: usage is sent over HTTP from eight clients while PostgreSQL is ended without
 * warning and started again, 25 times. Afterwards every event that was acknowledged must be stored, once, as it was
 * acknowledged, and each ledger must be sound. Prints JSON, and fails when one of that is not so.
 *
 *   npm run chaos:postgres -- [kills=25]
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { invariant } from '../../domain/invariant';
import { reportAndFail } from '../platform/report';
import { createApiClient, NoAnswer, type ApiClient } from '../story/api-client';
import { startChaosPlatform, type ChaosPlatform } from './chaos-platform';

const CLIENTS = 8;
const BATCH = 20;
/** So many requests are served between two deaths. */
const ANSWERS_BETWEEN = 40;
/** One request in so many is sent a second time, to be answered as a replay. */
const REPEATED = 7;
const FUNDS = '10000.00';
const RETRY_MS = 20;

const resultsSchema = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      outcome: z.enum(['charged', 'replayed', 'refused', 'conflict']),
      charges: z.array(z.object({ bucket: z.string(), amount: z.string().optional() })),
    }),
  ),
});

interface Tally {
  /** What each event was acknowledged to have cost. */
  readonly acknowledged: Map<string, string>;
  /** Requests answered 200. */
  answers: number;
  unavailable: number;
  /** Answers that contradict an earlier one. */
  contradictions: number;
}

async function main(): Promise<void> {
  const [kills = 25] = process.argv.slice(2).map(Number);
  const platform = await startChaosPlatform();
  try {
    const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
    const accounts = await openAccounts(client);
    await platform.fund(accounts, FUNDS);
    const tally: Tally = { acknowledged: new Map(), answers: 0, unavailable: 0, contradictions: 0 };
    const startedAt = performance.now();
    await killUnderLoad(platform, { client, accounts, tally, kills });
    const seconds = (performance.now() - startedAt) / 1_000;
    const found = await compare(platform, client, { accounts, tally });
    const isSound = found.lost + found.doubled + found.differing + found.unsound === 0;
    const report = {
      kills,
      seconds: Math.round(seconds),
      served: tally.answers,
      unavailable: tally.unavailable,
      acknowledged: tally.acknowledged.size,
      contradictions: tally.contradictions,
      ...found,
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (!isSound || tally.contradictions > 0) process.exitCode = 1;
  } finally {
    await platform.stop();
  }
}

async function openAccounts(client: ApiClient): Promise<string[]> {
  return Promise.all(
    Array.from({ length: CLIENTS }, async (_, number) => {
      const account = { country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' };
      const made = await client.write('POST', '/v1/accounts', {
        body: { ...account, name: `Chaos ${number}` },
        schema: z.object({ id: z.string() }),
      });
      return made.id;
    }),
  );
}

interface Load {
  readonly client: ApiClient;
  readonly accounts: readonly string[];
  readonly tally: Tally;
}

async function killUnderLoad(
  platform: ChaosPlatform,
  { kills, ...load }: Load & { readonly kills: number },
): Promise<void> {
  const stopping = new AbortController();
  const clients = load.accounts.map((_, own) => sendOn(load, own, stopping.signal));
  for (let killed = 0; killed < kills; killed += 1) {
    const next = load.tally.answers + ANSWERS_BETWEEN;
    while (load.tally.answers < next) await pause(RETRY_MS);
    await platform.killPostgres();
    await platform.restartPostgres();
    process.stderr.write(`${killed + 1} of ${kills}: ${load.tally.acknowledged.size} events\n`);
  }
  stopping.abort();
  await Promise.all(clients);
}

/** Half of each batch goes to the client's own account, half to its neighbour's: two clients meet in each. */
async function sendOn(load: Load, own: number, stopping: AbortSignal): Promise<void> {
  const { accounts, tally } = load;
  for (let sent = 0; !stopping.aborted; sent += 1) {
    const occurredAt = new Date().toISOString();
    const events = Array.from({ length: BATCH }, (_, index) => ({
      id: randomUUID(),
      account_id: accounts[(own + (index % 2)) % accounts.length],
      type: 'message',
      channel: 'sms',
      occurred_at: occurredAt,
    }));
    acknowledge(tally, await sendUntilAnswered(load, events));
    if (sent % REPEATED === 0) acknowledge(tally, await sendUntilAnswered(load, events));
  }
}

type Results = z.output<typeof resultsSchema>['results'];

async function sendUntilAnswered({ client, tally }: Load, events: unknown[]): Promise<Results> {
  for (;;) {
    try {
      const answer = await client.sendOnce('POST', '/v1/usage', { body: { events } });
      if (answer.status === 200) {
        tally.answers += 1;
        return resultsSchema.parse(answer.body).results;
      }
      invariant(answer.status === 503 || answer.status === 429, `answered ${answer.status}`);
      tally.unavailable += 1;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    await pause(RETRY_MS);
  }
}

function acknowledge(tally: Tally, results: Results): void {
  for (const { id, outcome, charges } of results) {
    const told =
      outcome === 'refused' || outcome === 'conflict' ? outcome : JSON.stringify(charges);
    const before = tally.acknowledged.get(id);
    if (before !== undefined && before !== told) tally.contradictions += 1;
    tally.acknowledged.set(id, told);
  }
}

/** Our list of what was acknowledged beside the record. */
async function compare(
  platform: ChaosPlatform,
  client: ApiClient,
  { accounts, tally }: Omit<Load, 'client'>,
) {
  const owner = new Client({ connectionString: platform.ownerUrl });
  await owner.connect();
  try {
    const { rows } = await owner.query<{ event_id: string; times: string; amount: string }>(
      'select event_id, count(*)::text as times, sum(amount)::text as amount from usage_events group by event_id',
    );
    const stored = new Map(rows.map((row) => [row.event_id, row]));
    const ids = [...tally.acknowledged.keys()];
    let unsound = 0;
    for (const id of accounts) {
      const check = await client.read(`/v1/accounts/${id}/ledger/check`, checkSchema);
      const isSound = check.assets.every((asset) => asset.cached_equals_posted);
      if (!isSound || !check.chain_intact) unsound += 1;
    }
    return {
      stored: rows.length,
      lost: ids.filter((id) => !stored.has(id)).length,
      doubled: rows.filter(({ times }) => times !== '1').length,
      differing: rows.filter(({ event_id: id, amount }) => !isAsTold(tally, id, amount)).length,
      unsound,
    };
  } finally {
    await owner.end();
  }
}

const checkSchema = z.object({
  assets: z.array(z.object({ cached_equals_posted: z.boolean() })),
  chain_intact: z.boolean(),
});

/** 0.01 INR from the wallet, in micros, and nothing else. Events that nobody was answered for are fine, too. */
function isAsTold(tally: Tally, id: string, amount: string): boolean {
  const told = tally.acknowledged.get(id);
  if (amount !== '10000') return false;
  return told === undefined || told.includes('"amount":"0.01"');
}

main().catch(reportAndFail);
