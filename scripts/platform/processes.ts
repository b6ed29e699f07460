/**
 * Owns: how the processes of a platform are started on this machine, and when each is ready.
 * Does not own: the servers under them (scripts/servers/), restarts (supervisor.ts), containers
 * (docker-compose.yml starts the same entries compiled).
 */
import path from 'node:path';
import { launch, waitUntilReady, type LaunchedProcess } from '../servers/launch';

export interface PlatformAddresses {
  readonly apiPort: number;
  readonly workerPort: number;
  readonly gatewayPort: number;
  readonly carrierPort: number;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly gatewayKey: string;
  readonly carrierKey: string;
  readonly digestKey: string;
  readonly webhookSecret: string;
  readonly webhookKey: string;
  /** The sandbox gateway's books. */
  readonly gatewayStorePath: string;
  /** The sandbox carrier's leases. */
  readonly carrierStorePath: string;
  readonly workflowBundlePath: string;
}

export interface LaunchContext {
  readonly projectRoot: string;
  readonly logsDirectory: string;
  readonly recordsDirectory: string;
  /** What the processes get besides their addresses: PATH, log level, … */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const PROCESS_NAMES = ['gateway', 'carrier', 'worker', 'api'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

interface ProcessKind {
  readonly title: string;
  readonly entry: string;
  readonly port: (addresses: PlatformAddresses) => number;
  /** Answers 200 once the process does its work. */
  readonly readyPath: string;
}

const KINDS: Readonly<Record<ProcessName, ProcessKind>> = {
  gateway: {
    title: 'the sandbox gateway',
    entry: 'gateways/sandbox/server.ts',
    port: ({ gatewayPort }) => gatewayPort,
    readyPath: '/healthz',
  },
  carrier: {
    title: 'the sandbox carrier',
    entry: 'gateways/sandbox-carrier/server.ts',
    port: ({ carrierPort }) => carrierPort,
    readyPath: '/healthz',
  },
  worker: {
    title: 'the worker',
    entry: 'worker/main.ts',
    port: ({ workerPort }) => workerPort,
    readyPath: '/healthz',
  },
  api: {
    title: 'the API',
    entry: 'api/server.ts',
    port: ({ apiPort }) => apiPort,
    readyPath: '/readyz',
  },
};

const READY_DEADLINE_MS = 60_000;
const REQUEST_TIMEOUT_MS = 2_000;
/** Each process of ours ends within eight seconds; half a second less leaves time for the servers. */
export const STOP_DEADLINE_MS = 7_500;

/** Where a process answers. */
export function urlOf(name: ProcessName, addresses: PlatformAddresses): string {
  return `http://127.0.0.1:${KINDS[name].port(addresses)}`;
}

/** Starts one process and waits until it is ready. Throws a SetupError with the end of its log. */
export async function startProcess(
  name: ProcessName,
  addresses: PlatformAddresses,
  context: LaunchContext,
): Promise<LaunchedProcess> {
  const kind = KINDS[name];
  const launched = await launch({
    name: kind.title,
    command: process.execPath,
    args: ['--require', require.resolve('tsx/cjs'), kind.entry],
    workingDirectory: context.projectRoot,
    environment: { ...context.environment, ...environmentOf(addresses) },
    logPath: path.join(context.logsDirectory, `${name}.log`),
    recordsDirectory: context.recordsDirectory,
    match: kind.entry,
  });
  const readyUrl = urlOf(name, addresses) + kind.readyPath;
  await waitUntilReady(launched, () => answersOk(readyUrl), READY_DEADLINE_MS);
  return launched;
}

/** All variables of all of them: each process reads its own. */
function environmentOf(addresses: PlatformAddresses): Record<string, string> {
  const apiUrl = urlOf('api', addresses);
  return {
    DATABASE_URL: addresses.databaseUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace,
    BILLING_API_PORT: String(addresses.apiPort),
    BILLING_API_URL: apiUrl,
    BILLING_WORKER_PORT: String(addresses.workerPort),
    BILLING_SANDBOX_GATEWAY_PORT: String(addresses.gatewayPort),
    BILLING_SANDBOX_GATEWAY_URL: urlOf('gateway', addresses),
    BILLING_SANDBOX_GATEWAY_KEY: addresses.gatewayKey,
    BILLING_SANDBOX_WEBHOOK_SECRETS: addresses.webhookSecret,
    BILLING_SANDBOX_WEBHOOK_SECRET: addresses.webhookSecret,
    BILLING_SANDBOX_WEBHOOK_URL: `${apiUrl}/webhooks/sandbox`,
    BILLING_SANDBOX_STORE: addresses.gatewayStorePath,
    BILLING_SANDBOX_CARRIER_PORT: String(addresses.carrierPort),
    BILLING_SANDBOX_CARRIER_URL: urlOf('carrier', addresses),
    BILLING_SANDBOX_CARRIER_KEY: addresses.carrierKey,
    BILLING_SANDBOX_CARRIER_STORE: addresses.carrierStorePath,
    BILLING_DIGEST_KEY: addresses.digestKey,
    BILLING_WEBHOOK_KEY: addresses.webhookKey,
    // Receivers on this machine, as a developer has them.
    BILLING_WEBHOOK_ALLOW_LOOPBACK: 'true',
    BILLING_WORKFLOW_BUNDLE: addresses.workflowBundlePath,
  };
}

async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  await response.arrayBuffer();
  return response.ok;
}
