/**
 * Owns: the file the sandbox keeps its books in: one line per change, appended before it is answered.
 * Does not own: what the rows mean (books.ts).
 * A line holds all rows of one change, so a change is in the file as a whole or not at all; a last
 * line cut short by a crash is dropped. Opening writes the live rows to a new file that replaces the
 * old one in one rename, which keeps the file from growing with history.
 * Not synced to disk: it survives the death of the process, not of the machine. It is a sandbox.
 * Example line: `[["payment",{"id":"sbx_pay_…",…}],["event",{…}]]`.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Journal {
  /** Adds one line. Throws when the file cannot be written; then the change did not happen. */
  readonly append: (line: unknown) => void;
}

/** Keeps nothing: for a sandbox that may forget. */
export const NO_JOURNAL: Journal = { append: () => undefined };

/** The lines of a journal file, oldest first; none when there is no file yet. */
export function readJournal(path: string): unknown[] {
  const lines = readText(path).split('\n');
  // What follows the last line break is empty, or a line that a crash cut short.
  return lines.slice(0, -1).map((line, index) => parseLine(line, { path, number: index + 1 }));
}

/** Replaces the file by these lines, all or nothing, and appends from there. */
export function rewriteJournal(path: string, lines: readonly unknown[]): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  writeFileSync(draft, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  renameSync(draft, path);
  return { append: (line) => appendFileSync(path, `${JSON.stringify(line)}\n`) };
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function parseLine(line: string, at: { readonly path: string; readonly number: number }): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`line ${at.number} of ${at.path} is not readable; move the file away`, {
      cause: error,
    });
  }
}
