/**
 * What every lifecycle workflow takes, answers and listens to. The API and the worker import this
 * file; nothing here runs.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingErrorCode } from '../domain/billing-error';
import type { CommandSearchAttribute, CommandStart } from '../domain/command';
import type { Instant } from '../domain/instant';
import {
  LIFECYCLES,
  type LifecycleAttributes,
  type LifecycleKind,
  type Step,
} from '../domain/lifecycle';

/** A lifecycle follows the wall clock, or a test clock that only moves when told. */
export type Clock = { readonly kind: 'wall' } | { readonly kind: 'test'; readonly now: Instant };

export interface LifecycleInput<Kind extends string = string> {
  readonly version: 1;
  readonly id: string;
  readonly accountId: string;
  /** Whose it is, where another account pays for it. */
  readonly servesAccountId?: string;
  readonly clock: Clock;
  readonly step: Step<Kind>;
  /** A run is continued as new after this many steps, so that history stays short. */
  readonly stepsPerRunMax: number;
}

/** Who acts as an operator, and where their reason is kept: a history carries none of their words. */
export interface OperatorRequest {
  readonly keyId: string;
  readonly noteId: string;
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

export const DONE = { kind: 'done' } as const satisfies CommandAnswer;

/** Moves a lifecycle on a test clock to an instant; answers once nothing is due at or before it. */
export const advanceClock = defineUpdate<Step, [{ readonly now: Instant }]>('advanceClock');
/** For operators: try a blocked action again now. */
export const retryBlocked = defineSignal('retryBlocked');

export const LIFECYCLE_STATE = defineSearchAttributeKey('LifecycleState', 'KEYWORD');
export const NEXT_ACTION_AT = defineSearchAttributeKey('NextActionAt', 'DATETIME');
/** What a step's attributes are called in Temporal. */
export const STEP_ATTRIBUTES = {
  PlanCode: defineSearchAttributeKey('PlanCode', 'KEYWORD'),
  AutoPay: defineSearchAttributeKey('AutoPay', 'BOOL'),
  ExpiresAt: defineSearchAttributeKey('ExpiresAt', 'DATETIME'),
} as const;

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
  /** Whose it is, where another account pays for it. */
  readonly servesAccountId?: string;
  readonly partnerId: string | null;
  readonly clock: Clock;
}

/**
 * How a lifecycle's workflow is started: by the API with its first command, or by the reconciliation
 * from its row. The attributes are what operators filter by; none of them is personal data.
 */
export function buildLifecycleStart(lifecycle: {
  readonly kind: LifecycleKind;
  readonly id: string;
  readonly owner: LifecycleOwner;
  readonly step: Step;
}): CommandStart {
  const { kind, id, owner, step } = lifecycle;
  const { accountId, servesAccountId } = owner;
  const input: LifecycleInput = {
    version: 1,
    id,
    accountId,
    ...(servesAccountId !== undefined && { servesAccountId }),
    clock: owner.clock,
    step,
    stepsPerRunMax: STEPS_PER_RUN_MAX,
  };
  return {
    workflowType: LIFECYCLES[kind].workflowType,
    args: [input],
    summary: `${kind} ${id} of ${describeOwner(owner)}`,
    searchAttributes: [
      keyword('AccountId', accountId),
      keyword('LifecycleKind', kind),
      keyword('LifecycleState', step.status),
      ...(owner.partnerId === null ? [] : [keyword('PartnerId', owner.partnerId)]),
      ...toCommandAttributes(step.attributes ?? {}),
    ],
  };
}

function describeOwner({ accountId, servesAccountId }: LifecycleOwner): string {
  return servesAccountId === undefined ? accountId : `${servesAccountId}, paid by ${accountId}`;
}

function toCommandAttributes(attributes: LifecycleAttributes): CommandSearchAttribute[] {
  const { PlanCode, AutoPay, ExpiresAt } = attributes;
  return [
    ...(PlanCode === undefined ? [] : [keyword('PlanCode', PlanCode)]),
    ...(AutoPay === undefined ? [] : [{ name: 'AutoPay', type: 'BOOL', value: AutoPay } as const]),
    ...(ExpiresAt === undefined
      ? []
      : [{ name: 'ExpiresAt', type: 'DATETIME', value: ExpiresAt } as const]),
  ];
}

function keyword(name: string, value: string): CommandSearchAttribute {
  return { name, type: 'KEYWORD', value };
}
