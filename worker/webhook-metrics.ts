import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../db/connection';
import { SYSTEM } from '../db/tenant';
import { withTransaction } from '../db/transaction';
import { findOldestDue } from '../db/webhook-queue';
import { toEpochMs, type Instant } from '../domain/instant';
import type { CourierOutcome } from './webhook-courier';

/** Adds what operators watch of webhooks to a registry; answers what hears of every try. */
export function addWebhookMetrics(
  registry: Registry,
  { database, now }: { readonly database: Database; readonly now: () => Instant },
): (outcome: CourierOutcome) => void {
  const tries = new Counter({
    name: 'tollgate_webhook_tries_total',
    help: 'Tries to deliver webhooks, by what came of them.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  new Gauge({
    name: 'tollgate_webhook_oldest_due_seconds',
    help: 'How long the webhook that waits longest for a try has been due; 0: none waits.',
    registers: [registry],
    async collect() {
      const at = now();
      const oldest = await withTransaction(database, SYSTEM, (trx) => findOldestDue(trx, at)).catch(
        () => undefined, // Without the database there is no answer, and the rest is still worth telling.
      );
      if (oldest === undefined) this.set(Number.NaN);
      else this.set(oldest === null ? 0 : (toEpochMs(at) - toEpochMs(oldest)) / 1_000);
    },
  });
  return (outcome) => tries.inc({ outcome });
}
