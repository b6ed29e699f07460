import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Transaction } from '../transaction';

/** What an operation did, so that the same key answers the same again. `answer` is plain JSON. */
export interface Operation<Answer> {
  readonly key: string;
  readonly accountId: string;
  /** What was asked, without the time it was asked at: a retry may carry a later clock. */
  readonly command: unknown;
  readonly answer: Answer;
  readonly effectiveAt: Instant;
  readonly recordedAt: Instant;
}

/**
 * The stored answer of this key, or null when it has not been done. The same key with another
 * command is a bug of ours or an attack: an invariant, so that it pages.
 */
export async function findAnswer<Answer>(
  trx: Transaction,
  { key, command }: { readonly key: string; readonly command: unknown },
): Promise<{ readonly answer: Answer } | null> {
  const found = await trx<{ key: string; command_hash: Buffer; answer: Answer }>('operations')
    .where({ key })
    .first('command_hash', 'answer');
  if (!found) return null;
  invariant(hashOf(command).equals(found.command_hash), `operation ${key} was another command`);
  return { answer: found.answer };
}

/** Whether something was done under this key. */
export async function isOperationDone(trx: Transaction, key: string): Promise<boolean> {
  return (await trx('operations').where({ key }).first('key')) !== undefined;
}

/** Records that an operation was done. Fails on a key that exists: two of one kind never both act. */
export async function insertOperation<Answer>(
  trx: Transaction,
  operation: Operation<Answer>,
): Promise<void> {
  await trx('operations').insert({
    key: operation.key,
    account_id: operation.accountId,
    command_hash: hashOf(operation.command),
    answer: JSON.stringify(operation.answer),
    effective_at: operation.effectiveAt,
    recorded_at: operation.recordedAt,
  });
}

function hashOf(command: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(command)).digest();
}

/** JSON with its keys in order, so that equal commands have equal hashes. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
