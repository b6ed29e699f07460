/**
 * Owns: what an answer of the gateway changes in a dispute: what is taken, given back or lost, and what is told.
 * Does not own: the dispute's own times (dispute.ts), the postings (post-dispute.ts), the share of a reseller.
 * Rules: docs/domain/disputes.md, ADR 0048. `won` and `lost` are final. Never more is taken than refunds and other
 * disputes left of the payment. A payment that is lost never happened for us: its tax goes back with it.
 * Example: of 1 180.00 INR (1 000.00 and 180.00 GST) 590.00 are disputed: 500.00 leave the wallet; lost: 90.00 of tax
 * go back, too, by a refund voucher of 590.00; won: 500.00 return.
 */
import type { Instant } from '../instant';
import { compareMoney, describeMoney, type Money } from '../money';
import type { TaxedSale } from '../tax/compute-tax';
import { takePart } from '../refund/split-refund';
import {
  isSettled,
  noteLooked,
  tellUnresolved,
  type Dispute,
  type DisputeEvent,
  type DisputePolicy,
} from './dispute';

/** A dispute as the gateway tells it when asked. */
export interface DisputeFact {
  readonly gatewayPaymentId: string;
  readonly money: Money;
  readonly fee: Money | null;
  readonly reason: string;
  readonly status: 'warning' | 'needs_response' | 'under_review' | 'won' | 'lost';
  readonly evidenceDueAt: Instant | null;
}

/** What our books say at that moment. */
export interface DisputedPayment {
  readonly gatewayPaymentId: string;
  readonly money: Money;
  /** What refunds and other disputes left of it; null: nothing, or it was never granted. */
  readonly left: TaxedSale | null;
  /** What the wallet could give, in micros. */
  readonly freeMicros: bigint;
}

/** What a change moves: all of them above zero, or nothing. */
export interface DisputeMoves {
  /** From the wallet to what is disputed. */
  readonly takenMicros: bigint;
  /** And back. */
  readonly returnedMicros: bigint;
  /** What of the payment is gone for good, with its tax. */
  readonly lost: TaxedSale | null;
}

export interface DisputeChange {
  readonly dispute: Dispute;
  readonly moves: DisputeMoves;
  readonly events: readonly DisputeEvent[];
}

interface Look {
  readonly payment: DisputedPayment;
  readonly policy: DisputePolicy;
  readonly at: Instant;
  /** Of the look, where a test clock may stand before it. */
  readonly dueAt: Instant;
}

const NO_MOVES: DisputeMoves = { takenMicros: 0n, returnedMicros: 0n, lost: null };

/** What the gateway's answer makes of a dispute. Null: it does not know the dispute. */
export function decideLooked(before: Dispute, told: DisputeFact | null, look: Look): DisputeChange {
  if (isSettled(before)) return { dispute: before, moves: NO_MOVES, events: [] };
  const looked = noteLooked(before, look.dueAt);
  const mismatch = findMismatch(told, look.payment);
  if (told === null || mismatch !== null) {
    return noteMismatch(before, looked, mismatch ?? 'the gateway does not know the dispute');
  }
  return withUnresolved(before, decideSound(looked, told, look));
}

/** What an answer changes that fits our payment. */
function decideSound(looked: Dispute, told: DisputeFact, look: Look): DisputeChange {
  const { money, fee, reason, status } = told;
  const evidenceDueAt = status === 'needs_response' ? told.evidenceDueAt : null;
  const said = { ...looked, money, fee, reason, evidenceDueAt, mismatch: null };
  switch (status) {
    case 'warning':
      return warn(said);
    case 'needs_response':
    case 'under_review':
      return open(said, look);
    case 'won':
      return win(said, look.at);
    case 'lost':
      return lose(said, look);
  }
}

/** Tells that evidence is due, once for each due date. */
export function remindOfEvidence(dispute: Dispute): DisputeChange {
  const { evidenceDueAt } = dispute;
  const reason =
    `Evidence for the disputed payment is due by ${evidenceDueAt ?? 'now'}: hand it in at the gateway, or the ` +
    'dispute is lost.';
  return {
    dispute: { ...dispute, evidenceToldFor: evidenceDueAt },
    moves: NO_MOVES,
    events: [{ type: 'dispute.evidence_due', reason }],
  };
}

/** Lets service go on once a lost dispute leaves no debt; null: nothing changes. */
export function releaseService(
  dispute: Dispute,
  walletMicros: bigint,
): Pick<DisputeChange, 'dispute' | 'events'> | null {
  const { status, serviceHeldSince } = dispute;
  if (status !== 'lost' || serviceHeldSince === null || walletMicros < 0n) return null;
  return withoutHold(dispute, 'What the dispute took is paid: service goes on.');
}

function findMismatch(told: DisputeFact | null, payment: DisputedPayment): string | null {
  if (told === null) return null;
  const { money } = told;
  if (told.gatewayPaymentId !== payment.gatewayPaymentId)
    return 'the dispute is of another payment';
  if (money.currency !== payment.money.currency) return 'the dispute is in another currency';
  if (money.amountMicros <= 0n) return 'the dispute is about no money';
  if (compareMoney(money, payment.money) > 0) return 'the dispute is about more than was paid';
  return null;
}

