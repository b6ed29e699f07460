/**
 * Owns: what is decided about a package when it is bought, when time asks, and when an operator voids it,
 * with the events that tell of it.
 * Does not own: when that is (package.ts), the transfers (post-package.ts), who may ask (api/).
 * Rules: R0.09 (granted once, on payment), R0.12, R0.15 (the rest is forfeited at the end).
 * Example: `pkg_1` with 2 000 of 10 000 messages left on 22 December at 21:00 UTC, its end: it is expired,
 * and one event says that 2 000 messages were forfeited.
 */
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { DueAction } from '../next-action';
import {
  computeExpiry,
  describeDays,
  findNextWarning,
  type BoughtPackage,
  type PackageActionKind,
} from './package';
import type { PackageOffer } from './package-offer';
import { describeUnits } from './package-units';

export interface PackageEvent {
  readonly type: 'package.granted' | 'package.expiry_near' | 'package.expired' | 'package.voided';
  readonly reason: string;
}

/** What a package's bucket holds when it is decided about, in the ledger's units: messages or seconds. */
export interface PackageBalance {
  /** Free to be used. */
  readonly available: bigint;
  /** Reserved for what is under way; it is paid for or forfeited when that ends. */
  readonly held: bigint;
  /** Forfeited before: released after the end of its life, but before that was written down. */
  readonly forfeitedBefore: bigint;
}

export interface PackageDecision {
  readonly bought: BoughtPackage;
  readonly at: Instant;
  /** Whether the bucket ends here, and what is free in it is forfeited. */
  readonly forfeits: boolean;
  readonly events: readonly PackageEvent[];
}

/** The package that a paid order brings. */
export function openPackage(terms: {
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly offer: PackageOffer;
  readonly timeZone: string;
  readonly planPaidUntil: Instant | null;
  readonly at: Instant;
}): PackageDecision {
  const { id, accountId, orderId, offer, timeZone, at } = terms;
  const { kind, code, name, units, price } = offer;
  const expiresAt = computeExpiry(terms);
  const bought: BoughtPackage = {
    id,
    accountId,
    orderId,
    kind,
    code,
    name,
    units,
    price,
    timeZone,
    purchasedAt: at,
    expiresAt,
    status: 'active',
    warnedDays: null,
    endedAt: null,
  };
  const reason = `${name}: ${units} ${nameOfUnits(bought)} until ${expiresAt}`;
  return { bought, at, forfeits: false, events: [{ type: 'package.granted', reason }] };
}

/** What a due action does. Nobody is warned of the end of something that is used up. */
export function decideDue(
  bought: BoughtPackage,
  action: DueAction<PackageActionKind>,
  balance: PackageBalance,
): PackageDecision {
  invariant(bought.status === 'active', `${bought.id} has ended: nothing is due`);
  switch (action.kind) {
    case 'warn_expiry':
      return warn(bought, action.at, balance);
    case 'expire':
      return {
        bought: { ...bought, status: 'expired', endedAt: action.at },
        at: action.at,
        forfeits: true,
        events: [{ type: 'package.expired', reason: describeEnd(bought, 'has ended', balance) }],
      };
  }
}

export interface PackageRefusal {
  readonly kind: 'refused';
  readonly code: 'invalid_state';
  readonly message: string;
}

/** Takes back what is left of a package; what was used stays used, and no money moves. */
export function decideVoid(
  bought: BoughtPackage,
  { now, balance }: { readonly now: Instant; readonly balance: PackageBalance },
): ({ readonly kind: 'decided' } & PackageDecision) | PackageRefusal {
  if (bought.status !== 'active') {
    const message = `The package is ${bought.status}: nothing is left to void.`;
    return { kind: 'refused', code: 'invalid_state', message };
  }
  return {
    kind: 'decided',
    bought: { ...bought, status: 'voided', endedAt: now },
    at: now,
    forfeits: true,
    events: [{ type: 'package.voided', reason: describeEnd(bought, 'was voided', balance) }],
  };
}

function warn(bought: BoughtPackage, at: Instant, { available, held }: PackageBalance) {
  const warning = findNextWarning(bought);
  invariant(warning !== null && warning.at === at, `${bought.id} has no warning due at ${at}`);
  const { days } = warning;
  const left = describeUnits(bought.kind, available + held);
  const reason = `${bought.name} ends in ${describeDays(days)} with ${left} left`;
  const events: PackageEvent[] =
    available + held === 0n ? [] : [{ type: 'package.expiry_near', reason }];
  return { bought: { ...bought, warnedDays: days }, at, forfeits: false, events };
}

function describeEnd(bought: BoughtPackage, how: string, balance: PackageBalance) {
  const { available, held, forfeitedBefore } = balance;
  const rest = describeUnits(bought.kind, available + forfeitedBefore);
  const forfeited = `${bought.name} ${how}; ${rest} forfeited`;
  if (held === 0n) return forfeited;
  return `${forfeited}, ${describeUnits(bought.kind, held)} held for what is under way`;
}

function nameOfUnits({ kind }: BoughtPackage): string {
  return kind === 'message_package' ? 'messages' : 'minutes';
}
