import { createFixtureTree, type FixtureTree } from './fixture-tree';

/** One file that breaks one lint rule. */
interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
}

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);

const SOUND: Readonly<Record<string, string>> = {
  'domain/instant.ts': 'export const epoch = (): Date => new Date(0);\n',
  'domain/calendar.ts': `import { DateTime } from 'luxon';\nexport const used = [DateTime, Date];\n`,
  'domain/ledger/bucket.ts': `import { epoch } from '../instant';\nexport const used = epoch;\n`,
  'workflows/order.workflow.ts': [
    `import { sleep } from '@temporalio/workflow';`,
    `import { ApplicationFailure } from '@temporalio/common';`,
    `import type { Activities } from '../activities';`,
    `import { epoch } from '../domain/instant';`,
    'export const used = (activities: Activities): unknown => [sleep, ApplicationFailure, epoch, activities];',
    '',
  ].join('\n'),
  'config/config.ts': 'export const home = process.env.HOME;\n',
  'scripts/start.ts': `console.log('ready', process.env.HOME);\n`,
  'test/long.test.ts': `it('is long', () => {\n${lines(450, '  expect(1).toBe(1);')}});\n`,
};

const PLANTED: readonly Planted[] = [
  {
    rule: 'no-restricted-globals',
    file: 'domain/date.ts',
    text: 'export const now = () => new Date();\n',
  },
  {
    rule: 'no-restricted-globals',
    file: 'domain/process.ts',
    text: 'export const id = process.pid;\n',
  },
  {
    rule: 'no-restricted-globals',
    file: 'domain/fetch.ts',
    text: `export const page = () => fetch('x');\n`,
  },
  {
    rule: 'no-restricted-globals',
    file: 'domain/wait.ts',
    text: 'export const wait = () => setTimeout(() => undefined, 1);\n',
  },
  {
    rule: 'no-restricted-globals',
    file: 'domain/console.ts',
    text: `export const say = () => console.log('x');\n`,
  },
  {
    rule: 'no-restricted-properties',
    file: 'domain/random.ts',
    text: 'export const dice = () => Math.random();\n',
  },
  {
    rule: 'no-restricted-imports',
    file: 'domain/npm.ts',
    text: `import Big from 'big.js';\nexport const used = Big;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'domain/zone.ts',
    text: `import { DateTime } from 'luxon';\nexport const used = DateTime;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'domain/node.ts',
    text: `import { join } from 'node:path';\nexport const used = join;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'domain/ledger/layer.ts',
    text: `import { newId } from '../../db/new-id';\nexport const used = newId;\n`,
  },
  {
    rule: 'no-restricted-globals',
    file: 'workflows/wait.ts',
    text: 'export const wait = () => setTimeout(() => undefined, 1);\n',
  },
  {
    rule: 'no-restricted-imports',
    file: 'workflows/node.ts',
    text: `import { join } from 'node:path';\nexport const used = join;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'workflows/npm.ts',
    text: `import { z } from 'zod';\nexport const used = z;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'workflows/act.ts',
    text: `import { createActivities } from '../activities';\nexport const used = createActivities;\n`,
  },
  {
    rule: 'no-restricted-imports',
    file: 'workflows/db.ts',
    text: `import { newId } from '../db/new-id';\nexport const used = newId;\n`,
  },
  {
    rule: 'no-floating-promises',
    file: 'api/float.ts',
    text: 'const go = async () => 1;\nexport function start(): void {\n  go();\n}\n',
  },
  {
    rule: 'no-misused-promises',
    file: 'api/misuse.ts',
    text: 'export const go = (xs: number[]) => xs.forEach(async (x) => { await Promise.resolve(x); });\n',
  },
  {
    rule: 'switch-exhaustiveness-check',
    file: 'api/switch.ts',
    text: `export function name(kind: 'a' | 'b'): string {\n  switch (kind) {\n    case 'a':\n      return 'A';\n  }\n  return '';\n}\n`,
  },
  {
    rule: 'no-explicit-any',
    file: 'api/any.ts',
    text: 'export const parse = (text: any): unknown => text;\n',
  },
  {
    rule: 'no-non-null-assertion',
    file: 'api/bang.ts',
    text: 'export const first = (xs: string[]): string => xs[0]!;\n',
  },
  {
    rule: 'consistent-type-imports',
    file: 'api/type.ts',
    text: `import { Activities } from '../activities';\nexport const used = (a: Activities): unknown => a;\n`,
  },
  {
    rule: 'eqeqeq',
    file: 'api/equal.ts',
    text: 'export const same = (a: number, b: number): boolean => a == b;\n',
  },
  {
    rule: 'no-cycle',
    file: 'api/cycle-a.ts',
    text: `import { b } from './cycle-b';\nexport const a = () => b;\n`,
  },
  { rule: 'no-default-export', file: 'api/default.ts', text: 'export default 1;\n' },
  {
    rule: 'no-console',
    file: 'api/console.ts',
    text: `export const say = () => console.log('x');\n`,
  },
  {
    rule: 'no-param-reassign',
    file: 'api/assign.ts',
    text: 'export function next(n: number): number {\n  n += 1;\n  return n;\n}\n',
  },
  {
    rule: 'no-process-env',
    file: 'db/env.ts',
    text: 'export const url = process.env.DATABASE_URL;\n',
  },
  { rule: 'max-lines', file: 'api/long-file.ts', text: lines(401, '// A line.') + 'export {};\n' },
  {
    rule: 'max-lines-per-function',
    file: 'api/long-function.ts',
    text: `export function long(): void {\n${lines(70, '  void 0;')}}\n`,
  },
  {
    rule: 'max-params',
    file: 'api/params.ts',
    text: 'export const sum = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;\n',
  },
  {
    rule: 'complexity',
    file: 'api/complex.ts',
    text: `export function rank(n: number): number {\n${lines(10, '  if (n > 1) return n;')}  return 0;\n}\n`,
  },
  { rule: 'filename-case', file: 'api/camelCase.ts', text: 'export const used = 1;\n' },
  {
    rule: 'no-focused-tests',
    file: 'test/focused.test.ts',
    text: `it.only('is alone', () => {\n  expect(1).toBe(1);\n});\n`,
  },
  {
    rule: 'no-disabled-tests',
    file: 'test/disabled.test.ts',
    text: `it.skip('is skipped', () => {\n  expect(1).toBe(1);\n});\n`,
  },
  {
    rule: 'expect-expect',
    file: 'test/empty.test.ts',
    text: `it('expects nothing', () => {\n  void 0;\n});\n`,
  },
  {
    rule: 'valid-title',
    file: 'test/title.test.ts',
    text: `it('', () => {\n  expect(1).toBe(1);\n});\n`,
  },
];

interface Diagnostic {
  readonly code?: string;
  readonly filename: string;
}

describe('the lint rules of the house', () => {
  let tree: FixtureTree;
  let diagnostics: readonly Diagnostic[];

  beforeAll(() => {
    const files: Record<string, string> = {
      ...SOUND,
      'api/cycle-b.ts': `import { a } from './cycle-a';\nexport const b = () => a;\n`,
      'activities/index.ts':
        'export interface Activities {\n  readonly charge: () => Promise<void>;\n}\n',
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          target: 'es2023',
          module: 'node16',
          moduleResolution: 'node16',
        },
        include: ['**/*.ts'],
      }),
    };
    for (const { file, text } of PLANTED) files[file] = text;
    tree = createFixtureTree(files, ['.oxlintrc.json']);
    const printed: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(
      tree.run('oxlint', ['--type-aware', '--format', 'json']),
    );
    diagnostics = printed.diagnostics;
  });
  afterAll(() => tree.remove());

  test.each(PLANTED)('refuses $file by the rule $rule', ({ rule, file }) => {
    const codes = diagnostics.filter(({ filename }) => filename === file).map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining([expect.stringContaining(`(${rule})`)]));
  });

  it('lets sound files pass', () => {
    const refused = diagnostics.filter(({ filename }) => filename in SOUND);
    expect(refused).toEqual([]);
  });
});

describe('the search for dead code', () => {
  it('refuses a file that nothing imports, and an export that nothing uses', () => {
    const tree = createFixtureTree(
      {
        'package.json': JSON.stringify({ name: 'fixture' }),
        'scripts/start.ts': `import { used } from '../domain/used';\nexport const started = used;\n`,
        'domain/used.ts': 'export const used = 1;\nexport const unused = 2;\n',
        'domain/orphan.ts': 'export const alone = 1;\n',
        'domain/shape.ts': 'export interface Shape {\n  readonly size: number;\n}\n',
        'scripts/show.ts': `import type { Shape } from '../domain/shape';\nexport const show = (shape: Shape) => shape;\n`,
      },
      ['knip.json'],
    );
    try {
      const printed = tree.run('knip', ['--include', 'files,exports', '--no-config-hints']);
      expect(printed).toContain('domain/orphan.ts');
      expect(printed).toMatch(/unused\s+domain\/used\.ts/);
      expect(printed).not.toContain('domain/shape.ts');
    } finally {
      tree.remove();
    }
  });
});
