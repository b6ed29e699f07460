import type { Instant } from '../../domain/instant';
import type { UsageEvent, UsageFacts } from '../../domain/usage/usage-event';
import type { ToldUsage } from '../schemas/usage.schema';
import { toEventKey, type UsageDigest } from './digest';

/** The channel of whoever writes to a business number. */
const WHATSAPP = 'whatsapp';

/** An event as the rating takes it: its people as digests. `receivedAt` is the account's present. */
export function toUsageEvent(
  told: ToldUsage,
  { digest, receivedAt }: { readonly digest: UsageDigest; readonly receivedAt: Instant },
): UsageEvent {
  return {
    id: told.id,
    accountId: told.account_id,
    key: toEventKey(told.id),
    // Of all but the mode: JSON leaves out what is undefined.
    fingerprint: digest.ofEvent(JSON.stringify({ ...told, mode: undefined })),
    occurredAt: told.occurred_at,
    receivedAt,
    mode: told.mode,
    holdId: told.hold_id ?? null,
    broadcast:
      told.broadcast === undefined
        ? null
        : { id: told.broadcast.id, name: told.broadcast.name ?? null },
    visitor: toVisitor(told, digest),
    facts: toFacts(told, digest),
  };
}

function toVisitor(told: ToldUsage, digest: UsageDigest): string | null {
  const { account_id: accountId, visitor } = told;
  if (visitor !== undefined) return digest.ofVisitor(accountId, visitor.channel, visitor.id);
  return told.type === 'wa_inbound' ? digest.ofVisitor(accountId, WHATSAPP, told.from) : null;
}

function toFacts(told: ToldUsage, digest: UsageDigest): UsageFacts {
  switch (told.type) {
    case 'message':
      return {
        type: 'message',
        channel: told.channel,
        quantity: BigInt(told.quantity),
        to: told.to ?? null,
      };
    case 'wa_message':
      return toMessageFacts(told, digest);
    case 'wa_inbound':
      return toInboundFacts(told, digest);
    case 'call':
      return {
        type: 'call',
        durationSeconds: told.duration_seconds,
        to: told.to ?? null,
        direction: told.direction ?? null,
      };
    case 'visitor':
      return { type: 'visitor' };
  }
}

type ToldMessage = Extract<ToldUsage, { readonly type: 'wa_message' }>;
type ToldInbound = Extract<ToldUsage, { readonly type: 'wa_inbound' }>;

function toInboundFacts(told: ToldInbound, digest: UsageDigest): UsageFacts {
  const { account_id: accountId, from, number } = told;
  return {
    type: 'wa_inbound',
    contact: digest.ofContact(accountId, number ?? null, from),
    number: toNumber(told, digest),
    entryPoint: told.entry_point ?? null,
  };
}

function toMessageFacts(told: ToldMessage, digest: UsageDigest): UsageFacts {
  const { account_id: accountId, to, number } = told;
  return {
    type: 'wa_message',
    category: told.category,
    to: to ?? null,
    contact: to === undefined ? null : digest.ofContact(accountId, number ?? null, to),
    number: toNumber(told, digest),
    status: told.status ?? null,
    isServiceWindowOpen: told.service_window_open ?? null,
    isFreeEntryPoint: told.free_entry_point ?? null,
    group: toGroup(told),
  };
}

function toGroup({ group_members: quantity, members }: ToldMessage) {
  if (members !== undefined) {
    const who = [...new Set(members)];
    return { quantity: BigInt(who.length), members: who };
  }
  return quantity === undefined ? null : { quantity: BigInt(quantity), members: null };
}

function toNumber(
  told: { readonly account_id: string; readonly number?: string | undefined },
  digest: UsageDigest,
): string | null {
  return told.number === undefined ? null : digest.ofNumber(told.account_id, told.number);
}
