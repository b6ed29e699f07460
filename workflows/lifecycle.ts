/**
 * The one loop of everything that bills over time: perform what is due, answer the oldest command,
 * settle whoever waits for the clock, show the state, then finish, continue as new, or wait.
 * It knows no rule of any product: what happens next is decided in domain/, inside the activity's
 * transaction, and comes back as a Step.
 */
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { earlierOf, type Instant } from '../domain/instant';
import type { LifecycleAttributes, Step } from '../domain/lifecycle';
import { isDueAction, isStillNext, type DueAction } from '../domain/next-action';
import type { CommandQueue, PendingCommand, Settle } from './command-queue';
import {
  advanceClock,
  LIFECYCLE_STATE,
  NEXT_ACTION_AT,
  retryBlocked,
  STEP_ATTRIBUTES,
  type Clock,
  type LifecycleInput,
} from './lifecycle.messages';
import { createAlarm } from './wait-until';

/** A run lasts a month at most: a month after a deployment no run of older code is left. */
const RUN_LASTS_MS = 31 * 86_400_000;
const BLOCKED_FOR_MS = 3_600_000;

export interface Lifecycle<Kind extends string, Command, Answer> {
  /**
   * Carries out a due action; the key makes it happen once. `now` is the action's own instant, or the
   * account's clock where that stands before it.
   */
  readonly perform: (
    action: DueAction<Kind>,
    now: Instant,
    operationKey: string,
  ) => Promise<Step<Kind>>;
  /** Answers a command at the lifecycle's own time; the key makes it happen once. */
  readonly answer: (
    command: Command,
    now: Instant,
    operationKey: string,
  ) => Promise<{ readonly step: Step<Kind>; readonly answer: Answer }>;
}

interface LoopState<Kind extends string> {
  clock: Clock;
  step: Step<Kind>;
  stepsDone: number;
  blockedUntilMs: number;
  /** When what waits for the outside is asked, by the wall, though the account's test clock stands. */
  outsideAtMs: number;
  readonly unsettled: Settle<Step>[];
}

/** Runs a lifecycle to its end; answers its last step. */
export async function runLifecycle<
  Kind extends string,
  Command extends { readonly kind: string },
  Answer,
>(
  input: LifecycleInput<Kind>,
  { pending }: CommandQueue<Command, Answer>,
  lifecycle: Lifecycle<Kind, Command, Answer>,
): Promise<Step<Kind>> {
  const refreshesAtMs = workflowInfo().runStartTime.getTime() + RUN_LASTS_MS;
  const alarm = createAlarm();
  const state: LoopState<Kind> = {
    clock: input.clock,
    step: input.step,
    stepsDone: 0,
    blockedUntilMs: 0,
    outsideAtMs: findOutsideAtMs(input.clock, input.step),
    unsettled: [],
  };
  const isInterrupted = (): boolean =>
    pending.length > 0 || state.unsettled.length > 0 || findDue(state) !== null;
  listen(state);

  for (;;) {
    if (await takeTurn(state, pending, lifecycle)) continue;
    for (const waiter of state.unsettled.splice(0)) waiter.resolve(state.step);
    show(state);
    if (state.step.next.kind === 'end' || isWorn(state, input, refreshesAtMs)) {
      await condition(allHandlersFinished);
      if (isInterrupted()) continue;
      if (state.step.next.kind === 'end') return state.step;
      await refresh(input, state);
    }
    const wakesAtMs = findWakeMs(state);
    const isRefresh = refreshesAtMs < wakesAtMs;
    await alarm.waitUntil(
      isRefresh ? refreshesAtMs : wakesAtMs,
      isInterrupted,
      isRefresh ? 'refresh' : describeTimer(state),
    );
  }
}

/** Does one thing: what is due, else the oldest command. Answers whether there was anything to do. */
async function takeTurn<Kind extends string, Command extends { readonly kind: string }, Answer>(
  state: LoopState<Kind>,
  pending: PendingCommand<Command, Answer>[],
  lifecycle: Lifecycle<Kind, Command, Answer>,
): Promise<boolean> {
  const due = findDue(state);
  const command = due === null ? pending.shift() : undefined;
  if (due !== null) await performDue(state, due, lifecycle);
  if (command !== undefined) await answerNext(state, command, lifecycle);
  const isDone = due !== null || command !== undefined;
  if (isDone) state.stepsDone += 1;
  return isDone;
}

