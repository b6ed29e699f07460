/**
 * Owns: telling by notes what corrections have changed of usage that is on a document: one for each document, as the
 * months of the account are documented.
 * Does not own: what a note says (domain/usage/usage-note.ts), corrections.
 */
import { insertEvents } from '../../db/repositories/event.repository';
import { issueDocument } from '../../db/repositories/document.repository';
import {
  listCorrectedDocuments,
  markNoted,
  type CorrectedDocument,
} from '../../db/repositories/documented-charge.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import type { LedgerToTurn } from '../../db/repositories/quota-reset.repository';
import { SYSTEM } from '../../db/tenant';
import { type Transaction, withTransaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import type { DocumentReference } from '../../domain/document/document';
import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { describeMoney, formatAmount } from '../../domain/money';
import { buildUsageNote, postUsageNote, type UsageNote } from '../../domain/usage/usage-note';
import type { ActivityDependencies } from '../dependencies';

/** A note that is to be issued. */
interface Draft {
  readonly note: UsageNote;
  readonly corrected: CorrectedDocument;
  readonly reference: string;
}

/** Issues the notes to an account's documents of usage. Twice issues nothing more. Answers how many it issued. */
export async function issueUsageNotesOf(
  { database, now }: Pick<ActivityDependencies, 'database' | 'now'>,
  { accountId, ledgerId }: LedgerToTurn,
  at: Instant,
): Promise<number> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
    invariant(ledger !== undefined, `account ${accountId} has no ledger`);
    const drafts = await draftNotes(trx, ledgerId, ledger.currency);
    const [first] = drafts;
    if (first === undefined) return 0;
    const recordedAt = now();
    const { reference } = first;
    const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
    for (const draft of drafts) postUsageNote(plan, ledger, { ...draft, at });
    await applyLedgerPlan(trx, plan);
    // The series is locked from here on.
    for (const draft of drafts) {
      const issued = await issue(trx, draft, { accountId, at });
      await markNoted(trx, draft.corrected.id);
      await insertEvents(trx, tell(draft, issued, { accountId, at }), recordedAt);
    }
    return drafts.length;
  });
}

/** By kind, so that all who issue several lock the series in one order. */
async function draftNotes(trx: Transaction, ledgerId: bigint, code: string): Promise<Draft[]> {
  const currency = parseCurrency(code);
  const corrected = await listCorrectedDocuments(trx, { ledgerId });
  const drafts = corrected.flatMap((document) => {
    const note = buildUsageNote(document.charges, { taxation: document.taxation, currency });
    const reference = `usage/note/${document.id}/${document.noteCount + 1}`;
    return note === null ? [] : [{ note, corrected: document, reference }];
  });
  return drafts.toSorted((left, right) => left.note.kind.localeCompare(right.note.kind));
}

interface Issuing {
  readonly accountId: string;
  readonly at: Instant;
}

function issue(
  trx: Transaction,
  { note, corrected, reference }: Draft,
  { accountId, at }: Issuing,
): Promise<DocumentReference> {
  const { amountMicros } = note.sale.total;
  return issueDocument(trx, {
    kind: note.kind,
    accountId,
    sale: note.sale,
    taxation: note.taxation,
    issuedAt: at,
    subject: { kind: 'usage', id: corrected.month },
    references: [
      { id: corrected.id, amountMicros: amountMicros < 0n ? -amountMicros : amountMicros },
    ],
    operationKey: `${accountId}/${reference}`,
  });
}

function tell(
  { note: { kind, sale }, corrected }: Draft,
  { id, number }: DocumentReference,
  { accountId, at }: Issuing,
): NewEvent[] {
  const { number: correctedNumber, month } = corrected;
  const reason =
    `usage of ${month} that is on ${correctedNumber} was corrected by ${describeMoney(sale.total)}, ` +
    `which ${kind.replace('_', ' ')} ${number} says`;
  return buildEvents<'usage_document'>(
    { id, accountId },
    {
      at,
      facts: {
        kind,
        number,
        month,
        total: formatAmount(sale.total),
        currency: sale.total.currency,
      },
      events: [{ type: 'usage_document.issued', reason }],
    },
  );
}
