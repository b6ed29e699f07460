/**
 * Owns: the lanes of this process: which accounts belong to which, and when they are full.
 * Does not own: a lane's queue (lane.ts), the lock that makes money right (the ledger's row): lanes are for speed.
 * Two lanes never hold one account, so they never wait for each other's locks. Other processes have lanes of
 * their own over the same accounts; there the row decides who is first.
 * Example: a request with events of three accounts waits for the one or two lanes that hold them.
 */
import { randomUUID } from 'node:crypto';
import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { UsageEvent, UsageOutcome } from '../../domain/usage/usage-event';
import type { UsageRecorder } from '../../db/record-usage';
import type { Metrics } from '../metrics';
import { createLane, type Lane } from './lane';
import { createTurnedAway } from './turned-away';

/** Ten batches: about half a second of work at most, and then it is better to say so than to wait. */
const WAITING_MAX = 5_000;
const RETRY_AFTER_SECONDS = 1;

export interface UsageLanes {
  /**
   * Records events in the order given, each account's one after the other. Throws `rate_limited` when a lane has no
   * room for its part: then none of them is recorded. Rejects with the database's error when it is away: then some
   * may be, and the same events again tell which. `sender` is told apart from others.
   */
  readonly record: (events: readonly UsageEvent[], sender: string) => Promise<UsageOutcome[]>;
  /**
   * Lets a request of this sender be read, and answers what to call once it is. Throws `rate_limited` when it would
   * find no room, as one did a moment ago.
   */
  readonly letIn: (sender: string) => () => void;
}

export interface LanesOptions {
  readonly recorder: UsageRecorder;
  readonly lanes: number;
  readonly metrics: Metrics;
  readonly now: () => Instant;
  /** Events that may wait in a lane. */
  readonly waitingMax?: number | undefined;
}

export function createUsageLanes(options: LanesOptions): UsageLanes {
  const lanes = Array.from({ length: options.lanes }, (_, number) =>
    openLane(options, String(number)),
  );
  const turnedAway = createTurnedAway(() => performance.now());
  const refuse = (): never => {
    options.metrics.usageOverloads.inc();
    const message = 'More usage is waiting than is recorded in a moment. Nothing of this was.';
    throw new BillingError('rate_limited', message, { retry_after: RETRY_AFTER_SECONDS });
  };
  return {
    letIn: (sender) => turnedAway.letIn(sender) ?? refuse(),
    async record(events, sender) {
      const parts = [...partByLane(events, lanes)];
      const full = parts.find(([lane, part]) => !lane.hasRoomFor(part.length));
      if (full !== undefined) {
        const [lane, { length }] = full;
        turnedAway.note(sender, { lane, events: length });
        refuse();
      }
      const outcomes: UsageOutcome[] = [];
      const recordPart = async ([lane, part]: readonly [Lane, readonly Placed[]]) => {
        const ofLane = await lane.add(part.map(({ event }) => event));
        for (const [index, { position }] of part.entries()) {
          const outcome = ofLane[index];
          invariant(outcome !== undefined, 'a lane answers one outcome each');
          outcomes[position] = outcome;
        }
      };
      await Promise.all(parts.map(recordPart));
      return outcomes;
    },
  };
}

function openLane(options: LanesOptions, name: string): Lane {
  const { recorder, metrics, now, waitingMax = WAITING_MAX } = options;
  return createLane({
    waitingMax,
    noteWaiting: (events) => metrics.usageWaiting.set({ lane: name }, events),
    async record(events) {
      const stopTimer = metrics.usageFlushSeconds.startTimer();
      metrics.usageBatchEvents.observe(events.length);
      try {
        const reference = `usage/${randomUUID()}`;
        return await recorder.recordUsage({ events, reference, recordedAt: now() });
      } finally {
        stopTimer();
      }
    },
  });
}

interface Placed {
  readonly event: UsageEvent;
  /** In the request. */
  readonly position: number;
}

function partByLane(
  events: readonly UsageEvent[],
  lanes: readonly Lane[],
): ReadonlyMap<Lane, readonly Placed[]> {
  const parts = new Map<Lane, Placed[]>();
  for (const [position, event] of events.entries()) {
    const lane = lanes[hashOf(event.accountId) % lanes.length];
    invariant(lane !== undefined, 'there is at least one lane');
    const part = parts.get(lane);
    if (part === undefined) parts.set(lane, [{ event, position }]);
    else part.push({ event, position });
  }
  return parts;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bits: spreads ids that differ in their last characters only. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
}
