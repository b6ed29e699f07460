import type { Instant } from '../../domain/instant';
import type { LifecycleKind } from '../../domain/lifecycle';
import type { NextAction } from '../../domain/next-action';
import type { Transaction } from '../transaction';
import { fromRowNextAction, type NextActionColumns } from './next-action.columns';

/** A row of the view `lifecycles`: everything that has a workflow, in one shape. */
export interface LifecycleRow {
  readonly workflowId: string;
  readonly kind: LifecycleKind;
  readonly id: string;
  readonly accountId: string;
  readonly status: string;
  readonly revision: number;
  readonly next: NextAction;
  readonly nextActionAt: Instant | null;
}

interface ViewRow extends NextActionColumns {
  readonly workflow_id: string;
  readonly kind: LifecycleRow['kind'];
  readonly id: string;
  readonly account_id: string;
  readonly status: string;
  readonly revision: bigint;
}

const COLUMNS = [
  'workflow_id',
  'kind',
  'id',
  'account_id',
  'status',
  'revision',
  'next_action_kind',
  'next_action_at',
  'next_action_reason',
  'next_action_outside',
] as const;

/**
 * The lifecycle of an account that is due first, at or before `to`, but none of these; null when nothing is. What its
 * partner earns is no account's own: see `listOpenShares`.
 */
export async function findEarliestDue(
  trx: Transaction,
  {
    accountId,
    to,
    except,
  }: {
    readonly accountId: string;
    readonly to: Instant;
    /** Ids of workflows. */
    readonly except: readonly string[];
  },
): Promise<LifecycleRow | null> {
  const row: ViewRow | undefined = await trx<ViewRow>('lifecycles')
    .where({ account_id: accountId })
    .where('next_action_at', '<=', to)
    .whereNotIn('workflow_id', except)
    .whereNot({ kind: 'revenue_share' })
    // At one instant a subscription comes before a number: the plan is what the numbers belong to.
    .orderBy(['next_action_at', { column: 'kind', order: 'desc' }, 'workflow_id'])
    .first(...COLUMNS);
  return row ? fromRowLifecycle(row) : null;
}

/** All lifecycles of an account that have not ended, but for what its partner earns. */
export async function listOpenLifecycles(
  trx: Transaction,
  accountId: string,
): Promise<LifecycleRow[]> {
  const rows: ViewRow[] = await trx('lifecycles')
    .where({ account_id: accountId, is_open: true })
    .whereNot({ kind: 'revenue_share' })
    .orderBy('workflow_id')
    .select(...COLUMNS);
  return rows.map(fromRowLifecycle);
}

/** The workflows of what partners on a test clock earn: they come after all that their customers do. */
export async function listOpenShares(trx: Transaction, clockId: string): Promise<string[]> {
  return trx('lifecycles as l')
    .join('accounts as a', 'a.id', 'l.account_id')
    .where({ 'a.test_clock_id': clockId, 'l.kind': 'revenue_share', 'l.is_open': true })
    .orderBy('l.workflow_id')
    .pluck('l.workflow_id');
}

/**
 * Open lifecycles on the wall clock that are overdue since before `overdueBefore`: their workflow may
 * be gone. At most `limit`, the longest overdue first.
 */
export async function listOverdueLifecycles(
  trx: Transaction,
  { overdueBefore, limit }: { readonly overdueBefore: Instant; readonly limit: number },
): Promise<LifecycleRow[]> {
  const rows: ViewRow[] = await trx('lifecycles as l')
    .join('accounts as a', 'a.id', 'l.account_id')
    .whereNull('a.test_clock_id')
    .where('l.is_open', true)
    .where('l.next_action_at', '<', overdueBefore)
    .orderBy('l.next_action_at')
    .limit(limit)
    .select(COLUMNS.map((column) => `l.${column}`));
  return rows.map(fromRowLifecycle);
}

/**
 * Open lifecycles on test clocks that wait for the outside: real time brings what they wait for, and
 * their workflow may be gone. At most `limit`, any of them: no row says when their time has come.
 */
export async function listAwaitingOutside(
  trx: Transaction,
  { limit }: { readonly limit: number },
): Promise<LifecycleRow[]> {
  const rows: ViewRow[] = await trx('lifecycles as l')
    .join('accounts as a', 'a.id', 'l.account_id')
    .whereNotNull('a.test_clock_id')
    .where('l.next_action_outside', 'awaited')
    .whereNotNull('l.next_action_at') // Always so; the indexes of what is due say it.
    .orderByRaw('random()')
    .limit(limit)
    .select(COLUMNS.map((column) => `l.${column}`));
  return rows.map(fromRowLifecycle);
}

function fromRowLifecycle(row: ViewRow): LifecycleRow {
  return {
    workflowId: row.workflow_id,
    kind: row.kind,
    id: row.id,
    accountId: row.account_id,
    status: row.status,
    revision: Number(row.revision),
    next: fromRowNextAction(row) ?? { kind: 'end', reason: row.next_action_reason },
    nextActionAt: row.next_action_at,
  };
}

/** One lifecycle by its workflow, open or ended, or null. */
export async function findLifecycle(
  trx: Transaction,
  workflowId: string,
): Promise<LifecycleRow | null> {
  const row: ViewRow | undefined = await trx<ViewRow>('lifecycles')
    .where({ workflow_id: workflowId })
    .first(...COLUMNS);
  return row ? fromRowLifecycle(row) : null;
}

/** The workflows of an account whose rows say that money came and is to be tried, in the order they may. */
export async function listToTryMoney(trx: Transaction, accountId: string): Promise<string[]> {
  return trx('lifecycles')
    .where({ account_id: accountId, next_action_kind: 'retry_after_top_up' })
    .orderBy([{ column: 'kind', order: 'desc' }, 'workflow_id'])
    .pluck('workflow_id');
}
