import { addCalendarMonths } from '../../../domain/calendar';
import type { Step } from '../../../domain/lifecycle';
import type { DueAction } from '../../../domain/next-action';

export type BenchActivities = ReturnType<typeof createBenchActivities>;

/** Activities that touch nothing: what they cost is what Temporal costs. */
export function createBenchActivities() {
  let stepsCounted = 0;
  return {
    async countStep(): Promise<void> {
      stepsCounted += 1;
    },
    async nextStep({ at }: DueAction<'renew'>): Promise<Step<'renew'>> {
      stepsCounted += 1;
      const next = addCalendarMonths(at, 1, 'Europe/Istanbul');
      // The status changes as a renewal's search attribute does: with each next instant.
      return {
        status: 'active',
        revision: stepsCounted,
        next: { kind: 'renew', at: next, reason: 'the next month begins' },
      };
    },
    stepsCounted: () => stepsCounted,
  };
}
