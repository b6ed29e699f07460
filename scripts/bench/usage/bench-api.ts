/** Owns: an API process over a benchmark's PostgreSQL, compiled when this is, and the client that calls it. */
import { Agent, request } from 'node:http';
import path from 'node:path';
import { prepareOperatorKey } from '../prepare-operator-key';
import { findFreePort } from '../../servers/free-port';
import { launch, waitUntilReady } from '../../servers/launch';
import type { UsageBench } from './usage-bench';

const EXTENSION = path.extname(__filename);
const ENTRY = path.join(__dirname, '../../../api', `server${EXTENSION}`);
const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 8_000;
const CONNECTIONS_MAX = 512;

/** Status 0: no answer came. */
export interface Answered {
  readonly status: number;
  readonly bytes: number;
  readonly lines: number;
}

export interface BenchApi {
  readonly pid: number;
  /** Sends one request, reads the whole answer, and answers its status; 0: no answer came. */
  readonly send: (method: 'GET' | 'POST', path: string, body?: string) => Promise<number>;
  /** Reads an answer as it comes and keeps nothing of it. */
  readonly download: (path: string) => Promise<Answered>;
}

/** Nobody is at the addresses of Temporal and the sandboxes: usage and its reports need none of them. */
export async function withApi<T>(
  { postgres, database }: UsageBench,
  lanes: number,
  work: (api: BenchApi) => Promise<T>,
): Promise<T> {
  const apiKey = await prepareOperatorKey(database);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const nobody = 'http://127.0.0.1:1';
  const api = await launch({
    name: 'the API',
    command: process.execPath,
    args: EXTENSION === '.ts' ? ['--require', require.resolve('tsx/cjs'), ENTRY] : [ENTRY],
    environment: {
      PATH: process.env['PATH'],
      DATABASE_URL: postgres.databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      BILLING_API_PORT: String(port),
      BILLING_API_URL: url,
      BILLING_LOG_LEVEL: 'error',
      BILLING_RATE_LIMIT_PER_SECOND: '1000000',
      BILLING_USAGE_LANES: String(lanes),
      BILLING_DIGEST_KEY: 'a digest key for the benchmark alone',
      BILLING_WEBHOOK_KEY: 'a webhook key for the benchmark alone',
      BILLING_SANDBOX_GATEWAY_URL: nobody,
      BILLING_SANDBOX_GATEWAY_KEY: 'no gateway is called here',
      BILLING_SANDBOX_WEBHOOK_SECRETS: 'no webhook comes here either',
      BILLING_SANDBOX_CARRIER_URL: nobody,
      BILLING_SANDBOX_CARRIER_KEY: 'and no carrier',
    },
    logPath: path.join(postgres.folder, 'api.log'),
    recordsDirectory: path.join(postgres.folder, 'pids'),
    match: ENTRY,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  const call = createCall({ url, apiKey, agent });
  try {
    const isReady = async () => (await call('GET', '/healthz')).status === 200;
    await waitUntilReady(api, isReady, READY_DEADLINE_MS);
    return await work({
      pid: api.pid,
      send: async (method, address, body) => (await call(method, address, body)).status,
      download: (address) => call('GET', address),
    });
  } finally {
    agent.destroy();
    await api.stop(STOP_DEADLINE_MS);
  }
}

const NO_ANSWER: Answered = { status: 0, bytes: 0, lines: 0 };
const LINE_END = 10;

/** `fetch` would cost the client, which shares the machine, twice as much. */
function createCall(to: { readonly url: string; readonly apiKey: string; readonly agent: Agent }) {
  return (method: 'GET' | 'POST', address: string, body?: string): Promise<Answered> =>
    new Promise((resolve) => {
      const headers = {
        authorization: `Bearer ${to.apiKey}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const options = { method, agent: to.agent, headers };
      const sent = request(`${to.url}${address}`, options, (answer) => {
        let bytes = 0;
        let lines = 0;
        answer.on('data', (part: Buffer) => {
          bytes += part.length;
          for (let at = part.indexOf(LINE_END); at >= 0; at = part.indexOf(LINE_END, at + 1)) {
            lines += 1;
          }
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes, lines }));
        answer.on('error', () => resolve(NO_ANSWER));
      });
      sent.on('error', () => resolve(NO_ANSWER));
      sent.end(body);
    });
}
