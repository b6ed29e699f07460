/**
 * Owns: how a change to a plan is settled, as data of the plan that is changed to.
 * Does not own: the change itself (subscription/decide-change.ts) or what a price is (plan.ts).
 * Rules: R1.12, R1.13 and ADR 0018. Days are the default because a customer can recount them.
 * Example: the default credits and charges whole days, keeps what was used of this month's messages
 * in the count, drops a scheduled change that the wallet does not cover on its day, and leaves phone
 * numbers beyond the new plan's limit where they are.
 */
export const PRORATION_MODES = ['days', 'seconds', 'none'] as const;
/** `none`: the period is neither credited nor charged for; the new price counts from the renewal. */
export type ProrationMode = (typeof PRORATION_MODES)[number];

export const ALLOWANCE_MODES = ['prorated', 'full'] as const;
/**
 * What a month's messages and minutes are after a change within the month, what was used of them not
 * coming back. `prorated`: the old plan's for the days gone by, the new plan's for the days left.
 * `full`: the new plan's whole month.
 */
export type AllowanceMode = (typeof ALLOWANCE_MODES)[number];

export const UNPAID_SCHEDULE_MODES = ['keep_plan', 'owe_new_plan'] as const;
/** A scheduled change that cannot be paid: the old plan goes on, or the new one begins past due. */
export type UnpaidScheduleMode = (typeof UNPAID_SCHEDULE_MODES)[number];

export const OVER_LIMIT_MODES = ['keep', 'refuse'] as const;
/**
 * More is in use than the plan that is changed to allows (ADR 0027). `keep`: nothing is taken away, and
 * nothing more can be had. `refuse`: the change is refused until less is in use.
 */
export type OverLimitMode = (typeof OVER_LIMIT_MODES)[number];

export interface ChangePolicy {
  readonly proration: ProrationMode;
  readonly allowances: AllowanceMode;
  readonly unpaidSchedule: UnpaidScheduleMode;
  readonly overLimit: OverLimitMode;
}

export const DEFAULT_CHANGE_POLICY: ChangePolicy = {
  proration: 'days',
  allowances: 'prorated',
  unpaidSchedule: 'keep_plan',
  overLimit: 'keep',
};
