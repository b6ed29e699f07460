/**
 * A subscription's life written down anew, as simply as possible, to check the decisions against: the
 * rules of docs/domain/subscription.md and of the headers in domain/subscription/, without their code.
 * Only the calendar is shared, which has tests of its own. Amounts are micros of INR.
 */
import {
  addCalendarDays,
  addCalendarMonths,
  daysBetween,
  localDateOf,
} from '../../domain/calendar';
import { toEpochMs } from '../../domain/instant';

export interface ModelPlan {
  readonly code: string;
  readonly cycle: 'monthly' | 'quarterly' | 'yearly';
  readonly price: bigint;
  readonly messages: bigint;
  readonly proration: 'days' | 'seconds' | 'none';
  readonly allowances: 'prorated' | 'full';
  readonly unpaidSchedule: 'keep_plan' | 'owe_new_plan';
  readonly retrySchedule: readonly number[];
  readonly final: 'end' | 'keep';
  readonly endsAfterDays: number;
}

/** What tax comes to on a net amount, round-off included. */
export type TaxRule = 'none' | 'gst_18';

export type ModelActionKind =
  | 'renew'
  | 'grant_allowances'
  | 'apply_scheduled_change'
  | 'end_at_period_end'
  | 'pause_at_period_end'
  | 'resume_after_pause'
  | 'retry_payment'
  | 'retry_after_top_up'
  | 'end_unpaid';

export interface ModelAction {
  readonly kind: ModelActionKind;
  readonly at: string;
}

export interface Life {
  readonly zone: string;
  readonly tax: TaxRule;
  readonly status: 'active' | 'past_due' | 'suspended' | 'paused' | 'ended';
  readonly plan: ModelPlan;
  readonly anchorAt: string;
  /** The last paid period, counted from the anchor; -1 while the first one is owed. */
  readonly number: number;
  readonly startsAt: string;
  readonly endsAt: string;
  /** The how manieth period of the whole life that is. */
  readonly ordinal: number;
  /** What was paid from `paidFrom` to the period's end: what is left of that time comes back. */
  readonly creditable: bigint;
  readonly paidFrom: string;
  readonly month: number;
  /** This month's messages: what the plans gave for it so far, and what was used of that. */
  readonly earned: bigint;
  readonly used: bigint;
  /** How many of them the fee of this month was paid for. */
  readonly given: bigint;
  /** Until then a plan that costs nothing has given its month. */
  readonly freeUntil: string | null;
  readonly scheduled: { readonly plan: ModelPlan; readonly at: string } | null;
  readonly ends: boolean;
  readonly pauses: boolean;
  readonly resumesAt: string | null;
  readonly since: string | null;
  readonly rungs: number;
  readonly moneyAt: string | null;
  readonly suspendedAt: string | null;
  readonly wallet: bigint;
  /** Invoices above zero, credit notes below. */
  readonly documents: readonly bigint[];
}

export type Outcome = Life | 'invalid_state' | 'insufficient_balance' | RequestRefusal;
type RequestRefusal = 'same_plan' | 'scheduled_in_past' | 'scheduled_too_far';

const MONTHS = { monthly: 1, quarterly: 3, yearly: 12 } as const;
const PAISA = 10_000n;
const RUPEE = 1_000_000n;

/** A first period is paid or nothing starts. */
export function start(
  plan: ModelPlan,
  { at, zone, wallet, tax }: { at: string; zone: string; wallet: bigint; tax: TaxRule },
): Outcome {
  const unborn: Life = {
    zone,
    tax,
    status: 'active',
    plan,
    anchorAt: at,
    number: -1,
    startsAt: at,
    endsAt: at,
    ordinal: 0,
    creditable: 0n,
    paidFrom: at,
    month: 0,
    earned: 0n,
    used: 0n,
    given: 0n,
    freeUntil: null,
    scheduled: null,
    ends: false,
    pauses: false,
    resumesAt: null,
    since: null,
    rungs: 0,
    moneyAt: null,
    suspendedAt: null,
    wallet,
    documents: [],
  };
  return pay(beginAt(unborn, at), plan.price) ?? 'insufficient_balance';
}