/** Starts a new run with an empty history and the same state. Never returns. */
async function refresh<Kind extends string>(
  input: LifecycleInput<Kind>,
  { clock, step }: LoopState<Kind>,
): Promise<never> {
  const next = { ...input, clock, step };
  return continueAsNew<(next: LifecycleInput<Kind>) => Promise<unknown>>(next);
}

function listen<Kind extends string>(state: LoopState<Kind>): void {
  setHandler(
    advanceClock,
    ({ now }) => {
      if (state.clock.kind === 'test' && Date.parse(now) > Date.parse(state.clock.now)) {
        state.clock = { kind: 'test', now };
      }
      state.blockedUntilMs = 0;
      return new Promise<Step>((resolve, reject) => state.unsettled.push({ resolve, reject }));
    },
    {
      description: 'Moves this lifecycle on its test clock and answers once nothing is due.',
      // The parameter is declared so that TypeScript does not infer an update without arguments.
      validator: ({ now }: { readonly now: Instant }): void => {
        if (state.clock.kind === 'wall' || Number.isNaN(Date.parse(now))) {
          throw ApplicationFailure.nonRetryable(
            'this lifecycle follows the wall clock, or the instant is not one',
            'invalid_state',
          );
        }
      },
    },
  );
  setHandler(
    retryBlocked,
    () => {
      state.blockedUntilMs = 0;
    },
    { description: 'Tries a blocked action again now.' },
  );
}

function nowMs({ clock }: { readonly clock: Clock }): number {
  return clock.kind === 'wall' ? Date.now() : Date.parse(clock.now);
}

function findDue<Kind extends string>(state: LoopState<Kind>): DueAction<Kind> | null {
  const { next } = state.step;
  if (!isDueAction(next) || Date.now() < state.blockedUntilMs) return null;
  return Date.parse(next.at) <= nowMs(state) || Date.now() >= state.outsideAtMs ? next : null;
}

/**
 * When real time has passed as far as a wait for the outside lies ahead of the test clock, or of the
 * last ask where that was ahead of it. Infinity: only the account's clock brings what comes next.
 */
function findOutsideAtMs(clock: Clock, { next }: Step, ...asked: readonly Instant[]): number {
  if (clock.kind === 'wall' || !isDueAction(next) || next.outside !== 'awaited') return Infinity;
  const waits = [clock.now, ...asked].map((from) => Date.parse(next.at) - Date.parse(from));
  return Date.now() + Math.min(...waits.filter((waitMs) => waitMs > 0));
}

/** Takes over what an activity answered: the wait it names goes on, or begins now. */
function takeStep<Kind extends string>(
  state: LoopState<Kind>,
  step: Step<Kind>,
  ...asked: readonly Instant[]
): void {
  const { next } = state.step;
  state.step = step;
  if (isDueAction(next) && isStillNext(step.next, next)) return;
  state.outsideAtMs = findOutsideAtMs(state.clock, step, ...asked);
}

function findWakeMs<Kind extends string>(state: LoopState<Kind>): number {
  const { clock, step, blockedUntilMs, outsideAtMs } = state;
  if (blockedUntilMs > Date.now()) return blockedUntilMs;
  // On a test clock only a message or the outside moves a lifecycle, and the monthly refresh wakes it.
  return clock.kind === 'wall' && isDueAction(step.next) ? Date.parse(step.next.at) : outsideAtMs;
}

function isWorn<Kind extends string>(
  state: LoopState<Kind>,
  input: LifecycleInput<Kind>,
  refreshesAtMs: number,
): boolean {
  return (
    state.stepsDone >= input.stepsPerRunMax ||
    workflowInfo().continueAsNewSuggested ||
    Date.now() >= refreshesAtMs
  );
}

