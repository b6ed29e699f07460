/**
 * Owns: what is decided about a package when it is bought, when time asks, and when an operator voids it,
 * with the events that tell of it.
 * Does not own: when that is (package.ts), the transfers (post-package.ts), who may ask (api/).
 * Rules: R0.09 (granted once, on payment), R0.12, R0.15 (the rest is forfeited at the end).
 * Example: `pkg_1` with 2 000 of 10 000 messages left on 22 December at 21:00 UTC, its end: it is expired,
 * and one event says that 2 000 messages were forfeited.
 */
import type { EventOf } from '../event';
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
import { assetOfPackage, describeUnits } from './package-units';

export type PackageEvent = EventOf<'package'>;

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
        events: [{ type: 'package.expired', ...describeEnd(bought, 'has ended', balance) }],
      };
  }
}

export interface PackageRefusal {
  readonly kind: 'refused';
  readonly code: 'invalid_state';
  readonly message: string;
}

interface VoidMoment {
  readonly now: Instant;
  readonly balance: PackageBalance;
  /** Who asked for it, and why in their own words. */
  readonly operator: { readonly operator_key_id: string; readonly operator_note: string | null };
}

/** Takes back what is left of a package; what was used stays used, and no money moves. */
export function decideVoid(
  bought: BoughtPackage,
  { now, balance, operator }: VoidMoment,
): ({ readonly kind: 'decided' } & PackageDecision) | PackageRefusal {
  if (bought.status !== 'active') {
    const message = `The package is ${bought.status}: nothing is left to void.`;
    return { kind: 'refused', code: 'invalid_state', message };
  }
  const { reason, data: told } = describeEnd(bought, 'was voided', balance);
  return {
    kind: 'decided',
    bought: { ...bought, status: 'voided', endedAt: now },
    at: now,
    forfeits: true,
    events: [{ type: 'package.voided', reason, data: { ...told, ...operator } }],
  };
}

function warn(bought: BoughtPackage, at: Instant, { available, held }: PackageBalance) {
  const warning = findNextWarning(bought);
  invariant(warning !== null && warning.at === at, `${bought.id} has no warning due at ${at}`);
  const { days } = warning;
  const left = describeUnits(bought.kind, available + held);
  const reason = `${bought.name} ends in ${describeDays(days)} with ${left} left`;
  const told = {
    asset: assetOfPackage(bought.kind),
    quantity_left: Number(available),
    quantity_held: Number(held),
  };
  const events: PackageEvent[] =
    available + held === 0n ? [] : [{ type: 'package.expiry_near', reason, data: told }];
  return { bought: { ...bought, warnedDays: days }, at, forfeits: false, events };
}

function describeEnd(bought: BoughtPackage, how: string, balance: PackageBalance) {
  const { kind, name } = bought;
  const { available, held, forfeitedBefore } = balance;
  const forfeited = available + forfeitedBefore;
  const under = held === 0n ? '' : `, ${describeUnits(kind, held)} held for what is under way`;
  return {
    reason: `${name} ${how}; ${describeUnits(kind, forfeited)} forfeited${under}`,
    data: {
      asset: assetOfPackage(kind),
      quantity_forfeited: Number(forfeited),
      quantity_held: Number(held),
    },
  };
}

function nameOfUnits({ kind }: BoughtPackage): string {
  return kind === 'message_package' ? 'messages' : 'minutes';
}