/** What happens next; null: nothing, or only when somebody acts. */
export function nextOf(life: Life): ModelAction | null {
  switch (life.status) {
    case 'active':
      return nextWhileActive(life);
    case 'past_due':
    case 'suspended':
      return nextWhileUnpaid(life);
    case 'paused':
      return life.resumesAt === null ? null : { kind: 'resume_after_pause', at: life.resumesAt };
    case 'ended':
      return null;
  }
}

function nextWhileUnpaid(life: Life): ModelAction | null {
  const { zone, since, suspendedAt, moneyAt, plan } = life;
  const rung = life.status === 'past_due' ? plan.retrySchedule[life.rungs] : undefined;
  let onCalendar: ModelAction | null = null;
  if (rung !== undefined) {
    onCalendar = { kind: 'retry_payment', at: addCalendarDays(since ?? '', rung, zone) };
  } else if (plan.final === 'end') {
    const at = addCalendarDays(suspendedAt ?? '', plan.endsAfterDays, zone);
    onCalendar = { kind: 'end_unpaid', at };
  }
  if (moneyAt === null || (onCalendar !== null && onCalendar.at < moneyAt)) return onCalendar;
  return { kind: 'retry_after_top_up', at: moneyAt };
}

function nextWhileActive(life: Life): ModelAction {
  const monthAt = addCalendarMonths(life.anchorAt, life.month + 1, life.zone);
  let kind: ModelActionKind = 'renew';
  if (life.pauses) kind = 'pause_at_period_end';
  if (life.ends) kind = 'end_at_period_end';
  let first: ModelAction = { kind, at: life.endsAt };
  if (monthAt < first.at) first = { kind: 'grant_allowances', at: monthAt };
  if (life.scheduled !== null && life.scheduled.at <= first.at) {
    first = { kind: 'apply_scheduled_change', at: life.scheduled.at };
  }
  return first;
}

/** Does what is due. */
export function live(life: Life, { kind, at }: ModelAction): Life {
  return ACTIONS[kind](life, at);
}

const ACTIONS: Readonly<Record<ModelActionKind, (life: Life, at: string) => Life>> = {
  grant_allowances: (life, at) => grant({ ...life, month: life.month + 1 }, at),
  renew: (life, at) => payPeriodAt(life, at) ?? owe(life, at),
  retry_payment: (life, at) =>
    (life.moneyAt === null ? payPeriodAt(life, at) : null) ?? failRung(life, at),
  retry_after_top_up: (life, at) => payPeriodAt(life, at) ?? { ...life, moneyAt: null },
  apply_scheduled_change: changeAsScheduled,
  pause_at_period_end: (life) => stop({ ...life, status: 'paused', pauses: false }),
  resume_after_pause: (life, at) =>
    pay(beginAt(life, at), life.plan.price) ?? owe(unpaidFrom(life, at), at),
  end_at_period_end: end,
  end_unpaid: end,
};

function failRung(life: Life, at: string): Life {
  const tried = { ...life, rungs: life.rungs + 1 };
  return tried.plan.retrySchedule[tried.rungs] === undefined ? suspend(tried, at) : tried;
}

function owe(life: Life, at: string): Life {
  const owing = stop({ ...life, since: at, rungs: 0 });
  return life.plan.retrySchedule.length === 0
    ? suspend(owing, at)
    : { ...owing, status: 'past_due' };
}

function suspend(life: Life, at: string): Life {
  return { ...life, status: 'suspended', suspendedAt: at };
}

function end(life: Life): Life {
  return stop({ ...withoutPlans(life), status: 'ended', moneyAt: null });
}

/** The messages of the month are gone. */
function stop(life: Life): Life {
  return { ...life, earned: 0n, used: 0n };
}

/** A plan that costs nothing gives each month once, however often it is begun. */
function grant(life: Life, at: string): Life {
  const isGiven = hasFreeMonth(life, at);
  const messages = isGiven ? 0n : life.plan.messages;
  return { ...noteFreeMonth(life, at), earned: messages, used: 0n, given: messages };
}

function hasFreeMonth({ plan, freeUntil }: Life, at: string): boolean {
  return plan.price === 0n && freeUntil !== null && at < freeUntil;
}

