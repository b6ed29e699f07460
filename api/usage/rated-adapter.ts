import { createUsageRecorder } from '../../db/record-usage';
import type { Database } from '../../db/connection';
import type { RatedEvent } from '../../domain/ledger/usage';
import type { UsageEvent, UsageOutcome } from '../../domain/usage/usage-event';
import type { UsageRecorder } from './lanes';

const UNIT_PRICE = 5_000_000_000n;

/** Stands in for the rating until it lands: every message costs 0.50, every second of a call 0.025. */
export function createRatedAdapter(database: Database): UsageRecorder {
  const recorder = createUsageRecorder(database);
  return {
    async recordUsage({ events, reference, recordedAt }) {
      const rated = events.map(toRated);
      const outcomes = await recorder.recordUsage({ events: rated, reference, recordedAt });
      return outcomes.map((outcome, index): UsageOutcome => {
        if (outcome.kind === 'conflict' || outcome.kind === 'refused') return outcome;
        const event = rated[index];
        if (event === undefined) throw new Error('one each');
        return {
          kind: outcome.kind,
          charges: outcome.charges.map(({ bucket, amount }) => ({
            bucket,
            amount,
            asset: bucket.startsWith('wallet') ? 'INR' : event.asset,
          })),
          isNewVisitor: false,
          rating: {
            card: null,
            category: event.category,
            market: null,
            unit: 'message',
            quantity: event.quantity,
            unitRate: event.unitPrice,
            feeMicros: 0n,
            amountMicros: 0n,
            taxMicros: 0n,
            zeroReason: null,
            windowFrom: null,
          },
        };
      });
    },
  };
}

function toRated(event: UsageEvent): RatedEvent {
  const { facts } = event;
  const quantity = facts.type === 'message' ? facts.quantity : 1n;
  return {
    ...event,
    category: facts.type,
    asset: 'message',
    quantity,
    unitPrice: UNIT_PRICE,
    visitorPrice: null,
  };
}
