/**
 * Owns: the shape of "what happens next, when and why" that every lifecycle shows.
 * Does not own: which action it is; each noun decides that (decide-next.ts, order.ts).
 * The same value is stored in the row, answered by the API as `next_action`, written into the
 * Temporal UI and waited for by the workflow, so the four can never tell different stories.
 * Example: `{ kind: 'renew', at: '2026-02-28T00:00:00.000Z', reason: 'period 2 starts' }`.
 */
import type { Instant } from './instant';

export interface DueAction<Kind extends string = string> {
  readonly kind: Kind;
  /** On the account's clock. */
  readonly at: Instant;
  readonly reason: string;
  /**
   * Carrying it out asks a gateway or a carrier. `awaited`: the wait is for them, too. They do not live by
   * the account's clock, so it comes when that clock gets there or as much real time has passed (ADR 0032).
   */
  readonly outside?: 'asked' | 'awaited';
}

export const ASKED = { outside: 'asked' } as const;
export const AWAITED = { outside: 'awaited' } as const;

/** rest: only a message moves it. end: nothing will ever happen again. */
export interface NoAction {
  readonly kind: 'rest' | 'end';
  readonly reason: string;
}

export type NextAction<Kind extends string = string> = DueAction<Kind> | NoAction;

export function isDueAction<Kind extends string>(next: NextAction<Kind>): next is DueAction<Kind> {
  return 'at' in next;
}

/** Whether an action that was named earlier is still what happens next: nobody has done it meanwhile. */
export function isStillNext(
  next: NextAction,
  action: { readonly kind: string; readonly at: Instant },
): boolean {
  return isDueAction(next) && next.kind === action.kind && next.at === action.at;
}
