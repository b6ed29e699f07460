/**
 * Owns: one try to charge a saved payment method, whatever it is for: planned, announced where its owner
 * must be told first, made under a key of its own, and the words for what came of it.
 * Does not own: how much (charge-terms.ts), what the answer means for what is paid (subscription/collect.ts,
 * phone-number/collect.ts), the gateway (gateways/).
 * Rules: ADR 0016; one charge at a time, and no more often than card networks bear.
 * Example: the second try for period 3 of `sub_1` is made under `subscription/sub_1/period/3/attempt/2`.
 */
import type { DeclineClass } from '../payment/decline';
import type { EventOf } from '../event';
import { addSeconds, isAtOrBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import { compareMoney, describeMoney, formatAmount, type Money } from '../money';
import type { TopUpTerms } from '../payment/top-up-terms';
import {
  CHARGES_MAX,
  noteUnsettled,
  type ChargeCause,
  type Collection,
  type MadeCharge,
  type PaymentNotice,
  type PlannedCharge,
  type SavedMethod,
} from './collection';

/** What the gateway said. `unanswered`: nothing that can be used, so it may have happened or not. */
export type ChargeOutcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unanswered' }
  | ChargeDecline;

export interface ChargeDecline {
  readonly kind: 'declined';
  readonly declineCode: string;
  readonly declineClass: DeclineClass;
}

/** The charge to make now. Written down first, then the gateway is asked: the key is never lost. */
export interface ChargeToMake {
  readonly kind: 'ask';
  readonly collection: Collection;
  readonly charge: MadeCharge;
  readonly terms: TopUpTerms;
}

/** What an answer makes of the charge: it is over, one way or the other, or still waited for. */
export type SettledAttempt =
  | { readonly kind: 'succeeded'; readonly charge: MadeCharge }
  | { readonly kind: 'declined'; readonly charge: MadeCharge; readonly declined: ChargeDecline }
  | { readonly kind: 'waiting'; readonly collection: Collection };

/** Nobody waits longer for a gateway that was asked for days: the next rung tries anew. */
const NO_ANSWER: ChargeDecline = {
  kind: 'declined',
  declineCode: 'payment_timed_out',
  declineClass: 'technical',
};

/** A planned charge at `at`; null while another one is under way, or after too many. */
export function planAttempt(
  collection: Collection,
  { cause, at }: { readonly cause: ChargeCause; readonly at: Instant },
): Collection | null {
  const { charge, chargesMade } = collection;
  const isUnderWay = charge !== null && charge.stage !== 'planned';
  if (isUnderWay || chargesMade >= CHARGES_MAX) return null;
  return { ...collection, charge: { stage: 'planned', cause, chargesAt: at, isPostponed: false } };
}

/** The collection without the charge it had. */
export function dropAttempt(collection: Collection): Collection {
  return { ...collection, charge: null };
}

/** The planned charge a minute later: something of ours or the gateway's could not be reached. */
export function postponeAttempt(collection: Collection, charge: PlannedCharge): Collection {
  const chargesAt = addSeconds(charge.chargesAt, POSTPONED_FOR_SECONDS);
  return { ...collection, charge: { ...charge, chargesAt, isPostponed: true } };
}

const POSTPONED_FOR_SECONDS = 60;

/**
 * The notice a method needs before it is charged, when that was not given in time: the charge waits for
 * it. Null when nothing stands in its way. `told`: a notice to send now; null when one was sent before.
 */
export function noticeAttempt(
  collection: Collection,
  charge: PlannedCharge,
  facts: { readonly at: Instant; readonly method: SavedMethod; readonly money: Money },
): { readonly collection: Collection; readonly told: Told<'payment_notice'> | null } | null {
  const { at, method, money } = facts;
  if (method.noticeHours === 0) return null;
  const given = collection.notice;
  const isFit =
    given !== null && given.methodId === method.id && compareMoney(money, given.upTo) <= 0;
  const notice: PaymentNotice = isFit ? given : { givenAt: at, methodId: method.id, upTo: money };
  const chargesAt = addSeconds(notice.givenAt, method.noticeHours * 3_600);
  if (isAtOrBefore(chargesAt, at)) return null;
  return {
    collection: { ...collection, notice, charge: { ...charge, chargesAt, isPostponed: false } },
    told: isFit ? null : describeNotice(notice, chargesAt),
  };
}

/** What an event says of a charge, whoever's it is. */
type Told<Name extends 'payment_notice' | 'payment_collected' | 'payment_declined'> = Omit<
  Extract<EventOf<'subscription'>, { readonly type: `subscription.${Name}` }>,
  'type'
>;

/** What is told before a charge. */
export function describeNotice(
  { upTo, methodId }: PaymentNotice,
  chargesAt: Instant,
): Told<'payment_notice'> {
  return {
    reason: `at most ${describeMoney(upTo)} will be charged to the saved payment method at ${chargesAt}`,
    data: {
      payment_method_id: methodId,
      charge_amount_max: formatAmount(upTo),
      charges_at: chargesAt,
    },
  };
}

/** The charge to make now, under the next key of its reference. */
export function makeAttempt(
  collection: Collection,
  { cause, chargesAt }: PlannedCharge,
  facts: {
    readonly method: SavedMethod;
    readonly terms: TopUpTerms;
    readonly reference: string;
  },
): ChargeToMake {
  const { method, terms, reference } = facts;
  const chargesMade = collection.chargesMade + 1;
  const charge: MadeCharge = {
    stage: 'asked',
    cause,
    chargesAt,
    methodId: method.id,
    gateway: method.gateway,
    money: terms.total,
    reference,
    key: `${reference}/attempt/${chargesMade}`,
    checksMade: 0,
  };
  return { kind: 'ask', collection: { ...collection, chargesMade, charge }, charge, terms };
}

/** Reads the gateway's answer about the charge that was made. */
export function settleAttempt(collection: Collection, outcome: ChargeOutcome): SettledAttempt {
  const { charge } = collection;
  invariant(charge !== null && charge.stage !== 'planned', 'the answer is about a charge made');
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeeded', charge };
    case 'declined':
      return { kind: 'declined', charge, declined: outcome };
    case 'pending':
    case 'unanswered': {
      const stage = outcome.kind === 'pending' ? 'pending' : charge.stage;
      const unsettled = noteUnsettled(charge, stage);
      return unsettled === null
        ? { kind: 'declined', charge, declined: NO_ANSWER }
        : { kind: 'waiting', collection: { ...collection, charge: unsettled } };
    }
  }
}

const WORDS: Readonly<Record<DeclineClass, string>> = {
  hard: 'the saved payment method can no longer be charged; please add another',
  needs_customer: 'the saved payment method needs a confirmation or new details from its owner',
  soft: 'the saved payment method was declined this time; it may pay later',
  technical: 'the bank could not be reached in time; nobody looked at the payment',
};

/** What is told of a charge that was not paid. */
export function describeDecline(
  charge: ChargeFacts,
  { declineClass, declineCode }: ChargeDecline,
): Told<'payment_declined'> {
  return {
    reason: `${describeMoney(charge.money)} were not paid: ${WORDS[declineClass]} (${declineCode})`,
    data: { ...factsOfCharge(charge), decline_code: declineCode },
  };
}

/** What is told of a charge that was paid. */
export function describeCollected(charge: ChargeFacts): Told<'payment_collected'> {
  return {
    reason: `${describeMoney(charge.money)} came from the saved payment method`,
    data: factsOfCharge(charge),
  };
}

type ChargeFacts = Pick<MadeCharge, 'key' | 'methodId' | 'money'>;

function factsOfCharge({ key, methodId, money }: ChargeFacts) {
  return { charge_key: key, payment_method_id: methodId, charge_amount: formatAmount(money) };
}
