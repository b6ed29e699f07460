/**
 * What every lifecycle workflow takes, answers and listens to. The API and the worker import this
 * file; nothing here runs.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingErrorCode } from '../domain/billing-error';
import type { CommandSearchAttribute, CommandStart } from '../domain/command';
import type { Instant } from '../domain/instant';
import type { NextAction } from '../domain/next-action';

/** A lifecycle follows the wall clock, or a test clock that only moves when told. */
export type Clock = { readonly kind: 'wall' } | { readonly kind: 'test'; readonly now: Instant };

/** All a workflow knows of its row: the state, how often it changed, and what happens next. */
export interface Step<Kind extends string = string> {
  readonly status: string;
  readonly revision: number;
  readonly next: NextAction<Kind>;
  /** Of a subscription: operators filter by it, and it changes. */
  readonly planCode?: string;
  /** Of a phone number: whether it pays by itself. */
  readonly autoPay?: boolean;
  /** Of a package: when it ends. */
  readonly expiresAt?: Instant;
  /** What an operator did last, for the details in the Temporal UI: no words of a person. */
  readonly note?: string;
}

export interface LifecycleInput<Kind extends string = string> {
  readonly version: 1;
  readonly id: string;
  readonly accountId: string;
  readonly clock: Clock;
  readonly step: Step<Kind>;
  /** A run is continued as new after this many steps, so that history stays short. */
  readonly stepsPerRunMax: number;
}

/** What a command answers: done, or refused with a code the API knows. */
export type CommandAnswer =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'refused';
      readonly code: BillingErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, string>>;
    };

/** Moves a lifecycle on a test clock to an instant; answers once nothing is due at or before it. */
export const advanceClock = defineUpdate<Step, [{ readonly now: Instant }]>('advanceClock');
/** For operators: try a blocked action again now. */
export const retryBlocked = defineSignal('retryBlocked');

export const LIFECYCLE_STATE = defineSearchAttributeKey('LifecycleState', 'KEYWORD');
export const PLAN_CODE = defineSearchAttributeKey('PlanCode', 'KEYWORD');
export const NEXT_ACTION_AT = defineSearchAttributeKey('NextActionAt', 'DATETIME');
export const AUTO_PAY = defineSearchAttributeKey('AutoPay', 'BOOL');
export const EXPIRES_AT = defineSearchAttributeKey('ExpiresAt', 'DATETIME');

/** A month of daily steps and commands; far below what the server allows in one history. */
export const STEPS_PER_RUN_MAX = 200;

/** The step of a lifecycle whose row does not exist yet. */
export const NOT_STARTED: Step<never> = {
  status: 'new',
  revision: 0,
  next: { kind: 'rest', reason: 'waiting for the first command' },
};

/** Whose lifecycle it is, on which clock: all that a start needs to know of an account. */
export interface LifecycleOwner {
  readonly accountId: string;
  readonly partnerId: string | null;
  readonly clock: Clock;
}

/**
 * How a lifecycle's workflow is started: by the API with its first command, or by the reconciliation
 * from its row. The attributes are what operators filter by; none of them is personal data.
 */
export function buildLifecycleStart(lifecycle: {
  readonly workflowType: string;
  readonly kind: 'subscription' | 'order' | 'refund' | 'package' | 'phone_number';
  readonly id: string;
  readonly owner: LifecycleOwner;
  readonly planCode?: string;
  readonly step: Step;
}): CommandStart {
  const { workflowType, kind, id, owner, planCode, step } = lifecycle;
  const input: LifecycleInput = {
    version: 1,
    id,
    accountId: owner.accountId,
    clock: owner.clock,
    step,
    stepsPerRunMax: STEPS_PER_RUN_MAX,
  };
  const keyword = (name: string, value: string): CommandSearchAttribute => ({
    name,
    type: 'KEYWORD',
    value,
  });
  return {
    workflowType,
    args: [input],
    summary: `${kind} ${id} of ${owner.accountId}`,
    searchAttributes: [
      keyword('AccountId', owner.accountId),
      keyword('LifecycleKind', kind),
      keyword('LifecycleState', step.status),
      ...(owner.partnerId === null ? [] : [keyword('PartnerId', owner.partnerId)]),
      ...(planCode === undefined ? [] : [keyword('PlanCode', planCode)]),
    ],
  };
}
