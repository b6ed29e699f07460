/**
 * Owns: the settlements port spoken to the sandbox gateway over HTTP.
 * Does not own: the HTTP itself (sandbox-client.ts), what is settled and when (server/settlements.ts).
 */
import { parseMoney } from '../../domain/money';
import type { SettledEntry, Settlements } from '../settlements';
import { toRejection, type SandboxClient } from './sandbox-client';
import { settledPageSchema, type WireSettled } from './wire';

export function createSandboxSettlements(client: SandboxClient): Settlements {
  return {
    async listSettled({ from, to, cursor }) {
      const query = new URLSearchParams({ from, to, ...(cursor !== null && { cursor }) });
      const path = `/v1/settlements?${query.toString()}`;
      const reply = await client({ method: 'GET', path, reply: settledPageSchema });
      if (reply.kind === 'refused') throw toRejection(reply);
      const { items, next_cursor: nextCursor } = reply.value;
      return { entries: items.map(fromApiSettled), nextCursor };
    },
  };
}

function fromApiSettled(entry: WireSettled): SettledEntry {
  const { currency } = entry;
  return {
    entryId: entry.id,
    kind: entry.kind,
    gatewayPaymentId: entry.payment_id,
    money: parseMoney({ amount: entry.amount, currency }),
    fee: parseMoney({ amount: entry.fee, currency }),
    settledAt: entry.settled_at,
  };
}
