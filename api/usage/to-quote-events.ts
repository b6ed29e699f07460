/**
 * Owns: what is asked to be quoted or held, as the usage events it would come to.
 * Does not own: their price (the decision), what is said of it (presenters/quote.presenter.ts).
 */
import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/instant';
import type { UsageEvent, UsageFacts } from '../../domain/usage/usage-event';
import type { AskedQuote } from '../schemas/quote.schema';
import { toEventKey, type UsageDigest } from './digest';

/** The events of a quote, and how many people it names. */
export interface QuotedEvents {
  readonly events: readonly UsageEvent[];
  readonly at: Instant;
  readonly recipients: number;
  readonly uniqueRecipients: number;
}

/** `now`: the account's present. */
export function toQuoteEvents(
  asked: AskedQuote,
  { digest, now }: { readonly digest: UsageDigest; readonly now: Instant },
): QuotedEvents {
  const at = asked.at ?? now;
  const { all, facts } = listFacts(asked, digest);
  // Ids that nobody else can have: a quote is never the replay of anything.
  const asking = randomUUID();
  const events = facts.map((one, index) => {
    const id = `quote/${asking}/${index}`;
    return buildEvent({ accountId: asked.account_id, id, at, now }, one);
  });
  return { events, at, ...all };
}

function buildEvent(
  quoted: {
    readonly accountId: string;
    readonly id: string;
    readonly at: Instant;
    readonly now: Instant;
  },
  facts: UsageFacts,
): UsageEvent {
  const { accountId, id, at, now } = quoted;
  const key = toEventKey(id);
  return {
    id,
    accountId,
    key,
    fingerprint: key,
    occurredAt: at,
    receivedAt: now,
    mode: 'enforce',
    holdId: null,
    broadcast: null,
    visitor: null,
    facts,
  };
}

interface Asked {
  readonly all: Pick<QuotedEvents, 'recipients' | 'uniqueRecipients'>;
  readonly facts: readonly UsageFacts[];
}

function listFacts(asked: AskedQuote, digest: UsageDigest): Asked {
  switch (asked.kind) {
    case 'broadcast':
      return listMessages(asked, digest);
    case 'group_message':
      return listGroup(asked, digest);
    case 'call':
      return {
        all: { recipients: 1, uniqueRecipients: 1 },
        facts: [callFacts(asked.duration_seconds, asked.to ?? null)],
      };
  }
}

type AskedOf<Kind> = Extract<AskedQuote, { readonly kind: Kind }>;

function listMessages(asked: AskedOf<'broadcast'>, digest: UsageDigest): Asked {
  const { account_id: accountId, category, recipients, number } = asked;
  const unique = [...new Set(recipients)];
  const facts = unique.map((to) => ({
    ...messageFacts(category, to),
    contact: digest.ofContact(accountId, number ?? null, to),
    number: number === undefined ? null : digest.ofNumber(accountId, number),
  }));
  return { all: { recipients: recipients.length, uniqueRecipients: unique.length }, facts };
}

function listGroup(asked: AskedOf<'group_message'>, digest: UsageDigest): Asked {
  const { account_id: accountId, category, members, to, number } = asked;
  const who = typeof members === 'number' ? null : [...new Set(members)];
  const quantity = who?.length ?? Number(members);
  const facts = {
    ...messageFacts(category, to ?? null),
    number: number === undefined ? null : digest.ofNumber(accountId, number),
    group: { quantity: BigInt(quantity), members: who },
  };
  const recipients = typeof members === 'number' ? members : members.length;
  return { all: { recipients, uniqueRecipients: quantity }, facts: [facts] };
}

function messageFacts(category: AskedOf<'broadcast'>['category'], to: string | null) {
  return {
    type: 'wa_message',
    category,
    to,
    contact: null,
    number: null,
    // What is asked for is the message itself, not one of its reports.
    status: null,
    isServiceWindowOpen: null,
    isFreeEntryPoint: null,
    group: null,
  } as const;
}

/** A call of this length. */
export function toCallEvent(
  call: { readonly accountId: string; readonly at: Instant; readonly to: string | null },
  seconds: number,
): UsageEvent {
  const { accountId, at, to } = call;
  return buildEvent(
    { accountId, id: `quote/${randomUUID()}`, at, now: at },
    callFacts(seconds, to),
  );
}

function callFacts(durationSeconds: number, to: string | null): UsageFacts {
  return { type: 'call', durationSeconds, to, direction: null };
}