/** Within one month of one anchor, what was used is counted instead. */
function isGivenElsewhere(life: Life, at: string, monthEnd: string): boolean {
  return hasFreeMonth(life, at) && life.freeUntil !== monthEnd;
}

function noteFreeMonth(life: Life, at: string): Life {
  if (life.plan.price > 0n || hasFreeMonth(life, at)) return life;
  return { ...life, freeUntil: addCalendarMonths(life.anchorAt, life.month + 1, life.zone) };
}

/** The period that holds `at`, from the anchor, is paid; null when it cannot be. */
function payPeriodAt(life: Life, at: string): Life | null {
  const startOf = (number: number) =>
    addCalendarMonths(life.anchorAt, number * MONTHS[life.plan.cycle], life.zone);
  let number = 0;
  while (startOf(number + 1) <= at) number += 1;
  let month = 0;
  while (addCalendarMonths(life.anchorAt, month + 1, life.zone) <= at) month += 1;
  const { scheduled } = life;
  const late = scheduled !== null && scheduled.at < at ? { ...scheduled, at } : scheduled;
  const ordinal = life.ordinal + number - life.number;
  const period = { number, ordinal, startsAt: startOf(number), endsAt: startOf(number + 1) };
  const served: Life = { ...life, ...period, ...PAID, month, scheduled: late };
  const { price } = life.plan;
  return pay(grant({ ...served, creditable: price, paidFrom: period.startsAt }, at), price);
}

const PAID = { status: 'active', since: null, rungs: 0, moneyAt: null, suspendedAt: null } as const;

/** A new anchor whose first period is served from `at` on. */
function beginAt(life: Life, at: string): Life {
  const endsAt = addCalendarMonths(at, MONTHS[life.plan.cycle], life.zone);
  const period = { number: 0, ordinal: life.ordinal + 1, startsAt: at, endsAt };
  const begun = { ...life, ...period, ...PAID, anchorAt: at, month: 0, resumesAt: null };
  const { price } = life.plan;
  return grant({ ...begun, creditable: price, paidFrom: at }, at);
}

/** A new anchor whose first period is owed from `at` on. */
function unpaidFrom(life: Life, at: string): Life {
  const endsAt = life.startsAt < at && at < life.endsAt ? at : life.endsAt;
  return { ...life, number: -1, anchorAt: at, month: 0, endsAt, resumesAt: null, ...PAID };
}

/** Takes the price and its tax out of the wallet, or gives back what is below zero. */
function pay(life: Life, net: bigint): Life | null {
  const total = withTax(net, life.tax);
  if (total > 0n && total > life.wallet) return null;
  const documents = total === 0n ? life.documents : [...life.documents, total];
  return { ...life, wallet: life.wallet - total, documents };
}

/** Two taxes of 9 % to the paisa, the total to the rupee: all halves away from zero. */
function withTax(net: bigint, tax: TaxRule): bigint {
  if (tax === 'none') return net;
  const half = round(net * 9n, 100n * PAISA) * PAISA;
  return round(net + 2n * half, RUPEE) * RUPEE;
}

function round(part: bigint, whole: bigint): bigint {
  const size = part < 0n ? -part : part;
  const rounded = (2n * size + whole) / (2n * whole);
  return part < 0n ? -rounded : rounded;
}

/** Part of an amount that falls on what is left of a span, in units of `step`. */
function restOf(
  amount: bigint,
  span: { startsAt: string; endsAt: string; zone: string },
  { at, by, step }: { at: string; by: 'days' | 'seconds'; step: bigint },
): bigint {
  const measure = (from: string, until: string): bigint =>
    by === 'seconds'
      ? BigInt(toEpochMs(until) - toEpochMs(from))
      : BigInt(daysBetween(localDateOf(from, span.zone), localDateOf(until, span.zone)));
  const whole = measure(span.startsAt, span.endsAt);
  if (whole === 0n) return 0n; // Bought on its last day.
  return round(amount * measure(at, span.endsAt), whole * step) * step;
}

/** What comes back of a fee, and which part of this month that is; null: days were not settled. */
interface ModelCredit {
  readonly amount: bigint;
  readonly month: { readonly part: bigint; readonly whole: bigint; readonly paid: bigint } | null;
}

