import { createHash } from 'node:crypto';
import type { CommandOutcome, WorkflowCommand } from '../../domain/command';
import { invariant } from '../../domain/invariant';
import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** One Idempotency-Key of one tenant: `operator`, a partner's or an account's id. */
export interface RequestKey {
  readonly tenant: string;
  readonly key: string;
}

/** What must be equal for two requests with one key to be copies of each other. */
export interface RequestFingerprint {
  readonly method: string;
  readonly path: string;
  /** SHA-256 of method, path and canonical body. */
  readonly bodyHash: Buffer;
}

/** An HTTP answer as it is stored and repeated. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface IdempotencyRequest extends RequestKey, RequestFingerprint {
  readonly resourceId: string | null;
  readonly command: WorkflowCommand | null;
  readonly outcome: CommandOutcome | null;
  readonly answer: StoredAnswer | null;
  readonly receivedAt: Instant;
}

/** A command nobody has heard the outcome of: what the reconciliation sends again. */
export interface UnsettledCommand extends RequestKey {
  readonly command: WorkflowCommand;
  readonly updateId: string;
  readonly receivedAt: Instant;
}

interface RequestRow {
  readonly tenant: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body_hash: Buffer;
  readonly resource_id: string | null;
  readonly command: WorkflowCommand | null;
  readonly outcome: CommandOutcome | null;
  readonly answer_status: number | null;
  readonly answer_headers: Record<string, string> | null;
  readonly answer_body: unknown;
  readonly received_at: Instant;
}

const COLUMNS = [
  'tenant',
  'key',
  'method',
  'path',
  'body_hash',
  'resource_id',
  'command',
  'outcome',
  'answer_status',
  'answer_headers',
  'answer_body',
  'received_at',
] as const;

/**
 * The id under which Temporal sees a stored command exactly once. Every copy and every retry of the
 * request computes the same one; a key used again after its row was deleted gets another.
 */
export function updateIdOf(request: RequestKey & { readonly receivedAt: Instant }): string {
  const text = JSON.stringify([request.tenant, request.key, request.receivedAt]);
  return `idem-${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Takes the key. Answers false when it was taken before; waits for another transaction that is just
 * taking it, so that of concurrent copies exactly one goes on.
 */
export async function insertRequest(
  trx: Transaction,
  request: RequestKey & RequestFingerprint & Pick<IdempotencyRequest, 'resourceId' | 'receivedAt'>,
): Promise<boolean> {
  const inserted = await trx('idempotency_requests')
    .insert({
      tenant: request.tenant,
      key: request.key,
      method: request.method,
      path: request.path,
      body_hash: request.bodyHash,
      resource_id: request.resourceId,
      received_at: request.receivedAt,
    })
    .onConflict(['tenant', 'key'])
    .ignore()
    .returning('key');
  return inserted.length === 1;
}

/** The row of a key, or null when the key was never taken. */
export async function findRequest(
  trx: Transaction,
  { tenant, key }: RequestKey,
): Promise<IdempotencyRequest | null> {
  const row = await trx('idempotency_requests')
    .where({ tenant, key })
    .first<RequestRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** The row of a key that is known to be taken, locked until the transaction ends. */
export async function lockRequest(
  trx: Transaction,
  { tenant, key }: RequestKey,
): Promise<IdempotencyRequest> {
  const row = await trx('idempotency_requests')
    .where({ tenant, key })
    .forUpdate()
    .first<RequestRow | undefined>(...COLUMNS);
  invariant(row !== undefined, `the idempotency key ${key} of ${tenant} was taken but has no row`);
  return fromRow(row);
}

/** Notes what to send, in the transaction that took the key. */
export async function storeCommand(
  trx: Transaction,
  { tenant, key }: RequestKey,
  command: WorkflowCommand,
): Promise<void> {
  await trx('idempotency_requests')
    .where({ tenant, key })
    .update({ command: JSON.stringify(command) });
}

/** Keeps the first HTTP answer of a key; a later one changes nothing. */
export async function storeAnswer(
  trx: Transaction,
  { tenant, key }: RequestKey,
  { answer, answeredAt }: { readonly answer: StoredAnswer; readonly answeredAt: Instant },
): Promise<void> {
  await trx('idempotency_requests')
    .where({ tenant, key })
    .whereNull('answered_at')
    .update({
      answer_status: answer.status,
      answer_headers: JSON.stringify(answer.headers),
      answer_body: JSON.stringify(answer.body ?? null),
      answered_at: answeredAt,
    });
}

/** Keeps the first outcome of a command, as told by its workflow; a later one changes nothing. */
export async function storeOutcome(
  trx: Transaction,
  { tenant, key }: RequestKey,
  outcome: CommandOutcome,
): Promise<void> {
  await trx('idempotency_requests')
    .where({ tenant, key })
    .whereNull('outcome')
    .update({ outcome: JSON.stringify(outcome) });
}

/** Commands without a known outcome, oldest first: the reconciliation sends each again under its update id. */
export async function findUnsettledCommands(
  trx: Transaction,
  { receivedBefore, limit }: { readonly receivedBefore: Instant; readonly limit: number },
): Promise<UnsettledCommand[]> {
  const rows = await trx('idempotency_requests')
    .whereNotNull('command')
    .whereNull('outcome')
    .whereNull('answered_at')
    .where('received_at', '<', receivedBefore)
    .orderBy('received_at')
    .limit(limit)
    .select<RequestRow[]>(...COLUMNS);
  return rows.map(fromRow).flatMap(({ tenant, key, command, receivedAt }) => {
    if (command === null) return [];
    return [
      { tenant, key, command, receivedAt, updateId: updateIdOf({ tenant, key, receivedAt }) },
    ];
  });
}

/** Forgets keys whose time is over (the API promises at least 24 hours). Answers how many were deleted. */
export async function deleteSettledRequests(
  trx: Transaction,
  { receivedBefore, limit }: { readonly receivedBefore: Instant; readonly limit: number },
): Promise<number> {
  return trx('idempotency_requests')
    .whereIn(
      ['tenant', 'key'],
      trx('idempotency_requests')
        .select('tenant', 'key')
        .where('received_at', '<', receivedBefore)
        .whereRaw('(answered_at is not null or outcome is not null)')
        .limit(limit),
    )
    .delete();
}

function fromRow(row: RequestRow): IdempotencyRequest {
  return {
    tenant: row.tenant,
    key: row.key,
    method: row.method,
    path: row.path,
    bodyHash: row.body_hash,
    resourceId: row.resource_id,
    command: row.command,
    outcome: row.outcome,
    answer:
      row.answer_status === null
        ? null
        : { status: row.answer_status, headers: row.answer_headers ?? {}, body: row.answer_body },
    receivedAt: row.received_at,
  };
}
