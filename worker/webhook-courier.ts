/**
 * Owns: the loop that empties the queue of webhooks: how many at once, how often it looks, and an orderly end.
 * Does not own: a single delivery (activities/webhook/deliver-webhooks.ts).
 * Every worker runs one; PostgreSQL's row locks share the work out among them.
 * Example: `const courier = startCourier({ … }); … await courier.stop();`
 */
import type { Logger } from '../config/logger';
import { SYSTEM } from '../db/tenant';
import { withTransaction } from '../db/transaction';
import { sweepDeliveries } from '../db/webhook-queue';
import {
  claimDue,
  tryDelivery,
  type DeliveryDependencies,
  type ReadyDelivery,
} from '../activities/webhook/deliver-webhooks';
import { fromEpochMs, toEpochMs } from '../domain/instant';

export type CourierOutcome = 'delivered' | 'failed' | 'retried';

export interface Courier {
  /** Claims no more, and gives what is under way a moment; what has no answer by then goes back into the queue. */
  readonly stop: () => Promise<void>;
}

export interface CourierOptions extends DeliveryDependencies {
  readonly logger: Logger;
  /** Hears of every try. */
  readonly onTry?: (outcome: CourierOutcome) => void;
}

/** One endpoint that hangs takes no more than its share of them. */
const AT_ONCE_MAX = 40;
const AT_ONCE_PER_ENDPOINT = 5;
const LOOK_EVERY_MS = 1_000;
/** After an error of ours, so that an outage of the database is not met with a storm of questions. */
const PAUSE_AFTER_ERROR_MS = 5_000;
const STOP_GRACE_MS = 3_000;
const SWEEP_EVERY_MS = 600_000;
const SWEPT_AT_ONCE = 1_000;
/** How long what became of a delivery is shown, and it can be redelivered. */
const RETENTION_DAYS = 30;
const DAY_MS = 86_400_000;

export function startCourier(options: CourierOptions): Courier {
  const { logger } = options;
  const underWay = new Map<ReadyDelivery, Promise<void>>();
  const cut = new AbortController();
  const bell = createBell();
  let isStopping = false;
  const sweepSometimes = createSweeper(options);

  const running = run();

  async function run(): Promise<void> {
    while (!isStopping) {
      try {
        const claimed = await claim();
        for (const delivery of claimed) start(delivery);
        await sweepSometimes();
        // A full hand means there may be more; any other time something ends or a second passes.
        if (claimed.length === 0) await bell.wait(LOOK_EVERY_MS);
      } catch (error) {
        logger.error({ err: error }, 'webhooks wait: the queue could not be read');
        await bell.wait(PAUSE_AFTER_ERROR_MS);
      }
    }
  }

  async function claim(): Promise<readonly ReadyDelivery[]> {
    const limit = AT_ONCE_MAX - underWay.size;
    if (limit <= 0) return [];
    const trying: Record<string, number> = {};
    for (const { endpointId } of underWay.keys()) {
      trying[endpointId] = (trying[endpointId] ?? 0) + 1;
    }
    return claimDue(options, { limit, perEndpoint: AT_ONCE_PER_ENDPOINT, trying });
  }

  function start(delivery: ReadyDelivery): void {
    const tried = tryDelivery(options, delivery, cut.signal)
      .then((outcome) => {
        if (outcome !== null) options.onTry?.(outcome);
      })
      .catch((error: unknown) => {
        // The claim ends by itself in a minute, and the delivery is tried again.
        logger.error({ err: error, delivery_id: delivery.id }, 'a webhook could not be noted');
      })
      .finally(() => {
        underWay.delete(delivery);
        bell.ring();
      });
    underWay.set(delivery, tried);
  }

  async function stop(): Promise<void> {
    isStopping = true;
    bell.ring();
    await running;
    const grace = setTimeout(() => cut.abort(), STOP_GRACE_MS);
    await Promise.all(underWay.values());
    clearTimeout(grace);
  }

  let stopped: Promise<void> | null = null;
  return { stop: () => (stopped ??= stop()) };
}

/** Forgets what has been settled for long, now and then; a part at a time, as long as there is more. */
function createSweeper({ database, now }: CourierOptions): () => Promise<void> {
  let sweptAtMs = 0;
  return async () => {
    const nowMs = toEpochMs(now());
    if (nowMs - sweptAtMs < SWEEP_EVERY_MS) return;
    const before = fromEpochMs(nowMs - RETENTION_DAYS * DAY_MS);
    const swept = await withTransaction(database, SYSTEM, (trx) =>
      sweepDeliveries(trx, { before, limit: SWEPT_AT_ONCE }),
    );
    if (swept < SWEPT_AT_ONCE) sweptAtMs = nowMs;
  };
}

/** A wait that ends when it is rung for, or after a while. */
function createBell() {
  let wake: (() => void) | null = null;
  let isRung = false;
  return {
    ring(): void {
      isRung = true;
      wake?.();
    },
    async wait(ms: number): Promise<void> {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = null;
      isRung = false;
    },
  };
}
