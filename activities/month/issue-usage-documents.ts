/**
 * Owns: issuing what usage took in a month as documents: one transaction per account, once per account and month.
 * Does not own: what a document says (domain/usage/usage-document.ts), when a month ends.
 * A document covers what was recorded up to its issue. A late event of that month which fell to money goes on the
 * next month's.
 */
import { isOutage } from '../../db/outage';
import { insertEvents } from '../../db/repositories/event.repository';
import { findDocumentOf, issueDocument } from '../../db/repositories/document.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import type { LedgerToTurn } from '../../db/repositories/quota-reset.repository';
import {
  keepDocumented,
  listOpenCharges,
  type OpenUsageCharges,
} from '../../db/repositories/usage-charge.repository';
import { SYSTEM } from '../../db/tenant';
import { type Transaction, withTransaction } from '../../db/transaction';
import { previousMonth, type MonthKey } from '../../domain/calendar';
import { parseCurrency } from '../../domain/currency';
import type { DocumentReference } from '../../domain/document/document';
import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { describeMoney, formatAmount } from '../../domain/money';
import {
  buildUsageDocument,
  postUsageDocument,
  type UsageDocument,
} from '../../domain/usage/usage-document';
import type { ActivityDependencies } from '../dependencies';
import { issueUsageNotesOf } from './issue-usage-notes';
import { putAside } from './put-aside';

type IssueDependencies = Pick<ActivityDependencies, 'database' | 'now'>;

interface Closing {
  /** The month that began: those before it are documented. */
  readonly month: MonthKey;
  /** The account's present. */
  readonly at: Instant;
}

/**
 * Issues an account's documents of the months before, and the notes to those that were corrected. Twice issues nothing
 * more. Answers how many it issued.
 */
export async function issueUsageDocumentsOf(
  dependencies: IssueDependencies,
  account: LedgerToTurn,
  closing: Closing,
): Promise<number> {
  const documents = await issueDocumentsOf(dependencies, account, closing);
  return documents + (await issueUsageNotesOf(dependencies, account, closing.at));
}

function issueDocumentsOf(
  { database, now }: IssueDependencies,
  { accountId, ledgerId }: LedgerToTurn,
  { month, at }: Closing,
): Promise<number> {
  const closed = previousMonth(month);
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
    invariant(ledger !== undefined, `account ${accountId} has no ledger`);
    if (await isDocumented(trx, accountId, closed)) return 0;
    const open = await listOpenCharges(trx, { ledgerId, before: month });
    const drafts = buildDrafts(ledger, open, closed);
    if (drafts.length === 0) return 0;
    const recordedAt = now();
    const plan = createLedgerPlan([ledger], { reference: `usage/${closed}`, postedAt: recordedAt });
    for (const { document, reference } of drafts) {
      postUsageDocument(plan, ledger, { document, reference, at });
    }
    await applyLedgerPlan(trx, plan);
    const { transferCount: lastTransfer } = ledger;
    // The series is locked from here on.
    for (const draft of drafts) {
      const issued = await issue(trx, draft, { accountId, closed, at });
      const { taxationId } = draft;
      const kept = { ledgerId, before: month, taxationId, documentId: issued.id, lastTransfer };
      await keepDocumented(trx, kept);
      await insertEvents(trx, tell(draft, issued, { accountId, closed, at }), recordedAt);
    }
    return drafts.length;
  });
}

/** The same for accounts of the wall clock; one that cannot be is set aside. Answers how many were and were not. */
export async function issueEach(
  dependencies: IssueDependencies,
  accounts: readonly LedgerToTurn[],
  month: MonthKey,
): Promise<{ readonly issued: number; readonly setAside: number }> {
  let issued = 0;
  let setAside = 0;
  for (let start = 0; start < accounts.length; start += AT_ONCE) {
    const some = accounts.slice(start, start + AT_ONCE);
    const counts = await Promise.all(some.map((one) => issueOrPutAside(dependencies, one, month)));
    for (const count of counts) {
      if (count === null) setAside += 1;
      else issued += count;
    }
  }
  return { issued, setAside };
}

/** They wait for each other only where numbers are given, at the end of each. */
const AT_ONCE = 4;

/** Answers how many were issued; null: the account is set aside. */
async function issueOrPutAside(
  dependencies: IssueDependencies,
  account: LedgerToTurn,
  month: MonthKey,
): Promise<number | null> {
  try {
    const at = dependencies.now();
    return await issueUsageDocumentsOf(dependencies, account, { month, at });
  } catch (error) {
    if (isOutage(error)) throw error;
    const what = 'the usage of an account cannot be documented';
    await putAside(dependencies, account, { what, month, error });
    return null;
  }
}

interface Draft {
  readonly document: UsageDocument;
  readonly reference: string;
  readonly taxationId: number;
}

/** One, unless the taxation changed within the month: then one for each. */
function buildDrafts(
  { currency }: LedgerState,
  open: readonly OpenUsageCharges[],
  closed: MonthKey,
): Draft[] {
  const documents = open.flatMap(({ taxation, taxationId, charges }) => {
    const terms = { taxation, currency: parseCurrency(currency) };
    const document = buildUsageDocument(charges, terms);
    return document === null ? [] : [{ document, taxationId }];
  });
  return documents.map((draft, index) => ({ ...draft, reference: referenceOf(closed, index) }));
}

function referenceOf(closed: MonthKey, index: number): string {
  return index === 0 ? `usage/${closed}` : `usage/${closed}/${index + 1}`;
}

function operationKeyOf(accountId: string, reference: string): string {
  return `${accountId}/${reference}`;
}

async function isDocumented(
  trx: Transaction,
  accountId: string,
  closed: MonthKey,
): Promise<boolean> {
  const operationKey = operationKeyOf(accountId, referenceOf(closed, 0));
  const invoice = await findDocumentOf(trx, { operationKey, kind: 'invoice' });
  return (
    invoice !== null || (await findDocumentOf(trx, { operationKey, kind: 'statement' })) !== null
  );
}

interface Issuing {
  readonly accountId: string;
  readonly closed: MonthKey;
  readonly at: Instant;
}

function issue(
  trx: Transaction,
  { document, reference }: Draft,
  { accountId, closed, at }: Issuing,
): Promise<DocumentReference> {
  return issueDocument(trx, {
    kind: document.kind,
    accountId,
    sale: document.sale,
    taxation: document.taxation,
    issuedAt: at,
    subject: { kind: 'usage', id: closed },
    references: [],
    operationKey: operationKeyOf(accountId, reference),
  });
}

function tell(
  { document: { kind, sale } }: Draft,
  { id, number }: DocumentReference,
  { accountId, closed, at }: Issuing,
): NewEvent[] {
  const what = kind === 'invoice' ? 'invoice' : 'statement';
  const reason = `usage of ${closed} for ${describeMoney(sale.total)} is on ${what} ${number}; the balance has paid it`;
  return buildEvents<'usage_document'>(
    { id, accountId },
    {
      at,
      facts: {
        kind,
        number,
        month: closed,
        total: formatAmount(sale.total),
        currency: sale.total.currency,
      },
      events: [{ type: 'usage_document.issued', reason }],
    },
  );
}
