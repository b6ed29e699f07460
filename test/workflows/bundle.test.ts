import { readFileSync } from 'node:fs';
import { workflowBundle } from '../support/temporal';

/** With its source map, which is half of it. Each byte of code is paid again per cached workflow. */
const BUNDLE_BYTES_MAX = 2_000_000;

/** The modules of a bundle: our own by path, npm's by package. */
function readModules(code: string): { own: string[]; packages: string[] } {
  const names = [...code.matchAll(/^\/\*\*\*\/ "(\.\/[^"]+)":?/gm)].map(([, name = '']) => name);
  const packages = names.flatMap((name) => {
    const found = /^\.\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1];
    return found === undefined ? [] : [found];
  });
  const own = names.filter((name) => !name.startsWith('./node_modules/'));
  return { own: own.sort(), packages: [...new Set(packages)].sort() };
}

describe('the bundle of the workflows', () => {
  const code = readFileSync(workflowBundle().codePath, 'utf8');
  const { own, packages } = readModules(code);

  it('is built without a server and holds the workflows', () => {
    expect(own).toEqual(
      expect.arrayContaining(['./workflows/lifecycle.ts', './workflows/subscription.workflow.ts']),
    );
  });

  it('holds no rule of billing: a changed price rule needs no patch of a running workflow', () => {
    expect(own.filter((name) => name.startsWith('./domain/'))).toEqual([
      './domain/instant.ts',
      './domain/lifecycle.ts', // Names and ids of the kinds.
      './domain/next-action.ts',
    ]);
  });

  it('holds nothing of the activities, the database, the gateways or the API', () => {
    const foreign = /^\.\/(activities|db|gateways|api|config|worker)\//;
    expect(own.filter((name) => foreign.test(name))).toEqual([]);
  });

  it('holds no package that costs memory in each sleeping workflow', () => {
    expect(packages).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      'long',
      'ms',
      'nexus-rpc',
    ]);
  });

  it('stays small', () => {
    expect(Buffer.byteLength(code)).toBeLessThan(BUNDLE_BYTES_MAX);
  });
});
