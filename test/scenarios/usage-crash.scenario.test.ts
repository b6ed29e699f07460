/** Usage told while a part dies without warning: the same events again are exact, whatever had been answered. */
import type { Client as PostgresClient } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { grantUnits } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { startPlatform, type TestPlatform } from '../support/platform';
import { createDeaths } from './deaths';
import { connectAsOwner } from './standstill';
import { waitFor } from '../../scripts/story/wait-for';

jest.setTimeout(150_000);

const REQUESTS = 60;
const EVENTS_PER_REQUEST = 50;
const EVENTS = REQUESTS * EVENTS_PER_REQUEST;
const ACCOUNTS = 3;
const GRANTED = 5_000;

let platform: TestPlatform;
let database: Database;
const { kill, restart, restartAll } = createDeaths(() => platform);

beforeAll(async () => {
  platform = await startPlatform({
    ownsPostgres: true,
    processes: ['api'],
    environment: { BILLING_RATE_LIMIT_PER_SECOND: '100000' },
  });
  database = createDatabase({ url: platform.appUrl, applicationName: 'usage-crash' });
});
afterAll(async () => {
  await database?.destroy();
  await platform?.stop();
});
afterEach(restartAll);

async function newAccounts(name: string): Promise<string[]> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `acct_${name}${index}`);
  const at = new Date().toISOString();
  for (const accountId of accounts) {
    await makeAccount(database, { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at });
    await changeLedger(database, { accountId, reference: 'start', at }, (plan, ledger) =>
      grantUnits(plan, ledger, {
        code: 'package/pkg_1',
        asset: 'message',
        source: 'package',
        quantity: BigInt(GRANTED),
        startsAt: '2020-01-01T00:00:00.000Z',
        expiresAt: '2099-01-01T00:00:00.000Z',
        at,
        reference: 'pkg_1',
      }),
    );
  }
  return accounts;
}

/** Every request has events of every account. */
function requestsFor(accounts: readonly string[]): object[][] {
  const occurredAt = new Date().toISOString();
  return Array.from({ length: REQUESTS }, (_, request) =>
    Array.from({ length: EVENTS_PER_REQUEST }, (__, index) => ({
      id: `sms ${request}/${index}`,
      account_id: accounts[index % ACCOUNTS],
      type: 'message',
      channel: 'sms',
      occurred_at: occurredAt,
    })),
  );
}

interface Reply {
  /** 0: nobody answered. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly outcomes: readonly string[];
}

async function send(events: readonly object[]): Promise<Reply> {
  try {
    const response = await fetch(`${platform.apiUrl}/v1/usage`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.operatorKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ events }),
    });
    const body = (await response.json()) as { readonly results?: { readonly outcome: string }[] };
    const outcomes = (body.results ?? []).map(({ outcome }) => outcome);
    return { status: response.status, retryAfter: response.headers.get('retry-after'), outcomes };
  } catch {
    return { status: 0, retryAfter: null, outcomes: [] };
  }
}

async function untilServed(events: readonly object[]): Promise<Reply> {
  return waitFor(() => send(events), {
    waitingFor: 'the results',
    isThere: ({ status }) => status === 200,
    deadlineMs: 60_000,
  });
}

/** Sends all of it, lets `part` die when some of it is in the ledger, and answers what was told until then. */
async function sendUntilDeath(
  part: 'api' | 'postgres',
  requests: readonly object[][],
  record: PostgresClient,
): Promise<Reply[]> {
  const before = await countEvents(record);
  const replies = Promise.all(requests.map(send));
  await waitFor(() => countEvents(record), {
    waitingFor: 'the first of it',
    isThere: (count) => count > before,
    deadlineMs: 30_000,
  });
  // A connection of our own would keep PostgreSQL from telling the API first.
  if (part === 'postgres') await record.end();
  await kill(part);
  return replies;
}

async function countEvents(record: PostgresClient): Promise<number> {
  const { rows } = await record.query<{ count: string }>('select count(*) from usage_events');
  return Number(rows[0]?.count);
}

async function expectExact(accounts: readonly string[]): Promise<void> {
  const record = await connectAsOwner(platform);
  try {
    const { rows } = await record.query<{ events: string; used: string }>(
      `select (select count(*) from usage_events u where u.ledger_id = l.id) as events, ($2 - b.posted)::text as used
         from ledgers l join buckets b on b.ledger_id = l.id and b.code = 'package/pkg_1'
        where l.account_id = any ($1)`,
      [accounts, GRANTED],
    );
    const total = (name: 'events' | 'used') =>
      rows.reduce((sum, row) => sum + Number(row[name]), 0);
    expect({ events: total('events'), used: total('used') }).toEqual({
      events: EVENTS,
      used: EVENTS,
    });
    expect(await findViolations(record, [...accounts])).toEqual([]);
  } finally {
    await record.end();
  }
}

it('R0.16 an API killed under load has charged nothing twice when all of it is sent again', async () => {
  const accounts = await newAccounts('api');
  const requests = requestsFor(accounts);
  const record = await connectAsOwner(platform);
  const before = await sendUntilDeath('api', requests, record);
  await record.end();
  expect(before.map(({ status }) => status)).toContain(0);
  await restart('api');
  const again = await Promise.all(requests.map(untilServed));
  for (const [index, { outcomes }] of before.entries()) {
    // What was acknowledged is there.
    if (outcomes.length > 0) expect(new Set(again[index]?.outcomes)).toEqual(new Set(['replayed']));
  }
  const told = new Set(again.flatMap(({ outcomes }) => outcomes));
  expect([...told].sort()).toEqual(['charged', 'replayed']);
  await expectExact(accounts);
});

it('R0.16 a PostgreSQL killed under load is 503 with Retry-After, and all of it sent again is exact', async () => {
  const accounts = await newAccounts('postgres');
  const requests = requestsFor(accounts);
  const before = await sendUntilDeath('postgres', requests, await connectAsOwner(platform));
  expect(before.map(({ status }) => status)).toContain(503);
  for (const { status, retryAfter } of before) {
    expect([200, 503]).toContain(status);
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
  }
  expect(await send(requests[0] ?? [])).toMatchObject({ status: 503 });
  await restart('postgres');
  const again = await Promise.all(requests.map(untilServed));
  for (const [index, { outcomes }] of before.entries()) {
    if (outcomes.length > 0) expect(new Set(again[index]?.outcomes)).toEqual(new Set(['replayed']));
  }
  await expectExact(accounts);
});

it('an API that is told to stop finishes what it has taken', async () => {
  const accounts = await newAccounts('stop');
  const requests = requestsFor(accounts);
  const record = await connectAsOwner(platform);
  const before = await countEvents(record);
  const replies = Promise.all(requests.map(send));
  await waitFor(() => countEvents(record), {
    waitingFor: 'the first of it',
    isThere: (count) => count > before,
    deadlineMs: 30_000,
  });
  const toldAt = performance.now();
  await platform.kill('api', 'SIGTERM');
  expect(performance.now() - toldAt).toBeLessThan(5_000);
  const stored = (await countEvents(record)) - before;
  const served = (await replies).filter(({ status }) => status === 200);
  // Connections that it had not accepted yet are refused; of what it had, nothing is left half done.
  expect(stored).toBe(served.length * EVENTS_PER_REQUEST);
  await record.end();
  await restart('api');
});
