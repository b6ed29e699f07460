import type { WorkflowHandle } from '@temporalio/client';
import { workflowIdOf, type Step } from '../../domain/lifecycle';
import {
  buildLifecycleStart,
  NOT_STARTED,
  retryBlocked,
  type Clock,
  type CommandAnswer,
} from '../../workflows/lifecycle.messages';
import { moneyArrived } from '../../workflows/payment.messages';
import {
  cancelSubscription,
  changePlan,
  pauseSubscription,
  resumeSubscription,
  scheduleChange,
  startSubscription,
  unscheduleChange,
} from '../../workflows/subscription.messages';
import type { Stage } from './stage';

/** A subscription's workflow and all that is ever said to it. */
export interface SubscriptionOnStage {
  readonly id: string;
  readonly handle: WorkflowHandle;
  /** `updateId`: the same one again is the same command. */
  start(updateId?: string): Promise<CommandAnswer>;
  cancel(at: 'now' | 'period_end', updateId?: string): Promise<CommandAnswer>;
  resume(updateId?: string): Promise<CommandAnswer>;
  /** To Enterprise, the other plan there is. */
  change(): Promise<CommandAnswer>;
  schedule(effectiveAt: string): Promise<CommandAnswer>;
  unschedule(): Promise<CommandAnswer>;
  pause(at: 'now' | 'period_end', resumesAt?: string): Promise<CommandAnswer>;
  moneyArrived(from: string): Promise<void>;
  retryBlocked(): Promise<void>;
}

export interface SubscriptionOptions {
  readonly id?: string;
  readonly clock?: Clock;
  readonly step?: Step;
  readonly stepsPerRunMax?: number;
  readonly partnerId?: string | null;
  /** Another workflow with the same contract. */
  readonly workflowType?: string;
}

export const WALL: Clock = { kind: 'wall' };
let subscriptionsMade = 0;
let commandsSent = 0;

/** Starts the workflow as the API does. It rests until its first command. */
export async function openSubscription(
  stage: Stage,
  options: SubscriptionOptions = {},
): Promise<SubscriptionOnStage> {
  subscriptionsMade += 1;
  const { id = `sub_0000000${subscriptionsMade}`, clock = WALL, step = NOT_STARTED } = options;
  const begin = buildLifecycleStart({
    kind: 'subscription',
    id,
    owner: { accountId: 'acct_00000001', partnerId: options.partnerId ?? null, clock },
    step: { ...step, attributes: { PlanCode: 'growth' } },
  });
  const { stepsPerRunMax, workflowType } = options;
  const changed = stepsPerRunMax === undefined ? {} : { stepsPerRunMax };
  const args = begin.args.map((input) => ({ ...Object(input), ...changed }));
  const handle = await stage.start(workflowIdOf('subscription', id), {
    ...begin,
    ...(workflowType && { workflowType }),
    args,
  });
  const nextId = (): string => {
    commandsSent += 1;
    return `idem-${commandsSent}`;
  };
  return {
    id,
    handle,
    start: (updateId = nextId()) =>
      handle.executeUpdate(startSubscription, {
        args: [{ planCode: 'growth', cycle: 'monthly' }],
        updateId,
      }),
    cancel: (at, updateId = nextId()) =>
      handle.executeUpdate(cancelSubscription, { args: [{ at, noteId: null }], updateId }),
    resume: (updateId = nextId()) => handle.executeUpdate(resumeSubscription, { updateId }),
    change: () =>
      handle.executeUpdate(changePlan, {
        args: [{ planCode: 'enterprise', cycle: 'monthly', isForced: false }],
        updateId: nextId(),
      }),
    schedule: (effectiveAt) =>
      handle.executeUpdate(scheduleChange, {
        args: [{ planCode: 'enterprise', cycle: 'monthly', effectiveAt }],
        updateId: nextId(),
      }),
    unschedule: () => handle.executeUpdate(unscheduleChange, { updateId: nextId() }),
    pause: (at, resumesAt) =>
      handle.executeUpdate(pauseSubscription, {
        args: [{ at, resumesAt: resumesAt ?? null }],
        updateId: nextId(),
      }),
    moneyArrived: (from) => handle.signal(moneyArrived, { from }),
    retryBlocked: () => handle.signal(retryBlocked),
  };
}

/**
 * Starts the workflow in the morning of a day, "03-10", and waits until noon: a subscription started
 * then falls due at noon, while the workflow's monthly refresh comes at six.
 */
export async function openSubscriptionOn(
  stage: Stage,
  monthAndDay: string,
): Promise<SubscriptionOnStage> {
  await stage.passUntil(monthAndDay, '06:00');
  const subscription = await openSubscription(stage);
  await stage.passUntil(monthAndDay, '12:00');
  return subscription;
}
