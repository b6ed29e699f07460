/**
 * Owns: whether an account may use a feature: a limit of its plan, or something the plan switches on.
 * Does not own: what plans offer (plan.ts), counting what is in use (the caller; numbers and seats: their rows).
 * Rules: R2.12 and ADR 0026. Limits are those of the current plan, or what was agreed with the account in
 * their place. An account without a plan has none. A limit that the plan does not name is 0, -1 is without
 * limit. A plan that is suspended or paused allows nothing, nor does
 * an account whose service is on hold (a disputed payment, by policy).
 * Example: the plan allows 2 phone numbers and 1 is in use: one more is allowed, two more are not.
 */
import { WITHOUT_LIMIT, type LimitName, type Limits } from './plan';
import type { SubscriptionStatus } from './subscription/subscription';

export const LIMIT_NAMES = [
  'team_members',
  'channels',
  'concurrent_calls',
  'phone_numbers',
  'queue_priority',
] as const satisfies readonly LimitName[];

/** Limits whose use we count ourselves; of all others the caller does. */
export const COUNTED_LIMITS = [
  'phone_numbers',
  'team_members',
] as const satisfies readonly LimitName[];
/**
 * phone_numbers: rented or being ordered, neither released nor failed. team_members: agents and supervisors;
 * admins take no seat (R3.08).
 */
export type InUse = Readonly<Record<(typeof COUNTED_LIMITS)[number], number>>;

/** What an account has of its current plan, and how much of it is in use. */
export interface Entitlements {
  /** The subscription of the track `plan` that has not ended; null: there is none. */
  readonly plan: { readonly code: string; readonly status: SubscriptionStatus } | null;
  readonly limits: Limits;
  readonly features: readonly string[];
  readonly inUse: InUse;
  /** Why the account's service is on hold, whatever its plan says; null: it is not. */
  readonly heldBecause: string | null;
}

export interface WantedFeature {
  /** A limit's name, or the name of something plans switch on: `sso`. */
  readonly feature: string;
  /** How much: of what we count, beside what is in use; of every other limit the total. Whole, at least 0. */
  readonly amount: number;
}

export interface EntitlementAnswer {
  readonly allowed: boolean;
  /** Null: there is no limit. */
  readonly limit: number | null;
  /** What we know to be in use; 0 where the caller counts. */
  readonly used: number;
  /** One sentence. */
  readonly reason: string;
}

/** Whether the account may use so much of a feature now, and why (R2.12). */
export function checkEntitlement(
  entitlements: Entitlements,
  wanted: WantedFeature,
): EntitlementAnswer {
  const name = LIMIT_NAMES.find((candidate) => candidate === wanted.feature);
  const { heldBecause } = entitlements;
  if (heldBecause !== null) return { allowed: false, limit: null, used: 0, reason: heldBecause };
  return name === undefined
    ? checkSwitch(entitlements, wanted.feature)
    : checkLimit(entitlements, name, wanted.amount);
}

function checkSwitch({ plan, features }: Entitlements, feature: string): EntitlementAnswer {
  const answer = { limit: null, used: 0 };
  if (plan === null) {
    const reason = `the account has no plan that switches on ${feature}`;
    return { ...answer, allowed: false, reason };
  }
  const stopped = describeStopped(plan);
  if (stopped !== null) return { ...answer, allowed: false, reason: stopped };
  const allowed = features.includes(feature);
  const verb = allowed ? 'switches on' : 'does not switch on';
  return { ...answer, allowed, reason: `the plan ${plan.code} ${verb} ${feature}` };
}

/** The figure of a limit; null: there is none. */
export function findLimit({ plan, limits }: Entitlements, name: LimitName): number | null {
  if (plan === null) return null;
  const figure = limits[name] ?? 0;
  return figure === WITHOUT_LIMIT ? null : figure;
}

function countedOf(name: LimitName): keyof InUse | null {
  return COUNTED_LIMITS.find((counted) => counted === name) ?? null;
}

function checkLimit(
  entitlements: Entitlements,
  name: LimitName,
  amount: number,
): EntitlementAnswer {
  const { plan, inUse } = entitlements;
  const counted = countedOf(name);
  const used = counted === null ? 0 : inUse[counted];
  if (plan === null) {
    const reason = 'the account has no plan, and without one there is no limit';
    return { allowed: true, limit: null, used, reason };
  }
  const limit = findLimit(entitlements, name);
  const stopped = describeStopped(plan);
  if (stopped !== null) return { allowed: false, limit, used, reason: stopped };
  if (limit === null) {
    return { allowed: true, limit, used, reason: `the plan ${plan.code} sets no limit to ${name}` };
  }
  const reason = describeLimit({ code: plan.code, name, limit, used, amount });
  return { allowed: used + amount <= limit, limit, used, reason };
}

/** Why the plan allows nothing at present; null while it is in force, which it also is while past due. */
function describeStopped(plan: NonNullable<Entitlements['plan']>): string | null {
  const { code, status } = plan;
  return status === 'active' || status === 'past_due' ? null : `the plan ${code} is ${status}`;
}

function describeLimit(compared: {
  readonly code: string;
  readonly name: LimitName;
  readonly limit: number;
  readonly used: number;
  readonly amount: number;
}): string {
  const { code, name, limit, used, amount } = compared;
  const words = name.replaceAll('_', ' ');
  const inUse = countedOf(name) === null ? '' : `, ${used} in use`;
  return `the plan ${code} allows ${limit} ${words}${inUse}; ${amount} requested`;
}

/** More is in use than a plan allows. */
export interface LimitExcess {
  readonly name: LimitName;
  readonly limit: number;
  readonly used: number;
}

/**
 * What is in use beyond a plan's limits. What we count ourselves is what a change to a smaller plan is
 * compared with (ADR 0027).
 */
export function findExcess(limits: Limits, inUse: InUse): LimitExcess[] {
  return COUNTED_LIMITS.flatMap((name) => {
    const limit = limits[name] ?? 0;
    const used = inUse[name];
    return limit === WITHOUT_LIMIT || used <= limit ? [] : [{ name, limit, used }];
  });
}

/** "growth allows 3 phone numbers; 5 are in use". */
export function describeExcess(planCode: string, { name, limit, used }: LimitExcess): string {
  return `${planCode} allows ${limit} ${name.replaceAll('_', ' ')}; ${used} are in use`;
}
