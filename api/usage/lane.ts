/**
 * Owns: one lane: a bounded queue of usage in front of the recorder, one batch at a time.
 * Does not own: which accounts are in it (lanes.ts), what is charged (the recorder).
 * A batch is what has come while the batch before it was recorded: no timer, so a single event on a quiet lane
 * waits for nothing, and a busy lane makes its own batches.
 * Example: while one event is recorded 700 others come: the next batch has 500, the one after it 200.
 */
import type { UsageEvent, UsageOutcome } from '../../domain/usage/usage-event';
import { isOutage } from '../../db/outage';

/** Twice as many are hardly faster, and keep everybody else in the lane waiting twice as long. */
const BATCH_MAX = 500;

export interface Lane {
  readonly hasRoomFor: (events: number) => boolean;
  /** Answers in the order given. Rejects when the database did not take them: some may be recorded. */
  readonly add: (events: readonly UsageEvent[]) => Promise<UsageOutcome[]>;
}

export interface LaneOptions {
  readonly record: (events: readonly UsageEvent[]) => Promise<readonly UsageOutcome[]>;
  readonly waitingMax: number;
  readonly noteWaiting: (events: number) => void;
}

/** The events of one request in this lane. */
interface Part {
  readonly events: readonly UsageEvent[];
  readonly outcomes: UsageOutcome[];
  /** So many of them are in a batch, or have been. */
  taken: number;
  readonly resolve: (outcomes: UsageOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What a batch takes of a part. */
interface Slice {
  readonly part: Part;
  readonly events: readonly UsageEvent[];
}

export function createLane({ record, waitingMax, noteWaiting }: LaneOptions): Lane {
  const queue = createQueue(noteWaiting);
  let isFlushing = false;

  return {
    hasRoomFor: (events) => queue.waiting() + events <= waitingMax,
    add(events) {
      return new Promise((resolve, reject) => {
        queue.push({ events, outcomes: [], taken: 0, resolve, reject });
        if (!isFlushing) void flushAll();
      });
    },
  };

  async function flushAll(): Promise<void> {
    isFlushing = true;
    for (let batch = queue.takeBatch(); batch.length > 0; batch = queue.takeBatch()) {
      await flush(batch);
    }
    isFlushing = false;
  }

  /** What one event breaks, the others of its batch do not share: halves are tried, down to one request. */
  async function flush(batch: readonly Slice[]): Promise<void> {
    try {
      deliver(batch, await record(batch.flatMap(({ events }) => events)));
    } catch (error) {
      if (isOutage(error)) {
        // Who waits behind a database that is away would be told the same, only later.
        for (const { part } of batch) part.reject(error);
        for (const part of queue.takeAll()) part.reject(error);
      } else if (batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await flush(batch.slice(0, half));
        await flush(batch.slice(half));
      } else {
        for (const { part } of batch) {
          queue.drop(part);
          part.reject(error);
        }
      }
    }
  }
}

function deliver(batch: readonly Slice[], outcomes: readonly UsageOutcome[]): void {
  let next = 0;
  for (const { part, events } of batch) {
    part.outcomes.push(...outcomes.slice(next, next + events.length));
    next += events.length;
    if (part.outcomes.length === part.events.length) part.resolve(part.outcomes);
  }
}

/** What waits, the oldest first, and how much of it. */
function createQueue(noteWaiting: (events: number) => void) {
  const parts: Part[] = [];
  let waiting = 0;
  return {
    waiting: () => waiting,
    push(part: Part): void {
      parts.push(part);
      count(part.events.length);
    },
    takeBatch(): Slice[] {
      const batch: Slice[] = [];
      let room = BATCH_MAX;
      for (let part = parts[0]; part !== undefined && room > 0; part = parts[0]) {
        const events = part.events.slice(part.taken, part.taken + room);
        batch.push({ part, events });
        part.taken += events.length;
        room -= events.length;
        if (part.taken === part.events.length) parts.shift();
      }
      count(room - BATCH_MAX);
      return batch;
    },
    takeAll(): Part[] {
      count(-waiting);
      return parts.splice(0);
    },
    drop(part: Part): void {
      if (parts[0] !== part) return;
      parts.shift();
      count(part.taken - part.events.length);
    },
  };

  function count(more: number): void {
    waiting += more;
    noteWaiting(waiting);
  }
}
