import { Webhook } from 'standardwebhooks';
import {
  claimDue,
  tryDelivery,
  type DeliveryDependencies,
} from '../../activities/webhook/deliver-webhooks';
import { createDatabase } from '../../db/connection';
import { newId } from '../../db/new-id';
import { insertAccount } from '../../db/repositories/account.repository';
import { insertEvents, listEvents } from '../../db/repositories/event.repository';
import { insertPartner, saveHouseAccount } from '../../db/repositories/partner.repository';
import {
  listDeliveries,
  redeliver,
  type WebhookDelivery,
} from '../../db/repositories/webhook-delivery.repository';
import {
  changeEndpoint,
  deleteEndpoint,
  findEndpoint,
  insertEndpoint,
  rotateSecret,
} from '../../db/repositories/webhook-endpoint.repository';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { sweepDeliveries } from '../../db/webhook-queue';
import { toWireEvent, type EventType, type NewEvent } from '../../domain/event';
import { addSeconds } from '../../domain/instant';
import type { ListenedType } from '../../domain/webhook/webhook-message';
import { newWebhookSecret, sealWebhookSecret } from '../../gateways/webhooks/webhook-secret';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver';
import { createTestDatabase, type TestDatabase } from '../support/database';

jest.setTimeout(60_000);

const KEY = 'only-for-tests-of-webhooks-0123456789';
const START = '2026-11-28T10:00:00.000Z';
const DAY = 86_400;

let test_: TestDatabase;
let system: DeliveryDependencies['database'];
let receiver: WebhookReceiver;
/** The clock of everything here. */
let now: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  system = createDatabase({ url: test_.appUrl, applicationName: 'test-worker', isSystem: true });
  receiver = await startWebhookReceiver();
});
beforeEach(async () => {
  now = START;
  receiver.clear();
  receiver.answerWith(200);
  await as(SYSTEM, (trx) => trx('webhook_endpoints').delete());
});
afterAll(async () => {
  await system?.destroy();
  await receiver?.stop();
  await test_?.drop();
});

function as<T>(tenant: Tenant, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(test_.database, tenant, work);
}

function dependencies(): DeliveryDependencies {
  return {
    database: system,
    webhookKey: KEY,
    sending: { allowsLoopback: true, timeoutMs: 2_000 },
    now: () => now,
    chance: () => 0,
  };
}

/** Tries everything that is due, round after round until nothing is, and answers what came of each. */
async function deliver(): Promise<(string | null)[]> {
  const outcomes: (string | null)[] = [];
  for (let round = 0; round < 50; round += 1) {
    const room = { limit: 100, perEndpoint: 100, trying: {} };
    const claimed = await claimDue(dependencies(), room);
    if (claimed.length === 0) return outcomes;
    const never = new AbortController().signal;
    outcomes.push(
      ...(await Promise.all(claimed.map((each) => tryDelivery(dependencies(), each, never)))),
    );
  }
  throw new Error('the queue does not end');
}

async function makePartner(): Promise<{ partnerId: string; houseAccountId: string }> {
  return as(SYSTEM, async (trx) => {
    const partner = await insertPartner(trx, { name: 'Reseller', createdAt: START });
    const houseAccountId = await makeAccountIn(trx, partner.id);
    await saveHouseAccount(trx, { partner, accountId: houseAccountId });
    return { partnerId: partner.id, houseAccountId };
  });
}

async function makeAccountIn(trx: Transaction, partnerId: string | null): Promise<string> {
  const id = newId('account');
  await insertAccount(trx, {
    id,
    partnerId,
    testClockId: null,
    externalId: null,
    name: 'Acme',
    country: 'IN',
    currency: 'INR',
    timeZone: 'Asia/Kolkata',
    createdAt: START,
  });
  return id;
}

const makeAccount = (partnerId: string | null = null) =>
  as(SYSTEM, (trx) => makeAccountIn(trx, partnerId));

async function listen(
  owner: { readonly partnerId?: string; readonly accountId?: string },
  eventTypes: readonly ListenedType[] = ['*'],
): Promise<{ id: string; secret: string }> {
  const secret = newWebhookSecret();
  const { id } = await as(SYSTEM, (trx) =>
    insertEndpoint(trx, {
      partnerId: owner.partnerId ?? null,
      accountId: owner.accountId ?? null,
      url: receiver.url,
      eventTypes,
      secretSealed: sealWebhookSecret(secret, KEY),
      createdAt: now,
    }),
  );
  return { id, secret };
}

