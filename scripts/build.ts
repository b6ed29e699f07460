/** `npm run build`: what the image runs. JavaScript, migrations and the workflow bundle, in dist/. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';

const PROJECT_ROOT = path.join(__dirname, '..');
const DIST = path.join(PROJECT_ROOT, 'dist');

function build(): void {
  rmSync(DIST, { recursive: true, force: true });
  run(require.resolve('typescript/bin/tsc'), '--project', 'tsconfig.build.json');
  // The compiler copies no SQL.
  cpSync(path.join(PROJECT_ROOT, 'db/migrations'), path.join(DIST, 'db/migrations'), {
    recursive: true,
  });
  run('dist/worker/build-bundle.js', 'dist/workflow-bundle.js');
  process.stdout.write('built dist/\n');
}

function run(script: string, ...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${path.basename(script)} failed with ${status}`);
}

build();
