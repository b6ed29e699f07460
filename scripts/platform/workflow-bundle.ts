import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { messageOf, SetupError } from '../servers/setup-error';

/** What the bundle is made of; a change in any of it makes a new one. */
const SOURCES = ['package-lock.json', 'domain', 'workflows', 'worker/build-bundle.ts'] as const;
/** Older ones may be in use by a platform that still runs. */
const KEPT_MAX = 10;
const BUILD_DEADLINE_MS = 2 * 60_000;

const run = promisify(execFile);

/**
 * The bundle of the workflows as they are now, from the cache or built (seconds of work, in a process of
 * its own so that nobody keeps the bundler's memory). Answers its path.
 */
export async function provideWorkflowBundle(projectRoot: string): Promise<string> {
  const folder = path.join(projectRoot, '.cache', 'workflow-bundles');
  const file = path.join(folder, `${hashOf(projectRoot)}.js`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const args = ['--require', require.resolve('tsx/cjs'), 'worker/build-bundle.ts', unfinished];
  try {
    await run(process.execPath, args, { cwd: projectRoot, timeout: BUILD_DEADLINE_MS });
  } catch (error) {
    throw new SetupError(
      `The workflows could not be bundled: ${messageOf(error)}`,
      'correct workflows/ or domain/; `npm run types` and `npm run lint` say more.',
    );
  }
  renameSync(unfinished, file);
  removeOldest(folder);
  return file;
}

function removeOldest(folder: string): void {
  const files = readdirSync(folder).map((name) => path.join(folder, name));
  const newestFirst = files
    .map((file) => ({ file, changedAtMs: statSync(file).mtimeMs }))
    .sort((left, right) => right.changedAtMs - left.changedAtMs);
  for (const { file } of newestFirst.slice(KEPT_MAX)) rmSync(file, { force: true });
}

function hashOf(projectRoot: string): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of listFiles(path.join(projectRoot, source))) {
      hash.update(path.relative(projectRoot, file)).update('\0').update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

function listFiles(file: string): string[] {
  const entries = readEntries(file);
  if (entries === undefined) return [file];
  return entries.sort().flatMap((name) => listFiles(path.join(file, name)));
}

/** What a folder holds; undefined when it is a file. */
function readEntries(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