function buildEvent(accountId: string, type: EventType = 'order.expired', subjectId = 'ord_1') {
  made += 1;
  const facts = { status: 'expired', amount: `${made}.00`, currency: 'INR' };
  return {
    accountId,
    type,
    subjectId,
    reason: 'Ödenmedi.',
    data: facts,
    occurredAt: now,
  } satisfies NewEvent;
}

/** Tells events as the account's own transaction would, where no endpoint of others is in sight. */
async function tell(accountId: string, ...events: NewEvent[]): Promise<void> {
  const told = events.length === 0 ? [buildEvent(accountId)] : events;
  await as({ scope: 'account', accountId }, (trx) => insertEvents(trx, told, now));
}

const deliveriesOf = (endpointId: string): Promise<WebhookDelivery[]> =>
  as(SYSTEM, (trx) => listDeliveries(trx, { endpointId, limit: 100, before: null }));

const amounts = () =>
  receiver.messages.map(({ rawBody }) => {
    const body = JSON.parse(rawBody.toString('utf8')) as { data: { data: { amount: string } } };
    return body.data.data.amount;
  });

const idsCame = () => receiver.messages.map(({ headers }) => String(headers['webhook-id']));

describe('who is told', () => {
  it('tells each owner what GET /v1/events shows it, and a partner nothing of another', async () => {
    const ours = await makePartner();
    const theirs = await makePartner();
    const customer = await makeAccount(ours.partnerId);
    const direct = await makeAccount();
    const endpoints = {
      operator: await listen({}),
      ours: await listen({ partnerId: ours.partnerId }),
      theirs: await listen({ partnerId: theirs.partnerId }),
      customer: await listen({ accountId: customer }),
      direct: await listen({ accountId: direct }),
    };
    const types: Readonly<Record<string, string>> = Object.fromEntries(
      await Promise.all(
        [customer, direct, ours.houseAccountId, theirs.houseAccountId].map(async (accountId) => {
          await tell(accountId);
          const [event] = await as({ scope: 'account', accountId }, (trx) =>
            listEvents(trx, { limit: 1, beforePosition: null, accountId }),
          );
          return [event?.id ?? '', accountId];
        }),
      ),
    );
    const told = async (name: keyof typeof endpoints) =>
      (await deliveriesOf(endpoints[name].id))
        .map(({ messageId }) => types[messageId] ?? '')
        .toSorted();
    const all = [customer, direct, ours.houseAccountId, theirs.houseAccountId];
    expect(await told('operator')).toEqual(all.toSorted());
    expect(await told('ours')).toEqual([customer, ours.houseAccountId].toSorted());
    expect(await told('theirs')).toEqual([theirs.houseAccountId]);
    expect(await told('customer')).toEqual([customer]);
    expect(await told('direct')).toEqual([direct]);
  });

  it('tells the types an endpoint listens to, and none while it is disabled', async () => {
    const accountId = await makeAccount();
    const some = await listen({ accountId }, ['order.created']);
    const off = await listen({ accountId });
    await as(SYSTEM, (trx) =>
      changeEndpoint(trx, off.id, { status: 'disabled', disabledReason: 'Off.', at: now }),
    );
    await tell(accountId, buildEvent(accountId), buildEvent(accountId, 'order.created'));
    expect((await deliveriesOf(some.id)).map(({ eventType }) => eventType)).toEqual([
      'order.created',
    ]);
    expect(await deliveriesOf(off.id)).toEqual([]);
  });

  it('queues nothing for an event whose transaction rolls back', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    const rolledBack = as({ scope: 'account', accountId }, async (trx) => {
      await insertEvents(trx, [buildEvent(accountId)], now);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await deliveriesOf(id)).toEqual([]);
  });
});

