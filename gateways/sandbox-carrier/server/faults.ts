/**
 * Owns: the carrier's knobs: faults for the next calls, of everybody or about what they name.
 * Does not own: keeping them (fault-queue.ts) or doing what a fault says (api.routes.ts for calls,
 * leases.ts for outcomes).
 * Example: after `add({ kind: 'gone', count: 1, number: '+12025550100' })` the next order of that number
 * finds it taken.
 */
import { z } from 'zod';
import {
  aimName,
  count,
  createFaultQueue,
  delayMs,
  type FaultQueue,
} from '../../sandbox/server/fault-queue';

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

const common = { count, reference: aimName, number: aimName };
const callFault = { ...common, operation: z.enum(OPERATIONS).optional() };

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gone'), ...common }),
  z.strictObject({ kind: z.literal('slow'), ...common, delay_ms: delayMs.default(3_000) }),
  z.strictObject({
    kind: z.literal('later'),
    ...common,
    delay_ms: delayMs.optional(),
    on: z.enum(['order', 'release']).default('order'),
    ends: z.enum(['active', 'failed']).default('active'),
  }),
  z.strictObject({ kind: z.literal('timeout_before'), ...callFault }),
  z.strictObject({ kind: z.literal('timeout_after'), ...callFault }),
  z.strictObject({ kind: z.literal('delay'), ...callFault, delay_ms: delayMs.default(1_000) }),
  z.strictObject({ kind: z.literal('release_fails'), ...common }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;
/** What happens to a call, whatever it would answer. */
export type CallFault = FaultOf<
  'timeout_before' | 'timeout_after' | 'delay' | 'slow' | 'release_fails'
>;
/** What the answer of an executed call is. */
export type OutcomeFault = FaultOf<'gone' | 'later'>;

/** What a call is about, as far as it is known. */
export interface FaultSubject {
  readonly reference?: string | undefined;
  readonly number?: string | undefined;
}

export interface Faults extends Omit<FaultQueue<Fault, FaultSubject>, 'take'> {
  /** At most one strikes a call: the oldest that fits. */
  readonly takeForCall: (operation: Operation, about: FaultSubject) => CallFault | null;
  /** At most one strikes an outcome: the oldest that fits. */
  readonly takeForOutcome: (operation: Operation, about: FaultSubject) => OutcomeFault | null;
}

export function createFaults(): Faults {
  const { take, ...queue } = createFaultQueue<Fault, FaultSubject>(isAimedAt);
  return {
    ...queue,
    takeForCall: (operation, about) =>
      take(about, (fault): fault is CallFault => strikesCall(fault, operation)),
    takeForOutcome: (operation, about) =>
      take(about, (fault): fault is OutcomeFault => strikesOutcome(fault, operation)),
  };
}

function isAimedAt(fault: Fault, { reference, number }: FaultSubject): boolean {
  return (
    (fault.reference === undefined || fault.reference === reference) &&
    (fault.number === undefined || fault.number === number)
  );
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