/** Months to come by time; this one by time or by the messages that are left, whichever is less. */
function creditFor(life: Life, at: string, proration: ModelPlan['proration']): ModelCredit {
  const { endsAt, paidFrom, creditable, given } = life;
  const isPaid = life.status === 'active' && at < endsAt && creditable > 0n;
  if (!isPaid || proration === 'none') return { amount: 0n, month: null };
  const monthEnd = lesser(addCalendarMonths(life.anchorAt, life.month + 1, life.zone), endsAt);
  const monthStart = addCalendarMonths(life.anchorAt, life.month, life.zone);
  const measure = (from: string, until: string) => spanOf(life.zone, proration, { from, until });
  const whole = measure(paidFrom, endsAt);
  const ofMonth = measure(monthStart < paidFrom ? paidFrom : monthStart, monthEnd);
  const ahead = measure(at, monthEnd);
  const later = measure(monthEnd, endsAt);
  const left = messagesLeft(life, at);
  if (given === 0n || left * ofMonth >= given * ahead) {
    const amount = whole === 0n ? 0n : round(creditable * (later + ahead), whole * PAISA) * PAISA;
    return { amount, month: { part: ahead, whole: ofMonth || 1n, paid: ofMonth } };
  }
  const share = later * given + ofMonth * left;
  const amount = round(creditable * share, whole * given * PAISA) * PAISA;
  return { amount, month: { part: left, whole: given, paid: ofMonth } };
}

function spanOf(
  zone: string,
  by: 'days' | 'seconds',
  { from, until }: { from: string; until: string },
): bigint {
  if (until <= from) return 0n;
  if (by === 'seconds') return BigInt(toEpochMs(until) - toEpochMs(from));
  return BigInt(daysBetween(localDateOf(from, zone), localDateOf(until, zone)));
}

function lesser<T extends bigint | string>(left: T, right: T): T {
  return left < right ? left : right;
}

/** Other terms from `at` on; null when they cannot be paid. */
function replace(life: Life, plan: ModelPlan, at: string): Life | null {
  const credit = creditFor(life, at, plan.proration);
  const isWithin = life.status === 'active' && at < life.endsAt && plan.cycle === life.plan.cycle;
  const terms = { ...withoutPlans(life), plan };
  if (!isWithin) return pay(beginAt(terms, at), plan.price - credit.amount);
  const { proration } = plan;
  const exchanged = exchangeMessages(terms, life.plan, { at, credit });
  if (proration === 'none') return exchanged;
  const charge = restOf(plan.price, life, { at, by: proration, step: PAISA });
  return pay({ ...exchanged, creditable: charge, paidFrom: at }, charge - credit.amount);
}

/**
 * What was used stays used; the days gone by count as they did, those left as the new plan says. Of the old
 * plan's only what was credited goes.
 */
function exchangeMessages(
  life: Life,
  before: ModelPlan,
  { at, credit }: { at: string; credit: ModelCredit },
): Life {
  const { plan, anchorAt, month, zone } = life;
  const span = {
    startsAt: addCalendarMonths(anchorAt, month, zone),
    endsAt: addCalendarMonths(anchorAt, month + 1, zone),
    zone,
  };
  if (span.endsAt <= at) return life;
  const by = plan.proration === 'seconds' ? 'seconds' : 'days';
  const rest = spanOf(zone, by, { from: at, until: span.endsAt });
  const all = spanOf(zone, by, { from: span.startsAt, until: span.endsAt });
  const isFull = plan.allowances === 'full';
  const share = isFull ? plan.messages : round(plan.messages * rest, all);
  const isGiven = isGivenElsewhere(life, at, span.endsAt);
  const gained = isGiven ? 0n : share;
  let lost = isFull ? before.messages : round(before.messages * rest, all);
  if (credit.month !== null) {
    const { part, whole, paid } = credit.month;
    const uncredited = round(before.messages * (rest * whole - part * paid), all * whole);
    lost = isFull ? before.messages - uncredited : round(life.given * part, whole);
  }
  const earned = life.earned - lost + gained;
  const kept = life.given - lost + gained;
  const given = plan.proration === 'none' ? (kept > 0n ? kept : 0n) : gained;
  return { ...noteFreeMonth(life, at), earned, given };
}

