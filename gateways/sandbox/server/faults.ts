/**
 * Owns: the knobs: faults waiting for the next calls, payments and webhooks, each used up by count.
 * Does not own: doing what a fault says (api.routes.ts for calls, payments.ts, webhook-outbox.ts).
 * Faults are kept in memory only: a restart of the sandbox clears them.
 * Example: after `add({ kind: 'decline', count: 2, code: 'insufficient_funds' })` the next two
 * payments are declined with that code, whatever method pays them.
 */
import { z } from 'zod';
import { FORGERIES } from './books';

const COUNT_MAX = 100_000;
const DELAY_MAX_MS = 60_000;
const COPIES_MAX = 20;
const WAITING_MAX = 1_000;

/** What a call does; faults for calls strike writes unless one of these is named. */
export const OPERATIONS = [
  'checkout.create',
  'checkout.expire',
  'charge.create',
  'refund.create',
  'method.detach',
  'checkout.get',
  'payment.get',
  'payment.list',
  'method.get',
  'method.list',
] as const;
export type Operation = (typeof OPERATIONS)[number];

const READS: ReadonlySet<Operation> = new Set([
  'checkout.get',
  'payment.get',
  'payment.list',
  'method.get',
  'method.list',
]);

const count = z.int().min(1).max(COUNT_MAX).default(1);
const delayMs = z.int().min(0).max(DELAY_MAX_MS);
const callFault = { count, operation: z.enum(OPERATIONS).optional() };
const declineCode = z
  .string()
  .regex(/^[a-z_]{1,64}$/)
  .default('generic_decline');

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decline'),
    count,
    code: declineCode,
    on: z.enum(['payment', 'refund']).default('payment'),
  }),
  z.strictObject({ kind: z.literal('timeout_before'), ...callFault }),
  z.strictObject({ kind: z.literal('timeout_after'), ...callFault }),
  z.strictObject({
    kind: z.literal('delay'),
    ...callFault,
    delay_ms: delayMs.default(1_000),
    on: z.enum(['call', 'webhook']).default('call'),
  }),
  z.strictObject({ kind: z.literal('drop'), count }),
  z.strictObject({
    kind: z.literal('duplicate'),
    count,
    copies: z.int().min(2).max(COPIES_MAX).default(2),
  }),
  z.strictObject({ kind: z.literal('reorder'), count, delay_ms: delayMs.default(2_000) }),
  z.strictObject({
    kind: z.literal('forge'),
    count,
    code: z.enum(FORGERIES).default('signature'),
  }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;
export type CallFault = FaultOf<'timeout_before' | 'timeout_after' | 'delay'>;

export interface Faults {
  /** Throws a RangeError when too many are waiting already. */
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** What is left, oldest first. */
  readonly list: () => readonly Fault[];
  readonly takeForPayment: () => FaultOf<'decline'> | null;
  readonly takeForRefund: () => FaultOf<'decline'> | null;
  /** At most one fault strikes a call: the oldest that fits. */
  readonly takeForCall: (operation: Operation) => CallFault | null;
  readonly takeForWebhook: <Kind extends 'drop' | 'duplicate' | 'reorder' | 'forge'>(
    kind: Kind,
  ) => FaultOf<Kind> | null;
  readonly takeWebhookDelay: () => FaultOf<'delay'> | null;
}

export function createFaults(): Faults {
  let waiting: readonly Fault[] = [];

  function take<Found extends Fault>(fits: (fault: Fault) => fault is Found): Found | null {
    const found = waiting.find(fits);
    if (found === undefined) return null;
    waiting = waiting.flatMap((fault) => (fault === found ? useOnce(fault) : [fault]));
    return found;
  }

  return {
    add: (fault) => {
      if (waiting.length >= WAITING_MAX) throw new RangeError('too many faults are waiting');
      waiting = [...waiting, fault];
    },
    clear: () => {
      waiting = [];
    },
    list: () => waiting,
    takeForPayment: () => take((fault): fault is FaultOf<'decline'> => declines(fault, 'payment')),
    takeForRefund: () => take((fault): fault is FaultOf<'decline'> => declines(fault, 'refund')),
    takeForCall: (operation) => take((fault): fault is CallFault => strikesCall(fault, operation)),
    takeForWebhook: (kind) => take((fault): fault is FaultOf<typeof kind> => isOfKind(fault, kind)),
    takeWebhookDelay: () => take(isWebhookDelay),
  };
}

function useOnce(fault: Fault): Fault[] {
  return fault.count > 1 ? [{ ...fault, count: fault.count - 1 }] : [];
}

function isOfKind<Kind extends FaultKind>(fault: Fault, kind: Kind): fault is FaultOf<Kind> {
  return fault.kind === kind;
}

function declines(fault: Fault, on: FaultOf<'decline'>['on']): boolean {
  return fault.kind === 'decline' && fault.on === on;
}

function isWebhookDelay(fault: Fault): fault is FaultOf<'delay'> {
  return fault.kind === 'delay' && fault.on === 'webhook';
}

function strikesCall(fault: Fault, operation: Operation): boolean {
  if (!isCallFault(fault)) return false;
  if (fault.kind === 'delay' && fault.on === 'webhook') return false;
  if (fault.operation === undefined) return !READS.has(operation);
  return fault.operation === operation;
}

function isCallFault(fault: Fault): fault is CallFault {
  return (
    fault.kind === 'timeout_before' || fault.kind === 'timeout_after' || fault.kind === 'delay'
  );
}
