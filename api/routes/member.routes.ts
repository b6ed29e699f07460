import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import {
  deleteMember,
  findMember,
  listMembers,
  saveMember,
  type Member,
} from '../../db/repositories/member.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { buildEvents, type EventOf } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { findSeatRefusal, type MemberRole } from '../../domain/member';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { readRoute, writeRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import {
  memberParams,
  memberRoleSchema,
  memberSchema,
  removedMemberSchema,
} from '../schemas/member.schema';

const tag = 'Team';
const ANYONE = ['operator', 'partner', 'account'] as const;

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/members',
  operation: 'listMembers',
  summary: 'List an account’s team, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(memberSchema) } },
  async handler({ params, query: { limit, cursor } }, trx) {
    const { id: accountId } = await getAccount(trx, params.account_id);
    const before = readCreatedCursor(cursor);
    const rows = await listMembers(trx, { accountId, limit: limit + 1, before });
    const cursorOf = ({ createdAt, id }: Member) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiMember, cursorOf }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/members/{member_id}',
  operation: 'getMember',
  summary: 'Show a member of the team',
  tag,
  roles: ANYONE,
  params: memberParams,
  responses: { 200: { description: 'The member.', schema: memberSchema } },
  async handler({ params }, trx) {
    const { id: accountId } = await getAccount(trx, params.account_id);
    const member = await findMember(trx, { accountId, id: params.member_id });
    if (member !== null) return ok(toApiMember(member));
    throw new BillingError('not_found', 'The account has no such member.');
  },
});

const saveRoute = writeRoute({
  method: 'put',
  path: '/v1/accounts/{account_id}/members/{member_id}',
  operation: 'saveMember',
  summary: 'Add a member to the team, or change its role',
  description:
    'Agents and supervisors take a seat of the plan; admins are not counted. Past the plan’s limit nobody ' +
    'can be added, and who has a seat keeps it, also when the plan allows fewer by now.',
  tag,
  roles: ANYONE,
  params: memberParams,
  body: memberRoleSchema,
  responses: { 200: { description: 'The member as saved.', schema: memberSchema } },
  refusals: ['limit_reached'],
  async handler({ params, body, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const { id: accountId } = account;
    // Two who each want the last seat come one after the other.
    await lockLedgers(trx, [accountId]);
    const before = await findMember(trx, { accountId, id: params.member_id });
    if (before?.role === body.role) return ok(toApiMember(before));
    await assertSeat(trx, accountId, { before: before?.role ?? null, after: body.role });
    const at = await findAccountNow(account, { trx, receivedAt });
    const joined = { accountId, id: params.member_id, createdAt: at };
    const member = { ...(before ?? joined), role: body.role, updatedAt: at };
    await saveMember(trx, member);
    await tell(trx, member, { event: toSavedEvent(member, before), at, receivedAt });
    return ok(toApiMember(member));
  },
});

const removeRoute = writeRoute({
  method: 'delete',
  path: '/v1/accounts/{account_id}/members/{member_id}',
  operation: 'removeMember',
  summary: 'Take a member off the team; its seat is free at once',
  description: 'Asked again, the answer is the same.',
  tag,
  roles: ANYONE,
  params: memberParams,
  responses: { 200: { description: 'It is no member.', schema: removedMemberSchema } },
  async handler({ params, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    await lockLedgers(trx, [account.id]);
    const member = await findMember(trx, { accountId: account.id, id: params.member_id });
    if (member !== null) {
      await deleteMember(trx, member);
      const at = await findAccountNow(account, { trx, receivedAt });
      const reason = `${member.id}, ${member.role}, left the team`;
      await tell(trx, member, { event: { type: 'member.removed', reason }, at, receivedAt });
    }
    return ok({ id: params.member_id, account_id: account.id });
  },
});

export const memberRoutes: readonly Route[] = [listRoute, showRoute, saveRoute, removeRoute];

async function assertSeat(
  trx: Transaction,
  accountId: string,
  roles: { readonly before: MemberRole | null; readonly after: MemberRole },
): Promise<void> {
  const refusal = findSeatRefusal(await loadEntitlements(trx, accountId), roles);
  if (refusal === null) return;
  const { reason, limit, used } = refusal;
  throw new BillingError('limit_reached', reason, { field: 'role', limit, used });
}

function toSavedEvent(member: Member, before: Member | null): EventOf<'member'> {
  if (before === null) {
    return { type: 'member.added', reason: `${member.id} joined the team as ${member.role}` };
  }
  const reason = `${member.id} is ${member.role} and no longer ${before.role}`;
  return { type: 'member.role_changed', reason, data: { previous_role: before.role } };
}

async function tell(
  trx: Transaction,
  member: Member,
  told: {
    readonly event: EventOf<'member'>;
    readonly at: Instant;
    readonly receivedAt: Instant;
  },
): Promise<void> {
  const { inUse } = await loadEntitlements(trx, member.accountId);
  const facts = { role: member.role, seats_used: inUse.team_members };
  const events = buildEvents<'member'>(member, { events: [told.event], facts, at: told.at });
  await insertEvents(trx, events, told.receivedAt);
}

function toApiMember(member: Member): z.output<typeof memberSchema> {
  return {
    id: member.id,
    account_id: member.accountId,
    role: member.role,
    created_at: member.createdAt,
    updated_at: member.updatedAt,
  };
}
