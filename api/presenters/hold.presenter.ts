import type { z } from 'zod';
import type { Hold } from '../../domain/ledger/hold';
import type { HoldTerms } from '../../domain/usage/hold-terms';
import type { holdSchema } from '../schemas/hold.schema';
import { toApiCharge } from './usage-result.presenter';

type ApiHold = z.input<typeof holdSchema>;
type Part = Hold['parts'][number];

/** A hold with what it reserved, paid and still holds; null: everything it is for was free. */
export function toApiHold(terms: HoldTerms, hold: Hold | null): ApiHold {
  const parts = hold?.parts ?? [];
  return {
    id: terms.id,
    account_id: terms.accountId,
    kind: terms.kind,
    status: terms.status,
    category: terms.category,
    quantity: Number(terms.quantity),
    reserved: list(parts, ({ reserved }) => reserved),
    captured: list(parts, ({ captured }) => captured),
    remaining: list(parts, ({ remaining }) => remaining),
    placed_at: terms.placedAt,
    deadline_at: terms.deadlineAt,
    closed_at: terms.closedAt,
    next_action:
      terms.status === 'open'
        ? {
            kind: 'release',
            at: terms.deadlineAt,
            reason: 'its deadline: what is still held then is free again',
          }
        : null,
  };
}

/** Per bucket: the slices of a call may lie in one. */
function list(parts: readonly Part[], amountOf: (part: Part) => bigint): ApiHold['reserved'] {
  const buckets = new Map<string, { bucket: string; asset: string; amount: bigint }>();
  for (const part of parts) {
    const amount = amountOf(part);
    if (amount === 0n) continue;
    const known = buckets.get(part.bucket);
    if (known === undefined) {
      buckets.set(part.bucket, { bucket: part.bucket, asset: part.asset, amount });
    } else known.amount += amount;
  }
  return [...buckets.values()].map(toApiCharge);
}
