/**
 * Owns: the list of processes a run has started, one small file each, so that they can be ended even
 * when the run itself was killed: by the watchdog at once, or by the next run.
 * Does not own: starting and stopping them in good order (launch.ts).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface ProcessRecord {
  readonly pid: number;
  /** Part of its command line: a reused process id belongs to a stranger and is left alone. */
  readonly match: string;
  readonly stopSignal: NodeJS.Signals;
}

const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGKILL'];
const POLL_MS = 50;

export function writeProcessRecord(directory: string, record: ProcessRecord): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, String(record.pid)), `${record.stopSignal} ${record.match}\n`);
}

export function removeProcessRecord(directory: string, pid: number): void {
  rmSync(path.join(directory, String(pid)), { force: true });
}

/** Whether a process with this id runs and its command line contains `match`. */
export function isProcessRunning({ pid, match }: Pick<ProcessRecord, 'pid' | 'match'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return readCommandLine(pid).includes(match);
}

/** How a process was started, in one line; empty when it is gone. */
export function readCommandLine(pid: number): string {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return text.replaceAll(/[\0\s]+/g, ' ').trim();
  } catch {
    return ''; // It ended in between.
  }
}

/** Ends every recorded process that still runs: asks, and after the deadline forces. */
export async function endRecordedProcesses(directory: string, deadlineMs: number): Promise<void> {
  const running = await listRunning(directory);
  for (const { pid, stopSignal } of running) signal(pid, stopSignal);
  const endsAt = performance.now() + deadlineMs;
  while (running.some(isProcessRunning) && performance.now() < endsAt) await pause(POLL_MS);
  for (const { pid } of running.filter(isProcessRunning)) signal(pid, 'SIGKILL');
  for (const { pid } of listProcessRecords(directory)) removeProcessRecord(directory, pid);
}

async function listRunning(directory: string): Promise<ProcessRecord[]> {
  const records = listProcessRecords(directory);
  // Who is being executed at this instant has no command line yet, just as who has ended has none any more.
  if (records.some(({ pid }) => readCommandLine(pid) === '')) await pause(POLL_MS);
  return records.filter(isProcessRunning);
}

function listProcessRecords(directory: string): ProcessRecord[] {
  return readNames(directory).flatMap((name) => {
    const [, signalName, match] = /^(SIG\w+) (.+)\n?$/.exec(readText(directory, name)) ?? [];
    const stopSignal = STOP_SIGNALS.find((known) => known === signalName);
    return stopSignal && match ? [{ pid: Number(name), match, stopSignal }] : [];
  });
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // Nothing was ever started.
  }
}

function readText(directory: string, name: string): string {
  try {
    return readFileSync(path.join(directory, name), 'utf8');
  } catch {
    return ''; // Its process ended, and took the record along.
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself: that is what was wanted.
  }
}
