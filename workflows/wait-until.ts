import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';

/**
 * The one waiting primitive: a timer that stays armed while messages come and go, so that a wake
 * which changes neither when nor what costs no timer events.
 */
export function createAlarm() {
  let armedFor: string | undefined;
  let scope: CancellationScope | undefined;
  let isRinging = false;

  function arm(atMs: number, summary: string): void {
    scope?.cancel();
    const own = new CancellationScope();
    scope = own;
    armedFor = `${summary} ${atMs}`;
    own
      .run(() => sleep(Math.max(1, atMs - Date.now()), { summary }))
      .then(
        () => {
          if (scope !== own) return;
          armedFor = undefined;
          isRinging = true;
        },
        (error: unknown) => {
          // Cancelled only because another one was armed in its place.
          if (!isCancellation(error)) throw error;
        },
      );
  }

  return {
    /** Resolves at `atMs`, or earlier as soon as `isInterrupted` holds. `summary` is the timer's name in the UI. */
    async waitUntil(atMs: number, isInterrupted: () => boolean, summary: string): Promise<void> {
      if (armedFor !== `${summary} ${atMs}`) arm(atMs, summary);
      await condition(() => isRinging || isInterrupted());
      isRinging = false;
    },
  };
}
