/**
 * Do the tests of ledger, rating and usage notice when one of them lies? Plants one mutant at a time in a copy of
 * the project and runs those tests against it. A mutant that survives is a rule no test holds.
 *
 *   npm run mutants:ledger                 all of them (about half a minute each)
 *   npm run mutants:ledger -- lock chain   only those whose name contains one of the words
 *
 * Prints a line per mutant and a JSON summary; exit status 1 when one survived.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CORRECTION_MUTANTS } from './correction-mutants';
import { LEDGER_MUTANTS, type Mutant } from './ledger-mutants';
import { RATING_MUTANTS } from './rating-mutants';

const MUTANTS: readonly Mutant[] = [...LEDGER_MUTANTS, ...RATING_MUTANTS, ...CORRECTION_MUTANTS];
const PROJECT = path.join(__dirname, '../..');
/** What the tests of the ledger need. node_modules is linked. */
const COPIED = ['db', 'domain', 'scripts', 'test', 'worker', 'config', 'activities', 'workflows'];
const COPIED_FILES = ['jest.config.js', 'package.json', 'tsconfig.json'];
const RUN_DEADLINE_MS = 240_000;

let running: ChildProcess | undefined;
let isStopped = false;

interface Verdict {
  readonly name: string;
  readonly file: string;
  readonly verdict: 'killed' | 'survived';
  /** The first test that failed. */
  readonly by: string | null;
  readonly seconds: number;
}

async function main(words: readonly string[]): Promise<void> {
  const mutants = MUTANTS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  const copy = await copyProject();
  // Ctrl-C ends the tests that run; the rest follows below.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const verdicts: Verdict[] = [];
  try {
    const clean = await runTests(copy, ['domain', 'db']);
    if (clean.failed !== null) throw new Error(`the tests fail without a mutant: ${clean.failed}`);
    for (const mutant of mutants) {
      if (isStopped) break;
      const verdict = await judge(copy, mutant);
      verdicts.push(verdict);
      say(
        `${verdict.verdict.padEnd(8)} ${verdict.name} (${verdict.seconds} s): ${verdict.by ?? '-'}`,
      );
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  const survived = verdicts.filter(({ verdict }) => verdict === 'survived');
  say(
    JSON.stringify({
      mutants: verdicts.length,
      killed: verdicts.length - survived.length,
      survived: survived.map(({ name }) => name),
    }),
  );
  process.exitCode = survived.length === 0 ? 0 : 1;
}

function stop(): void {
  isStopped = true;
  running?.kill();
}

async function copyProject(): Promise<string> {
  const copy = path.join(PROJECT, '.cache', `mutants-${process.pid}`);
  await mkdir(copy, { recursive: true });
  // PostgreSQL runs as another user when we are root.
  await chmod(copy, 0o755);
  for (const name of [...COPIED, ...COPIED_FILES]) {
    await cp(path.join(PROJECT, name), path.join(copy, name), { recursive: true });
  }
  await symlink(path.join(PROJECT, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

async function judge(copy: string, mutant: Mutant): Promise<Verdict> {
  const file = path.join(copy, mutant.file);
  const text = await readFile(file, 'utf8');
  if (text.split(mutant.find).length !== 2) {
    throw new Error(
      `"${mutant.name}" does not fit: ${mutant.file} must hold its text exactly once`,
    );
  }
  const startedAt = Date.now();
  await writeFile(
    file,
    text.replace(mutant.find, () => mutant.become),
  );
  try {
    const isSql = mutant.file.endsWith('.sql');
    // The pure tests are quick; a mutant of the domain that only PostgreSQL notices is worth knowing, too.
    const pure = isSql ? { failed: null } : await runTests(copy, ['domain']);
    const { failed } = pure.failed === null ? await runTests(copy, ['db']) : pure;
    return {
      name: mutant.name,
      file: mutant.file,
      verdict: failed === null ? 'survived' : 'killed',
      by: failed,
      seconds: Math.round((Date.now() - startedAt) / 1_000),
    };
  } finally {
    await writeFile(file, text);
  }
}

/** Runs the ledger's tests of these projects until one fails. Answers its name, or null. */
async function runTests(
  copy: string,
  projects: readonly string[],
): Promise<{ readonly failed: string | null }> {
  const args = [
    '--selectProjects',
    ...projects,
    '--testPathPatterns',
    'ledger|rating|usage|reratings',
    '--bail',
    '--verbose',
  ];
  const jest = spawn(
    process.execPath,
    [path.join(copy, 'node_modules/jest/bin/jest.js'), ...args],
    {
      cwd: copy,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_DEADLINE_MS,
    },
  );
  running = jest;
  let output = '';
  jest.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  jest.stderr.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => jest.on('close', resolve));
  if (status === 0) return { failed: null };
  const [, failed] = /✕ (.*?)(?: \(\d+ m?s\))?\n/.exec(output) ?? [];
  // A mutant that stops the migration or the compiler is noticed before any test has a name.
  const trouble = output.split('\n').find((line) => line.includes('●'));
  if (failed === undefined && trouble === undefined) throw new Error(`no test ran:\n${output}`);
  return { failed: failed ?? trouble ?? null };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main(process.argv.slice(2));
