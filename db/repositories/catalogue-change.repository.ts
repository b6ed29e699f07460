import type { CatalogueAction, CatalogueChange, Fields } from '../../domain/catalogue-change';
import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** A change as it is kept; its number counts all changes of the catalogue. */
export interface CatalogueChangeRecord extends CatalogueChange {
  readonly number: bigint;
}

interface ChangeRow {
  readonly number: bigint;
  readonly action: string;
  readonly api_key_id: string;
  readonly role: string;
  readonly before: Fields | null;
  readonly after: Fields;
  readonly changed_at: Instant;
}

/** Keeps what was done to the catalogue, in the transaction that does it. */
export async function insertCatalogueChange(
  trx: Transaction,
  change: CatalogueChange,
): Promise<void> {
  await trx('catalogue_changes').insert({
    subject_kind: change.subject.kind,
    subject_id: change.subject.id,
    action: change.action,
    api_key_id: change.apiKeyId,
    role: change.role,
    before: change.before && JSON.stringify(change.before),
    after: JSON.stringify(change.after),
    changed_at: change.changedAt,
  });
}

/** What was done to one thing, the last first. Other tenants than the operator see nothing. */
export async function listCatalogueChanges(
  trx: Transaction,
  query: {
    readonly subject: CatalogueChange['subject'];
    readonly limit: number;
    readonly before: bigint | null;
  },
): Promise<CatalogueChangeRecord[]> {
  const { subject, before, limit } = query;
  const rows = await trx('catalogue_changes')
    .where({ subject_kind: subject.kind, subject_id: subject.id })
    .modify((builder) => {
      if (before !== null) builder.where('number', '<', String(before));
    })
    .orderBy('number', 'desc')
    .limit(limit)
    .select<ChangeRow[]>('number', 'action', 'api_key_id', 'role', 'before', 'after', 'changed_at');
  return rows.map((row) => fromRowChange(row, subject));
}

function fromRowChange(row: ChangeRow, subject: CatalogueChange['subject']): CatalogueChangeRecord {
  return {
    number: row.number,
    subject,
    action: row.action as CatalogueAction,
    apiKeyId: row.api_key_id,
    role: row.role,
    before: row.before,
    after: row.after,
    changedAt: row.changed_at,
  };
}
