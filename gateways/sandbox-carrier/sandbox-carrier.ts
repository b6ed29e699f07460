/**
 * Owns: the sandbox carrier behind the port: its calls and answers in our words.
 * Does not own: the sandbox itself, a server of its own (server/), or HTTP (carrier-client.ts).
 * Example: `createSandboxCarrier({ baseUrl, apiKey, timeoutMs: 4_000 }).search({ country: 'IN', … })`.
 */
import { parseMoney } from '../../domain/money';
import {
  CarrierRejected,
  type CarrierLease,
  type NumberCarrier,
  type NumberSearch,
  type OfferedNumber,
  type OrderNumberRequest,
  type OrderOutcome,
  type ReleaseNumberRequest,
  type ReleaseOutcome,
} from '../number-carrier';
import {
  createCarrierClient,
  type CarrierClient,
  type CarrierClientOptions,
  type Reply,
} from './carrier-client';
import {
  leaseListSchema,
  leaseSchema,
  offeredListSchema,
  offeredSchema,
  type WireLease,
  type WireOffered,
} from './wire';

export function createSandboxCarrier(options: CarrierClientOptions): NumberCarrier {
  const client = createCarrierClient({ ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') });
  return {
    name: 'sandbox',
    search: (query) => search(client, query),
    findOffered: ({ number }) => findOffered(client, number),
    order: (request) => order(client, request),
    release: (request) => release(client, request),
    getLease: (leaseId) => getLease(client, leaseId),
    findLease: ({ reference }) => findLease(client, reference),
  };
}

async function search(
  client: CarrierClient,
  query: NumberSearch,
): Promise<readonly OfferedNumber[]> {
  const { country, type, capabilities, limit } = query;
  const asked = new URLSearchParams({ country, limit: String(limit) });
  if (type !== undefined) asked.set('type', type);
  if (capabilities.length > 0) asked.set('capabilities', capabilities.join(','));
  const path = `/v1/numbers?${asked.toString()}`;
  const reply = await client({ method: 'GET', path, reply: offeredListSchema });
  return expectDone(reply).items.map(fromApiOffered);
}

async function findOffered(client: CarrierClient, number: string): Promise<OfferedNumber | null> {
  const path = `/v1/numbers/${encodeURIComponent(number)}`;
  const reply = await client({ method: 'GET', path, reply: offeredSchema });
  if (isMissing(reply)) return null;
  const offered = fromApiOffered(expectDone(reply));
  if (offered.number !== number) throw mismatch('another number');
  return offered;
}

async function order(client: CarrierClient, request: OrderNumberRequest): Promise<OrderOutcome> {
  const { idempotencyKey, number, reference } = request;
  const reply = await client({
    method: 'POST',
    path: '/v1/leases',
    idempotencyKey,
    reply: leaseSchema,
    body: { number, reference },
  });
  if (reply.kind === 'refused' && reply.error.code === 'number_gone') return { kind: 'gone' };
  const lease = fromApiLease(expectDone(reply));
  if (lease.number !== number) throw mismatch('another number');
  if (lease.reference !== reference) throw mismatch('another reference');
  return { kind: lease.status === 'pending' ? 'pending' : 'ordered', lease };
}

async function release(
  client: CarrierClient,
  { idempotencyKey, leaseId }: ReleaseNumberRequest,
): Promise<ReleaseOutcome> {
  const reply = await client({
    method: 'POST',
    path: `/v1/leases/${encodeURIComponent(leaseId)}/release`,
    idempotencyKey,
    reply: leaseSchema,
    body: {},
  });
  if (isMissing(reply)) return { kind: 'unknown_lease' };
  const lease = fromApiLease(expectDone(reply));
  if (lease.leaseId !== leaseId) throw mismatch('another lease');
  return { kind: lease.status === 'releasing' ? 'pending' : 'released' };
}

async function getLease(client: CarrierClient, leaseId: string): Promise<CarrierLease | null> {
  const path = `/v1/leases/${encodeURIComponent(leaseId)}`;
  const reply = await client({ method: 'GET', path, reply: leaseSchema });
  return isMissing(reply) ? null : fromApiLease(expectDone(reply));
}

async function findLease(client: CarrierClient, reference: string): Promise<CarrierLease | null> {
  const path = `/v1/leases?reference=${encodeURIComponent(reference)}`;
  const reply = await client({ method: 'GET', path, reply: leaseListSchema });
  const [lease] = expectDone(reply).items;
  return lease === undefined ? null : fromApiLease(lease);
}

function fromApiOffered(offered: WireOffered): OfferedNumber {
  const { number, country, type, capabilities, currency } = offered;
  const upFront = parseMoney({ amount: offered.up_front_fee, currency });
  const monthly = parseMoney({ amount: offered.monthly_price, currency });
  return { number, country, type, capabilities, fees: { upFront, monthly } };
}

function fromApiLease(lease: WireLease): CarrierLease {
  const { id, number, reference, capabilities, status } = lease;
  return { leaseId: id, reference, number, capabilities, status, createdAt: lease.created_at };
}

function expectDone<Value>(reply: Reply<Value>): Value {
  if (reply.kind === 'done') return reply.value;
  const { error, httpStatus } = reply;
  throw new CarrierRejected(error.code, httpStatus, `the carrier refused: ${error.message}`);
}

function isMissing(reply: Reply<unknown>): boolean {
  return reply.kind === 'refused' && reply.httpStatus === 404;
}

/** An answer about something else than we asked is an alarm, and asking again would not help. */
function mismatch(what: string): CarrierRejected {
  return new CarrierRejected('reply_mismatch', 200, `the carrier answered about ${what}`);
}
