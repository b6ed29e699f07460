/**
 * Owns: a dispute from the first word of it to won or lost, and what happens to it next.
 * Does not own: what a gateway's answer changes (decide-dispute.ts), what it moves (post-dispute.ts), asking
 * (gateways/), handing in evidence, which people do in the gateway's own pages.
 * Rules: docs/domain/disputes.md, ADR 0048. A message is a reason to look; what the gateway says when it is asked is
 * believed. While a dispute lasts it is looked at every day, since a message may be lost.
 * Example: 1 180.00 INR are disputed on 1 December with evidence due on the 10th: reminded on the 7th, lost on the 20th.
 */
import type { EventOf } from '../event';
import { addSeconds, isBefore, laterOf, type Instant } from '../instant';
import type { Money } from '../money';
import { AWAITED, type DueAction, type NextAction } from '../next-action';

/** `reported`: we heard of it and have not asked. `mismatched`: what is disputed is not the payment we know. */
export const DISPUTE_STATUSES = [
  'reported',
  'mismatched',
  'warning',
  'open',
  'won',
  'lost',
] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** What becomes of the money while the bank decides: all of it is taken, or what the wallet still has is set aside. */
export const DISPUTE_MONEY_POLICIES = ['take', 'hold'] as const;
/** What becomes of the account's service meanwhile, and until a lost dispute is paid. */
export const DISPUTE_SERVICE_POLICIES = ['none', 'hold'] as const;

export interface DisputePolicy {
  readonly money: (typeof DISPUTE_MONEY_POLICIES)[number];
  readonly service: (typeof DISPUTE_SERVICE_POLICIES)[number];
}

export interface Dispute {
  readonly id: string;
  readonly accountId: string;
  readonly paymentId: string;
  readonly gateway: string;
  readonly gatewayDisputeId: string;
  readonly status: DisputeStatus;
  /** As it was when the dispute opened; null: it has not. */
  readonly policy: DisputePolicy | null;
  /** What is disputed, as the gateway says; null: it has not said. */
  readonly money: Money | null;
  /** What the gateway asks for the dispute itself. It is not charged to the account. */
  readonly fee: Money | null;
  /** The gateway's own word. */
  readonly reason: string | null;
  /** The part of the payment it takes, in micros with tax: never more than refunds left of it. */
  readonly coveredMicros: bigint;
  /** What is out of the wallet because of it, in micros, net of the payment's own tax. */
  readonly takenMicros: bigint;
  readonly evidenceDueAt: Instant | null;
  /** The due date that was reminded of. */
  readonly evidenceToldFor: Instant | null;
  /** Why the gateway's last answer was not believed. */
  readonly mismatch: string | null;
  /** Null: the account's service is not on hold because of it. */
  readonly serviceHeldSince: Instant | null;
  readonly reportedAt: Instant;
  readonly looksAt: Instant;
  /** How often the gateway was asked without an answer since its last one. */
  readonly unanswered: number;
  readonly openedAt: Instant | null;
  readonly settledAt: Instant | null;
  /** The refund voucher of a lost dispute; null: nothing of the payment was left to take. */
  readonly documentId: string | null;
}

export type DisputeActionKind = 'look_up' | 'remind_evidence';
export type DisputeEvent = EventOf<'dispute'>;

const DAY_SECONDS = 86_400;
const LOOK_EVERY_SECONDS = DAY_SECONDS;
/** Longer than any card scheme lets a dispute last. */
const LOOKED_AT_FOR_SECONDS = 180 * DAY_SECONDS;
const REMIND_AHEAD_SECONDS = 3 * DAY_SECONDS;
/** After that many silences in a row: the last again and again. */
const ASK_AGAIN_SECONDS = [30, 120, 600, 3_600];

