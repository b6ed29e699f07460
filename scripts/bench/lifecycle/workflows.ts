/** What a renewal is measured against: the bare floor, and the same loop over an activity that does nothing. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Step } from '../../../domain/lifecycle';
import { createCommandQueue } from '../../../workflows/command-queue';
import { runLifecycle } from '../../../workflows/lifecycle';
import type { LifecycleInput } from '../../../workflows/lifecycle.messages';
import type { BenchActivities } from './bench-activities';

export { subscriptionLifecycle } from '../../../workflows/subscription.workflow';

const { countStep, nextStep } = proxyActivities<BenchActivities>({
  startToCloseTimeout: '10 seconds',
});

export const tick = defineSignal('tick');

/** The floor: a signal wakes it, one activity that does nothing runs, nobody gets an answer. */
export async function bareLifecycle({ ticks }: { readonly ticks: number }): Promise<void> {
  let waiting = 0;
  setHandler(tick, () => void (waiting += 1));
  for (let done = 0; done < ticks; done += 1) {
    await condition(() => waiting > 0);
    waiting -= 1;
    await countStep();
  }
}

/** The project's own loop, search attributes and answers included, over an activity without a database. */
export async function idleLifecycle(input: LifecycleInput<'renew'>): Promise<Step<'renew'>> {
  return runLifecycle(input, createCommandQueue<{ kind: 'none' }, null>(), {
    perform: (action) => nextStep(action),
    answer: async (_command, _now, _key) => ({ step: input.step, answer: null }),
  });
}
