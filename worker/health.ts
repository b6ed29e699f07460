import { createServer, type Server } from 'node:http';
import type { Worker } from '@temporalio/worker';
import { Gauge, type Registry } from 'prom-client';

/**
 * Answers GET /healthz (200 while every worker polls, else 503) and GET /metrics (Prometheus text of the registry:
 * what is in it, and the workers' slots and cache).
 */
export function createHealthServer(workers: readonly Worker[], registry: Registry): Server {
  addWorkerMetrics(workers, registry);
  return createServer((request, response) => {
    if (request.url === '/metrics') {
      void registry.metrics().then((text) => {
        response.writeHead(200, { 'content-type': registry.contentType }).end(text);
      });
      return;
    }
    const states = workers.map((worker) => worker.getState());
    const isHealthy = states.every((state) => state === 'RUNNING');
    const body = JSON.stringify({ status: isHealthy ? 'ok' : 'unavailable', workers: states });
    response.writeHead(isHealthy ? 200 : 503, { 'content-type': 'application/json' }).end(body);
  });
}

function addWorkerMetrics(workers: readonly Worker[], registry: Registry): void {
  new Gauge({
    name: 'tollgate_worker_workflows_cached',
    help: 'Workflows this process keeps in memory.',
    registers: [registry],
    collect() {
      this.set(sumOf(workers, (worker) => worker.getStatus().numCachedWorkflows));
    },
  });
  new Gauge({
    name: 'tollgate_worker_activities_running',
    help: 'Activities this process is carrying out.',
    registers: [registry],
    collect() {
      this.set(sumOf(workers, (worker) => worker.getStatus().numInFlightActivities));
    },
  });
}

function sumOf(workers: readonly Worker[], count: (worker: Worker) => number): number {
  return workers.reduce((sum, worker) => sum + count(worker), 0);
}
