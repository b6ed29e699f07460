import path from 'node:path';
import { buildStubPackage, createFixtureTree, type FixtureTree } from './fixture-tree';

/** One file that breaks one rule. The rule must name this file, or it guards nothing. */
interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
}

const value = (name: string): string => `export const ${name} = 1;\n`;
const using = (from: string): string =>
  `import { imported } from '${from}';\nexport const used = imported;\n`;

const SOUND: Readonly<Record<string, string>> = {
  'domain/money.ts': value('imported'),
  'domain/sound.ts': using('./money'),
  'workflows/order.messages.ts': using('../domain/money'),
  'workflows/order.workflow.ts': [
    `import { sleep } from '@temporalio/workflow';`,
    `import type { imported } from '../activities/order.activities';`,
    `export const used: typeof imported | typeof sleep = sleep;`,
    '',
  ].join('\n'),
  'gateways/port.ts': value('imported'),
  'db/connection.ts': `import knex from 'knex';\nexport const imported = knex;\n`,
  'activities/order.activities.ts': [
    `import { imported as gateway } from '../gateways/port';`,
    `import { imported as database } from '../db/connection';`,
    `import { used as messages } from '../workflows/order.messages';`,
    `export const imported = [gateway, database, messages];`,
    '',
  ].join('\n'),
  'activities/order/settle.ts': value('imported'),
  'activities/phone-number/settle.ts': using('../order/settle'),
  'api/app.ts': `import express from 'express';\nexport const imported = express;\n`,
  'api/send.ts': using('../workflows/order.messages').replace('imported }', 'used as imported }'),
  'gateways/c.ts': using('./b'),
  'worker/main.ts': using('../activities/order.activities'),
  'config/config.ts': value('imported'),
  'scripts/start.ts': using('../worker/main').replace('imported }', 'used as imported }'),
  'test/money.test.ts': using('../domain/money'),
  'web/page.ts': value('imported'),
};

const PLANTED: readonly Planted[] = [
  {
    rule: 'calendar-imports-luxon-only',
    file: 'domain/calendar.ts',
    text: `import { DateTime } from 'luxon';\nimport Big from 'big.js';\nexport const used = [DateTime, Big];\n`,
  },
  { rule: 'domain-imports-nothing', file: 'domain/a.ts', text: using('../db/connection') },
  {
    rule: 'domain-is-pure',
    file: 'domain/b.ts',
    text: `import { readFileSync } from 'node:fs';\nexport const used = readFileSync;\n`,
  },
  {
    rule: 'domain-is-pure',
    file: 'domain/c.ts',
    text: `import Big from 'big.js';\nexport const used = Big;\n`,
  },
  {
    rule: 'workflows-imports-domain',
    file: 'workflows/a.ts',
    text: using('../activities/order.activities'),
  },
  {
    rule: 'workflows-replay',
    file: 'workflows/b.ts',
    text: `import { join } from 'node:path';\nexport const used = join;\n`,
  },
  {
    rule: 'workflows-replay',
    file: 'workflows/c.ts',
    text: `import { z } from 'zod';\nexport const used = z;\n`,
  },
  // Through a domain file that should not reach the database either: the leak is two steps away.
  {
    rule: 'workflows-never-reach-io',
    file: 'workflows/d.ts',
    text: using('../domain/a').replace('imported }', 'used as imported }'),
  },
  {
    rule: 'gateways-imports-domain-config',
    file: 'gateways/a.ts',
    text: using('../db/connection'),
  },
  { rule: 'db-imports-domain-config', file: 'db/a.ts', text: using('../gateways/port') },
  {
    rule: 'activities-imports-domain-gateways-db-workflows',
    file: 'activities/a.ts',
    text: using('../config/config'),
  },
  {
    rule: 'api-imports-domain-db-gateways-config-workflows',
    file: 'api/a.ts',
    text: using('../activities/order.activities'),
  },
  {
    rule: 'only-messages-of-workflows',
    file: 'api/b.ts',
    text: using('../workflows/order.workflow').replace('imported }', 'used as imported }'),
  },
  {
    rule: 'only-messages-of-workflows',
    file: 'activities/b.ts',
    text: using('../workflows/order.workflow').replace('imported }', 'used as imported }'),
  },
  {
    rule: 'worker-imports-domain-workflows-activities-gateways-db-config',
    file: 'worker/a.ts',
    text: using('../api/app'),
  },
  { rule: 'config-imports-domain', file: 'config/a.ts', text: using('../db/connection') },
  { rule: 'nobody-imports-entry-layers', file: 'db/b.ts', text: using('../api/app') },
  {
    rule: 'nobody-imports-entry-layers',
    file: 'domain/d.ts',
    text: using('../scripts/start').replace('imported }', 'used as imported }'),
  },
  {
    rule: 'nobody-imports-tests',
    file: 'scripts/a.ts',
    text: using('../test/money.test').replace('imported }', 'used as imported }'),
  },
  {
    rule: 'sql-in-db',
    file: 'api/c.ts',
    text: `import knex from 'knex';\nexport const used = knex;\n`,
  },
  {
    rule: 'http-in-api',
    file: 'worker/b.ts',
    text: `import express from 'express';\nexport const used = express;\n`,
  },
  {
    rule: 'zones-in-calendar',
    file: 'db/c.ts',
    text: `import { DateTime } from 'luxon';\nexport const used = DateTime;\n`,
  },
  {
    rule: 'pdf-in-documents',
    file: 'api/e.ts',
    text: `import PDFDocument from 'pdfkit';\nexport const used = PDFDocument;\n`,
  },
  {
    rule: 'twilio-in-twilio',
    file: 'gateways/d.ts',
    text: `import twilio from 'twilio';\nexport const used = twilio;\n`,
  },
  {
    rule: 'stripe-in-stripe',
    file: 'gateways/stripe-elsewhere.ts',
    text: `import Stripe from 'stripe';\nexport const used = Stripe;\n`,
  },
  {
    rule: 'worker-in-worker',
    file: 'api/d.ts',
    text: `import { Worker } from '@temporalio/worker';\nexport const used = Worker;\n`,
  },
  {
    rule: 'no-circular',
    file: 'gateways/b.ts',
    text: `import { used } from './c';\nexport const imported = used;\n`,
  },
  // No two files need each other, but two nouns do.
  {
    rule: 'no-cycle-between-folders',
    file: 'activities/order/deliver.ts',
    text: using('../phone-number/settle').replace('imported }', 'used as imported }'),
  },
  { rule: 'no-unresolvable', file: 'config/b.ts', text: using('./missing') },
  {
    rule: 'no-dev-package-in-production',
    file: 'config/c.ts',
    text: `import { parse } from 'yaml';\nexport const used = parse;\n`,
  },
];

