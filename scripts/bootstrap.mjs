// The door of every npm script that needs more than npm: `node scripts/bootstrap.mjs TASK [arguments]`.
// Plain JavaScript without packages, because on a fresh clone there are none: it checks Node, installs
// what is missing or older than package-lock.json, then runs scripts/TASK.ts in this same process, so
// that Ctrl-C and signals reach the task itself.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MIN = [20, 19];
const INSTALL_LOCK = path.join(ROOT, '.cache', 'installing');
const INSTALL_WAIT_MS = 10 * 60_000;
const POLL_MS = 500;

function fail(problem, fix) {
  process.stderr.write(`${problem}\nFix: ${fix}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(
    `Tollgate needs Node.js ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`,
    'install Node.js 22 (the version in .nvmrc; with nvm: `nvm install`).',
  );
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

/** Whether each package of the lock file is there in its version; those of other platforms may miss. */
function isInstalled() {
  const installed = readPackages(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = Object.entries(readPackages(path.join(ROOT, 'package-lock.json')));
  return wanted.every(([name, { version, optional, devOptional }]) => {
    if (name === '') return true;
    const found = installed[name];
    return found === undefined ? Boolean(optional || devOptional) : found.version === version;
  });
}

/** One installation at a time: `npm ci` empties node_modules first. */
async function lockInstallation() {
  mkdirSync(path.dirname(INSTALL_LOCK), { recursive: true });
  for (const endsAt = Date.now() + INSTALL_WAIT_MS; ; await pause(POLL_MS)) {
    try {
      const file = openSync(INSTALL_LOCK, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isRunning(Number(readFileSync(INSTALL_LOCK, 'utf8'))))
      rmSync(INSTALL_LOCK, { force: true });
    if (Date.now() > endsAt) {
      fail(
        'Another installation of the packages does not end.',
        `end it, or remove ${INSTALL_LOCK}.`,
      );
    }
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function installPackages() {
  if (isInstalled()) return;
  await lockInstallation();
  try {
    if (isInstalled()) return; // Another one was faster.
    process.stdout.write('Installing packages (npm ci), about a minute …\n');
    const startedAt = Date.now();
    const npm = process.env.npm_execpath;
    const [command, ...first] = npm ? [process.execPath, npm] : ['npm'];
    // Whatever this user omits elsewhere: tests need the one, PostgreSQL is the other.
    const wanted = ['--include=dev', '--include=optional'];
    const args = [...first, 'ci', ...wanted, '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) {
      fail(
        `The packages could not be installed (npm ci: ${error?.message ?? `exit code ${status}`}).`,
        "check the network and npm's registry and proxy settings (`npm config list`), then try again.",
      );
    }
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    process.stdout.write(`Packages installed in ${seconds} s.\n`);
  } finally {
    rmSync(INSTALL_LOCK, { force: true });
  }
}

const [task = '', ...taskArguments] = process.argv.slice(2);
const script = path.join(ROOT, 'scripts', `${task}.ts`);
checkNode();
if (!/^[a-z-]+$/.test(task) || !existsSync(script)) {
  fail(`There is no task "${task}".`, 'see the scripts in package.json.');
}
await installPackages();
process.chdir(ROOT);
process.argv.splice(1, process.argv.length, script, ...taskArguments);
const require = createRequire(import.meta.url);
require('tsx/cjs');
require(script);
