/**
 * Owns: what is known of collecting a period's price from a saved payment method: the charge that is
 * planned or under way, its key, when the gateway is asked again, and the notices that were given.
 * Does not own: the decisions about it (collect.ts), the gateway (gateways/), the retry schedule (dunning.ts).
 * Rules: one charge at a time; each try of ours has a key of its own, and a repeated call has the key of
 * its try (ADR 0016): a gateway answers an old key with the old answer, declines included.
 * Example: the second try for period 3 of `sub_1` is `subscription/sub_1/period/3/attempt/2`.
 */
import type { BillingPeriod } from '../billing-period';
import { addCalendarDays } from '../calendar';
import { addSeconds, earlierOf, isBefore, laterOf, type Instant } from '../instant';
import type { Money } from '../money';
import { ASKED, AWAITED, type DueAction } from '../next-action';
import type { PaymentMode } from '../payment/payment';

/** A method of the account that may be charged: the newest that is neither detached nor refused for good. */
export interface SavedMethod {
  readonly id: string;
  readonly gateway: string;
  readonly kind: PaymentMode;
  /** How long before a charge its owner must be told of it, by rule of the mode. 0: not at all. */
  readonly noticeHours: number;
  /** What its gateway charges at least and at most, in the account's currency. */
  readonly min: Money;
  readonly max: Money;
  /** The most of one charge without its owner; null: no such limit. Above it a payment link is opened. */
  readonly ceiling: Money | null;
}

/** Why a charge is made: it decides what happens when it is declined. */
export type ChargeCause = 'renewal' | 'retry' | 'resume';

/** To be made at an instant. Nothing was asked of a gateway yet, so it can still be dropped. */
export interface PlannedCharge {
  readonly stage: 'planned';
  readonly cause: ChargeCause;
  readonly chargesAt: Instant;
  /** It was due before, and somebody could not be reached. */
  readonly isPostponed: boolean;
}

/** asked: the gateway may have done it or not. pending: it is at work, a webhook or a look-up tells more. */
export interface MadeCharge {
  readonly stage: 'asked' | 'pending';
  readonly cause: ChargeCause;
  readonly chargesAt: Instant;
  readonly methodId: string;
  readonly gateway: string;
  readonly money: Money;
  /** Names the period that is paid, for the gateway's books and for look-ups. */
  readonly reference: string;
  /** Names this try. */
  readonly key: string;
  /** How often the gateway was asked without a final answer. */
  readonly checksMade: number;
}

export type MethodCharge = PlannedCharge | MadeCharge;

/** The owner was told that a method will be charged up to an amount. */
export interface PaymentNotice {
  readonly givenAt: Instant;
  readonly methodId: string;
  readonly upTo: Money;
}

export interface Collection {
  readonly charge: MethodCharge | null;
  /** Tries to charge a method since the last paid period. */
  readonly chargesMade: number;
  /** The coming renewal was looked at up to this instant: no notice of an earlier one is given. */
  readonly announcedAt: Instant | null;
  readonly notice: PaymentNotice | null;
  /** How long before a charge the method's owner must be told of it; 0: not at all. */
  readonly leadHours: number;
}

/** How every paid period begins. */
export const NOTHING_COLLECTED: Collection = {
  charge: null,
  chargesMade: 0,
  announcedAt: null,
  notice: null,
  leadHours: 0,
};

export type CollectionActionKind = 'collect_payment' | 'check_payment';

/** Card networks count it as abuse to try one card more often than about 15 times in 30 days. */
export const CHARGES_MAX = 15;

/**
 * When a gateway that gave no final answer is asked again, counted from the charge. A debit of a mandate
 * takes 36 hours at worst; three days later nobody waits for it any more.
 */
const CHECK_AFTER_SECONDS = [60, 300, 900, 3_600, 14_400, 43_200, 86_400, 129_600, 259_200];

