import type { Instant } from '../domain/instant';

/** A page of a list by creation, newest first. `before` is the last row of the page before. */
export interface PageQuery {
  readonly limit: number;
  readonly before: { readonly createdAt: Instant; readonly id: string } | null;
}

/** What a query of knex and one of objection have in common here. */
interface Pageable {
  whereRaw(sql: string, bindings: readonly string[]): unknown;
  orderBy(columns: { readonly column: string; readonly order: 'desc' }[]): unknown;
  limit(rows: number): unknown;
}

/** Makes a query over rows with `created_at` and `id` read one page. */
export function newestFirst(query: Pageable, { limit, before }: PageQuery): void {
  if (before !== null) {
    query.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
  }
  query.orderBy([
    { column: 'created_at', order: 'desc' },
    { column: 'id', order: 'desc' },
  ]);
  query.limit(limit);
}
