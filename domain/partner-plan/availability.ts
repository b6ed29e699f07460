/**
 * Owns: who may list a partner plan and who may assign it, by three facts that are independent of each other.
 * Does not own: the facts (db/repositories/partner-plan.repository.ts), whose customer it is for (row level security).
 * Rules: R4.04, R4.05, R4.07, R4.23, I8. Hidden means hidden from resellers: the owner assigns it all the same.
 * Disabled or archived, nobody assigns it. Who has it keeps it in any case.
 * Example: enabled, hidden, not archived: the owner lists and assigns it, a reseller does neither.
 */
export interface Availability {
  readonly isEnabled: boolean;
  readonly isVisible: boolean;
  readonly isArchived: boolean;
}

/** The owner of the platform, a reseller, one of its customers. */
export type AskingRole = 'operator' | 'partner' | 'account';

/** Why a plan may not be assigned, the reason that is hardest to undo first. */
export type AssignmentBar = 'not_a_seller' | 'archived' | 'disabled' | 'hidden';

/** Whether the plan is among those the role is shown to choose from. */
export function mayList(plan: Availability, role: AskingRole): boolean {
  return role === 'operator' || findAssignmentBar(plan, role) === null;
}

/** What keeps the role from assigning the plan; null: nothing does. */
export function findAssignmentBar(plan: Availability, role: AskingRole): AssignmentBar | null {
  if (role === 'account') return 'not_a_seller';
  if (plan.isArchived) return 'archived';
  if (!plan.isEnabled) return 'disabled';
  return plan.isVisible || role === 'operator' ? null : 'hidden';
}
