/**
 * Owns: the sandbox gateway's own rows (checkouts, setups, payments, kept methods, refunds, disputes, webhook events,
 * answers by idempotency key), in memory and in the journal, and changing several of them as one.
 * Does not own: the rules that change them (checkouts.ts, payments.ts, refunds.ts, …).
 * Rows are replaced, never changed in place.
 * Example: `books.atomically(() => { books.save('payment', paid); books.save('event', told); })`
 * leaves both rows or neither, also after a crash.
 */
import { randomBytes } from 'node:crypto';
import { addSeconds, isBefore, type Instant } from '../../../domain/instant';
import type { PaymentMode } from '../../../domain/payment/payment';
import type { CardExpiry, Mandate } from '../../../domain/payment-method/payment-method';
import { createBookIndex } from './book-index';
import type { Aim } from './faults';
import type { InstrumentOutcome } from './instruments';
import { NO_JOURNAL, readJournal, rewriteJournal, type Journal } from './journal';

export interface CheckoutRow {
  readonly id: string;
  readonly reference: string;
  readonly customerReference: string;
  readonly amount: string;
  readonly currency: string;
  readonly modes: readonly PaymentMode[];
  readonly merchant: string;
  readonly lines: readonly { readonly description: string; readonly amount: string }[];
  readonly returnUrl: string;
  readonly status: 'open' | 'complete' | 'expired';
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export interface PaymentRow {
  readonly id: string;
  readonly checkoutId: string | null;
  readonly reference: string;
  readonly customerReference: string;
  readonly idempotencyKey: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly amountRefunded: string;
  /** What the sandbox keeps; null until it succeeded. */
  readonly fee: string | null;
  readonly mode: PaymentMode;
  readonly status: 'processing' | 'succeeded' | 'failed';
  readonly declineCode: string | null;
  readonly brand: string;
  readonly lastFour: string | null;
  readonly expiry: CardExpiry | null;
  readonly methodId: string | null;
  /** When a pending payment succeeds; null when nothing more will happen by itself. */
  readonly settlesAt: Instant | null;
  /** What the method does later, if the customer wants it kept once this payment succeeds. */
  readonly keepsMethodFor: InstrumentOutcome | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** A page on which a method is kept without a payment. */
export interface SetupRow {
  readonly id: string;
  readonly reference: string;
  readonly customerReference: string;
  readonly mode: PaymentMode;
  readonly currency: string;
  /** The most of one later charge; null: what the mode allows. */
  readonly maxAmount: string | null;
  readonly merchant: string;
  readonly returnUrl: string;
  readonly status: 'open' | 'complete' | 'expired';
  /** Why the last try kept nothing. */
  readonly declineCode: string | null;
  readonly methodId: string | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export interface MethodRow {
  readonly id: string;
  readonly customerReference: string;
  readonly kind: PaymentMode;
  readonly brand: string;
  readonly lastFour: string | null;
  readonly expiry: CardExpiry | null;
  readonly mandate: MandateRow | null;
  readonly later: InstrumentOutcome;
  readonly status: 'active' | 'detached';
  readonly createdAt: Instant;
}

/** What a customer agreed to with the bank. */
export interface MandateRow {
  readonly maxAmount: string | null;
  readonly currency: string;
  readonly status: Mandate['status'];
}

export interface RefundRow {
  readonly id: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  readonly amount: string;
  readonly currency: string;
  readonly createdAt: Instant;
}

/** Money of a payment that the customer's bank wants back. */
export interface DisputeRow {
  readonly id: string;
  readonly paymentId: string;
  readonly reference: string;
  readonly customerReference: string;
  readonly amount: string;
  readonly currency: string;
  readonly fee: string | null;
  readonly reason: string;
  readonly status: 'warning' | 'needs_response' | 'under_review' | 'won' | 'lost';
  readonly evidenceDueAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** Money that was sent to a beneficiary. */
export interface PayoutRow {
  readonly id: string;
  readonly reference: string;
  readonly beneficiary: string;
  readonly amount: string;
  readonly currency: string;
  readonly failureCode: string | null;
  /** It is processing until then. */
  readonly paysAt: Instant;
  readonly createdAt: Instant;
}

export const FORGERIES = ['signature', 'stale', 'future', 'amount', 'currency'] as const;
export type Forgery = (typeof FORGERIES)[number];

export interface Delivery {
  readonly at: Instant;
  /** The receiver's HTTP status, or null when none came. */
  readonly httpStatus: number | null;
  readonly forgery: Forgery | null;
}

export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly reference: string | null;
  /** The exact text that is signed and sent, the same in every delivery. */
  readonly body: string;
  readonly status: 'pending' | 'delivered' | 'dropped' | 'gave_up';
  readonly createdAt: Instant;
  readonly dueAt: Instant;
  /**
   * The reorder knob: held back until the next event of whom it is aimed at comes, then until that one
   * was tried once.
   * `dueAt` ends either wait.
   */
  readonly hold: { readonly untilNextOf: Aim } | { readonly untilSent: string } | null;
  readonly copies: number;
  readonly forgery: Forgery | null;
  readonly attemptsMade: number;
  readonly deliveries: readonly Delivery[];
}

/** The first answer to an idempotency key; `id` is the key. */
export interface AnswerRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly httpStatus: number;
  readonly body: unknown;
  readonly createdAt: Instant;
}

export interface Rows {
  readonly checkout: CheckoutRow;
  readonly setup: SetupRow;
  readonly payment: PaymentRow;
  readonly method: MethodRow;
  readonly refund: RefundRow;
  readonly dispute: DisputeRow;
  readonly payout: PayoutRow;
  readonly event: EventRow;
  readonly answer: AnswerRow;
}
export type RowKind = keyof Rows;

export interface Books {
  readonly find: <Kind extends RowKind>(kind: Kind, id: string) => Rows[Kind] | undefined;
  /** In the order the rows were first saved. */
  readonly list: <Kind extends RowKind>(kind: Kind) => readonly Rows[Kind][];
  /** Oldest first. */
  readonly paymentsOfCheckout: (checkoutId: string) => readonly PaymentRow[];
  /** Oldest first. */
  readonly paymentsWithReference: (reference: string) => readonly PaymentRow[];
  /**
   * Payments under way or to be authorised late, open checkouts and setups, unsent events: their ids, and when
   * each is due in milliseconds since 1970.
   */
  readonly waiting: (kind: WaitingKind) => ReadonlyMap<string, number>;
  /** Waiting rows whose time has come, `nowMs` included. */
  readonly due: <Kind extends WaitingKind>(kind: Kind, nowMs: number) => readonly Rows[Kind][];
  /** Events the reorder knob holds back. */
  readonly heldEvents: () => readonly EventRow[];
  readonly save: <Kind extends RowKind>(kind: Kind, row: Rows[Kind]) => void;
  /** All rows that `work` saves become one change; when it throws, none of them. May be nested. */
  readonly atomically: <Result>(work: () => Result) => Result;
}
export type WaitingKind = 'payment' | 'checkout' | 'setup' | 'event';

/** Answers are replayed for a day, settled events shown for a week; opening forgets older ones. */
const ANSWER_KEPT_SECONDS = 24 * 3_600;
const EVENT_KEPT_SECONDS = 7 * 24 * 3_600;
const RANDOM_BYTES = 20;

type Tables = { readonly [Kind in RowKind]: Map<string, Rows[Kind]> };

interface OpenChange {
  readonly entries: unknown[];
  readonly undo: (() => void)[];
}

/**
 * The books of a file (`path`), or books that forget (`path` null). `onChange` is called after each
 * change. Throws when the file is there and cannot be read.
 */
export function openBooks(options: {
  readonly path: string | null;
  readonly openedAt: Instant;
  readonly onChange: () => void;
}): Books {
  const { path, openedAt, onChange } = options;
  const tables = createTables();
  if (path === null) return createBooks({ tables, journal: NO_JOURNAL, onChange });
  for (const line of readJournal(path)) parseJournalLine(tables, line);
  forgetOldRows(tables, openedAt);
  return createBooks({ tables, journal: rewriteJournal(path, toJournalLines(tables)), onChange });
}

/** A new id of the sandbox: 100 random bits; a checkout's or setup's id is also what keeps its page private. */
export function newSandboxId(
  kind: 'cs' | 'su' | 'pay' | 'pm' | 're' | 'dp' | 'po' | 'evt',
): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const letters = Array.from(randomBytes(RANDOM_BYTES), (byte) => alphabet.charAt(byte % 32));
  return `sbx_${kind}_${letters.join('')}`;
}

function createBooks(parts: {
  readonly tables: Tables;
  readonly journal: Journal;
  readonly onChange: () => void;
}): Books {
  const { tables, journal, onChange } = parts;
  const index = createBookIndex();
  for (const row of listRows(tables)) index.note(row);
  let open: OpenChange | null = null;

  function save<Kind extends RowKind>(kind: Kind, row: Rows[Kind]): void {
    atomically(() => {
      const table: Map<string, Rows[Kind]> = tables[kind];
      const before = table.get(row.id);
      open?.entries.push([kind, row]);
      open?.undo.push(() => {
        if (before === undefined) table.delete(row.id);
        else table.set(row.id, before);
        index.forget(row.id);
        if (before !== undefined) index.note(before);
      });
      table.set(row.id, row);
      index.note(row);
    });
  }

  function atomically<Result>(work: () => Result): Result {
    if (open !== null) return work();
    const change: OpenChange = { entries: [], undo: [] };
    open = change;
    const result = runOrUndo(work, change);
    if (change.entries.length > 0) onChange();
    return result;
  }

  function runOrUndo<Result>(work: () => Result, change: OpenChange): Result {
    try {
      const result = work();
      if (change.entries.length > 0) journal.append(change.entries);
      return result;
    } catch (error) {
      for (const undo of change.undo.toReversed()) undo();
      throw error;
    } finally {
      open = null;
    }
  }

  function findAll<Kind extends RowKind>(kind: Kind, ids: Iterable<string>): Rows[Kind][] {
    return [...ids].flatMap((id) => tables[kind].get(id) ?? []);
  }

  return {
    find: (kind, id) => tables[kind].get(id),
    list: (kind) => [...tables[kind].values()],
    paymentsOfCheckout: (checkoutId) => findAll('payment', index.ofCheckout(checkoutId)),
    paymentsWithReference: (reference) => findAll('payment', index.withReference(reference)),
    waiting: (kind) => index.waiting(kind),
    due: (kind, nowMs) => findAll(kind, idsDue(index.waiting(kind), nowMs)),
    heldEvents: () => findAll('event', index.heldEvents()),
    save,
    atomically,
  };
}

function idsDue(waiting: ReadonlyMap<string, number>, nowMs: number): string[] {
  return [...waiting].flatMap(([id, dueAtMs]) => (dueAtMs <= nowMs ? [id] : []));
}

function createTables(): Tables {
  return {
    checkout: new Map(),
    setup: new Map(),
    payment: new Map(),
    method: new Map(),
    refund: new Map(),
    dispute: new Map(),
    payout: new Map(),
    event: new Map(),
    answer: new Map(),
  };
}

function isRowKind(kind: unknown): kind is RowKind {
  return typeof kind === 'string' && kind in createTables();
}

/** Our own file, written by `save` alone: the kind is checked, the row is taken as it was saved. */
function parseJournalLine(tables: Tables, line: unknown): void {
  if (!Array.isArray(line)) throw new TypeError('a line of the journal is not a list of rows');
  for (const [kind, row] of line as [unknown, Rows[RowKind]][]) {
    if (!isRowKind(kind)) throw new TypeError('the journal has a row of an unknown kind');
    (tables[kind] as Map<string, Rows[RowKind]>).set(row.id, row);
  }
}

function toJournalLines(tables: Tables): unknown[] {
  return Object.entries(tables).flatMap(([kind, table]) =>
    [...table.values()].map((row) => [[kind, row]]),
  );
}

function* listRows(tables: Tables): Generator<Rows[RowKind]> {
  for (const table of Object.values(tables)) yield* table.values();
}

function forgetOldRows(tables: Tables, now: Instant): void {
  const answersFrom = addSeconds(now, -ANSWER_KEPT_SECONDS);
  for (const answer of tables.answer.values()) {
    if (isBefore(answer.createdAt, answersFrom)) tables.answer.delete(answer.id);
  }
  const eventsFrom = addSeconds(now, -EVENT_KEPT_SECONDS);
  for (const event of tables.event.values()) {
    if (event.status === 'pending' || !isBefore(event.createdAt, eventsFrom)) continue;
    tables.event.delete(event.id);
  }
}