/** Nothing moves; one that is open stays so. Told once for each reason. */
function noteMismatch(before: Dispute, looked: Dispute, mismatch: string): DisputeChange {
  const status = before.status === 'open' ? 'open' : 'mismatched';
  const dispute = { ...looked, status, mismatch } as const;
  const reason = `A dispute was not believed, and nothing moved: ${mismatch}.`;
  const isNew = before.mismatch !== mismatch;
  const change: DisputeChange = {
    dispute,
    moves: NO_MOVES,
    events: isNew ? [{ type: 'dispute.mismatched', reason }] : [],
  };
  return withUnresolved(before, change);
}

function withUnresolved(before: Dispute, change: DisputeChange): DisputeChange {
  return { ...change, events: [...change.events, ...tellUnresolved(before, change.dispute)] };
}

/** One that is open already is not made less by an old answer. */
function warn(said: Dispute): DisputeChange {
  if (said.status === 'open') return { dispute: said, moves: NO_MOVES, events: [] };
  const reason = `The customer’s bank asks about ${describeDisputed(said)}; no money is taken yet.`;
  return {
    dispute: { ...said, status: 'warning' },
    moves: NO_MOVES,
    events: said.status === 'warning' ? [] : [{ type: 'dispute.warned', reason }],
  };
}

function open(said: Dispute, { payment, policy, at }: Look): DisputeChange {
  if (said.status === 'open') return { dispute: said, moves: NO_MOVES, events: [] };
  const sale = findCovered(said, payment);
  const netMicros = sale?.subtotal.amountMicros ?? 0n;
  const takenMicros = policy.money === 'take' ? netMicros : lesserOf(netMicros, payment.freeMicros);
  const opened: Dispute = {
    ...said,
    status: 'open',
    policy,
    coveredMicros: sale?.total.amountMicros ?? 0n,
    takenMicros,
    openedAt: at,
  };
  const taken = describeMoney({ ...payment.money, amountMicros: takenMicros });
  const how = policy.money === 'take' ? 'taken out of' : 'set aside in';
  const reason = `The customer’s bank disputes ${describeDisputed(said)}; ${taken} were ${how} the wallet.`;
  const change: DisputeChange = {
    dispute: opened,
    moves: { ...NO_MOVES, takenMicros },
    events: [{ type: 'dispute.opened', reason }],
  };
  return policy.service === 'hold' ? withHold(change, at) : change;
}

function win(said: Dispute, at: Instant): DisputeChange {
  const { takenMicros } = said;
  const back =
    takenMicros === 0n || said.money === null
      ? ''
      : `; ${describeMoney({ ...said.money, amountMicros: takenMicros })} are back in the wallet`;
  const won: Dispute = {
    ...said,
    status: 'won',
    takenMicros: 0n,
    coveredMicros: 0n,
    settledAt: at,
  };
  const reason = `The bank decided for us about ${describeDisputed(said)}${back}.`;
  const events: DisputeEvent[] = [{ type: 'dispute.won', reason }];
  const moves = { ...NO_MOVES, returnedMicros: takenMicros };
  if (won.serviceHeldSince === null) return { dispute: won, moves, events };
  const free = withoutHold(won, 'The dispute was won: service goes on.');
  return { dispute: free.dispute, moves, events: [...events, ...free.events] };
}

/** What was lost is what the gateway says in the end; what was taken before is counted. */
function lose(said: Dispute, look: Look): DisputeChange {
  const opened = open(said, look);
  const sale = findCovered(said, look.payment);
  const netMicros = sale?.subtotal.amountMicros ?? 0n;
  const restMicros = netMicros - said.takenMicros;
  const dispute: Dispute = {
    ...opened.dispute,
    status: 'lost',
    coveredMicros: sale?.total.amountMicros ?? 0n,
    takenMicros: netMicros,
    settledAt: look.at,
  };
  const reason = `The bank decided for the customer: ${describeDisputed(said)} are lost.`;
  return {
    dispute,
    moves: {
      takenMicros: restMicros > 0n ? restMicros : 0n,
      returnedMicros: restMicros < 0n ? -restMicros : 0n,
      lost: sale,
    },
    events: [...opened.events, { type: 'dispute.lost', reason }],
  };
}

function withHold({ dispute, moves, events }: DisputeChange, at: Instant): DisputeChange {
  const reason = `Service is on hold while ${describeDisputed(dispute)} are disputed.`;
  return {
    dispute: { ...dispute, serviceHeldSince: at },
    moves,
    events: [...events, { type: 'dispute.service_held', reason }],
  };
}

function withoutHold(dispute: Dispute, reason: string): Pick<DisputeChange, 'dispute' | 'events'> {
  return {
    dispute: { ...dispute, serviceHeldSince: null },
    events: [{ type: 'dispute.service_released', reason }],
  };
}

/** The part of the payment that is disputed, split as the payment was. */
function findCovered({ money }: Dispute, { left }: DisputedPayment): TaxedSale | null {
  if (money === null || left === null) return null;
  return takePart(left, lesserOf(money.amountMicros, left.total.amountMicros));
}

function describeDisputed({ money, reason }: Dispute): string {
  const what = money === null ? 'a payment' : `${describeMoney(money)} of a payment`;
  return reason === null ? what : `${what} (${reason})`;
}

function lesserOf(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
