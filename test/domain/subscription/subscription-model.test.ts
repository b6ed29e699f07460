/**
 * Random lives of a subscription, lived twice: by the decisions on a ledger, and by a model that says the
 * rules anew. State, money, documents and messages must agree after each command and each due action.
 */
import fc from 'fast-check';
import {
  addCalendarDays,
  addCalendarMonths,
  addDays,
  daysBetween,
  localDateOf,
} from '../../../domain/calendar';
import { DEFAULT_DUNNING_POLICY } from '../../../domain/dunning';
import { fromEpochMs, toEpochMs } from '../../../domain/instant';
import type { PlanTerms } from '../../../domain/plan';
import { decideChange } from '../../../domain/subscription/decide-change';
import {
  decideCancel,
  decideResume,
  decideStart,
} from '../../../domain/subscription/decide-command';
import { decidePause } from '../../../domain/subscription/decide-pause';
import { decideSchedule, decideUnschedule } from '../../../domain/subscription/decide-schedule';
import type { Funds } from '../../../domain/subscription/funds';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Subscription } from '../../../domain/subscription/subscription';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { createWorld, type World } from '../../support/subscription-in-memory';
import * as model from '../../support/subscription-model';

const { SUBSCRIPTION_TEST_SEED, SUBSCRIPTION_TEST_RUNS } = process.env;
const SEED = Number(SUBSCRIPTION_TEST_SEED ?? Date.now() % 1_000_000_000);
const RUNS = Number(SUBSCRIPTION_TEST_RUNS ?? 1_000);
jest.setTimeout(60_000);

const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: (['CGST', 'SGST'] as const).map((component) => ({
    component,
    rate: '9',
    baseNumerator: 1n,
    baseDenominator: 1n,
  })),
  totalStepMicros: 1_000_000n,
};

const ZONES = ['Asia/Kolkata', 'Europe/Istanbul', 'America/New_York', 'America/Asuncion'] as const;
/** Noon in Greenwich: the same date in all four zones. */
const STARTS = ['2026-01-29', '2026-01-30', '2026-01-31', '2027-08-31', '2028-02-29', '2026-10-30'];

const CYCLES = ['monthly', 'quarterly', 'yearly'] as const;
/** Rupees of a month, a quarter, a year; messages of a month. */
const PLANS = {
  basic: { prices: [0, 0, 0], messages: 500 },
  growth: { prices: [999, 2_849, 9_990], messages: 10_000 },
  enterprise: { prices: [4_999, 14_499, 49_990], messages: 30_000 },
  bare: { prices: [99.5, 270.25, 999.99], messages: 0 },
} as const;
type PlanCode = keyof typeof PLANS;

/** How each plan settles changes and unpaid periods, in one life. */
type Policy = Pick<
  model.ModelPlan,
  'proration' | 'allowances' | 'unpaidSchedule' | 'retrySchedule' | 'final' | 'endsAfterDays'
>;
interface Wanted {
  readonly code: PlanCode;
  readonly cycle: 0 | 1 | 2;
}

type Passing =
  { readonly do: 'hours' | 'days' | 'months'; readonly count: number } | { readonly do: 'next' };
type Command =
  | Passing
  | { readonly do: 'change'; readonly to: Wanted; readonly isForced: boolean }
  | { readonly do: 'schedule'; readonly to: Wanted; readonly inDays: number | null }
  | { readonly do: 'unschedule' | 'resume' }
  | { readonly do: 'pause'; readonly isNow: boolean; readonly forDays: number | null }
  | { readonly do: 'cancel'; readonly isNow: boolean }
  | { readonly do: 'topUp'; readonly rupees: number }
  | { readonly do: 'use'; readonly messages: number };

