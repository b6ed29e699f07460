/**
 * Owns: the folder a local platform keeps everything in, and that only one platform uses it at a time.
 * Does not own: what is in it (PostgreSQL's and Temporal's files, local-secrets.ts, start.ts).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isProcessRunning, readCommandLine, type ProcessRecord } from '../servers/process-records';
import { SetupError } from '../servers/setup-error';

export interface DataLock {
  release(): void;
}

/** Its command line too, so that another program that got its number is not taken for it. */
type LockHolder = Pick<ProcessRecord, 'pid' | 'match'>;

/** TOLLGATE_DATA_DIR, or `.data` in the project. */
export function dataDirectoryOf(
  environment: Readonly<Record<string, string | undefined>>,
  projectRoot: string,
): string {
  return path.resolve(projectRoot, environment['TOLLGATE_DATA_DIR'] || '.data');
}

/** Claims the folder for this process. Throws a SetupError that names who has it. */
export function lockDataDirectory(directory: string): DataLock {
  mkdirSync(directory, { recursive: true });
  const file = lockFile(directory);
  const holder: LockHolder = { pid: process.pid, match: readCommandLine(process.pid) };
  assertNotRunning(directory);
  rmSync(file, { force: true });
  try {
    // Created, not overwritten: of two that start at once, one fails here.
    writeFileSync(file, `${holder.pid} ${holder.match}\n`, { flag: 'wx' });
  } catch {
    throw alreadyRuns(directory, 'another one that starts right now');
  }
  return { release: () => rmSync(file, { force: true }) };
}

/** Throws a SetupError while a platform runs on this folder. */
export function assertNotRunning(directory: string): void {
  const holder = readHolder(directory);
  if (holder === undefined || holder.pid === process.pid || !isProcessRunning(holder)) return;
  throw alreadyRuns(directory, `process ${holder.pid}`);
}

function alreadyRuns(directory: string, who: string): SetupError {
  return new SetupError(
    `Tollgate already runs on ${directory} (${who}).`,
    'stop it with Ctrl-C, or start this copy on a folder of its own: TOLLGATE_DATA_DIR=.data-2 npm start',
  );
}

function readHolder(directory: string): LockHolder | undefined {
  const file = lockFile(directory);
  if (!existsSync(file)) return undefined;
  const [, pid, match] = /^(\d+) (.+)\n$/.exec(readFileSync(file, 'utf8')) ?? [];
  return pid && match ? { pid: Number(pid), match } : undefined;
}

function lockFile(directory: string): string {
  return path.join(directory, 'lock');
}
