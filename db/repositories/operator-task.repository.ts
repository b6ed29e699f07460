import type { Instant } from '../../domain/instant';
import type {
  OperatorTask,
  OperatorTaskKind,
  OperatorTaskSubject,
} from '../../domain/operator-task';
import { newestFirst, type PageQuery } from '../newest-first';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';

interface OperatorTaskRow {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly account_id: string | null;
  readonly reason: string;
  readonly created_at: Instant;
  readonly closed_at: Instant | null;
  readonly closed_by_key_id: string | null;
  readonly note: string | null;
}

/** Opens a task, unless one of the same kind and subject is open. */
export async function openOperatorTask(
  trx: Transaction,
  task: OperatorTaskSubject & Pick<OperatorTask, 'accountId' | 'reason' | 'openedAt'>,
): Promise<void> {
  await trx.raw(
    `insert into operator_tasks (id, kind, subject, account_id, reason, created_at) values (?, ?, ?, ?, ?, ?)
     on conflict (kind, subject) where closed_at is null do nothing`,
    [newId('operator_task'), task.kind, task.subject, task.accountId, task.reason, task.openedAt],
  );
}

/** Closes what is open of these subjects: they are solved. */
export async function closeOperatorTasks(
  trx: Transaction,
  solved: {
    readonly kind: OperatorTaskKind;
    readonly subjects: readonly string[];
    readonly at: Instant;
  },
): Promise<void> {
  const { kind, subjects, at } = solved;
  if (subjects.length === 0) return;
  await trx('operator_tasks')
    .where({ kind, closed_at: null })
    .whereRaw('subject = any (?::text[])', [[...subjects]])
    .update({ closed_at: at });
}

/** Closes a task by hand; one that is closed stays as it is. Null: there is none of this id. */
export async function closeOperatorTask(
  trx: Transaction,
  {
    id,
    keyId,
    note,
    at,
  }: { readonly id: string; readonly keyId: string; readonly note: string; readonly at: Instant },
): Promise<OperatorTask | null> {
  await trx('operator_tasks')
    .where({ id, closed_at: null })
    .update({ closed_at: at, closed_by_key_id: keyId, note });
  const row = await trx<OperatorTaskRow>('operator_tasks').where({ id }).first();
  return row === undefined ? null : fromRow(row);
}

/** Tasks, newest first. */
export async function listOperatorTasks(
  trx: Transaction,
  query: PageQuery & {
    readonly status?: 'open' | 'closed' | undefined;
    readonly kind?: OperatorTaskKind | undefined;
  },
): Promise<OperatorTask[]> {
  const rows: OperatorTaskRow[] = await trx<OperatorTaskRow>('operator_tasks').modify((builder) => {
    if (query.status === 'open') builder.whereNull('closed_at');
    if (query.status === 'closed') builder.whereNotNull('closed_at');
    if (query.kind !== undefined) builder.where({ kind: query.kind });
    newestFirst(builder, query);
  });
  return rows.map(fromRow);
}

function fromRow(row: OperatorTaskRow): OperatorTask {
  return {
    id: row.id,
    kind: row.kind as OperatorTaskKind,
    subject: row.subject,
    accountId: row.account_id,
    reason: row.reason,
    openedAt: row.created_at,
    closedAt: row.closed_at,
    closedByKeyId: row.closed_by_key_id,
    note: row.note,
  };
}
