/**
 * Owns: a usage event as it was sent: what happened, when, and to whom, before it has a price.
 * Does not own: its price (rating/), what pays for it (decide-usage.ts), the wire (api/schemas).
 * Numbers of people are here as keyed digests, which are uuids: no phone number is stored. `to` and `members`
 * are read once, to find the market, and go no further than this object.
 * Example: `wa_message` of category marketing to 628912345678, delivered, in mode `record`.
 */
import type { LocalDate } from '../calendar';
import type { Instant } from '../instant';
import type { WhatsAppCategory } from '../rating/rate-card';

export interface UsageEvent {
  /** The client's, unique within the account: `wamid.HBg:delivered`. */
  readonly id: string;
  readonly accountId: string;
  /** A digest of the id, as a uuid. */
  readonly key: string;
  /** A digest of what was sent, but for the mode, as a uuid: the same id with another one is a conflict. */
  readonly fingerprint: string;
  readonly occurredAt: Instant;
  /** The account's present when it arrived: its test clock's, or the wall clock's. */
  readonly receivedAt: Instant;
  /** enforce: before it happens, refused without money. record: it happened, so it may go negative. */
  readonly mode: 'enforce' | 'record';
  /** Paid from this hold first. */
  readonly holdId: string | null;
  readonly broadcast: { readonly id: string; readonly name: string | null } | null;
  /** A digest of channel and person, as a uuid; null: nobody is counted. */
  readonly visitor: string | null;
  readonly facts: UsageFacts;
}

export type UsageFacts =
  MessageFacts | WhatsAppMessageFacts | WhatsAppInboundFacts | CallFacts | VisitorFacts;
export const USAGE_TYPES = ['message', 'wa_message', 'wa_inbound', 'call', 'visitor'] as const;
export type UsageType = UsageFacts['type'];

/** SMS, e-mail, live chat: whatever the channel is called; packages may be bound to channels. */
export interface MessageFacts {
  readonly type: 'message';
  readonly channel: string;
  readonly quantity: bigint;
  /** Digits without "+"; null: any market. */
  readonly to: string | null;
}

export interface WhatsAppMessageFacts {
  readonly type: 'wa_message';
  readonly category: WhatsAppCategory;
  /** Digits without "+", or a user id that begins with a country: `MY.2026a1b2c3`; null: its members are told. */
  readonly to: string | null;
  /** Digest of business number and customer: whose window and conversations they are. */
  readonly contact: string | null;
  /** Digest of the business number; null: the account has one. */
  readonly number: string | null;
  /** Which report of the message it is; null: the only one. */
  readonly status: 'sent' | 'delivered' | null;
  /** What the sender knows; null: what we tracked counts. */
  readonly isServiceWindowOpen: boolean | null;
  readonly isFreeEntryPoint: boolean | null;
  /** Members of a group a message was sent to; null: no group. Each of `members` is priced at its own market. */
  readonly group: { readonly quantity: bigint; readonly members: readonly string[] | null } | null;
}

export interface WhatsAppInboundFacts {
  readonly type: 'wa_inbound';
  readonly contact: string;
  readonly number: string | null;
  readonly entryPoint: 'ad' | 'page' | null;
}

export interface CallFacts {
  readonly type: 'call';
  /** From answer to end; 0: not answered. */
  readonly durationSeconds: number;
  readonly to: string | null;
  readonly direction: 'inbound' | 'outbound' | null;
}

export interface VisitorFacts {
  readonly type: 'visitor';
}

export const USAGE_REFUSALS = [
  'unknown_account',
  'event_too_old',
  'event_in_future',
  'quota_exhausted',
  'insufficient_balance',
  'no_rate',
  'group_too_large',
  'limit_reached',
  'unknown_hold',
  'amount_out_of_range',
] as const;
export type UsageRefusal = (typeof USAGE_REFUSALS)[number];

export const ZERO_REASONS = [
  'conversation_open',
  'customer_service_window',
  'free_entry_point',
  'free_allowance',
  'covered_by_quota',
  'not_charged_on_this_status',
  'priced_at_zero',
] as const;
export type ZeroReason = (typeof ZERO_REASONS)[number];

/** How an event was priced: what its answer, its row and its explanation show. */
export interface Rating {
  /** Null: the plan's unit price, or nothing to pay. */
  readonly card: {
    readonly code: string;
    readonly version: number;
    readonly versionId: number;
    readonly effectiveFrom: LocalDate;
  } | null;
  readonly category: string;
  readonly market: string | null;
  readonly unit: 'conversation' | 'message' | 'minute' | 'visitor';
  /** Of the unit's meter: messages, conversations, seconds of a call, visitors. */
  readonly quantity: bigint;
  /** 1e-10 of the currency per unit, without the fee; null: units only. */
  readonly unitRate: bigint | null;
  readonly feeMicros: bigint;
  /** With the fee, without tax: what money paid. */
  readonly amountMicros: bigint;
  /** What money paid beside that for a new visitor; of an event that is a visit and nothing else, 0. */
  readonly visitorMicros: bigint;
  /** Of both, where usage is the tax point; paid beside them, also where the price includes it. */
  readonly taxMicros: bigint;
  readonly zeroReason: ZeroReason | null;
  /** Where the window, or the entry point, that decided was known from. */
  readonly windowFrom: 'sent' | 'tracked' | null;
}

export interface UsageCharge {
  readonly bucket: string;
  readonly asset: string;
  /** Units, or micros. */
  readonly amount: bigint;
}

export const USAGE_OUTCOMES = ['charged', 'replayed', 'refused', 'conflict'] as const;

export type UsageOutcome =
  | {
      readonly kind: 'charged' | 'replayed';
      readonly charges: readonly UsageCharge[];
      readonly rating: Rating;
      readonly isNewVisitor: boolean;
    }
  /** Stored before under this id with other data. Nothing moves. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly reason: UsageRefusal };
