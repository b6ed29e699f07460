/**
 * Owns: what the sandbox settled: each payment and refund, at the instant it was made, less the fee; and the knobs that
 * make its report differ from its books.
 * Does not own: the payments and refunds (payments.ts, refunds.ts), the fee of a payment (fee.ts).
 * Example: after `{"kind": "amount", "id": "sbx_pay_1", "amount": "99.00"}` the report says 99.00 where 100.00 were paid.
 */
import { z } from 'zod';
import { isBefore, type Instant } from '../../../domain/instant';
import { formatAmount, parseMoney } from '../../../domain/money';
import type { WireSettled } from '../wire';
import type { SandboxContext } from './context';
import { SandboxRefusal } from './sandbox-refusal';

const PAGE_MAX = 50;
const id = z.string().min(1).max(255);

/** `id` names a payment or a refund of the sandbox; a stranger is of nothing in its books. */
export const settlementKnobSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('leave_out'), id }),
  z.strictObject({ kind: z.literal('amount'), id, amount: z.string() }),
  z.strictObject({
    kind: z.literal('stranger'),
    type: z.enum(['payment', 'refund', 'other']).default('payment'),
    payment_id: id.nullable(),
    amount: z.string(),
    currency: z.string(),
  }),
  z.strictObject({ kind: z.literal('reset') }),
]);
export type SettlementKnob = z.infer<typeof settlementKnobSchema>;

export interface SettlementKnobs {
  readonly turn: (knob: SettlementKnob, now: Instant) => void;
  readonly apply: (entries: readonly WireSettled[]) => WireSettled[];
}

export function createSettlementKnobs(): SettlementKnobs {
  const leftOut = new Set<string>();
  const amounts = new Map<string, string>();
  const strangers: WireSettled[] = [];
  return {
    turn(knob, now) {
      switch (knob.kind) {
        case 'leave_out':
          return void leftOut.add(knob.id);
        case 'amount':
          return void amounts.set(knob.id, knob.amount);
        case 'stranger':
          return void strangers.push(toStranger(knob, { number: strangers.length + 1, now }));
        case 'reset':
          leftOut.clear();
          amounts.clear();
          strangers.length = 0;
      }
    },
    apply: (entries) => [
      ...entries.flatMap((entry) => {
        const of = entry.id.slice(PREFIX.length);
        if (leftOut.has(of)) return [];
        return [{ ...entry, amount: amounts.get(of) ?? entry.amount }];
      }),
      ...strangers,
    ],
  };
}

const PREFIX = 'set_';

function toStranger(
  knob: Extract<SettlementKnob, { kind: 'stranger' }>,
  { number, now }: { readonly number: number; readonly now: Instant },
): WireSettled {
  const { type: kind, payment_id, currency } = knob;
  const amount = formatAmount(parseMoney({ amount: knob.amount, currency }));
  const entryId = `${PREFIX}stranger_${number}_${Date.parse(now)}`;
  return { id: entryId, kind, payment_id, amount, currency, fee: '0.00', settled_at: now };
}

/** A page of what was settled in a range, oldest first. */
export function listSettled(
  { books, settlementKnobs }: SandboxContext,
  query: { readonly from: Instant; readonly to: Instant; readonly cursor?: string | undefined },
): { readonly items: WireSettled[]; readonly next_cursor: string | null } {
  const payments = books.list('payment').flatMap((payment): WireSettled[] => {
    const { id: paymentId, status, amount, currency, createdAt } = payment;
    if (status !== 'succeeded') return [];
    const fee = payment.fee ?? '0.00';
    const said = { kind: 'payment', payment_id: paymentId, amount, currency, fee } as const;
    return [{ id: `${PREFIX}${paymentId}`, ...said, settled_at: createdAt }];
  });
  const refunds = books.list('refund').map((refund): WireSettled => {
    const { id: refundId, paymentId, amount, currency, createdAt } = refund;
    const said = { kind: 'refund', payment_id: paymentId, amount: `-${amount}`, currency } as const;
    return { id: `${PREFIX}${refundId}`, ...said, fee: '0.00', settled_at: createdAt };
  });
  const inRange = settlementKnobs
    .apply([...payments, ...refunds])
    .filter((entry) => !isBefore(entry.settled_at, query.from))
    .filter((entry) => isBefore(entry.settled_at, query.to))
    .toSorted((a, b) => a.settled_at.localeCompare(b.settled_at) || a.id.localeCompare(b.id));
  const start = readCursor(query.cursor);
  const next = start + PAGE_MAX;
  return {
    items: inRange.slice(start, next),
    next_cursor: next < inRange.length ? String(next) : null,
  };
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new SandboxRefusal('invalid_request', 'this is no cursor of this list');
}