async function performDue<Kind extends string, Command, Answer>(
  state: LoopState<Kind>,
  action: DueAction<Kind>,
  lifecycle: Lifecycle<Kind, Command, Answer>,
): Promise<void> {
  const key = `${workflowInfo().workflowId}/${action.kind}/${action.at}/${state.step.revision}`;
  const before = state.step;
  const { clock } = state;
  const now = clock.kind === 'wall' ? action.at : earlierOf(action.at, clock.now);
  try {
    takeStep(state, await lifecycle.perform(action, now, key), action.at);
  } catch (error) {
    const failure = expectActivityFailure(error);
    state.blockedUntilMs = Date.now() + BLOCKED_FOR_MS;
    const message = `${action.kind} is blocked: ${failure.cause?.message ?? failure.message}`;
    for (const waiter of state.unsettled.splice(0)) {
      waiter.reject(ApplicationFailure.nonRetryable(message, 'blocked'));
    }
    return;
  }
  const { next, revision } = state.step;
  // A plain Error stops the task, not the workflow: to loop on one instant would be a bug of ours.
  if (isStillNext(next, action) && revision === before.revision) {
    throw new Error(`no progress: ${action.kind} at ${action.at}`);
  }
}

async function answerNext<Kind extends string, Command extends { readonly kind: string }, Answer>(
  state: LoopState<Kind>,
  { command, id, resolve, reject }: PendingCommand<Command, Answer>,
  lifecycle: Lifecycle<Kind, Command, Answer>,
): Promise<void> {
  const key = `${workflowInfo().workflowId}/${command.kind}/${id}`;
  try {
    const done = await lifecycle.answer(command, new Date(nowMs(state)).toISOString(), key);
    takeStep(state, done.step);
    resolve(done.answer);
  } catch (error) {
    reject(expectActivityFailure(error).cause ?? error);
  }
}

/** A workflow that lets an activity's failure through has FAILED: what it bills would never be billed again. */
function expectActivityFailure(error: unknown): ActivityFailure {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  return error;
}

/** How a due action is called in the UI: "renew 2027-02-28". */
export function describeAction({ kind, at }: DueAction): string {
  return `${kind} ${at.slice(0, 10)}`;
}

function describeTimer<Kind extends string>({ step, blockedUntilMs }: LoopState<Kind>): string {
  if (blockedUntilMs > Date.now()) return `blocked: ${step.next.kind}`;
  return isDueAction(step.next) ? describeAction(step.next) : 'refresh';
}

/** Tells people, in the Temporal UI, what happens next, when and why. */
function show<Kind extends string>(state: LoopState<Kind>): void {
  setCurrentDetails(describeState(state));
  const shown = workflowInfo().typedSearchAttributes; // An upsert is an event: only when it says something new.
  const facts = buildSearchAttributes(state.step);
  const isNews = facts.some(({ key, value }) => textOf(shown.get(key)) !== textOf(value));
  if (isNews) upsertSearchAttributes(facts);
}

function buildSearchAttributes({
  status,
  next,
  attributes = {},
}: Step): SearchAttributeUpdatePair[] {
  return [
    { key: LIFECYCLE_STATE, value: status },
    { key: NEXT_ACTION_AT, value: isDueAction(next) ? new Date(next.at) : null },
    ...toPairs(attributes),
  ];
}

function toPairs({
  PlanCode,
  AutoPay,
  ExpiresAt,
}: LifecycleAttributes): SearchAttributeUpdatePair[] {
  return [
    ...(PlanCode === undefined ? [] : [{ key: STEP_ATTRIBUTES.PlanCode, value: PlanCode }]),
    ...(AutoPay === undefined ? [] : [{ key: STEP_ATTRIBUTES.AutoPay, value: AutoPay }]),
    ...(ExpiresAt === undefined
      ? []
      : [{ key: STEP_ATTRIBUTES.ExpiresAt, value: new Date(ExpiresAt) }]),
  ];
}

/** To compare what is shown with what is so: an attribute that is not set reads as undefined or null. */
function textOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function describeState<Kind extends string>(state: LoopState<Kind>): string {
  const { status, next, note } = state.step;
  const when = isDueAction(next) ? ` at ${next.at}` : '';
  const lines = [`**${status}**. Next: **${next.kind}**${when}, because ${next.reason}.`];
  if (note !== undefined) lines.push(note);
  if (state.clock.kind === 'test') lines.push(`Follows a test clock, now at ${state.clock.now}.`);
  if (state.outsideAtMs < Infinity) {
    const asksAt = new Date(state.outsideAtMs).toISOString();
    lines.push(
      `Waits for the outside: asked at ${asksAt} of real time, or when the clock gets there.`,
    );
  }
  if (state.blockedUntilMs > Date.now()) {
    const until = new Date(state.blockedUntilMs).toISOString();
    lines.push(`**BLOCKED** until ${until}, or until the signal \`retryBlocked\`.`);
  }
  return lines.join('\n\n');
}