/** What happens next to a charge, and when. A planned one of a subscription that owes nothing is dropped. */
export function nextOfCharge(
  { charge }: Collection,
  { owes }: { readonly owes: boolean },
): DueAction<CollectionActionKind> | null {
  if (charge === null || (charge.stage === 'planned' && !owes)) return null;
  switch (charge.stage) {
    case 'planned': {
      const reason = 'the wallet does not cover the price; the saved payment method is charged';
      const outside = charge.isPostponed ? AWAITED : ASKED;
      return { kind: 'collect_payment', at: charge.chargesAt, reason, ...outside };
    }
    case 'asked': {
      const reason =
        charge.checksMade === 0
          ? 'the saved payment method is being charged'
          : 'the gateway did not answer; it is asked again about the same charge';
      return { kind: 'collect_payment', at: checksAt(charge), reason, ...AWAITED };
    }
    case 'pending': {
      const reason = 'the charge is under way; the gateway is asked in case its message was lost';
      return { kind: 'check_payment', at: checksAt(charge), reason, ...AWAITED };
    }
  }
}

function checksAt({ chargesAt, checksMade }: MadeCharge): Instant {
  const wait = checksMade === 0 ? 0 : CHECK_AFTER_SECONDS[checksMade - 1];
  return addSeconds(chargesAt, wait ?? 0);
}

/** The charge after one more look without a final answer, or null when nobody waits for it any more. */
export function noteUnsettled(charge: MadeCharge, stage: MadeCharge['stage']): MadeCharge | null {
  const checksMade = charge.checksMade + 1;
  return checksMade > CHECK_AFTER_SECONDS.length ? null : { ...charge, stage, checksMade };
}

/** What a new period keeps of the last one's collection: a charge the gateway may still carry out. */
export function closePeriod({ charge, leadHours }: Collection): Collection {
  const isUnderWay = charge !== null && charge.stage !== 'planned';
  return { ...NOTHING_COLLECTED, charge: isUnderWay ? charge : null, leadHours };
}

/** A notice is given a little earlier than it must be: telling takes its time. */
const LEAD_MARGIN_HOURS = 2;

/** When the notice before the charge of a renewal is due; null: none is needed. */
function findLead(endsAt: Instant, leadHours: number): Instant | null {
  return leadHours === 0 ? null : addSeconds(endsAt, -(leadHours + LEAD_MARGIN_HOURS) * 3_600);
}

/**
 * The collection of who is paid until `period.endsAt`, under a method of that lead. Too late for this period's notice
 * there is none: nobody is told in the past, and the charge waits for the notice that it gives itself.
 */
export function changeLead(
  { collection, period }: { readonly collection: Collection; readonly period: BillingPeriod },
  { hours: leadHours, at }: { readonly hours: number; readonly at: Instant },
): Collection {
  if (collection.leadHours === leadHours) return collection;
  const lead = findLead(period.endsAt, leadHours);
  const isTooLate = lead !== null && isBefore(lead, at);
  const announcedAt = isTooLate
    ? laterOf(collection.announcedAt ?? at, at)
    : collection.announcedAt;
  return { ...collection, leadHours, announcedAt };
}

/** When the coming renewal is looked at next, to say so if nothing covers it; null: not any more. */
export function nextReminder(paid: {
  readonly period: BillingPeriod;
  readonly timeZone: string;
  /** The earliest first. */
  readonly daysBefore: readonly number[];
  readonly collection: Collection;
}): Instant | null {
  const { period, timeZone, daysBefore, collection } = paid;
  const after = laterOf(collection.announcedAt ?? period.startsAt, period.startsAt);
  const lead = findLead(period.endsAt, collection.leadHours);
  const instants = daysBefore.map((days) => addCalendarDays(period.endsAt, -days, timeZone));
  return [...instants, ...(lead === null ? [] : [lead])]
    .filter((at) => isBefore(after, at))
    .reduce<Instant | null>((first, at) => earlierOf(first ?? at, at), null);
}
