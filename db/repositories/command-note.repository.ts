import type { Instant } from '../../domain/instant';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';

/** Keeps what a person wrote with a command and answers the id that stands for it in histories. */
export async function insertCommandNote(
  trx: Transaction,
  note: { readonly accountId: string; readonly words: string; readonly createdAt: Instant },
): Promise<string> {
  const id = newId('command_note');
  await trx('command_notes').insert({
    id,
    account_id: note.accountId,
    words: note.words,
    created_at: note.createdAt,
  });
  return id;
}

/** The words of a note, or null when there is no such note. */
export async function findCommandNote(trx: Transaction, id: string): Promise<string | null> {
  const row = await trx('command_notes')
    .where({ id })
    .first<{ readonly words: string } | undefined>('words');
  return row?.words ?? null;
}
