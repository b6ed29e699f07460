/**
 * Owns: what we know of a kept payment method: when its card expires, what its owner agreed to with the bank, whether
 * it may be charged, and what is told of it when.
 * Does not own: charging it (collection/), keeping it (setup.ts, order/), asking its gateway (gateways/).
 * Rules: R2.11, R2.20, ADR 0049. A mandate that is paused or revoked is not charged. A card whose month is over is
 * still tried: card networks often carry the new one, and only the bank knows.
 * Example: `09/30` in Asia/Kolkata pays until 30 September 2030, midnight there; told on 31 August.
 */
import { addCalendarDays, nextMonth, startOfMonth } from '../calendar';
import type { EventOf } from '../event';
import { isAtOrBefore, type Instant } from '../instant';
import { describeMoney, formatAmount, type Money } from '../money';
import type { PaymentMode } from '../payment/payment';

/** The last month a card pays in. */
export interface CardExpiry {
  /** 1 to 12. */
  readonly month: number;
  /** Four digits. */
  readonly year: number;
}

/** An e-mandate or UPI Autopay. Charged `as_presented`: whenever something is owed, not by a calendar. */
export interface Mandate {
  /** The most of one charge; null: the rule of the mode alone bounds it. */
  readonly ceiling: Money | null;
  /** `revoked`: by its owner or the bank, for good. `paused`: its owner may let it go on. */
  readonly status: 'pending' | 'active' | 'paused' | 'revoked';
}

/** What a gateway may tell of a method again and again. */
export interface MethodTerms {
  /** Null for UPI, and where the gateway does not say. */
  readonly expiry: CardExpiry | null;
  readonly mandate: Mandate | null;
}

/** A way to pay that the gateway keeps for later charges: never a card number. */
export interface PaymentMethod extends MethodTerms {
  readonly id: string;
  readonly accountId: string;
  readonly gateway: string;
  readonly methodReference: string;
  readonly kind: PaymentMode;
  readonly brand: string | null;
  readonly lastFour: string | null;
  readonly createdAt: Instant;
  readonly detachedAt: Instant | null;
  /** The gateway said it will never pay again; null while it may. */
  readonly refusedCode: string | null;
}

export type MethodStatus =
  'active' | 'pending' | 'paused' | 'revoked' | 'refused' | 'expired' | 'detached';

export type MethodEvent = EventOf<'payment_method'>;

/** Days before its end on which a card is told to expire. */
const TOLD_DAYS_BEFORE = 30;

/** What an owner is shown. Only `active` and `expired` are charged. */
export function statusOfMethod(
  method: PaymentMethod,
  { at, timeZone }: { readonly at: Instant; readonly timeZone: string },
): MethodStatus {
  const { detachedAt, refusedCode, mandate, expiry } = method;
  if (detachedAt !== null) return 'detached';
  if (mandate !== null && mandate.status !== 'active') return mandate.status;
  if (refusedCode !== null) return 'refused';
  const endsAt = expiry === null ? null : findCardEnd(expiry, timeZone);
  return endsAt !== null && isAtOrBefore(endsAt, at) ? 'expired' : 'active';
}

/** Whether it is charged when it is chosen: an expired card is, for its bank may have renewed it. */
export function isChargeable({ detachedAt, refusedCode, mandate }: PaymentMethod): boolean {
  const isAgreed = mandate === null || mandate.status === 'active';
  return detachedAt === null && refusedCode === null && isAgreed;
}

/** The first instant at which a card pays no more. */
export function findCardEnd({ month, year }: CardExpiry, timeZone: string): Instant {
  return startOfMonth(nextMonth(`${year}-${String(month).padStart(2, '0')}`), timeZone);
}

/**
 * When something is to be told of a method next, by the account's clock; null: nothing any more. What was due before
 * `toldUntil` was told, or came too early to be told.
 */
export function findNextTell(
  { expiry }: Pick<MethodTerms, 'expiry'>,
  { toldUntil, timeZone }: { readonly toldUntil: Instant; readonly timeZone: string },
): Instant | null {
  if (expiry === null) return null;
  const endsAt = findCardEnd(expiry, timeZone);
  const tells = [addCalendarDays(endsAt, -TOLD_DAYS_BEFORE, timeZone), endsAt];
  return tells.find((at) => !isAtOrBefore(at, toldUntil)) ?? null;
}

/** What is told of a card at an instant that `findNextTell` named. */
export function describeExpiry(
  { lastFour, expiry }: PaymentMethod,
  { at, timeZone }: { readonly at: Instant; readonly timeZone: string },
): MethodEvent[] {
  if (expiry === null) return [];
  const endsAt = findCardEnd(expiry, timeZone);
  const card = `the saved card${lastFour === null ? '' : ` ending in ${lastFour}`}`;
  if (isAtOrBefore(endsAt, at)) {
    const reason = `${card} has expired; please add another`;
    return [{ type: 'payment_method.expired', reason }];
  }
  const reason = `${card} expires on ${endsAt}; please add another before`;
  return [{ type: 'payment_method.expiring', reason }];
}

/** What a kept method is told as. */
export function describeAdded({ kind, mandate }: PaymentMethod): MethodEvent {
  const ceiling = mandate?.ceiling ?? null;
  const upTo = ceiling === null ? '' : `, for charges up to ${describeMoney(ceiling)}`;
  return { type: 'payment_method.added', reason: `a ${kind} payment method was saved${upTo}` };
}

/** What a change of its mandate leaves open. */
export interface Consequences {
  /** The method that is charged instead; null: none. */
  readonly replacedBy: string | null;
  /** What will come due and is paid by nobody now. */
  readonly notCovered: readonly string[];
}

/** What is told when a mandate is not what it was; nothing where that changes nothing for its owner. */
export function describeMandateChange(
  before: Mandate['status'] | undefined,
  after: Mandate['status'] | undefined,
  consequences: Consequences,
): MethodEvent[] {
  if (before === after || after === undefined || after === 'pending') return [];
  if (after === 'active') {
    const reason = 'the mandate of the saved payment method is in force; it is charged again';
    return before === undefined ? [] : [{ type: 'payment_method.resumed', reason }];
  }
  const ended = after === 'revoked' ? 'was ended by its owner or the bank' : 'is paused';
  const next =
    consequences.replacedBy === null ? 'please add another' : 'another one is charged instead';
  const type = after === 'revoked' ? 'payment_method.revoked' : 'payment_method.paused';
  return [
    {
      type,
      reason: `the mandate of the saved payment method ${ended}: it is not charged; ${next}`,
      data: factsOf(consequences),
    },
  ];
}

/** What is told when a gateway keeps a method no longer. */
export function describeRemoved(consequences: Consequences): MethodEvent {
  const next = consequences.replacedBy === null ? 'please add another' : 'another one is charged';
  const reason = `the saved payment method was removed at its gateway: it is not charged; ${next}`;
  return { type: 'payment_method.revoked', reason, data: factsOf(consequences) };
}

function factsOf({ replacedBy, notCovered }: Consequences) {
  return { replaced_by: replacedBy, not_covered: notCovered.join(',') };
}

/** What all events of a method carry. */
export function factsOfMethod({ kind, gateway, expiry, mandate }: PaymentMethod, timeZone: string) {
  const ceiling = mandate?.ceiling ?? null;
  return {
    kind,
    gateway,
    expires_at: expiry === null ? null : findCardEnd(expiry, timeZone),
    mandate_status: mandate?.status ?? null,
    mandate_max_amount: ceiling === null ? null : formatAmount(ceiling),
    mandate_currency: ceiling?.currency ?? null,
  };
}
