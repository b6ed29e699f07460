import { Client } from 'pg';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantUnits } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { publishPrices } from '../support/usage-prices';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { dumpDatabase } from './dump-database';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const AT = '2026-11-20T10:00:00Z';
/** 9,999,999.00 a message. */
const RATE_MAX = 99_999_990_000_000_000n;

let api: ApiUnderTest;
/** Another process with the same database. */
let beside: ApiUnderTest;
let world: World;
let owner: Client;
let made = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  beside = await startApi({ now: () => NOW, testDatabase: api.testDatabase });
  world = await createWorld(api);
  owner = new Client({ connectionString: api.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-11-01', 1)`);
});
afterAll(async () => {
  await owner?.end();
  await beside?.close();
  await api?.close();
});

interface Event {
  readonly id: string;
  readonly account_id: string;
  readonly [field: string]: unknown;
}

/** An account with so many messages in a package. */
async function newAccount(messages: bigint, partnerId?: string): Promise<string> {
  made += 1;
  const accountId = `acct_usage${made}`;
  await makeAccount(api.database, {
    accountId,
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
    at: '2026-10-01T00:00:00Z',
    ...(partnerId === undefined ? {} : { partnerId }),
  });
  await changeLedger(
    api.database,
    { accountId, reference: 'start', at: '2026-10-01T00:00:00Z' },
    (plan, ledger) =>
      grantUnits(plan, ledger, {
        code: 'package/pkg_1',
        asset: 'message',
        source: 'package',
        quantity: messages,
        startsAt: '2026-10-01T00:00:00.000Z',
        expiresAt: '2027-10-01T00:00:00.000Z',
        at: '2026-10-01T00:00:00.000Z',
        reference: 'pkg_1',
      }),
  );
  return accountId;
}

function sms(id: string, accountId: string, other: Readonly<Record<string, unknown>> = {}): Event {
  return { id, account_id: accountId, type: 'message', channel: 'sms', occurred_at: AT, ...other };
}

function send(events: readonly unknown[], options: CallOptions = {}, to = api) {
  return to.call('POST', '/v1/usage', { key: api.operatorKey, body: { events }, ...options });
}

type Result = {
  readonly id: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly charges: readonly { readonly bucket: string; readonly quantity?: number }[];
};

function resultsOf(reply: { readonly body: Record<string, unknown> }): Result[] {
  return reply.body.results as Result[];
}

/** `id outcome reason`, and how many units each was charged. */
function told(reply: { readonly body: Record<string, unknown> }): string[] {
  return resultsOf(reply).map(({ id, outcome, reason, charges }) =>
    [id, outcome, reason, charges.map(({ quantity }) => quantity).join('+')]
      .filter(Boolean)
      .join(' '),
  );
}

async function messagesLeft(accountId: string): Promise<number> {
  const { rows } = await owner.query<{ posted: string }>(
    `select posted::text from buckets join ledgers l on l.id = ledger_id
      where l.account_id = $1 and code = 'package/pkg_1'`,
    [accountId],
  );
  return Number(rows[0]?.posted);
}