/** A dispute as it is when its first message comes. */
export function reportDispute(
  of: Pick<Dispute, 'id' | 'accountId' | 'paymentId' | 'gateway' | 'gatewayDisputeId'>,
  at: Instant,
): Dispute {
  const { id, accountId, paymentId, gateway, gatewayDisputeId } = of;
  return {
    id,
    accountId,
    paymentId,
    gateway,
    gatewayDisputeId,
    status: 'reported',
    policy: null,
    money: null,
    fee: null,
    reason: null,
    coveredMicros: 0n,
    takenMicros: 0n,
    evidenceDueAt: null,
    evidenceToldFor: null,
    mismatch: null,
    serviceHeldSince: null,
    reportedAt: at,
    looksAt: at,
    unanswered: 0,
    openedAt: null,
    settledAt: null,
    documentId: null,
  };
}

/** Whether it is over for good. */
export function isSettled({ status }: Pick<Dispute, 'status'>): boolean {
  return status === 'won' || status === 'lost';
}

/** What happens next to a dispute, when and why. */
export function decideNextAction(dispute: Dispute): NextAction<DisputeActionKind> {
  if (dispute.status === 'won') return { kind: 'end', reason: 'the bank decided for us' };
  if (dispute.status === 'lost')
    return { kind: 'end', reason: 'the bank decided for the customer' };
  const reminder = findReminder(dispute);
  if (reminder !== null && !isBefore(dispute.looksAt, reminder.at)) return reminder;
  const endsAt = addSeconds(dispute.reportedAt, LOOKED_AT_FOR_SECONDS);
  if (isBefore(endsAt, dispute.looksAt)) return { kind: 'rest', reason: UNRESOLVED };
  return { kind: 'look_up', at: dispute.looksAt, reason: describeLook(dispute), ...AWAITED };
}

const UNRESOLVED = 'not decided in half a year: a person looks at the gateway';

function findReminder(dispute: Dispute): DueAction<DisputeActionKind> | null {
  const { status, evidenceDueAt, evidenceToldFor, openedAt } = dispute;
  if (status !== 'open' || openedAt === null) return null;
  if (evidenceDueAt === null || evidenceDueAt === evidenceToldFor) return null;
  const at = laterOf(openedAt, addSeconds(evidenceDueAt, -REMIND_AHEAD_SECONDS));
  return { kind: 'remind_evidence', at, reason: `evidence is due by ${evidenceDueAt}` };
}

function describeLook({ status, unanswered }: Dispute): string {
  if (unanswered > 0) return 'the gateway gave no answer; it is asked again';
  switch (status) {
    case 'reported':
      return 'the gateway says that a payment is disputed; it is asked how';
    case 'mismatched':
      return 'what is disputed is not the payment we know; the gateway is asked again';
    case 'warning':
      return 'the bank asks about the payment; whether it takes money is looked up every day';
    case 'open':
    case 'won':
    case 'lost':
      return 'whether the bank has decided is looked up every day';
  }
}

/** Why the service of the account is on hold. */
export function describeServiceHold({ status, paymentId }: Dispute): string {
  return status === 'lost'
    ? `service is on hold until what the lost dispute of payment ${paymentId} took is paid`
    : `service is on hold while payment ${paymentId} is disputed`;
}

/** The dispute once its gateway has answered: it is looked at again a day after that was due. */
export function noteLooked(dispute: Dispute, dueAt: Instant): Dispute {
  return { ...dispute, looksAt: addSeconds(dueAt, LOOK_EVERY_SECONDS), unanswered: 0 };
}

/** The dispute after its gateway did not answer: it is asked again soon, and nobody waits for it. */
export function noteUnanswered(dispute: Dispute, dueAt: Instant): Dispute {
  const { unanswered } = dispute;
  const last = ASK_AGAIN_SECONDS.length - 1;
  const wait = ASK_AGAIN_SECONDS[Math.min(unanswered, last)] ?? LOOK_EVERY_SECONDS;
  return { ...dispute, looksAt: addSeconds(dueAt, wait), unanswered: unanswered + 1 };
}

/** What to tell when nobody looks any more. */
export function tellUnresolved(before: Dispute, after: Dispute): DisputeEvent[] {
  const isNew = decideNextAction(before).kind !== 'rest' && decideNextAction(after).kind === 'rest';
  return isNew ? [{ type: 'dispute.unresolved', reason: `The dispute is ${UNRESOLVED}.` }] : [];
}
