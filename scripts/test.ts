/**
 * `npm test`: every test, in turns: two files at a time where they can, which is what two cores bear; one after
 * the other where time itself is moved, because Temporal's server of tests answers late when it shares a core.
 * With arguments it is one turn, and they go to jest: `npm test -- --selectProjects domain`,
 * `npm test -- test/db`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const TURNS = [
  ['--maxWorkers=2', '--selectProjects', 'domain', 'house', 'gateways', 'db', 'activities', 'api'],
  ['--runInBand', '--selectProjects', 'workflows'],
  ['--maxWorkers=2', '--selectProjects', 'scenarios'],
] as const;

let running: ChildProcess | undefined;
let isInterrupted = false;

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  if (asked.length > 0) {
    process.exitCode = await runJest(['--runInBand', ...asked], process.env);
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'tollgate-test-'));
  try {
    process.exitCode = await runTurns(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All turns, also when one failed: whoever mends it wants to know of everything that is broken. */
async function runTurns(folder: string): Promise<number> {
  let exitCode = 0;
  let passed = 0;
  let failed = 0;
  for (const [place, turn] of TURNS.entries()) {
    const file = path.join(folder, `turn-${place}`);
    const environment = { ...process.env, TOLLGATE_TEST_SUMMARY: file };
    exitCode = Math.max(exitCode, await runJest(turn, environment));
    if (isInterrupted) return exitCode;
    const counted = readCounts(file);
    passed += counted.passed;
    failed += counted.failed;
  }
  const summary = `${passed} passed, ${failed} failed`;
  const file = process.env.TOLLGATE_TEST_SUMMARY;
  if (file !== undefined) writeFileSync(file, summary);
  process.stdout.write(`\nAll turns:\n${summary}\n`);
  return exitCode;
}

function runJest(options: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...options], {
    stdio: 'inherit',
    env: environment,
  });
  running = jest;
  return new Promise((resolve) => jest.once('exit', (code) => resolve(code ?? 1)));
}

/** What run-reporter.js counted. A turn that ended before jest could count has failed once. */
function readCounts(file: string): { readonly passed: number; readonly failed: number } {
  try {
    const [, passed, failed] =
      /^(\d+) passed, (\d+) failed$/.exec(readFileSync(file, 'utf8')) ?? [];
    return { passed: Number(passed ?? 0), failed: Number(failed ?? 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

// Ctrl-C reaches jest by itself; a signal sent to us alone has to be handed on.
process.on('SIGINT', () => {
  isInterrupted = true;
});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    running?.kill(signal);
  });
}
void main();
