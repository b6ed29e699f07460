import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pollUntil, StopPolling } from './poll-until';
import { removeProcessRecord, writeProcessRecord } from './process-records';
import { SetupError, StartFailure } from './setup-error';

export interface LaunchOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory?: string;
  /** Both output streams are appended here. */
  readonly logPath: string;
  /** Where the process is recorded while it runs (process-records.ts). */
  readonly recordsDirectory: string;
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** Part of the command line that tells it from others; the command itself when left out. */
  readonly match?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface LaunchedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when it has ended, with how: "exit code 1", "signal SIGKILL". Never rejects. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop, forces it after the deadline, and resolves once it is gone. */
  stop(deadlineMs: number): Promise<void>;
}

const LOG_TAIL_LINES = 15;
/** What our processes say when a setting is wrong (sysexits.h): another try would bring the same. */
const WRONG_SETTING = 'exit code 78';

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches only us and we stop things in order.
 * Rejects with a SetupError when the program cannot be started at all.
 */
export async function launch(options: LaunchOptions): Promise<LaunchedProcess> {
  mkdirSync(path.dirname(options.logPath), { recursive: true });
  const log = openSync(options.logPath, 'a');
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  const child = spawn(options.command, options.args, {
    cwd: options.workingDirectory,
    env: { ...options.environment },
    stdio: ['ignore', log, log],
    detached: true,
    ...options.user,
  });
  closeSync(log);
  const pid = await waitForPid(child, options);
  writeProcessRecord(options.recordsDirectory, {
    pid,
    match: options.match ?? options.command,
    stopSignal,
  });
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      hasEnded = true;
      removeProcessRecord(options.recordsDirectory, pid);
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  return {
    name: options.name,
    pid,
    logPath: options.logPath,
    ended,
    hasEnded: () => hasEnded,
    kill: (signal) => void child.kill(signal),
    stop: async (deadlineMs) => {
      child.kill(stopSignal);
      const force = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
      await ended;
      clearTimeout(force);
    },
  };
}

function waitForPid(child: ReturnType<typeof spawn>, options: LaunchOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(
        new SetupError(
          `${options.name} could not be started: ${error.message}`,
          `check that ${options.command} exists and may be run by this user.`,
        ),
      ),
    );
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

/**
 * Waits until `isReady` says so. Throws a StartFailure with the end of the process's log when it ends
 * before, or when the deadline passes (then it is stopped); a plain SetupError when a setting is wrong.
 */
export async function waitUntilReady(
  launched: LaunchedProcess,
  isReady: () => Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const failure = (problem: string, Failure: typeof SetupError = StartFailure) =>
    new Failure(
      `${launched.name} ${problem}. The end of its log:\n${readLogTail(launched.logPath)}`,
      `read ${launched.logPath} and correct what it says. All data is kept.`,
    );
  try {
    await pollUntil(
      async () => {
        if (launched.hasEnded()) {
          const how = await launched.ended;
          const Failure = how === WRONG_SETTING ? SetupError : StartFailure;
          throw new StopPolling(failure(`ended (${how})`, Failure));
        }
        return isReady();
      },
      { deadlineMs, waitingFor: `sign of life of ${launched.name}` },
    );
  } catch (error) {
    if (error instanceof SetupError) throw error;
    await launched.stop(0);
    throw failure(`was not ready after ${deadlineMs / 1_000} s`);
  }
}

/** The last lines of a log, indented; empty when there is none. */
export function readLogTail(logPath: string): string {
  try {
    const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    return lines.map((line) => `    ${line}`).join('\n');
  } catch {
    return '    (no log)';
  }
}
