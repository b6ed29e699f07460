/**
 * Owns: the methods customers kept: keeping, finding and forgetting them, what their mandates allow, and the
 * knobs on them.
 * Does not own: when one is kept (payments.ts, setups.ts).
 * Example: after `detachMethod` a charge is declined with `payment_method_detached`; 708.00 under a mandate of up
 * to 500.00 with `amount_exceeds_mandate`.
 */
import type { Instant } from '../../../domain/instant';
import { compareMoney, type Money } from '../../../domain/money';
import { readMoney } from '../amounts';
import { newSandboxId, type MandateRow, type MethodRow } from './books';
import { isExpired } from './checkout-form';
import type { SandboxContext } from './context';
import type { InstrumentOutcome } from './instruments';
import { presentMethod } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent } from './webhook-outbox';

interface MethodToKeep extends Omit<MethodRow, 'id' | 'mandate' | 'status' | 'createdAt'> {
  /** What was agreed to. Without a ceiling only UPI has a mandate: it is charged by nothing else. */
  readonly mandate: Omit<MandateRow, 'status'>;
}

/** Keeps a method that its owner agreed to. */
export function keepMethod(context: SandboxContext, kept: MethodToKeep): MethodRow {
  const { customerReference, kind, brand, lastFour, expiry, later, mandate } = kept;
  const hasMandate = kind === 'upi' || mandate.maxAmount !== null;
  const method: MethodRow = {
    id: newSandboxId('pm'),
    customerReference,
    kind,
    brand,
    lastFour,
    expiry,
    later,
    mandate: hasMandate ? { ...mandate, status: 'active' } : null,
    status: 'active',
    createdAt: context.now(),
  };
  context.books.save('method', method);
  return method;
}

/** What a charge of a kept method comes to: its bank declines what the mandate does not allow. */
export function outcomeOfCharge(
  method: MethodRow,
  { money, now }: { readonly money: Money; readonly now: Instant },
): InstrumentOutcome {
  const code = findDecline(method, { money, now });
  return code === null ? method.later : { kind: 'decline', code };
}

function findDecline(
  { status, expiry, mandate }: MethodRow,
  { money, now }: { readonly money: Money; readonly now: Instant },
): string | null {
  if (status === 'detached') return 'payment_method_detached';
  if (expiry !== null && isExpired(expiry, now)) return 'expired_card';
  if (mandate === null) return null;
  if (mandate.status !== 'active') return DECLINE_OF_MANDATE[mandate.status];
  return exceeds(money, mandate) ? 'amount_exceeds_mandate' : null;
}

const DECLINE_OF_MANDATE = {
  pending: 'mandate_not_active',
  paused: 'mandate_paused',
  revoked: 'mandate_cancelled',
} as const;

function exceeds(money: Money, { maxAmount: amount, currency }: MandateRow): boolean {
  return (
    amount !== null &&
    currency === money.currency &&
    compareMoney(money, readMoney({ amount, currency })) > 0
  );
}

/** Throws SandboxRefusal `resource_missing`. */
export function getMethod({ books }: SandboxContext, methodId: string): MethodRow {
  const method = books.find('method', methodId);
  if (method !== undefined) return method;
  throw new SandboxRefusal('resource_missing', `no payment method "${methodId}"`);
}

/** Those a customer kept and did not detach, newest first. */
export function listMethods({ books }: SandboxContext, customerReference: string): MethodRow[] {
  return books
    .list('method')
    .filter((row) => row.customerReference === customerReference && row.status === 'active')
    .toReversed();
}

/** A detached method stays in the books, so that its payments keep their meaning. */
export function detachMethod(context: SandboxContext, methodId: string): MethodRow {
  const method = getMethod(context, methodId);
  const detached: MethodRow = { ...method, status: 'detached' };
  if (method.status === 'active') context.books.save('method', detached);
  return detached;
}

/** What its owner or a bank did to a method, told by `method.changed`. Throws SandboxRefusal. */
export function changeMethod(
  context: SandboxContext,
  methodId: string,
  changed: {
    readonly mandate?: MandateRow['status'] | undefined;
    readonly expiry?: MethodRow['expiry'] | undefined;
  },
): MethodRow {
  const before = getMethod(context, methodId);
  const { mandate: status, expiry = before.expiry } = changed;
  if (status !== undefined && before.mandate === null) {
    throw new SandboxRefusal('invalid_request', `"${methodId}" has no mandate`);
  }
  const mandate = before.mandate && { ...before.mandate, status: status ?? before.mandate.status };
  const method: MethodRow = { ...before, expiry, mandate };
  return context.books.atomically(() => {
    context.books.save('method', method);
    recordEvent(context, {
      type: 'method.changed',
      about: { customerReference: method.customerReference },
      data: { payment_method: presentMethod(method) },
    });
    return method;
  });
}
