/**
 * Owns: who was refused for want of room a moment ago, and would be again.
 * Does not own: room (lane.ts), what a refusal says (lanes.ts).
 * Under an overload most requests are refused. One that was read for that cost a key's look-up and its parsing, and
 * the requests that could be served would pay for it.
 * Example: a key whose 100 events found no room is refused unread for a second, or until 100 fit again; when 200 fit,
 * two requests are let in, and the third only once one of them is read and in its lane.
 */
import type { Lane } from './lane';

/** As long as it was told to wait; then one is read again, for it may be about other accounts. */
const REMEMBERED_MS = 1_000;
const SENDERS_MAX = 10_000;

interface Refusal {
  readonly lane: Lane;
  readonly events: number;
  readonly untilMs: number;
  /** What its requests that are being read will need, each as much as the one refused. */
  readonly unread: { events: number };
}

export interface TurnedAway {
  readonly note: (sender: string, refused: Pick<Refusal, 'lane' | 'events'>) => void;
  /** Lets a request be read and answers what to call once it is; null: it would find no room. */
  readonly letIn: (sender: string) => (() => void) | null;
}

const NOTHING = (): void => undefined;

/** `nowMs` only ever grows; it need not be the time of day. */
export function createTurnedAway(nowMs: () => number): TurnedAway {
  const refusals = new Map<string, Refusal>();
  return {
    note(sender, refused) {
      if (refusals.size >= SENDERS_MAX) refusals.clear();
      const untilMs = nowMs() + REMEMBERED_MS;
      const unread = refusals.get(sender)?.unread ?? { events: 0 };
      refusals.set(sender, { ...refused, untilMs, unread });
    },
    letIn(sender) {
      const refusal = refusals.get(sender);
      if (refusal === undefined) return NOTHING;
      const { lane, events, untilMs, unread } = refusal;
      if (nowMs() >= untilMs) {
        refusals.delete(sender);
        return NOTHING;
      }
      if (!lane.hasRoomFor(unread.events + events)) return null;
      unread.events += events;
      return () => {
        unread.events -= events;
      };
    },
  };
}
