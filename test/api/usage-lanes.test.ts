import { createMetrics } from '../../api/metrics';
import { createUsageLanes, type UsageLanes } from '../../api/usage/lanes';
import { createTurnedAway } from '../../api/usage/turned-away';
import type { UsageEvent, UsageOutcome } from '../../domain/usage/usage-event';

const AT = '2026-11-20T10:00:00.000Z';
/** With two lanes, `acct_a` is in the one and `acct_b` in the other. */
const A = 'acct_a';
const B = 'acct_b';

interface Batch {
  readonly events: readonly UsageEvent[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** A recorder that answers when it is told to. An event's outcome names the event. */
function createHeldRecorder() {
  const batches: Batch[] = [];
  const recorder = {
    recordUsage: ({ events }: { readonly events: readonly UsageEvent[] }) =>
      new Promise<UsageOutcome[]>((resolve, reject) => {
        batches.push({ events, answer: () => resolve(events.map(outcomeOf)), fail: reject });
      }),
  };
  const idsOf = (batch: Batch | undefined) => batch?.events.map(({ id }) => id);
  return { recorder, batches, ids: () => batches.map(idsOf) };
}

function outcomeOf(event: UsageEvent): UsageOutcome {
  const charges = [{ bucket: event.id, asset: 'message', amount: 1n }];
  return { kind: 'charged', charges, rating: RATING, isNewVisitor: false };
}

const RATING = {
  card: null,
  category: 'sms',
  market: null,
  unit: 'message',
  quantity: 1n,
  unitRate: null,
  feeMicros: 0n,
  amountMicros: 0n,
  visitorMicros: 0n,
  taxMicros: 0n,
  zeroReason: null,
  windowFrom: null,
} as const;

function eventsOf(accountId: string, ...ids: readonly string[]): UsageEvent[] {
  return ids.map((id) => ({
    id,
    accountId,
    key: id,
    fingerprint: id,
    occurredAt: AT,
    receivedAt: AT,
    mode: 'enforce',
    holdId: null,
    broadcast: null,
    visitor: null,
    facts: { type: 'message', channel: 'sms', quantity: 1n, to: null },
  }));
}

function numbered(accountId: string, count: number): UsageEvent[] {
  return eventsOf(accountId, ...Array.from({ length: count }, (_, index) => `${index}`));
}

function openLanes(recorder: ReturnType<typeof createHeldRecorder>['recorder'], waitingMax = 100) {
  return createUsageLanes({
    recorder,
    lanes: 2,
    metrics: createMetrics(),
    now: () => AT,
    waitingMax,
  });
}

/** The ids of what was charged, or the error. */
async function idsCharged(
  lanes: UsageLanes,
  events: readonly UsageEvent[],
  sender = 'somebody',
): Promise<unknown> {
  try {
    const outcomes = await lanes.record(events, sender);
    return outcomes.map((outcome) =>
      outcome.kind === 'charged' ? outcome.charges[0]?.bucket : '',
    );
  } catch (error) {
    return error;
  }
}

/** What was resolved is heard by whoever waits for it. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

const OUTAGE = Object.assign(new Error('it went away'), { code: 'ECONNRESET' });

test('single events that come while a batch is recorded are the next batch', async () => {
  const { recorder, batches, ids } = createHeldRecorder();
  const lanes = openLanes(recorder);
  const charged = ['1', '2', '3', '4'].map((id) => idsCharged(lanes, eventsOf(A, id)));
  expect(ids()).toEqual([['1']]);
  batches[0]?.answer();
  await settle();
  expect(ids()).toEqual([['1'], ['2', '3', '4']]);
  batches[1]?.answer();
  expect(await Promise.all(charged)).toEqual([['1'], ['2'], ['3'], ['4']]);
});

test('a batch has at most 500 events, and a request may be in several', async () => {
  const { recorder, batches } = createHeldRecorder();
  const lanes = openLanes(recorder, 2_000);
  const events = numbered(A, 1_000);
  const [large, small] = [idsCharged(lanes, events), idsCharged(lanes, eventsOf(A, 'last'))];
  for (let batch = 0; batch < 3; batch += 1) {
    batches[batch]?.answer();
    await settle();
  }
  expect(batches.map((batch) => batch.events.length)).toEqual([500, 500, 1]);
  expect(await large).toEqual(events.map(({ id }) => id));
  expect(await small).toEqual(['last']);
});

test('an account is in one lane, and the answers of several come back in the order sent', async () => {
  const { recorder, batches, ids } = createHeldRecorder();
  const lanes = openLanes(recorder);
  const [a1, a2] = eventsOf(A, 'a1', 'a2');
  const [b1, b2] = eventsOf(B, 'b1', 'b2');
  const charged = idsCharged(
    lanes,
    [a1, b1, a2, b2].flatMap((event) => event ?? []),
  );
  expect(ids()).toEqual([
    ['a1', 'a2'],
    ['b1', 'b2'],
  ]);
  batches[1]?.answer();
  batches[0]?.answer();
  expect(await charged).toEqual(['a1', 'b1', 'a2', 'b2']);
});

test('a request that a full lane has no room for is refused before any of it is recorded', async () => {
  const { recorder, batches, ids } = createHeldRecorder();
  const lanes = openLanes(recorder, 3);
  const running = idsCharged(lanes, eventsOf(A, 'running'));
  const waiting = idsCharged(lanes, eventsOf(A, '1', '2', '3'));
  const refused = await idsCharged(lanes, [...eventsOf(B, 'b'), ...eventsOf(A, '4')]);
  expect(refused).toMatchObject({ code: 'rate_limited', details: { retry_after: 1 } });
  expect(ids()).toEqual([['running']]);
  batches[0]?.answer();
  await settle();
  const after = idsCharged(lanes, [...eventsOf(B, 'b'), ...eventsOf(A, '4')]);
  batches[1]?.answer();
  await settle();
  batches[2]?.answer();
  batches[3]?.answer();
  expect(ids()).toEqual([['running'], ['1', '2', '3'], ['b'], ['4']]);
  expect(await Promise.all([running, waiting, after])).toEqual([
    ['running'],
    ['1', '2', '3'],
    ['b', '4'],
  ]);
});

test('what breaks a batch is found, and only its own request fails', async () => {
  const { recorder, batches, ids } = createHeldRecorder();
  const lanes = openLanes(recorder);
  const requests = ['first', '1', '2', 'bad', '4', '5'].map((id) =>
    idsCharged(lanes, eventsOf(A, id)),
  );
  batches[0]?.answer();
  await settle();
  for (let next = 1; next < batches.length; next += 1) {
    const isBad = batches[next]?.events.some(({ id }) => id === 'bad') ?? false;
    if (isBad) batches[next]?.fail(new Error('a bug'));
    else batches[next]?.answer();
    await settle();
  }
  expect(await Promise.all(requests)).toEqual([
    ['first'],
    ['1'],
    ['2'],
    new Error('a bug'),
    ['4'],
    ['5'],
  ]);
  expect(ids()).toEqual([
    ['first'],
    ['1', '2', 'bad', '4', '5'],
    ['1', '2', 'bad'],
    ['1', '2'],
    ['bad'],
    ['4', '5'],
  ]);
});

test('a database that is away is told to all who wait, and asked again by who comes next', async () => {
  const { recorder, batches, ids } = createHeldRecorder();
  const lanes = openLanes(recorder, 2);
  const running = idsCharged(lanes, eventsOf(A, 'running'));
  const waiting = idsCharged(lanes, eventsOf(A, '1', '2'));
  batches[0]?.fail(OUTAGE);
  expect(await Promise.all([running, waiting])).toEqual([OUTAGE, OUTAGE]);
  const again = idsCharged(lanes, eventsOf(A, '1', '2'));
  await settle();
  batches[1]?.answer();
  expect(await again).toEqual(['1', '2']);
  expect(ids()).toEqual([['running'], ['1', '2']]);
});

test('the part of a request that still waits is not recorded once its first part has failed', async () => {
  const { recorder, batches } = createHeldRecorder();
  const lanes = openLanes(recorder, 2_000);
  const charged = idsCharged(lanes, numbered(A, 700));
  batches[0]?.fail(new Error('a bug'));
  expect(await charged).toEqual(new Error('a bug'));
  await settle();
  expect(batches.map((batch) => batch.events.length)).toEqual([500]);
  const next = idsCharged(lanes, numbered(A, 2_000));
  for (let batch = 1; batch < 5; batch += 1) {
    batches[batch]?.answer();
    await settle();
  }
  expect(await next).toHaveLength(2_000);
});

test('who found no room is refused unread until there is, and nobody else', async () => {
  const { recorder, batches } = createHeldRecorder();
  const lanes = openLanes(recorder, 3);
  void idsCharged(lanes, eventsOf(A, 'running'));
  const waiting = idsCharged(lanes, eventsOf(A, '1', '2'));
  expect(() => lanes.letIn('busy')).not.toThrow();
  await idsCharged(lanes, eventsOf(A, '3', '4'), 'busy');
  expect(() => lanes.letIn('busy')).toThrow('More usage is waiting');
  expect(() => lanes.letIn('another')).not.toThrow();
  batches[0]?.answer();
  await settle();
  expect(() => lanes.letIn('busy')).not.toThrow();
  batches[1]?.answer();
  expect(await waiting).toEqual(['1', '2']);
});

test('who was refused a second ago is read again, for it may be about another account', () => {
  let nowMs = 0;
  const turnedAway = createTurnedAway(() => nowMs);
  const lane = { hasRoomFor: () => false, add: async () => [] };
  turnedAway.note('busy', { lane, events: 1 });
  nowMs = 999;
  expect(turnedAway.letIn('busy')).toBeNull();
  nowMs = 1_000;
  expect(turnedAway.letIn('busy')).not.toBeNull();
});

test('who was refused is let in as often as there is room, those that are being read included', () => {
  const turnedAway = createTurnedAway(() => 0);
  const lane = { hasRoomFor: (events: number) => events <= 25, add: async () => [] };
  turnedAway.note('busy', { lane, events: 10 });
  const noteRead = turnedAway.letIn('busy');
  expect(turnedAway.letIn('busy')).not.toBeNull();
  expect(turnedAway.letIn('busy')).toBeNull();
  noteRead?.();
  expect(turnedAway.letIn('busy')).not.toBeNull();
});
