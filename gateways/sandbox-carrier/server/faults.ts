/**
 * Owns: the carrier's knobs: faults waiting for the next calls, each used up by count.
 * Does not own: doing what a fault says (api.routes.ts for calls, leases.ts for outcomes).
 * Faults are kept in memory only: a restart of the sandbox clears them.
 * Example: after `add({ kind: 'gone', count: 1 })` the next order finds its number taken.
 */
import { z } from 'zod';

const COUNT_MAX = 100_000;
const DELAY_MAX_MS = 60_000;
const WAITING_MAX = 1_000;

/** What a call does; faults for calls strike writes unless one of these is named. */
export const OPERATIONS = [
  'number.order',
  'number.release',
  'number.search',
  'number.get',
  'lease.get',
  'lease.find',
] as const;
export type Operation = (typeof OPERATIONS)[number];

const WRITES: ReadonlySet<Operation> = new Set(['number.order', 'number.release']);

const count = z.int().min(1).max(COUNT_MAX).default(1);
const delayMs = z.int().min(0).max(DELAY_MAX_MS);
const callFault = { count, operation: z.enum(OPERATIONS).optional() };

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gone'), count }),
  z.strictObject({ kind: z.literal('slow'), count, delay_ms: delayMs.default(3_000) }),
  z.strictObject({
    kind: z.literal('later'),
    count,
    delay_ms: delayMs.optional(),
    on: z.enum(['order', 'release']).default('order'),
    ends: z.enum(['active', 'failed']).default('active'),
  }),
  z.strictObject({ kind: z.literal('timeout_before'), ...callFault }),
  z.strictObject({ kind: z.literal('timeout_after'), ...callFault }),
  z.strictObject({ kind: z.literal('delay'), ...callFault, delay_ms: delayMs.default(1_000) }),
  z.strictObject({ kind: z.literal('release_fails'), count }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;
/** What happens to a call, whatever it would answer. */
export type CallFault = FaultOf<
  'timeout_before' | 'timeout_after' | 'delay' | 'slow' | 'release_fails'
>;
/** What the answer of an executed call is. */
export type OutcomeFault = FaultOf<'gone' | 'later'>;

export interface Faults {
  /** Throws a RangeError when too many are waiting already. */
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** What is left, oldest first. */
  readonly list: () => readonly Fault[];
  /** At most one strikes a call: the oldest that fits. */
  readonly takeForCall: (operation: Operation) => CallFault | null;
  /** At most one strikes an outcome: the oldest that fits. */
  readonly takeForOutcome: (operation: Operation) => OutcomeFault | null;
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
    takeForCall: (operation) => take((fault): fault is CallFault => strikesCall(fault, operation)),
    takeForOutcome: (operation) =>
      take((fault): fault is OutcomeFault => strikesOutcome(fault, operation)),
  };
}

function useOnce(fault: Fault): Fault[] {
  return fault.count > 1 ? [{ ...fault, count: fault.count - 1 }] : [];
}

function strikesCall(fault: Fault, operation: Operation): boolean {
  switch (fault.kind) {
    case 'gone':
    case 'later':
      return false;
    case 'slow':
      return operation === 'number.order';
    case 'release_fails':
      return operation === 'number.release';
    case 'timeout_before':
    case 'timeout_after':
    case 'delay':
      return fault.operation === undefined ? WRITES.has(operation) : fault.operation === operation;
  }
}

function strikesOutcome(fault: Fault, operation: Operation): boolean {
  if (fault.kind === 'gone') return operation === 'number.order';
  return fault.kind === 'later' && operation === `number.${fault.on}`;
}
