import { spawn } from 'node:child_process';
import path from 'node:path';

export interface Watchdog {
  readonly pid: number | undefined;
  /** The run is over: it ends what is left and goes. Resolves once it is gone. */
  dismiss(): Promise<void>;
}

/**
 * Starts a small process that outlives us by a few seconds at most: when we are gone it ends every
 * process recorded in `recordsDirectory` and removes `folders`.
 */
export function startWatchdog(options: {
  readonly recordsDirectory: string;
  readonly folders: readonly string[];
}): Watchdog {
  const child = spawn(
    process.execPath,
    [
      '--require',
      require.resolve('tsx/cjs'),
      // Compiled, the watchdog is as well.
      path.join(__dirname, `watchdog${path.extname(__filename)}`),
      options.recordsDirectory,
      ...options.folders,
    ],
    // Its own group: Ctrl-C in the terminal must not end the one who cleans up after it.
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  child.unref();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('error', () => undefined); // Without it a clean end still works; only a crash leaves processes.
  return {
    pid: child.pid,
    dismiss: async () => {
      child.ref(); // Now we do wait for it.
      child.stdin.end();
      await gone;
    },
  };
}
