import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly refusedKeys: Counter<'reason'>;
  readonly refusedWebhooks: Counter<'gateway' | 'reason'>;
  readonly commands: Counter<'workflow' | 'update' | 'result'>;
  readonly usageEvents: Counter<'outcome' | 'reason'>;
  readonly usageWaiting: Gauge<'lane'>;
  readonly usageBatchEvents: Histogram;
  readonly usageFlushSeconds: Histogram;
  readonly usageOverloads: Counter;
}

const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A registry of its own for each app, so that two apps in one test process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'tollgate_http_request_seconds',
      help: 'Time from the first byte of a request to the last byte of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    }),
    refusedKeys: new Counter({
      name: 'tollgate_refused_keys_total',
      help: 'Requests without a valid API key, by what was wrong with it.',
      labelNames: ['reason'],
      registers: [registry],
    }),
    refusedWebhooks: new Counter({
      name: 'tollgate_refused_webhooks_total',
      help: 'Webhooks that were not taken, by what was wrong with them.',
      labelNames: ['gateway', 'reason'],
      registers: [registry],
    }),
    commands: new Counter({
      name: 'tollgate_commands_total',
      help: 'Commands sent to workflows, by what came of them.',
      labelNames: ['workflow', 'update', 'result'],
      registers: [registry],
    }),
    ...createUsageMetrics(registry),
  };
}

function createUsageMetrics(registry: Registry) {
  const registers = [registry];
  return {
    usageEvents: new Counter({
      name: 'tollgate_usage_events_total',
      help: 'Usage events that were answered, by what came of them.',
      labelNames: ['outcome', 'reason'] as const,
      registers,
    }),
    usageWaiting: new Gauge({
      name: 'tollgate_usage_waiting_events',
      help: 'Usage events that wait in a lane for the batch before them.',
      labelNames: ['lane'] as const,
      registers,
    }),
    usageBatchEvents: new Histogram({
      name: 'tollgate_usage_batch_events',
      help: 'How many usage events were recorded at once.',
      buckets: BATCH_BUCKETS,
      registers,
    }),
    usageFlushSeconds: new Histogram({
      name: 'tollgate_usage_flush_seconds',
      help: 'How long recording a batch of usage took, its retries included.',
      buckets: BUCKETS_SECONDS,
      registers,
    }),
    usageOverloads: new Counter({
      name: 'tollgate_usage_overloads_total',
      help: 'Requests with usage that were refused because their lanes were full.',
      registers,
    }),
  };
}
