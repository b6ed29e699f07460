/**
 * A sandbox carrier for one test file: the real server on a free port, the real adapter in front of it,
 * and its knobs over HTTP.
 * Example: `const sandbox = await startSandboxCarrier(); await sandbox.addFault({ kind: 'gone' });`
 */
import type { NumberCarrier } from '../../gateways/number-carrier';
import { createSandboxCarrier } from '../../gateways/sandbox-carrier/sandbox-carrier';
import {
  startCarrierServer,
  type CarrierServerOptions,
} from '../../gateways/sandbox-carrier/server/carrier-server';
import type { Fault } from '../../gateways/sandbox-carrier/server/faults';

export interface RunningCarrier extends CarrierControls {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly carrier: NumberCarrier;
  readonly stop: () => Promise<void>;
}

export interface CarrierControls {
  /** Sets a fault for the next calls. */
  readonly addFault: (fault: CarrierFaultRequest) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  /** The carrier's leases, for comparison with ours. */
  readonly readState: () => Promise<CarrierState>;
  /** Finishes now what is pending. */
  readonly settle: () => Promise<void>;
}

/** As it is posted: what has a default may be left out. */
export type CarrierFaultRequest = Pick<Fault, 'kind'> & Readonly<Record<string, unknown>>;

export interface CarrierState {
  /** What is rented, or about to be. */
  readonly leased: readonly StateLease[];
  /** What was released or never became a lease. */
  readonly ended: readonly StateLease[];
  readonly faults: readonly Fault[];
}

interface StateLease {
  readonly id: string;
  readonly number: string;
  readonly reference: string;
  readonly capabilities: readonly string[];
  readonly status: string;
}

const API_KEY = 'carrier-key-of-tests';
const CALL_TIMEOUT_MS = 5_000;

/** Starts on a free port of this machine; stop it in `afterAll`. What is pending settles when told to. */
export async function startSandboxCarrier(
  options: Partial<Omit<CarrierServerOptions, 'host' | 'onError'>> & {
    readonly timeoutMs?: number;
  } = {},
): Promise<RunningCarrier> {
  const { timeoutMs = CALL_TIMEOUT_MS, ...given } = options;
  const errors: unknown[] = [];
  const settings: CarrierServerOptions = {
    host: '127.0.0.1',
    port: 0,
    apiKey: API_KEY,
    storePath: null,
    lateSeconds: 3_600,
    ...given,
    onError: (error) => errors.push(error),
  };
  const server = await startCarrierServer(settings);
  const { apiKey } = settings;
  return {
    baseUrl: server.url,
    apiKey,
    carrier: createSandboxCarrier({ baseUrl: server.url, apiKey, timeoutMs }),
    ...createCarrierControls(server.url),
    stop: async () => {
      await server.stop();
      if (errors.length > 0) throw new AggregateError(errors, 'the sandbox carrier failed');
    },
  };
}

/** The knobs of any running sandbox carrier, one that `npm start` started included. */
export function createCarrierControls(baseUrl: string): CarrierControls {
  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${baseUrl}/_control/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`_control/${path}: ${await response.text()}`);
    return response.json();
  }
  return {
    addFault: async (fault) => void (await control('POST', 'faults', fault)),
    clearFaults: async () => void (await control('DELETE', 'faults')),
    readState: async () => fromApiState(await control('GET', 'state')),
    settle: async () => void (await control('POST', 'settle', {})),
  };
}

function fromApiState(state: unknown): CarrierState {
  return state as CarrierState;
}
