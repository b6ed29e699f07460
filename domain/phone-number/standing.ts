/**
 * Owns: how the phone numbers of an account stand together: what each is charged next, what amount keeps
 * one that is on hold, what its owner is warned of.
 * Does not own: the triage (triage.ts), the words of a warning (reminder.ts), charging (decide-due.ts).
 * Rules: R2.15, R2.20. Money that an earlier charge will take is not counted again for a later one; a
 * number on hold takes nothing until it is paid, so it takes nothing from the others here.
 * Example: 600.00 INR; rents of 500.00 due on the 1st and on the 5th: the second is warned of, 400.00 are
 * missing.
 */
import { shareBalance, type DueCharge } from '../balance-warning';
import { isAtOrBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import type { Money } from '../money';
import type { Taxation } from '../tax/taxation';
import type { UnpaidNumber } from './decision';
import { owedSince, owesRent, periodAt, type PhoneNumber } from './phone-number';
import { findNumberWarnings, nextPeriod, type NumberWarning } from './reminder';
import { buildRentSale, toUnpaid } from './sale';
import { triage, type Triage } from './triage';

/** A rent that will be charged, or is owed. */
export interface NextRent extends DueCharge {
  readonly phoneNumberId: string;
  readonly isOwed: boolean;
}

export interface NumberStanding {
  /** Null: nothing will be charged by itself. */
  readonly nextRent: NextRent | null;
  /** Of a number on hold: what must come in so that it is kept; zero when it is there. Else null. */
  readonly payToKeep: Money | null;
  readonly warnings: readonly NumberWarning[];
}

/** What an account pays its numbers with. */
export interface NumberBacking {
  readonly at: Instant;
  /** What the wallet has free, in micros; below zero when it owes. */
  readonly availableMicros: bigint;
  /** How a sale from this wallet is taxed at that instant. */
  readonly taxation: Taxation;
  readonly keepsMethod: boolean;
  /** What else the wallet is going to pay: the account's subscriptions. */
  readonly otherCharges: readonly DueCharge[];
}

/** How each of an account's numbers stands, by its id. `numbers` are all open ones, in its own order. */
export function assessNumbers(
  numbers: readonly PhoneNumber[],
  backing: NumberBacking,
): ReadonlyMap<string, NumberStanding> {
  const { availableMicros } = backing;
  const shared = triage(listUnpaid(numbers, backing), availableMicros);
  const { rents, shareOf } = shareAhead(numbers, backing);
  return new Map(
    numbers.map((number) => {
      const nextRent = rents.get(number.id) ?? null;
      const facts = { ...backing, availableMicros: shareOf(number.id) };
      return [
        number.id,
        {
          nextRent,
          payToKeep: findPayToKeep(number, nextRent, { shared, availableMicros }),
          warnings: warn(number, shared, facts),
        },
      ];
    }),
  );
}

/**
 * What the wallet will have left for a number's next rent, in micros, once everything that is due before it
 * was paid: its reminder must not count money that is another's (R2.20).
 */
export function findShareOfRent(
  numbers: readonly PhoneNumber[],
  id: string,
  backing: NumberBacking,
): bigint {
  return shareAhead(numbers, backing).shareOf(id);
}

function shareAhead(
  numbers: readonly PhoneNumber[],
  { at, taxation, otherCharges, availableMicros }: NumberBacking,
) {
  const rents = new Map(
    numbers.map((number) => [number.id, findNextRent(number, { at, taxation })]),
  );
  const coming = [...rents.values()].flatMap((rent) => (rent === null || rent.isOwed ? [] : rent));
  const shares = shareBalance([...otherCharges, ...coming], availableMicros);
  const shareOf = (id: string): bigint => {
    const rent = rents.get(id) ?? null;
    return (rent === null ? undefined : shares.get(rent)) ?? availableMicros;
  };
  return { rents, shareOf };
}

function warn(
  phoneNumber: PhoneNumber,
  shared: Triage,
  { at, availableMicros, keepsMethod, taxation }: NumberBacking,
): readonly NumberWarning[] {
  const triaged = shared.missing.find(({ id }) => id === phoneNumber.id)?.missing ?? null;
  const facts = { at, availableMicros, keepsMethod, taxation, triaged };
  return findNumberWarnings(phoneNumber, facts);
}

/** Whose rent is due and not paid, and who pay by themselves: what the triage is about. */
function listUnpaid(
  numbers: readonly PhoneNumber[],
  { at, taxation }: Pick<NumberBacking, 'at' | 'taxation'>,
): UnpaidNumber[] {
  const isUnpaid = ({ status, period, autoPay }: PhoneNumber) =>
    autoPay && (status === 'on_hold' || (status === 'active' && isAtOrBefore(period.endsAt, at)));
  return numbers.filter(isUnpaid).map((number) => toUnpaid(number, { at, taxation }));
}

/** The rent a number is charged next, with tax by today's rules; of an owed one, since when. */
export function findNextRent(
  phoneNumber: PhoneNumber,
  { at, taxation }: Pick<NumberBacking, 'at' | 'taxation'>,
): NextRent | null {
  const { id: phoneNumberId, status, autoPay, period } = phoneNumber;
  if (owesRent(phoneNumber)) {
    const since = owedSince(phoneNumber);
    invariant(since !== null, 'what owes rent knows since when');
    const { total } = buildRentSale(phoneNumber, periodAt(phoneNumber, at), taxation).taxed;
    return { phoneNumberId, at: since, total, isOwed: true };
  }
  if (status !== 'active' || !autoPay) return null;
  const { total } = buildRentSale(phoneNumber, nextPeriod(phoneNumber), taxation).taxed;
  return { phoneNumberId, at: period.endsAt, total, isOwed: false };
}

function findPayToKeep(
  { id, status }: PhoneNumber,
  rent: NextRent | null,
  { shared, availableMicros }: { readonly shared: Triage; readonly availableMicros: bigint },
): Money | null {
  if (status !== 'on_hold' || rent === null) return null;
  const { currency, amountMicros } = rent.total;
  if (shared.kept.includes(id)) return { amountMicros: 0n, currency };
  const listed = shared.missing.find((waiting) => waiting.id === id);
  if (listed !== undefined) return listed.missing;
  const missingMicros = amountMicros - availableMicros;
  return { amountMicros: missingMicros > 0n ? missingMicros : 0n, currency };
}
