/** `npm run check`: everything that must hold before a change lands, one line of progress a step. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What is said, and the npm script that does it. */
const STEPS = [
  ['format', 'format:check'],
  ['types', 'types'],
  ['lint', 'lint'],
  ['layers', 'layers'],
  ['dead code', 'dead-code'],
] as const;

function main(): void {
  const failed = STEPS.filter(([title, script]) => !passes(title, script)).map(([title]) => title);
  process.stdout.write('tests …\n');
  const { summary, isPassed } = runTests();
  if (failed.length > 0) process.stdout.write(`\nFailed before the tests: ${failed.join(', ')}.\n`);
  process.stdout.write(`${summary}\n`);
  process.exitCode = isPassed && failed.length === 0 ? 0 : 1;
}

function passes(title: string, script: string): boolean {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], {
    encoding: 'utf8',
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${title} ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}\n`);
  return status === 0;
}

/** Exactly `npm test`; its last line comes again at our own end, after what failed before it. */
function runTests(): { readonly summary: string; readonly isPassed: boolean } {
  const folder = mkdtempSync(path.join(tmpdir(), 'tollgate-check-'));
  const file = path.join(folder, 'summary');
  try {
    const { status } = spawnSync('npm', ['test', '--silent'], {
      stdio: 'inherit',
      env: { ...process.env, TOLLGATE_TEST_SUMMARY: file },
    });
    return { summary: readSummary(file), isPassed: status === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readSummary(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '0 passed, 1 failed'; // The run ended before jest could count.
  }
}

main();
