/**
 * Runs a benchmark as the image runs its code: compiled. Under tsx every function is wrapped, and that would be a third
 * of Node's time. The scripts find their own folder by where they are, and the project by where npm starts them.
 *
 *   node --import tsx scripts/bench/run-compiled.ts scripts/bench/usage.ts [arguments]
 */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';

const PROJECT_ROOT = path.join(__dirname, '../..');
const COMPILED = path.join(PROJECT_ROOT, '.cache/compiled');

function runCompiled([script = '', ...args]: readonly string[]): void {
  // `npm run types` checks types; here only JavaScript is wanted, in half the time.
  const compiler = require.resolve('typescript/bin/tsc');
  run(compiler, '--project', 'tsconfig.build.json', '--noCheck', '--outDir', COMPILED);
  // The compiler copies no SQL.
  const migrations = path.join(COMPILED, 'db/migrations');
  cpSync(path.join(PROJECT_ROOT, 'db/migrations'), migrations, { recursive: true });
  run(path.join(COMPILED, script.replace(/\.ts$/, '.js')), ...args);
}

function run(file: string, ...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [file, ...args], {
    cwd: PROJECT_ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

runCompiled(process.argv.slice(2));