describe('what is sent', () => {
  it('is the event as GET /v1/events shows it, signed so that the public library verifies it', async () => {
    now = new Date().toISOString(); // The library compares with its own clock.
    const accountId = await makeAccount();
    const { secret, id } = await listen({ accountId });
    await tell(accountId);
    expect(await deliver()).toEqual(['delivered']);
    const [message] = receiver.messages;
    const headers = message?.headers as Record<string, string>;
    const verified = new Webhook(secret).verify(message?.rawBody.toString() ?? '', headers);
    const [event] = await as({ scope: 'account', accountId }, (trx) =>
      listEvents(trx, { limit: 1, beforePosition: null }),
    );
    expect(verified).toEqual({
      type: 'order.expired',
      timestamp: now,
      data: event && toWireEvent(event),
    });
    expect(headers['webhook-id']).toBe(event?.id);
    expect(await deliveriesOf(id)).toMatchObject([
      { status: 'delivered', attempts: [{ at: now, status: 200 }] },
    ]);
  });

  it('has the same id and bytes on every try, and a fresh timestamp', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId);
    receiver.answerWith(500);
    expect(await deliver()).toEqual(['retried']);
    expect(await deliver()).toEqual([]);
    now = addSeconds(START, 15);
    receiver.answerWith(200);
    expect(await deliver()).toEqual(['delivered']);
    const [first, second] = receiver.messages;
    expect(second?.rawBody.equals(first?.rawBody ?? Buffer.alloc(0))).toBe(true);
    expect(new Set(idsCame()).size).toBe(1);
    const stamps = receiver.messages.map(({ headers }) => headers['webhook-timestamp']);
    expect(stamps).toEqual(['1795860000', '1795860015']);
    expect(first?.headers['webhook-signature']).not.toBe(second?.headers['webhook-signature']);
    expect((await deliveriesOf(id))[0]?.attempts).toEqual([
      { at: START, status: 500, error: 'answered 500' },
      { at: now, status: 200 },
    ]);
  });

  it('is signed by both secrets for a day after a rotation, then by the new one', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await as(SYSTEM, (trx) =>
      rotateSecret(trx, id, {
        secretSealed: sealWebhookSecret(newWebhookSecret(), KEY),
        previousUntil: addSeconds(now, DAY),
        at: now,
      }),
    );
    await tell(accountId);
    await deliver();
    now = addSeconds(START, DAY);
    await tell(accountId);
    await deliver();
    const signatures = receiver.messages.map(
      ({ headers }) => String(headers['webhook-signature']).split(' ').length,
    );
    expect(signatures).toEqual([2, 1]);
  });
});

describe('the order', () => {
  it('is kept for a subject, and one that fails holds up no other subject', async () => {
    const accountId = await makeAccount();
    await listen({ accountId });
    const events = ['ord_a', 'ord_a', 'ord_b', 'ord_a'].map((subject) =>
      buildEvent(accountId, 'order.expired', subject),
    );
    const [a1, a2, b1, a3] = events.map(({ data }) => data.amount) as [
      string,
      string,
      string,
      string,
    ];
    receiver.answerWith(503);
    await tell(accountId, ...events);
    expect(await deliver()).toEqual(['retried', 'retried']);
    expect(amounts().toSorted()).toEqual([a1, b1].toSorted());
    receiver.clear();
    receiver.answerWith(200);
    now = addSeconds(START, 15);
    expect(await deliver()).toHaveLength(4);
    expect(amounts().filter((amount) => amount !== b1)).toEqual([a1, a2, a3]);
  });

  it('goes on behind one that is given up', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId, buildEvent(accountId), buildEvent(accountId));
    receiver.answerWith(500);
    const waits = [15, 60, 300, 900, 2_700, 7_200, 14_400, 21_600, 39_600];
    for (const wait of waits) {
      expect(await deliver()).toEqual(['retried']);
      now = addSeconds(now, wait);
    }
    expect(await deliver()).toEqual(['failed', 'retried']);
    const statuses = (await deliveriesOf(id)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['failed', 'pending']);
    expect(receiver.messages).toHaveLength(11);
  });
});

