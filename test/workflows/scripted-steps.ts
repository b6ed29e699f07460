import { ApplicationFailure } from '@temporalio/common';
import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import type { SubscriptionActionKind } from '../../domain/subscription/decide-next';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { SubscriptionStep } from '../../workflows/subscription.messages';

export interface ScriptedSteps {
  readonly activities: SubscriptionActivities;
  /** What was performed, "renew 2026-03-01T00:00:00.000Z", and asked, "cancel". */
  readonly deeds: string[];
  readonly keys: string[];
}

/**
 * A lifecycle without rules: each action performed leads to the next of these steps, whatever it was;
 * commands change nothing. For what the loop does with steps no subscription would take.
 */
export function scriptSteps(steps: readonly SubscriptionStep[]): ScriptedSteps {
  const deeds: string[] = [];
  const keys: string[] = [];
  let performed = 0;
  const current = (): SubscriptionStep => {
    const step = steps[performed];
    if (!step) throw ApplicationFailure.nonRetryable('the script has ended', 'script_ended');
    return step;
  };
  const answer: CommandAnswer = { kind: 'done' };
  return {
    deeds,
    keys,
    activities: {
      performSubscriptionAction: async ({ action, operationKey }) => {
        deeds.push(`${action.kind} ${action.at}`);
        keys.push(operationKey);
        performed += 1;
        return current();
      },
      answerSubscriptionCommand: async ({ command, operationKey }) => {
        deeds.push(command.kind);
        keys.push(operationKey);
        return { step: current(), answer };
      },
    },
  };
}

/** A step with something due. `revision` counts the row's changes. */
export function due(kind: SubscriptionActionKind, at: string, revision: number): SubscriptionStep {
  return { status: 'active', revision, next: { kind, at, reason: `${kind} of the script` } };
}

export function ended(revision: number): SubscriptionStep {
  return { status: 'ended', revision, next: { kind: 'end', reason: 'the script is over' } };
}
