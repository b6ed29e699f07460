import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const PROJECT_ROOT = path.join(__dirname, '..', '..');
const TOOL_TIMEOUT_MS = 60_000;

/** A small project of its own in a temporary folder, where rules can be broken. */
export interface FixtureTree {
  /** Runs a tool of the project inside the tree; answers what it printed, whatever its exit status. */
  run(tool: string, args: readonly string[]): string;
  remove(): void;
}

/** Files of an npm package that is only there to be imported. */
export function buildStubPackage(name: string): Record<string, string> {
  const folder = `node_modules/${name}`;
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    [`${folder}/index.js`]: 'module.exports = {};\n',
  };
}

/** Writes `files` (path → text) and copies the project's own `configs` beside them. */
export function createFixtureTree(
  files: Readonly<Record<string, string>>,
  configs: readonly string[],
): FixtureTree {
  const root = mkdtempSync(path.join(tmpdir(), 'tollgate-house-'));
  // A repository of its own: in a test run the temporary folder lies in one that this project ignores.
  mkdirSync(path.join(root, '.git'));
  for (const config of configs)
    copyFileSync(path.join(PROJECT_ROOT, config), path.join(root, config));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return {
    run(tool, args) {
      const done = spawnSync(path.join(PROJECT_ROOT, 'node_modules', '.bin', tool), args, {
        cwd: root,
        encoding: 'utf8',
        timeout: TOOL_TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024,
      });
      if (done.error) throw done.error;
      if (done.stdout === '') throw new Error(`${tool} printed nothing: ${done.stderr}`);
      return done.stdout;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