interface Story {
  readonly zone: (typeof ZONES)[number];
  readonly on: string;
  readonly tax: model.TaxRule;
  readonly wallet: number;
  readonly first: Wanted;
  readonly policies: Readonly<Record<PlanCode, Policy>>;
  readonly commands: readonly Command[];
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  code: fc.constantFrom('basic', 'growth', 'enterprise', 'bare'),
  cycle: fc.constantFrom(0, 0, 0, 1, 2),
});
const policy: fc.Arbitrary<Policy> = fc.record({
  proration: fc.constantFrom('days', 'days', 'days', 'seconds', 'none'),
  allowances: fc.constantFrom('prorated', 'full'),
  unpaidSchedule: fc.constantFrom('keep_plan', 'owe_new_plan'),
  retrySchedule: fc.constantFrom([1, 3, 5, 7], [2], []),
  final: fc.constantFrom('end', 'end', 'keep'),
  endsAfterDays: fc.constantFrom(1, 30),
});
const orNever = (days: fc.Arbitrary<number>) => fc.option(days, { nil: null });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: passing('hours', 100) },
  { weight: 2, arbitrary: passing('days', 40) },
  { weight: 1, arbitrary: passing('months', 8) },
  { weight: 3, arbitrary: fc.constant({ do: 'next' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('change'), to: wanted, isForced: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('schedule'),
      to: wanted,
      inDays: orNever(fc.integer({ min: -1, max: 800 }).map((n) => (n > 90 ? n % 60 : n))),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('unschedule', 'resume') }) },
  { weight: 2, arbitrary: fc.constant({ do: 'resume' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pause'),
      isNow: fc.boolean(),
      forDays: orNever(fc.integer({ min: 0, max: 70 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), isNow: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('topUp'),
      rupees: fc.constantFrom(1, 500, 1_200, 60_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('use'), messages: fc.integer({ min: 1, max: 12_000 }) }),
  },
);
const story: fc.Arbitrary<Story> = fc.record({
  zone: fc.constantFrom(...ZONES),
  on: fc.constantFrom(...STARTS),
  tax: fc.constantFrom('none', 'gst_18'),
  wallet: fc.constantFrom(999, 1_179, 3_000, 12_000, 200_000),
  first: wanted,
  policies: fc.record({ basic: policy, growth: policy, enterprise: policy, bare: policy }),
  commands: fc.array(command, { minLength: 1, maxLength: 25 }),
});

function passing(unit: 'hours' | 'days' | 'months', max: number) {
  return fc.record({ do: fc.constant(unit), count: fc.integer({ min: 1, max }) });
}

/** What both sides have in common of a plan. */
function planOf({ policies }: Story, { code, cycle }: Wanted): model.ModelPlan {
  const { prices, messages } = PLANS[code];
  return {
    code,
    cycle: CYCLES[cycle],
    price: BigInt(Math.round(prices[cycle] * 100)) * 10_000n,
    messages: BigInt(messages),
    ...policies[code],
  };
}

function termsOf(plan: model.ModelPlan): PlanTerms {
  const { retrySchedule, final, endsAfterDays, proration, allowances, unpaidSchedule } = plan;
  return {
    planCode: plan.code,
    planName: plan.code,
    planVersion: 1,
    cycle: plan.cycle,
    price: { amountMicros: plan.price, currency: 'INR' },
    bearsTax: true,
    dunning: { ...DEFAULT_DUNNING_POLICY, retryAfterDays: retrySchedule, final, endsAfterDays },
    changePolicy: { proration, allowances, unpaidSchedule, overLimit: 'keep' },
  };
}

function messagesOf(code: string): number {
  const plan = Object.entries(PLANS).find(([known]) => known === code);
  return plan?.[1].messages ?? 0;
}

/** The same life, lived by the decisions and by the model. */
interface TwoLives {
  readonly told: Story;
  readonly world: World;
  life: model.Life | null;
  now: string;
  moneyIn: bigint;
}

/** Lives a story to its end and compares all the way. */
function live(told: Story): TwoLives {
  const now = `${told.on}T12:00:00.000Z`;
  const world = createWorld({
    timeZone: told.zone,
    startsAt: now,
    taxation: told.tax === 'none' ? UNTAXED : GST,
    allowancesOf: (code) => ({ messages: messagesOf(code), wa_conversations: 50 }),
  });
  const lives: TwoLives = { told, world, life: null, now, moneyIn: 0n };
  topUp(lives, told.wallet);
  start(lives);
  for (const next of told.commands) {
    obey(lives, next);
    check(lives);
  }
  return lives;
}

function start(lives: TwoLives): void {
  const { told, world, now, moneyIn: wallet } = lives;
  const { zone, tax } = told;
  const plan = planOf(told, told.first);
  const { changePolicy: _, ...terms } = termsOf(plan);
  const whose = { accountId: 'acct_1', servesAccountId: 'acct_1' };
  const who = { id: 'sub_1', ...whose, track: 'plan', timeZone: zone } as const;
  const refused = world.command(now, (funds) => decideStart({ ...terms, ...who }, { now, funds }));
  const outcome = model.start(plan, { at: now, zone, wallet, tax });
  expect(refused).toBe(typeof outcome === 'string' ? outcome : null);
  if (typeof outcome !== 'string') lives.life = outcome;
  check(lives);
}

const HOUR_MS = 3_600_000;

function obey(lives: TwoLives, next: Command): void {
  if (isPassing(next)) advance(lives, untilOf(lives, next));
  else if (next.do === 'topUp') topUp(lives, next.rupees);
  else if (next.do === 'use') use(lives, BigInt(next.messages));
  else ask(lives, next);
}

function isPassing(next: Command): next is Passing {
  return ['hours', 'days', 'months', 'next'].includes(next.do);
}

function untilOf({ told, world, now }: TwoLives, next: Passing): string {
  switch (next.do) {
    case 'hours':
      return fromEpochMs(toEpochMs(now) + next.count * HOUR_MS);
    case 'days':
      return addCalendarDays(now, next.count, told.zone);
    case 'months':
      return addCalendarMonths(now, next.count, told.zone);
    case 'next':
      return world.nextDue()?.at ?? now;
  }
}

function use(lives: TwoLives, messages: bigint): void {
  lives.world.use(messages, lives.now);
  lives.life = lives.life && model.use(lives.life, messages, lives.now);
}

/** Does what falls due until then, one action after the other on both sides. */
function advance(lives: TwoLives, to: string): void {
  const { world } = lives;
  for (let due = world.nextDue(); due !== null && due.at <= to; due = world.nextDue()) {
    const expected = lives.life && model.nextOf(lives.life);
    expect({ kind: due.kind, at: due.at }).toEqual(expected);
    world.perform(due);
    lives.now = due.at;
    lives.life = lives.life && expected && model.live(lives.life, expected);
    check(lives);
  }
  lives.now = to;
}

function topUp(lives: TwoLives, rupees: number): void {
  const { world, now } = lives;
  const amount = BigInt(rupees) * 1_000_000n;
  lives.moneyIn += amount;
  world.topUp(amount, now);
  lives.life = lives.life && model.topUp(lives.life, now, amount);
  advance(lives, now);
}

type Request = Exclude<Command, Passing | { readonly do: 'topUp' | 'use' }>;

/** Asks both sides the same: they refuse it for the same reason, or both do it. */
function ask(lives: TwoLives, request: Request): void {
  const { world, life, now } = lives;
  const subscription = world.subscription();
  if (life === null || subscription === null) return;
  const [decide, judge] = pose(lives, request, life);
  const refused = world.command(now, (funds) => decide(subscription, { now, funds }));
  const outcome = judge();
  const expected = typeof outcome === 'string' ? outcome : null;
  expect({ request, refused }).toEqual({ request, refused: expected });
  if (typeof outcome !== 'string') lives.life = outcome;
}

type Decide = (
  subscription: Subscription,
  moment: { readonly now: string; readonly funds: Funds },
) => SubscriptionDecision | SubscriptionRefusal;

/** The same request, to the decisions and to the model. */
function pose(lives: TwoLives, request: Request, life: model.Life): Posed {
  const { now } = lives;
  switch (request.do) {
    case 'change':
    case 'schedule':
      return poseChange(lives, request, life);
    case 'unschedule':
      return [(known) => decideUnschedule(known, now), () => model.unschedule(life)];
    case 'resume':
      return [decideResume, () => model.resume(life, now)];
    case 'pause':
    case 'cancel':
      return poseStop(lives, request, life);
  }
}

type Posed = readonly [Decide, () => model.Outcome];

function poseChange(
  { told, now }: TwoLives,
  request: Extract<Request, { readonly do: 'change' | 'schedule' }>,
  life: model.Life,
): Posed {
  const plan = planOf(told, request.to);
  const target = termsOf(plan);
  if (request.do === 'change') {
    const { isForced } = request;
    return [
      (known, moment) => decideChange(known, { target, isForced }, moment),
      () => model.change(life, { plan, now, isForced }),
    ];
  }
  const { inDays } = request;
  // Null: the very instant of the renewal, where much comes together.
  const effectiveAt = inDays === null ? life.endsAt : addCalendarDays(now, inDays, told.zone);
  return [
    (known) => decideSchedule(known, { target, effectiveAt }, now),
    () => model.schedule(life, { plan, now, at: effectiveAt }),
  ];
}

function poseStop(
  { told, now }: TwoLives,
  request: Extract<Request, { readonly do: 'pause' | 'cancel' }>,
  life: model.Life,
): Posed {
  const { isNow } = request;
  const at = isNow ? 'now' : 'period_end';
  if (request.do === 'cancel') {
    return [
      (known, moment) => decideCancel(known, { at, reason: 'random' }, moment),
      () => model.cancel(life, { isNow, now }),
    ];
  }
  const { forDays } = request;
  const resumesAt = forDays === null ? null : addCalendarDays(now, forDays, told.zone);
  return [
    (known, moment) => decidePause(known, { at, resumesAt }, moment),
    () => model.pause(life, { isNow, resumesAt, now }),
  ];
}

/** Both sides say the same, and the books hold. */
function check({ world, life, now, moneyIn }: TwoLives): void {
  const subscription = world.subscription();
  expect(subscription === null).toBe(life === null);
  if (subscription !== null && life !== null) {
    expect(showReal(subscription, world, now)).toEqual(showModel(life, now));
  }
  const documented = world.documents.reduce((sum, { totalMicros }) => sum + totalMicros, 0n);
  expect(world.walletMicros(now)).toBe(moneyIn - documented);
  checkBooks(world);
}

function showReal(subscription: Subscription, world: World, now: string) {
  const { status, planCode, cycle, period, periodsBefore, scheduledChange } = subscription;
  const due = world.nextDue();
  const isOver = status === 'ended';
  return {
    state: `${status} ${planCode} ${cycle}`,
    period: `${periodsBefore + period.number + 1}: ${period.startsAt} to ${period.endsAt}`,
    next: due === null ? 'nothing' : `${due.kind} ${due.at}`,
    scheduled:
      scheduledChange && `${scheduledChange.target.planCode} ${scheduledChange.effectiveAt}`,
    ends: !isOver && subscription.cancelsAtPeriodEnd,
    pauses: subscription.pausesAtPeriodEnd,
    wallet: world.walletMicros(now),
    messages: world.messagesLeft(now),
    documents: world.documents.map(({ totalMicros }) => totalMicros),
  };
}

function showModel(life: model.Life, now: string): ReturnType<typeof showReal> {
  const { status, plan, ordinal, startsAt, endsAt, scheduled } = life;
  const next = model.nextOf(life);
  return {
    state: `${status} ${plan.code} ${plan.cycle}`,
    period: `${ordinal}: ${startsAt} to ${endsAt}`,
    next: next === null ? 'nothing' : `${next.kind} ${next.at}`,
    scheduled: scheduled && `${scheduled.plan.code} ${scheduled.at}`,
    ends: life.ends,
    pauses: life.pauses,
    wallet: life.wallet,
    messages: model.messagesLeft(life, now),
    documents: [...life.documents],
  };
}

/** Nothing is below zero, each asset sums to zero, and balances are the sums of their transfers. */
function checkBooks({ ledger, sums }: World): void {
  const totals = new Map<string, bigint>();
  for (const [name, sum] of sums) {
    const [asset = ''] = name.split(' ');
    totals.set(asset, (totals.get(asset) ?? 0n) + sum);
  }
  expect([...totals].filter(([, total]) => total !== 0n)).toEqual([]);
  for (const { asset, code, posted } of ledger.buckets) {
    if (posted < 0n) throw new Error(`${code} holds ${posted}`);
    if (posted !== (sums.get(`${asset} ${code}`) ?? 0n)) throw new Error(`${code} is not its sum`);
  }
}

/** What no life may do, whatever the model says. */
function checkWhole({ told, world }: TwoLives): void {
  expect(world.sold).toEqual([...new Set(world.sold)]);
  const net = world.lines.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
  expect(net >= 0n).toBe(true);
  const modes = new Set(Object.values(told.policies).map(({ proration }) => proration));
  // Who used up a month's messages keeps them, and its days are not credited.
  const isBound = told.commands.some((next) => next.do === 'use');
  if (isBound || modes.size > 1 || !modes.has('days')) return;
  const days = new Map<string, number>();
  for (const { amount, period } of world.lines) {
    if (amount.amountMicros === 0n) continue;
    const from = localDateOf(period.startsAt, told.zone);
    const count = daysBetween(from, localDateOf(period.endsAt, told.zone));
    for (let day = 0; day < count; day += 1) {
      const date = addDays(from, day);
      days.set(date, (days.get(date) ?? 0) + (amount.amountMicros > 0n ? 1 : -1));
    }
  }
  expect([...days].filter(([, times]) => times < 0 || times > 1)).toEqual([]);
}

describe(`a subscription and its model, seed ${SEED}`, () => {
  it(`R1.09 R1.12 R1.13 agree in ${RUNS} random lives on state, money, documents and messages`, () => {
    const did = new Map<string, number>();
    fc.assert(
      fc.property(story, (told) => {
        const lives = live(told);
        checkWhole(lives);
        const status = lives.world.subscription()?.status ?? 'refused';
        did.set(status, (did.get(status) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // A generator that stops reaching a state proves nothing about it.
    const statuses = ['active', 'ended', 'past_due', 'paused', 'refused', 'suspended'];
    expect([...did.keys()].toSorted()).toEqual(statuses);
  });
});
