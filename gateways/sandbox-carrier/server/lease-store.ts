/**
 * Owns: the sandbox carrier's own rows (leases, numbers others took, answers by idempotency key), in
 * memory and in its journal.
 * Does not own: the rules that change them (leases.ts).
 * One `commit` is one line of the journal, written before anything changes: all of it or nothing.
 * Example: `store.commit({ lease: rented, answer })` leaves both or neither, also after a crash.
 */
import { addSeconds, isBefore, toEpochMs, type Instant } from '../../../domain/instant';
import type { LeaseStatus } from '../../number-carrier';
import type { AnswerRow } from '../../sandbox/server/books';
import {
  NO_JOURNAL,
  readJournal,
  rewriteJournal,
  type Journal,
} from '../../sandbox/server/journal';

export interface LeaseRow {
  readonly id: string;
  readonly number: string;
  readonly reference: string;
  readonly status: LeaseStatus;
  /** What becomes of a pending or releasing lease by itself, and when. */
  readonly next: { readonly status: LeaseStatus; readonly at: Instant } | null;
  readonly createdAt: Instant;
}

/** What one operation changes. */
export interface Change {
  readonly lease?: LeaseRow;
  /** A number that somebody else rents from now on. */
  readonly takenNumber?: string;
  readonly answer?: AnswerRow;
}

export interface LeaseStore {
  readonly find: (leaseId: string) => LeaseRow | null;
  /** Oldest first. */
  readonly list: () => readonly LeaseRow[];
  readonly isTaken: (number: string) => boolean;
  readonly findAnswer: (key: string) => AnswerRow | undefined;
  /** When the next lease changes by itself, in milliseconds since 1970; null: none will. */
  readonly nextDueAtMs: () => number | null;
  readonly commit: (change: Change) => void;
}

const ANSWER_KEPT_SECONDS = 24 * 3_600;

interface Tables {
  readonly leases: Map<string, LeaseRow>;
  readonly takenNumbers: Set<string>;
  readonly answers: Map<string, AnswerRow>;
}

/** The store of a file (`path`), or one that forgets (`path` null). Throws when the file cannot be read. */
export function openLeaseStore(options: {
  readonly path: string | null;
  readonly openedAt: Instant;
  readonly onChange: () => void;
}): LeaseStore {
  const { path, openedAt, onChange } = options;
  const tables: Tables = { leases: new Map(), takenNumbers: new Set(), answers: new Map() };
  if (path === null) return createStore(tables, NO_JOURNAL, onChange);
  for (const line of readJournal(path)) apply(tables, fromJournal(line));
  forgetOldAnswers(tables, openedAt);
  return createStore(tables, rewriteJournal(path, listChanges(tables)), onChange);
}

function createStore(tables: Tables, journal: Journal, onChange: () => void): LeaseStore {
  const { leases, takenNumbers, answers } = tables;
  return {
    find: (leaseId) => leases.get(leaseId) ?? null,
    list: () => [...leases.values()],
    isTaken: (number) =>
      takenNumbers.has(number) ||
      [...leases.values()].some((lease) => lease.number === number && isHeld(lease)),
    findAnswer: (key) => answers.get(key),
    nextDueAtMs: () => {
      const due = [...leases.values()].flatMap(({ next }) => (next ? [toEpochMs(next.at)] : []));
      return due.length === 0 ? null : Math.min(...due);
    },
    commit: (change) => {
      journal.append(change);
      apply(tables, change);
      onChange();
    },
  };
}

/** Whether the carrier keeps the number for this lease. */
export function isHeld({ status }: LeaseRow): boolean {
  return status !== 'released' && status !== 'failed';
}

function apply({ leases, takenNumbers, answers }: Tables, change: Change): void {
  const { lease, takenNumber, answer } = change;
  if (lease !== undefined) leases.set(lease.id, lease);
  if (takenNumber !== undefined) takenNumbers.add(takenNumber);
  if (answer !== undefined) answers.set(answer.id, answer);
}

/** Our own file, written by `commit` alone: a change is taken as it was written. */
function fromJournal(line: unknown): Change {
  if (typeof line !== 'object' || line === null) throw new TypeError('a line is not a change');
  return line;
}

function listChanges({ leases, takenNumbers, answers }: Tables): Change[] {
  return [
    ...[...leases.values()].map((lease) => ({ lease })),
    ...[...takenNumbers].map((takenNumber) => ({ takenNumber })),
    ...[...answers.values()].map((answer) => ({ answer })),
  ];
}

function forgetOldAnswers({ answers }: Tables, now: Instant): void {
  const keptFrom = addSeconds(now, -ANSWER_KEPT_SECONDS);
  for (const answer of answers.values()) {
    if (isBefore(answer.createdAt, keptFrom)) answers.delete(answer.id);
  }
}
