/**
 * Owns: the knobs: faults for the next calls, payments and webhooks, of everybody or of whom they name.
 * Does not own: keeping them (fault-queue.ts) or doing what a fault says (api.routes.ts for calls,
 * payments.ts, webhook-outbox.ts).
 * Example: after `add({ kind: 'decline', count: 2, code: 'insufficient_funds', customer_reference:
 * 'acct_1' })` that customer's next two payments are declined with that code, whatever method pays them.
 */
import { z } from 'zod';
import { FORGERIES } from './books';
import { aimName, count, createFaultQueue, delayMs, type FaultQueue } from './fault-queue';

const COPIES_MAX = 20;

/** What a call does; faults for calls strike writes unless one of these is named. */
export const OPERATIONS = [
  'checkout.create',
  'checkout.expire',
  'setup.create',
  'charge.create',
  'refund.create',
  'payout.create',
  'method.detach',
  'checkout.get',
  'setup.get',
  'payment.get',
  'payment.list',
  'method.get',
  'method.list',
  'dispute.get',
  'payout.list',
  'settlement.list',
] as const;
export type Operation = (typeof OPERATIONS)[number];

const READS: ReadonlySet<Operation> = new Set([
  'checkout.get',
  'setup.get',
  'payment.get',
  'payment.list',
  'method.get',
  'method.list',
  'dispute.get',
  'payout.list',
  'settlement.list',
]);

const common = { count, reference: aimName, customer_reference: aimName };
const callFault = { ...common, operation: z.enum(OPERATIONS).optional() };
const declineCode = z
  .string()
  .regex(/^[a-z_]{1,64}$/)
  .default('generic_decline');

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decline'),
    ...common,
    code: declineCode,
    on: z.enum(['payment', 'refund']).default('payment'),
  }),
  /** Of a payout: the bank does not pay. */
  z.strictObject({ kind: z.literal('fail'), ...common, code: declineCode }),
  z.strictObject({ kind: z.literal('timeout_before'), ...callFault }),
  z.strictObject({ kind: z.literal('timeout_after'), ...callFault }),
  z.strictObject({
    kind: z.literal('delay'),
    ...callFault,
    delay_ms: delayMs.default(1_000),
    on: z.enum(['call', 'webhook', 'payout']).default('call'),
  }),
  z.strictObject({ kind: z.literal('drop'), ...common }),
  z.strictObject({
    kind: z.literal('duplicate'),
    ...common,
    copies: z.int().min(2).max(COPIES_MAX).default(2),
  }),
  z.strictObject({ kind: z.literal('reorder'), ...common, delay_ms: delayMs.default(2_000) }),
  z.strictObject({
    kind: z.literal('forge'),
    ...common,
    code: z.enum(FORGERIES).default('signature'),
  }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;
export type CallFault = FaultOf<'timeout_before' | 'timeout_after' | 'delay'>;

/** Whom a fault names; it strikes what has all of these names. */
export type Aim = Pick<Fault, 'reference' | 'customer_reference'>;

/** What a call, payment or webhook is about, as far as it is known. */
export interface FaultSubject {
  readonly reference?: string | undefined;
  readonly customerReference?: string | undefined;
}

export interface Faults extends Omit<FaultQueue<Fault, FaultSubject>, 'take'> {
  readonly takeForPayment: (about: FaultSubject) => FaultOf<'decline'> | null;
  readonly takeForRefund: (about: FaultSubject) => FaultOf<'decline'> | null;
  readonly takeForPayout: (about: FaultSubject) => FaultOf<'fail'> | null;
  /** How long a payout is processing. */
  readonly takePayoutDelay: (about: FaultSubject) => FaultOf<'delay'> | null;
  /** At most one fault strikes a call: the oldest that fits. */
  readonly takeForCall: (operation: Operation, about: FaultSubject) => CallFault | null;
  readonly takeForWebhook: <Kind extends 'drop' | 'duplicate' | 'reorder' | 'forge'>(
    kind: Kind,
    about: FaultSubject,
  ) => FaultOf<Kind> | null;
  readonly takeWebhookDelay: (about: FaultSubject) => FaultOf<'delay'> | null;
}

export function createFaults(): Faults {
  const { take, ...queue } = createFaultQueue<Fault, FaultSubject>(isAimedAt);
  return {
    ...queue,
    takeForPayment: (about) =>
      take(about, (fault): fault is FaultOf<'decline'> => declines(fault, 'payment')),
    takeForRefund: (about) =>
      take(about, (fault): fault is FaultOf<'decline'> => declines(fault, 'refund')),
    takeForPayout: (about) =>
      take(about, (fault): fault is FaultOf<'fail'> => isOfKind(fault, 'fail')),
    takePayoutDelay: (about) =>
      take(about, (fault): fault is FaultOf<'delay'> => delays(fault, 'payout')),
    takeForCall: (operation, about) =>
      take(about, (fault): fault is CallFault => strikesCall(fault, operation)),
    takeForWebhook: (kind, about) =>
      take(about, (fault): fault is FaultOf<typeof kind> => isOfKind(fault, kind)),
    takeWebhookDelay: (about) =>
      take(about, (fault): fault is FaultOf<'delay'> => delays(fault, 'webhook')),
  };
}

/** Whether an aim means this subject; one without names means everybody. */
export function isAimedAt(aim: Aim, { reference, customerReference }: FaultSubject): boolean {
  return (
    (aim.reference === undefined || aim.reference === reference) &&
    (aim.customer_reference === undefined || aim.customer_reference === customerReference)
  );
}

function isOfKind<Kind extends FaultKind>(fault: Fault, kind: Kind): fault is FaultOf<Kind> {
  return fault.kind === kind;
}

function declines(fault: Fault, on: FaultOf<'decline'>['on']): boolean {
  return fault.kind === 'decline' && fault.on === on;
}

function delays(fault: Fault, on: FaultOf<'delay'>['on']): boolean {
  return fault.kind === 'delay' && fault.on === on;
}

function strikesCall(fault: Fault, operation: Operation): boolean {
  if (!isCallFault(fault)) return false;
  if (fault.kind === 'delay' && fault.on !== 'call') return false;
  if (fault.operation === undefined) return !READS.has(operation);
  return fault.operation === operation;
}

function isCallFault(fault: Fault): fault is CallFault {
  return (
    fault.kind === 'timeout_before' || fault.kind === 'timeout_after' || fault.kind === 'delay'
  );
}
