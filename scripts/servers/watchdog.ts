/**
 * Owns: ending what a run has started when the run itself dies without saying goodbye (SIGKILL, a
 * crash, a closed terminal). It waits on a pipe that the system closes with the run, then ends the
 * recorded processes and removes the folders it was given.
 * Does not own: the orderly stop; a run that ends well has stopped everything by itself before.
 * Run as `node --require tsx/cjs scripts/servers/watchdog.ts RECORDS [FOLDER…]`.
 */
import { rmSync } from 'node:fs';
import { endRecordedProcesses } from './process-records';

const STOP_DEADLINE_MS = 5_000;

async function watch(recordsDirectory: string, folders: readonly string[]): Promise<void> {
  for await (const chunk of process.stdin) void chunk; // Ends when the run does.
  await endRecordedProcesses(recordsDirectory, STOP_DEADLINE_MS);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

const [recordsDirectory, ...folders] = process.argv.slice(2);
if (recordsDirectory !== undefined) void watch(recordsDirectory, folders);
