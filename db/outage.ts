/**
 * Whether an error says that PostgreSQL cannot be reached or is too busy now, so that the same
 * request may succeed in a moment. A commit cut off half way counts: its outcome is unknown, and
 * idempotency makes the retry safe.
 */
export function isOutage(error: unknown): boolean {
  // By shape, not by class: errors of sockets come from Node's own realm.
  if (typeof error !== 'object' || error === null) return false;
  if (textOf(error, 'name') === 'KnexTimeoutError') return true;
  const code = textOf(error, 'code');
  if (OUTAGE_CODES.has(code) || code.startsWith(CONNECTION_EXCEPTION)) return true;
  const message = textOf(error, 'message');
  return OUTAGE_TEXTS.some((text) => message.includes(text));
}

function textOf(error: object, name: 'code' | 'message' | 'name'): string {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

const CONNECTION_EXCEPTION = '08';

const OUTAGE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  '25006', // read_only_sql_transaction: we reached a standby during a failover
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: our statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);

/** pg throws these without a code. */
const OUTAGE_TEXTS = [
  'Connection terminated',
  'Connection ended unexpectedly',
  'timeout expired',
  'Query read timeout', // The server says nothing any more.
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
];