describe('an endpoint that fails', () => {
  it('is disabled after three days without a success, and its owner’s others are told', async () => {
    const { partnerId, houseAccountId } = await makePartner();
    const { id } = await listen({ partnerId }, ['order.expired']);
    const { id: other } = await listen({ partnerId }, ['webhook_endpoint.disabled']);
    receiver.answerWith(500);
    for (let day = 0; day < 3; day += 1) {
      for (let hour = 0; hour < 4; hour += 1) {
        now = addSeconds(START, day * DAY + hour * 3_600);
        await tell(houseAccountId, buildEvent(houseAccountId, 'order.expired', `ord_${made}`));
        await deliver();
      }
    }
    const isEnabled = await as(SYSTEM, (trx) => findEndpoint(trx, id));
    expect(isEnabled?.status).toBe('enabled');
    now = addSeconds(START, 3 * DAY);
    await deliver();
    const endpoint = await as(SYSTEM, (trx) => findEndpoint(trx, id));
    expect(endpoint?.status).toBe('disabled');
    expect(endpoint?.disabledReason).toMatch(
      /^It accepted nothing for 3 days: \d+ tries failed\.$/,
    );
    const left = (await deliveriesOf(id)).filter(({ status }) => status === 'pending');
    expect(left).toEqual([]);
    const [told] = await deliveriesOf(other);
    expect(told?.eventType).toBe('webhook_endpoint.disabled');
    const [event] = await as({ scope: 'partner', partnerId }, (trx) =>
      listEvents(trx, { limit: 1, beforePosition: null, type: 'webhook_endpoint.disabled' }),
    );
    expect(event).toMatchObject({ subjectId: id, accountId: houseAccountId });
    expect(event?.data).toMatchObject({ status: 'disabled', failing_since: START });
  });

  it('is disabled at once by 410 Gone; of an operator’s, its others are told without an event', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({}, ['order.expired']);
    const { id: other } = await listen({}, ['webhook_endpoint.disabled']);
    receiver.answerWith(410);
    await tell(accountId, buildEvent(accountId), buildEvent(accountId));
    expect(await deliver()).toContain('failed');
    const endpoint = await as(SYSTEM, (trx) => findEndpoint(trx, id));
    expect(endpoint).toMatchObject({ status: 'disabled', disabledReason: 'It answered 410 Gone.' });
    const last = receiver.messages.at(-1)?.rawBody.toString('utf8') ?? '{}';
    expect(JSON.parse(last)).toMatchObject({
      type: 'webhook_endpoint.disabled',
      data: { account_id: null, subject_id: id, data: { failures: 1 } },
    });
    expect(await deliveriesOf(other)).toHaveLength(1);
  });

  it('begins anew with a success', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    receiver.answerWith(500);
    await tell(accountId);
    await deliver();
    receiver.answerWith(200);
    now = addSeconds(START, 15);
    await deliver();
    const rows = await as(SYSTEM, (trx) =>
      trx('webhook_endpoints').where({ id }).select<object[]>('failures', 'failing_since'),
    );
    expect(rows).toEqual([{ failures: 0, failing_since: null }]);
  });
});

describe('a worker', () => {
  const room = { limit: 100, perEndpoint: 2, trying: {} };

  it('that dies leaves its claims to another, a minute later', async () => {
    const accountId = await makeAccount();
    await listen({ accountId });
    await tell(accountId);
    expect(await claimDue(dependencies(), room)).toHaveLength(1);
    expect(await deliver()).toEqual([]);
    now = addSeconds(START, 60);
    expect(await deliver()).toEqual(['delivered']);
  });

  it('that was frozen past its claim does not overrule who tried meanwhile', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId);
    const [frozen] = await claimDue(dependencies(), room);
    now = addSeconds(START, 60);
    await deliver();
    receiver.answerWith(500);
    if (frozen === undefined) throw new Error('nothing was claimed');
    await tryDelivery(dependencies(), frozen, new AbortController().signal);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'delivered', attempts: [{}] }]);
  });

  it('that stops in the middle gives its claim back', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId);
    const [claimed] = await claimDue(dependencies(), room);
    if (claimed === undefined) throw new Error('nothing was claimed');
    expect(await tryDelivery(dependencies(), claimed, AbortSignal.abort())).toBeNull();
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempts: [] }]);
    expect(await deliver()).toEqual(['delivered']);
  });

  it('takes no more of one endpoint than its share', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    const subjects = ['ord_a', 'ord_b', 'ord_c', 'ord_d'];
    await tell(accountId, ...subjects.map((each) => buildEvent(accountId, 'order.expired', each)));
    expect(await claimDue(dependencies(), { ...room, trying: { [id]: 1 } })).toHaveLength(1);
    expect(await claimDue(dependencies(), room)).toHaveLength(2);
  });
});

describe('a delivery', () => {
  it('is sent again with the same id and bytes when somebody asks', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId);
    await deliver();
    const [delivery] = await deliveriesOf(id);
    await as({ scope: 'account', accountId }, (trx) => redeliver(trx, delivery?.id ?? '', now));
    expect(await deliver()).toEqual(['delivered']);
    const [first, second] = receiver.messages;
    expect(second?.rawBody.equals(first?.rawBody ?? Buffer.alloc(0))).toBe(true);
    expect(new Set(idsCame()).size).toBe(1);
    expect((await deliveriesOf(id))[0]?.attempts).toHaveLength(2);
  });

  it('is forgotten when it has been settled for long, and with its endpoint', async () => {
    const accountId = await makeAccount();
    const { id } = await listen({ accountId });
    await tell(accountId);
    await deliver();
    await tell(accountId);
    const sweep = (before: string) =>
      as(SYSTEM, (trx) => sweepDeliveries(trx, { before, limit: 10 }));
    expect(await sweep(START)).toBe(0);
    expect(await sweep(addSeconds(START, 1))).toBe(1);
    expect(await deliveriesOf(id)).toHaveLength(1);
    await as({ scope: 'account', accountId }, (trx) => deleteEndpoint(trx, { id, at: now }));
    expect(await deliveriesOf(id)).toEqual([]);
  });
});