describe('a request with usage', () => {
  test('R0.14 is answered event by event in the order sent, and a bad event stops no other', async () => {
    const accountId = await newAccount(5n);
    const reply = await send([
      sms('a', accountId, { quantity: 3 }),
      sms('too many', accountId, { quantity: 3 }),
      sms('nobody', 'acct_nobody'),
      sms('too old', accountId, { occurred_at: '2026-10-11T11:59:59Z' }),
      sms('too early', accountId, { occurred_at: '2026-11-21T12:00:01Z' }),
      sms('b', accountId),
      sms('a', accountId, { quantity: 3 }),
      sms('b', accountId, { quantity: 2 }),
    ]);
    expect(reply.status).toBe(200);
    expect(told(reply)).toEqual([
      'a charged 3',
      'too many refused no_rate',
      'nobody refused unknown_account',
      'too old refused event_too_old',
      'too early refused event_in_future',
      'b charged 1',
      'a replayed 3',
      'b conflict',
    ]);
    expect(await messagesLeft(accountId)).toBe(1);
  });

  test('R0.14 shows what paid for it', async () => {
    const accountId = await newAccount(2n);
    const reply = await send([sms('a', accountId, { quantity: 2 })]);
    expect(resultsOf(reply)[0]).toMatchObject({
      id: 'a',
      outcome: 'charged',
      charges: [{ bucket: 'package/pkg_1', asset: 'message', quantity: 2 }],
      rating: { quantity: 2, unit_rate: null },
    });
  });

  test('sent again answers what it was charged, however it is spelled, in either mode', async () => {
    const accountId = await newAccount(5n);
    await send([sms('a', accountId, { to: '+628912345678' })]);
    const same = {
      occurred_at: '2026-11-20T10:00:00.000Z',
      mode: 'record',
      quantity: 1,
      to: '628912345678',
      channel: 'sms',
      type: 'message',
      account_id: accountId,
      id: 'a',
    };
    expect(told(await send([same]))).toEqual(['a replayed 1']);
    const others = [
      { to: '628912345679' },
      { channel: 'email' },
      { occurred_at: '2026-11-20T10:00:01Z' },
    ];
    for (const other of others) {
      expect(told(await send([{ ...same, ...other }]))).toEqual(['a conflict']);
    }
    expect(await messagesLeft(accountId)).toBe(4);
  });

  test('takes an Idempotency-Key and needs none: the ids tell what was told before', async () => {
    const accountId = await newAccount(5n);
    const headers = { 'idempotency-key': 'one and the same' };
    expect(told(await send([sms('a', accountId)], { headers }))).toEqual(['a charged 1']);
    expect(told(await send([sms('a', accountId)], { headers }))).toEqual(['a replayed 1']);
    expect(told(await send([sms('b', accountId)], { headers }))).toEqual(['b charged 1']);
  });

  test('has at most 1,000 events', async () => {
    const accountId = await newAccount(2_000n);
    const events = Array.from({ length: 1_001 }, (_, index) => sms(`${index}`, accountId));
    const refused = await send(events);
    expect(refused.body).toMatchObject({
      status: 400,
      errors: [{ field: 'events', code: 'too_big' }],
    });
    const reply = await send(events.slice(1));
    expect(resultsOf(reply).map(({ id }) => id)).toEqual(events.slice(1).map(({ id }) => id));
    expect(await messagesLeft(accountId)).toBe(1_000);
  });
});

test('a use of which nobody could keep the price is refused, alone, and so is a debt beyond all', async () => {
  await publishPrices(api.database, 'INR', { 3000: RATE_MAX });
  const accountId = await newAccount(2n);
  const dear = { mode: 'record', to: '30001111' };
  const events = [
    sms('a', accountId),
    sms('b', accountId, { ...dear, quantity: 1_000_000 }),
    sms('c', accountId, { ...dear, quantity: 900_000, occurred_at: '2026-11-10T08:00:00Z' }),
    sms('d', accountId),
    ...Array.from({ length: 500 }, (_, index) =>
      sms(`e/${index}`, accountId, { ...dear, quantity: 890 }),
    ),
  ];
  const answers = resultsOf(await send(events));
  expect(answers.slice(0, 4).map(({ outcome, reason }) => reason ?? outcome)).toEqual([
    'charged',
    'amount_out_of_range',
    'amount_out_of_range',
    'charged',
  ]);
  // 8.9 billion each: four million million are reached with the 449th.
  const kept = answers.slice(4).map(({ reason }) => reason === undefined);
  expect(kept.lastIndexOf(true)).toBe(448);
  expect(kept.indexOf(false)).toBe(449);
});

describe('whose usage it is', () => {
  test('an account’s key tells its own, a partner’s key its customers’, an operator’s all', async () => {
    const { ours, theirs } = world;
    const direct = await newAccount(9n);
    const events = [ours.accountId, theirs.accountId, direct].map((accountId, index) =>
      sms(`scope ${index}`, accountId, { occurred_at: '2026-11-01T00:00:00Z' }),
    );
    const byKey = async (key: string) =>
      told(await send(events, { key })).map((line) => line.slice('scope '.length));
    const unknown = 'refused unknown_account';
    expect({
      account: await byKey(ours.accountKey),
      partner: await byKey(theirs.partnerKey),
      operator: await byKey(api.operatorKey),
    }).toEqual({
      account: ['0 charged 1', `1 ${unknown}`, `2 ${unknown}`],
      partner: [`0 ${unknown}`, '1 charged 1', `2 ${unknown}`],
      operator: ['0 replayed 1', '1 replayed 1', '2 charged 1'],
    });
  });

  test('an account is known as soon as it is made', async () => {
    const next = `acct_usage${made + 1}`;
    expect(told(await send([sms('a', next)]))).toEqual(['a refused unknown_account']);
    expect(await newAccount(1n)).toBe(next);
    expect(told(await send([sms('a', next)]))).toEqual(['a charged 1']);
  });

  test('an account on a test clock takes usage in its own time', async () => {
    const { accountId, testClockId } = world.ours;
    const at = (id: string, occurredAt: string) => sms(id, accountId, { occurred_at: occurredAt });
    const events = [
      at('in its day', '2026-11-02T00:00:00Z'),
      at('in ours', '2026-11-20T10:00:00Z'),
    ];
    expect(told(await send(events))).toEqual([
      'in its day charged 1',
      'in ours refused event_in_future',
    ]);
    await withTransaction(api.database, SYSTEM, (trx) =>
      trx('test_clocks').where({ id: testClockId }).update({ now_at: '2026-11-20T00:00:00Z' }),
    );
    expect(told(await send(events))).toEqual(['in its day replayed 1', 'in ours charged 1']);
  });
});

