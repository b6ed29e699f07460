/**
 * `npm run schemathesis`: a platform of its own is asked by somebody else's program, which knows nothing
 * but /openapi.json: requests the document allows, and some it forbids, to every operation. Fails when
 * an answer is not documented, a valid request is refused as malformed, or a status is 5xx. Minutes.
 * Needs Python 3.11 or newer with pip; options go to schemathesis: `npm run schemathesis -- --seed 1`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { reportAndFail } from './platform/report';
import { findPython } from './servers/fetch-wheel';
import { pollUntil } from './servers/poll-until';
import { SetupError } from './servers/setup-error';

const PROJECT_ROOT = path.join(__dirname, '..');
const FOLDER = path.join(__dirname, 'schemathesis');
const CACHE = path.join(PROJECT_ROOT, '.cache', 'schemathesis');
const DATA_DIRECTORY = path.join(CACHE, 'data');
const READY_WITHIN_MS = 180_000;

const demoSchema = z.looseObject({ api_url: z.string(), operator_key: z.string() });

async function main(): Promise<void> {
  const python = await findPython(process.env);
  const packages = await install(python);
  rmSync(DATA_DIRECTORY, { recursive: true, force: true });
  const platform = start(process.execPath, ['scripts/bootstrap.mjs', 'start'], {
    cwd: PROJECT_ROOT,
    environment: {
      TOLLGATE_DATA_DIR: DATA_DIRECTORY,
      BILLING_RATE_LIMIT_PER_SECOND: '1000000',
    },
  });
  try {
    const demo = await waitForPlatform(platform);
    const options = ['run', `${demo.api_url}/openapi.json`, '--no-color'];
    const key = ['--header', `Authorization: Bearer ${demo.operator_key}`];
    const config = ['--config-file', path.join(FOLDER, 'schemathesis.toml')];
    const args = [...config, ...options, ...key, ...process.argv.slice(2)];
    // It keeps notes where it runs.
    process.exitCode = await run(python, ['-m', 'schemathesis.cli', ...args], {
      cwd: CACHE,
      environment: {
        PYTHONPATH: packages,
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: path.join(FOLDER, 'hooks.py'),
      },
    });
  } finally {
    platform.kill('SIGTERM');
    if (platform.exitCode === null) await once(platform, 'exit');
    rmSync(DATA_DIRECTORY, { recursive: true, force: true });
  }
}

/** The pinned packages, once for each list of them. Answers their folder. */
async function install(python: string): Promise<string> {
  const list = path.join(FOLDER, 'requirements.txt');
  const version = /^schemathesis==(.+)$/m.exec(readFileSync(list, 'utf8'))?.[1] ?? '';
  const folder = path.join(CACHE, version);
  if (existsSync(folder)) return folder;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  if (
    (await run(python, [...args, '--target', unfinished, '-r', list], {
      cwd: CACHE,
      environment: {},
    })) !== 0
  ) {
    throw new SetupError(
      'pip could not install schemathesis.',
      "check `python3 --version` (3.11 or newer), the network and pip's index settings.",
    );
  }
  renameSync(unfinished, folder);
  return folder;
}

async function waitForPlatform(platform: ChildProcess) {
  const file = path.join(DATA_DIRECTORY, 'demo.json');
  const isReady = async () => existsSync(file) || platform.exitCode !== null;
  await pollUntil(isReady, { deadlineMs: READY_WITHIN_MS, waitingFor: 'the platform' });
  return demoSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function start(
  command: string,
  args: readonly string[],
  at: { readonly cwd: string; readonly environment: NodeJS.ProcessEnv },
) {
  const env = { ...process.env, ...at.environment };
  return spawn(command, args, { cwd: at.cwd, stdio: 'inherit', env });
}

async function run(...command: Parameters<typeof start>): Promise<number> {
  const child = start(...command);
  await once(child, 'exit');
  return child.exitCode ?? 1;
}

void main().catch(reportAndFail);