function withoutPlans(life: Life): Life {
  return { ...life, scheduled: null, ends: false, pauses: false, resumesAt: null };
}

function changeAsScheduled(life: Life, at: string): Life {
  const plan = life.scheduled?.plan ?? life.plan;
  const terms = { ...withoutPlans(life), plan };
  const isRenewal = at === life.endsAt && plan.cycle === life.plan.cycle;
  const changed = isRenewal ? payPeriodAt(terms, at) : replace(life, plan, at);
  if (changed !== null) return changed;
  if (plan.unpaidSchedule === 'keep_plan') return { ...life, scheduled: null };
  if (isRenewal) return owe(terms, at);
  const credited = pay(terms, -creditFor(life, at, plan.proration).amount);
  return owe(unpaidFrom(credited ?? terms, at), at);
}

export function change(
  life: Life,
  { plan, now, isForced }: { plan: ModelPlan; now: string; isForced: boolean },
): Outcome {
  if (life.status === 'ended' || life.status === 'paused') return 'invalid_state';
  if (plan.code === life.plan.code && plan.cycle === life.plan.cycle) return 'same_plan';
  const isDowngradeToFree = life.status === 'active' && life.plan.price > 0n && plan.price === 0n;
  if (isDowngradeToFree && !isForced) return schedule(life, { plan, now, at: life.endsAt });
  return replace(life, plan, now) ?? 'insufficient_balance';
}

export function schedule(
  life: Life,
  { plan, now, at }: { plan: ModelPlan; now: string; at: string },
): Outcome {
  if (life.status !== 'active' || life.ends || life.pauses) return 'invalid_state';
  if (at <= now) return 'scheduled_in_past';
  if (at > addCalendarMonths(now, 24, life.zone)) return 'scheduled_too_far';
  return { ...life, scheduled: { plan, at } };
}

export function unschedule(life: Life): Outcome {
  return life.scheduled === null ? 'invalid_state' : { ...life, scheduled: null };
}

export function pause(
  life: Life,
  { isNow, resumesAt, now }: { isNow: boolean; resumesAt: string | null; now: string },
): Outcome {
  if (life.status !== 'active') return 'invalid_state';
  if (resumesAt !== null && resumesAt <= (isNow ? now : life.endsAt)) return 'scheduled_in_past';
  const planned = { ...withoutPlans(life), resumesAt };
  if (!isNow) return { ...planned, pauses: true };
  const credited = pay(planned, -creditFor(life, now, 'days').amount);
  return stop({ ...(credited ?? planned), status: 'paused' });
}

export function cancel(life: Life, { isNow, now }: { isNow: boolean; now: string }): Outcome {
  if (life.status === 'ended') return 'invalid_state';
  if (isNow || life.status !== 'active') {
    const credited = pay(life, -creditFor(life, now, 'days').amount);
    return end(credited ?? life);
  }
  return { ...withoutPlans(life), ends: true };
}

export function resume(life: Life, now: string): Outcome {
  if (life.status === 'ended') return 'invalid_state';
  if (life.status === 'active') {
    if (!life.ends && !life.pauses) return 'invalid_state';
    return { ...life, ends: false, pauses: false, resumesAt: null };
  }
  const resumed =
    life.status === 'paused' ? pay(beginAt(life, now), life.plan.price) : payPeriodAt(life, now);
  return resumed ?? 'insufficient_balance';
}

/** Money came in: who owes is tried at once. */
export function topUp(life: Life, now: string, amount: bigint): Life {
  const owes = life.status === 'past_due' || life.status === 'suspended';
  const moneyAt = owes ? (life.moneyAt ?? now) : life.moneyAt;
  return { ...life, wallet: life.wallet + amount, moneyAt };
}

/** What is left of this month's messages; the month's own end takes them. */
export function messagesLeft({ earned, used, anchorAt, month, zone }: Life, now: string): bigint {
  const isOver = addCalendarMonths(anchorAt, month + 1, zone) <= now;
  return earned > used && !isOver ? earned - used : 0n;
}

/** Uses messages, as many as there are. */
export function use(life: Life, wanted: bigint, now: string): Life {
  const left = messagesLeft(life, now);
  return { ...life, used: life.used + (wanted < left ? wanted : left) };
}