describe('a request of a wrong shape', () => {
  const good = { ...sms('a', 'acct_1') };
  const wa = {
    id: 'w',
    account_id: 'acct_1',
    type: 'wa_message',
    category: 'marketing',
    occurred_at: AT,
    to: '628912345678',
  };
  const inbound = {
    id: 'i',
    account_id: 'acct_1',
    type: 'wa_inbound',
    occurred_at: AT,
    from: '62811',
  };

  test.each([
    [{ ...good, occurred_at: '2026-11-20 10:00' }, 'events.1.occurred_at'],
    [{ ...good, occurred_at: '2026-02-30T10:00:00Z' }, 'events.1.occurred_at'],
    [{ ...good, id: '' }, 'events.1.id'],
    [{ ...good, id: 'x'.repeat(256) }, 'events.1.id'],
    [{ ...good, id: 'a\u0000b' }, 'events.1.id'],
    [{ ...good, id: 'half \ud800 a character' }, 'events.1.id'],
    [{ ...good, type: 'fax' }, 'events.1.type'],
    [{ ...good, price: '0.01' }, 'events.1.price'],
    [{ ...good, duration_seconds: 5 }, 'events.1.duration_seconds'],
    [{ ...good, quantity: 0 }, 'events.1.quantity'],
    [{ ...good, quantity: 1.5 }, 'events.1.quantity'],
    [{ ...good, to: '0812345678' }, 'events.1.to'],
    [{ ...good, mode: 'maybe' }, 'events.1.mode'],
    [{ ...good, visitor: { channel: 'sms' } }, 'events.1.visitor.id'],
    [{ ...good, broadcast: { name: 'November' } }, 'events.1.broadcast.id'],
    [{ ...wa, status: 'failed' }, 'events.1.status'],
    [{ ...wa, category: 'promotion' }, 'events.1.category'],
    [{ ...wa, to: undefined }, 'events.1.to'],
    [{ ...wa, members: ['62811', '62812'] }, 'events.1.members.0'],
    [{ ...wa, group_members: 2, members: ['6281111111'] }, 'events.1.group_members'],
    [{ ...inbound, from: '' }, 'events.1.from'],
    [{ ...inbound, entry_point: 'poster' }, 'events.1.entry_point'],
    [{ ...good, type: 'visitor', channel: undefined }, 'events.1.visitor'],
    [7, 'events.1'],
  ])('is refused as a whole: %j', async (bad, field) => {
    const accountId = await newAccount(1n);
    const reply = await send([sms('good', accountId), bad]);
    expect(reply.body).toMatchObject({
      status: 400,
      errors: expect.arrayContaining([expect.objectContaining({ field })]),
    });
    expect(await messagesLeft(accountId)).toBe(1);
  });

  test.each([[{}], [{ events: [] }], [{ events: {} }], [{ events: [good], more: 1 }]])(
    'is refused: %j',
    async (body) => {
      const reply = await api.call('POST', '/v1/usage', { key: api.operatorKey, body });
      expect(reply.status).toBe(400);
    },
  );
});

