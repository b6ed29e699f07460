/**
 * Owns: how the row of anything with a life of its own is read, locked, written and listed.
 * Does not own: its columns (repositories/<noun>.repository.ts) or what happens to it next (domain/).
 * Every such table has the columns of `LifecycleModel` beside its own. Lock the account's ledger before a
 * row: everyone locks in that order.
 */
import type { Model, ModelClass, PartialModelObject, QueryBuilder } from 'objection';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import {
  workflowIdOf,
  type LifecycleAttributes,
  type LifecycleKind,
  type Step,
} from '../domain/lifecycle';
import type { NextAction } from '../domain/next-action';
import { toRowNextAction, type NextActionColumns } from './repositories/next-action.columns';
import { newestFirst, type PageQuery } from './newest-first';
import type { Transaction } from './transaction';

/** What is billed, with what only its row knows. `revision` counts its changes. */
export interface LifecycleRecord<State> {
  readonly state: State;
  readonly workflowId: string;
  readonly revision: number;
  readonly createdAt: Instant;
}

/** What every noun with a life of its own says of itself. */
interface LifecycleState {
  readonly id: string;
  readonly accountId: string;
  readonly status: string;
}

/** The columns that every lifecycle's table has. */
export interface LifecycleModel extends Model, NextActionColumns {
  id: string;
  account_id: string;
  workflow_id: string;
  revision: bigint;
  status: string;
  created_at: string;
  updated_at: string;
}

type Query = QueryBuilder<LifecycleModel>;

interface Definition<State, Row extends LifecycleModel, ActionKind extends string> {
  readonly kind: LifecycleKind;
  readonly model: ModelClass<Row>;
  readonly toRow: (state: State) => object;
  /** Reads the states of these rows, in their order; with what other tables hold of them. */
  readonly fromRows: (trx: Transaction, rows: readonly Row[]) => Promise<State[]> | State[];
  /** Writes what other tables hold of it; `before` is null for a new one. */
  readonly writeParts?: (
    trx: Transaction,
    states: { readonly before: State | null; readonly after: State },
  ) => Promise<void>;
  readonly decideNextAction: (state: State) => NextAction<ActionKind>;
  /** What operators filter by, and what is noted for them. */
  readonly describe?: (state: State) => {
    readonly attributes?: LifecycleAttributes;
    readonly note?: string;
  };
}

/** What the general code needs of any lifecycle's table. */
export interface LifecycleTable<State, ActionKind extends string = string> {
  readonly kind: LifecycleKind;
  find(trx: Transaction, id: string): Promise<LifecycleRecord<State> | null>;
  lock(trx: Transaction, id: string): Promise<LifecycleRecord<State> | null>;
  stepOf(record: LifecycleRecord<State>): Step<ActionKind>;
}

export function createLifecycleTable<
  State extends LifecycleState,
  Row extends LifecycleModel,
  ActionKind extends string,
>(definition: Definition<State, Row, ActionKind>) {
  const { kind, decideNextAction, describe } = definition;
  return {
    kind,
    decideNextAction,
    ...createReading(definition),
    ...createWriting(definition),

    /** What its workflow knows of it. */
    stepOf({ state, revision }: LifecycleRecord<State>): Step<ActionKind> {
      const { status } = state;
      return { status, revision, next: decideNextAction(state), ...describe?.(state) };
    },
  };
}

function createReading<State, Row extends LifecycleModel, ActionKind extends string>(
  definition: Definition<State, Row, ActionKind>,
) {
  // Objection's types cannot follow a type parameter: here a row is what all of them have in common.
  const model: ModelClass<LifecycleModel> = definition.model;

  async function list(
    trx: Transaction,
    narrow: (query: Query) => unknown,
  ): Promise<LifecycleRecord<State>[]> {
    const rows = await model.query(trx).modify((query) => void narrow(query));
    // They come from the model that makes them of this type.
    const states = await definition.fromRows(trx, rows as Row[]);
    return rows.map((row, index) => {
      const state = states[index];
      invariant(state !== undefined, `${definition.kind} ${row.id} was not read`);
      return fromRow(row, state);
    });
  }

  return {
    list,

    /** Reads one of the tenant's, or null. */
    async find(trx: Transaction, id: string): Promise<LifecycleRecord<State> | null> {
      return (await list(trx, (query) => query.where('id', id)))[0] ?? null;
    },

    /** Reads and locks one. */
    async lock(trx: Transaction, id: string): Promise<LifecycleRecord<State> | null> {
      return (await list(trx, (query) => query.where('id', id).forUpdate()))[0] ?? null;
    },

    /** An account's, newest first, as `narrow` says. */
    page(
      trx: Transaction,
      { accountId, ...page }: PageQuery & { readonly accountId: string },
      narrow: (query: Query) => unknown = () => undefined,
    ): Promise<LifecycleRecord<State>[]> {
      return list(trx, (query) => {
        query.where('account_id', accountId);
        narrow(query);
        newestFirst(query, page);
      });
    },
  };
}

function fromRow<State>(row: LifecycleModel, state: State): LifecycleRecord<State> {
  return {
    state,
    workflowId: row.workflow_id,
    revision: Number(row.revision),
    createdAt: row.created_at,
  };
}

function createWriting<
  State extends LifecycleState,
  Row extends LifecycleModel,
  ActionKind extends string,
>(definition: Definition<State, Row, ActionKind>) {
  const { kind, toRow, writeParts, decideNextAction } = definition;
  const model: ModelClass<LifecycleModel> = definition.model;
  const toColumns = (state: State, extra: PartialModelObject<LifecycleModel>) => ({
    ...toRow(state),
    ...toRowNextAction(decideNextAction(state)),
    ...extra,
  });

  return {
    /** Writes a new one at revision 1. */
    async insert(trx: Transaction, state: State, at: Instant): Promise<LifecycleRecord<State>> {
      const workflowId = workflowIdOf(kind, state.id);
      const born = { workflow_id: workflowId, revision: 1n, created_at: at, updated_at: at };
      await model.query(trx).insert(toColumns(state, born));
      await writeParts?.(trx, { before: null, after: state });
      return { state, workflowId, revision: 1, createdAt: at };
    },

    /** Writes the new state of a locked one and what happens to it next. */
    async update(
      trx: Transaction,
      record: LifecycleRecord<State>,
      { state, at }: { readonly state: State; readonly at: Instant },
    ): Promise<LifecycleRecord<State>> {
      const revision = record.revision + 1;
      const changed = await model
        .query(trx)
        .where({ id: state.id, revision: BigInt(record.revision) })
        .patch(toColumns(state, { revision: BigInt(revision), updated_at: at }));
      invariant(changed === 1, `${kind} ${state.id} changed under its lock`);
      await writeParts?.(trx, { before: record.state, after: state });
      return { ...record, state, revision };
    },
  };
}
