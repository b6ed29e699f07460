/**
 * Owns: the roles of an account's team, and who of it takes a seat of the plan.
 * Does not own: how many seats a plan has and how many are taken (entitlement.ts, db/).
 * Rules: R3.08: agents and supervisors take seats, admins are not counted.
 * Example: a limit of 5 with 2 agents, 1 supervisor and 3 admins leaves 2 seats.
 */
import {
  checkEntitlement,
  findLimit,
  type Entitlements,
  type EntitlementAnswer,
} from './entitlement';

export const MEMBER_ROLES = ['agent', 'supervisor', 'admin'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

export const SEATED_ROLES = ['agent', 'supervisor'] as const satisfies readonly MemberRole[];

function takesSeat(role: MemberRole | null): boolean {
  return SEATED_ROLES.some((seated) => seated === role);
}

/**
 * Why a member cannot have a role; null: it can. `before` is the role until now, null of a new member. Who
 * has a seat keeps it, also when the plan allows fewer by now (ADR 0027).
 */
export function findSeatRefusal(
  entitlements: Entitlements,
  { before, after }: { readonly before: MemberRole | null; readonly after: MemberRole },
): EntitlementAnswer | null {
  if (!takesSeat(after) || takesSeat(before)) return null;
  const answer = checkEntitlement(entitlements, { feature: 'team_members', amount: 1 });
  return answer.allowed ? null : answer;
}

/** Seats of an account. Null: there is no limit. */
export interface Seats {
  readonly limit: number | null;
  readonly used: number;
  readonly available: number | null;
}

/** The seats that are taken and those that are still free: never below none. */
export function countSeats(entitlements: Entitlements): Seats {
  const limit = findLimit(entitlements, 'team_members');
  const used = entitlements.inUse.team_members;
  return { limit, used, available: limit === null ? null : Math.max(0, limit - used) };
}
