import { getAccount, type Account } from '../../db/repositories/account.repository';
import { findAssignment, type AssignmentRecord } from '../../db/repositories/assignment.repository';
import { findPartner } from '../../db/repositories/partner.repository';
import {
  findPartnerPlan,
  type PartnerPlanRecord,
} from '../../db/repositories/partner-plan.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { BillingCycle } from '../../domain/billing-period';
import type { WorkflowCommand } from '../../domain/command';
import { findAssignmentBar, type AssignmentBar } from '../../domain/partner-plan/availability';
import type { PartnerPlanType } from '../../domain/partner-plan/partner-plan';
import type { LifecycleOwner } from '../../workflows/lifecycle.messages';
import { assertSameTime } from '../account-time';
import type { Role } from '../caller';
import { getLifecycleOwner } from '../lifecycle-owner';
import { buildSubscriptionStart, getOfferedTerms } from './start-subscription';

export interface WantedAssignment {
  readonly accountId: string;
  readonly partnerPlanId: string;
  readonly cycle: BillingCycle;
  readonly role: Role;
}

/** The partner plan an account has. Throws `not_found` when it has none. */
export async function getAssignment(
  trx: Transaction,
  accountId: string,
): Promise<AssignmentRecord> {
  await getAccount(trx, accountId);
  const assignment = await findAssignment(trx, accountId);
  if (assignment !== null) return assignment;
  throw new BillingError('not_found', 'The account has no partner plan.');
}

/** A partner plan that this caller may give to somebody. Throws `not_found` or `plan_not_assignable`. */
export async function getAssignable(
  trx: Transaction,
  { partnerPlanId, role }: Pick<WantedAssignment, 'partnerPlanId' | 'role'>,
): Promise<PartnerPlanRecord> {
  const plan = await findPartnerPlan(trx, partnerPlanId);
  if (plan === null) throw new BillingError('not_found', 'There is no such partner plan.');
  const { isEnabled, isVisible, archivedAt } = plan;
  const bar = findAssignmentBar({ isEnabled, isVisible, isArchived: archivedAt !== null }, role);
  if (bar === null) return plan;
  throw new BillingError('plan_not_assignable', BARS[bar], { field: 'partner_plan_id' });
}

const BARS: Readonly<Record<AssignmentBar, string>> = {
  not_a_seller: 'Only the platform and resellers assign plans.',
  archived: 'The plan is archived: who has it keeps it, nobody new gets it.',
  disabled: 'The plan is disabled at present.',
  hidden: 'The plan is not on offer to resellers.',
};

/** The command that gives an account a partner plan: its subscription begins at who pays for it (ADR 0041). */
export async function buildAssignment(
  id: string,
  trx: Transaction,
  wanted: WantedAssignment,
): Promise<WorkflowCommand> {
  const { partnerPlanId: planCode, cycle } = wanted;
  const account = await getAccount(trx, wanted.accountId);
  const { type } = (await getAssignable(trx, wanted)).terms;
  const owner = await findPayer(trx, account, type);
  const { currency } = account;
  await getOfferedTerms(trx, { planCode, cycle, currency, taken: 'assigned' });
  return buildSubscriptionStart(id, owner, { planCode, cycle });
}

/**
 * The reseller's house account pays for usage-based plans of its customers, everybody else for its own. Where it gets a
 * share of what the customer pays, it must be paid in the same money and months, too.
 */
async function findPayer(
  trx: Transaction,
  account: Account,
  type: PartnerPlanType,
): Promise<LifecycleOwner> {
  const { partnerId } = account;
  if (partnerId === null) {
    throw new BillingError('plan_not_assignable', 'The account belongs to no reseller.');
  }
  const { owner } = await getLifecycleOwner(trx, account.id);
  const partner = await findPartner(trx, partnerId);
  const houseAccountId = partner?.houseAccountId ?? null;
  if (houseAccountId === account.id) return owner;
  if (houseAccountId === null) {
    const message = 'The reseller has no account of its own that could pay or be paid.';
    throw new BillingError('plan_not_assignable', message);
  }
  const house = await getAccount(trx, houseAccountId);
  assertSameTime(house, account);
  assertSameMoney(house, account);
  if (type === 'revenue_sharing') return owner;
  const payer = await getLifecycleOwner(trx, houseAccountId);
  return { ...payer.owner, servesAccountId: account.id };
}

/** Where another account pays or is paid, both must mean the same by an amount. */
function assertSameMoney(house: Account, account: Account): void {
  if (house.currency === account.currency) return;
  const message = `The reseller’s money is ${house.currency}, and the account is in ${account.currency}.`;
  throw new BillingError('currency_mismatch', message);
}
