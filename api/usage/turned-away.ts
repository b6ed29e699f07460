/**
 * Owns: who was refused for want of room a moment ago, and would be again.
 * Does not own: room (lane.ts), what a refusal says (lanes.ts).
 * Under an overload most requests are refused. One that was read for that cost a key's look-up and its parsing, and
 * the requests that could be served would pay for it.
 * Example: a key whose 100 events found no room is refused unread for a second, or until 100 fit again.
 */
import type { Lane } from './lane';

/** As long as it was told to wait; then one is read again, for it may be about other accounts. */
const REMEMBERED_MS = 1_000;
const SENDERS_MAX = 10_000;

interface Refusal {
  readonly lane: Lane;
  readonly events: number;
  readonly untilMs: number;
}

export interface TurnedAway {
  readonly note: (sender: string, refused: Pick<Refusal, 'lane' | 'events'>) => void;
  readonly isStillFull: (sender: string) => boolean;
}

/** `nowMs` only ever grows; it need not be the time of day. */
export function createTurnedAway(nowMs: () => number): TurnedAway {
  const refusals = new Map<string, Refusal>();
  return {
    note(sender, refused) {
      if (refusals.size >= SENDERS_MAX) refusals.clear();
      refusals.set(sender, { ...refused, untilMs: nowMs() + REMEMBERED_MS });
    },
    isStillFull(sender) {
      const refusal = refusals.get(sender);
      if (refusal === undefined) return false;
      const { lane, events, untilMs } = refusal;
      if (nowMs() < untilMs && !lane.hasRoomFor(events)) return true;
      refusals.delete(sender);
      return false;
    },
  };
}