interface Cruise {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  };
}

function readCruise(tree: FixtureTree): Cruise['summary'] {
  const layers = [...new Set(Object.keys(SOUND).map((file) => file.replace(/\/.*/, '')))];
  const printed: Cruise = JSON.parse(
    tree.run('depcruise', [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      ...layers,
    ]),
  );
  return printed.summary;
}

describe('the import matrix', () => {
  let tree: FixtureTree;
  let cruise: Cruise['summary'];

  beforeAll(() => {
    const files: Record<string, string> = { ...SOUND };
    for (const { file, text } of PLANTED) files[file] = text;
    const packages = [
      'luxon',
      'knex',
      'express',
      'zod',
      'big.js',
      'twilio',
      'stripe',
      'pdfkit',
      '@temporalio/workflow',
      '@temporalio/worker',
    ];
    for (const name of [...packages, 'yaml']) Object.assign(files, buildStubPackage(name));
    files['package.json'] = JSON.stringify({
      dependencies: Object.fromEntries(packages.map((name) => [name, '1.0.0'])),
      devDependencies: { yaml: '1.0.0' },
    });
    tree = createFixtureTree(files, ['.dependency-cruiser.cjs', 'tsconfig.json']);
    cruise = readCruise(tree);
  });
  afterAll(() => tree.remove());

  test.each(PLANTED)('refuses $file by the rule $rule', ({ rule, file }) => {
    const rulesBroken = cruise.violations
      // A rule about folders names the folder.
      .filter(({ from }) => from === file || from === path.posix.dirname(file))
      .map((v) => v.rule.name);
    expect(rulesBroken).toContain(rule);
  });

  it('lets every allowed import pass', () => {
    const refused = cruise.violations.filter(({ from }) => from in SOUND);
    expect(refused).toEqual([]);
  });

  it('lets the calendar import the time-zone library', () => {
    const broken = cruise.violations.filter(({ from }) => from === 'domain/calendar.ts');
    expect(broken.map(({ to }) => to)).toEqual(['node_modules/big.js/index.js']);
  });

  it('has a planted violation for each of its rules', () => {
    const planted = new Set(PLANTED.map(({ rule }) => rule));
    const unproved = cruise.ruleSetUsed.forbidden
      .map(({ name }) => name)
      .filter((name) => !planted.has(name));
    expect(unproved).toEqual([]);
  });
});