describe('many at once', () => {
  /** Shuffled by a seed: each connection sends the same in another order. */
  function shuffled<T>(items: readonly T[], seed: number): T[] {
    return items
      .map((item, index) => ({
        item,
        rank: Math.imul(index + 1, 2_654_435_761 + seed * 977) >>> 0,
      }))
      .toSorted((left, right) => left.rank - right.rank)
      .map(({ item }) => item);
  }

  test('R0.16 the same 120 events on 8 connections to two processes are charged once each', async () => {
    const accounts = await Promise.all([newAccount(40n), newAccount(40n), newAccount(20n)]);
    const events = accounts.flatMap((accountId) =>
      Array.from({ length: 40 }, (_, index) => sms(`m${index}`, accountId)),
    );
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, connection) =>
        send(shuffled(events, connection), {}, connection % 2 === 0 ? api : beside),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const outcomes = replies.flatMap(resultsOf).map(({ outcome }) => outcome);
    const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
    // Of the last account's 40 only 20 can be paid, and what is refused stays refused.
    expect({ charged: count('charged'), conflict: count('conflict') }).toEqual({
      charged: 100,
      conflict: 0,
    });
    expect(await Promise.all(accounts.map(messagesLeft))).toEqual([0, 0, 0]);
    expect(await findViolations(owner, accounts)).toEqual([]);
  });

  test('R0.16 two broadcasts at once never take more than there is', async () => {
    const accountId = await newAccount(100n);
    const broadcast = (name: string) =>
      Array.from({ length: 80 }, (_, index) => sms(`${name}${index}`, accountId));
    const replies = await Promise.all([send(broadcast('a')), send(broadcast('b'), {}, beside)]);
    const outcomes = replies.flatMap(resultsOf).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'charged')).toHaveLength(100);
    expect(await messagesLeft(accountId)).toBe(0);
  });

  test('past a full queue a request is refused with 429 as a whole, and what is served is exact', async () => {
    const narrow = await startApi({
      now: () => NOW,
      testDatabase: api.testDatabase,
      usageLanes: 1,
      usageWaitingMax: 40,
    });
    const accountId = await newAccount(1_000n);
    const requests = Array.from({ length: 12 }, (_, request) =>
      Array.from({ length: 10 }, (__, index) => sms(`${request}/${index}`, accountId)),
    );
    try {
      // Somebody holds the account's lock: what comes now waits in the lane.
      await owner.query('begin');
      await owner.query('select from ledgers where account_id = $1 for update', [accountId]);
      const sent = requests.map((events) => send(events, {}, narrow));
      const refusals = await Promise.race([firstRefusal(sent), timeLimit()]);
      expect(refusals.body).toMatchObject({ code: 'rate_limited' });
      expect(refusals.headers.get('retry-after')).toBe('1');
      await owner.query('commit');
      const replies = await Promise.all(sent);
      const served = replies.filter(({ status }) => status === 200);
      const refused = replies.filter(({ status }) => status === 429);
      expect(served.length + refused.length).toBe(12);
      // One request is under way and four wait.
      expect(served).toHaveLength(5);
      expect(await messagesLeft(accountId)).toBe(1_000 - 10 * served.length);
      const again = await Promise.all(
        requests.slice(0, 4).map((events) => send(events, {}, narrow)),
      );
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const metrics = await narrow.call('GET', '/metrics');
      expect(metrics.text).toContain(`tollgate_usage_overloads_total ${refused.length}`);
      expect(metrics.text).toContain('tollgate_usage_waiting_events{lane="0"} 0');
    } finally {
      await narrow.close();
    }
  });

  async function firstRefusal(sent: readonly ReturnType<typeof send>[]) {
    return Promise.any(
      sent.map(async (reply) => {
        const { status } = await reply;
        if (status !== 429) throw new Error('served');
        return reply;
      }),
    );
  }

  function timeLimit(): Promise<never> {
    return new Promise((_, reject) => {
      setTimeout(() => reject(new Error('nothing was refused')), 10_000).unref();
    });
  }
});

describe('people', () => {
  test('S5 are in no row, no log and no error: digests are', async () => {
    const accountId = await newAccount(9n);
    const people = [
      '628912345678',
      '628577700001',
      '628211100002',
      '628433300003',
      'MY.2026secret',
    ];
    const [customer, business, member, visitor, opaque] = people;
    const base = { account_id: accountId, occurred_at: AT };
    const events = [
      { ...base, id: 'p1', type: 'wa_inbound', from: `+${customer}`, number: business },
      { ...base, id: 'p2', type: 'wa_inbound', from: opaque, number: `+${business}` },
      { ...base, id: 'p3', type: 'wa_message', category: 'service', to: customer, mode: 'record' },
      { ...base, id: 'p4', type: 'wa_message', category: 'utility', members: [`+${member}`] },
      sms('p5', accountId, { to: customer, visitor: { channel: 'sms', id: visitor } }),
      { ...base, id: 'p6', type: 'call', duration_seconds: 61, to: customer },
    ];
    const reply = await send(events);
    expect(reply.status).toBe(200);
    const refused = await send([{ ...events[2], to: `${customer}x`, [String(customer)]: 1 }]);
    expect(refused.status).toBe(400);
    const kept = [await dumpDatabase(api), api.logLines.join('\n'), reply.text];
    for (const person of people) for (const text of kept) expect(text).not.toContain(person);
  });

  test('are told apart within their account only', async () => {
    const accounts = await Promise.all([newAccount(9n), newAccount(9n)]);
    const events = accounts.flatMap((accountId) =>
      ['one', 'two'].map((id) =>
        sms(id, accountId, {
          mode: 'record',
          visitor: { channel: 'sms', id: id === 'one' ? '+6281999' : '6281999' },
        }),
      ),
    );
    await send(events);
    const { rows } = await owner.query<{ visitor: string; account_id: string }>(
      `select distinct visitor, account_id from usage_events join ledgers l on l.id = ledger_id
        where l.account_id = any ($1)`,
      [accounts],
    );
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map((row) => row.visitor)).size).toBe(2);
  });
});
