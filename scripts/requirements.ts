/**
 * `npm run requirements`: which product rule has which tests, so that a gap is seen at a glance.
 * A test proves a rule by carrying its id in a title: `it('R1.05 names each missing field')`. A title of
 * a `describe` counts for every test inside it. Always exits 0: it shows, it does not judge.
 *   npm run requirements -- --only R1     one part, or one rule
 *   npm run requirements -- --gaps        rules without a test
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const ROOT = path.join(__dirname, '..');
const RULES_FILE = 'docs/requirements.md';
const WIDTH_DEFAULT = 120;
const WIDTH_MIN = 60;

export interface Rule {
  readonly id: string;
  readonly part: string;
  readonly text: string;
}

export interface NamedTest {
  readonly title: string;
  readonly file: string;
  readonly ids: readonly string[];
}

export interface Coverage {
  readonly rule: Rule;
  readonly tests: readonly NamedTest[];
}

const RULE_LINE = /^- \*\*(R\d+\.\d\d|I\d+)\*\* (.+)$/;
const HEADING = /^## (.+)$/;

/** The rules of docs/requirements.md, in their order, each with the heading it stands under. */
export function parseRules(markdown: string): Rule[] {
  let part = '';
  return markdown.split('\n').flatMap((line) => {
    part = HEADING.exec(line)?.[1] ?? part;
    const [, id, text] = RULE_LINE.exec(line) ?? [];
    return id === undefined || text === undefined ? [] : [{ id, part, text }];
  });
}

const ID = /\b(?:R\d+\.\d\d|I\d+)\b/g;
const TEST_CALLS = new Set(['it', 'test']);

/** The tests of a file that carry the id of a rule in their own title or in one around them. */
export function findNamedTests({
  file,
  text,
}: {
  readonly file: string;
  readonly text: string;
}): NamedTest[] {
  const tests: NamedTest[] = [];
  function visit(node: ts.Node, titlesAbove: readonly string[]): void {
    const called = readTitledCall(node);
    if (!called) {
      ts.forEachChild(node, (child) => visit(child, titlesAbove));
      return;
    }
    const titles = [...titlesAbove, called.title];
    const ids = [...new Set(titles.join(' ').match(ID) ?? [])];
    if (TEST_CALLS.has(called.name) && ids.length > 0)
      tests.push({ title: called.title, file, ids });
    ts.forEachChild(node, (child) => visit(child, titles));
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true), []);
  return tests;
}

/** `it('…')`, `describe('…')`, `it.each(rows)('…')`: the word called and the title. */
function readTitledCall(node: ts.Node): { readonly name: string; readonly title: string } | null {
  if (!ts.isCallExpression(node)) return null;
  const [first] = node.arguments;
  if (!first || !ts.isStringLiteralLike(first)) return null;
  let called: ts.Node = node.expression;
  while (ts.isCallExpression(called) || ts.isPropertyAccessExpression(called))
    called = called.expression;
  if (ts.isTaggedTemplateExpression(called)) called = called.tag;
  while (ts.isPropertyAccessExpression(called)) called = called.expression;
  if (!ts.isIdentifier(called) || !['it', 'test', 'describe'].includes(called.text)) return null;
  return { name: called.text, title: first.text };
}

/** Each rule with the tests that carry its id. */
export function computeCoverage(rules: readonly Rule[], tests: readonly NamedTest[]): Coverage[] {
  return rules.map((rule) => ({ rule, tests: tests.filter(({ ids }) => ids.includes(rule.id)) }));
}

/** Ids that tests carry and no rule has: a slip of the pen, which would hide a gap. */
export function findUnknownIds(rules: readonly Rule[], tests: readonly NamedTest[]): string[] {
  const known = new Set(rules.map(({ id }) => id));
  const used = tests.flatMap(({ ids }) => ids);
  return [...new Set(used)].filter((id) => !known.has(id)).sort();
}

function cut(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

function listFiles(tests: readonly NamedTest[]): string {
  return [
    ...new Set(tests.map(({ file }) => file.replace(/^test\//, '').replace(/\.test\.ts$/, ''))),
  ].join(', ');
}

const ID_WIDTH = 5;
const COUNT_WIDTH = 5;

/** One line per rule: id, number of tests (`-` for a gap), the rule, the files that prove it. */
export function buildTable(coverage: readonly Coverage[], width: number): string {
  const filesWidth = Math.floor((width - ID_WIDTH - COUNT_WIDTH - 6) * 0.35);
  const textWidth = width - ID_WIDTH - COUNT_WIDTH - 6 - filesWidth;
  const parts = [...new Set(coverage.map(({ rule }) => rule.part))];
  const blocks = parts.map((part) => {
    const rows = coverage.filter(({ rule }) => rule.part === part);
    const lines = rows.map(({ rule, tests }) => {
      const count = tests.length === 0 ? '-' : String(tests.length);
      const cells = [
        cut(rule.id, ID_WIDTH),
        count.padStart(COUNT_WIDTH),
        cut(rule.text, textWidth),
      ];
      return `${cells.join('  ')}  ${cut(listFiles(tests), filesWidth)}`.trimEnd();
    });
    return [`${part}  (${describeShare(rows)})`, ...lines].join('\n');
  });
  return blocks.join('\n\n');
}

/** "3 of 19 tested": how many of the rules have at least one test. */
export function describeShare(coverage: readonly Coverage[]): string {
  const tested = coverage.filter(({ tests }) => tests.length > 0).length;
  return `${tested} of ${coverage.length} tested`;
}

function listTestFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return listTestFiles(name);
    return name.endsWith('.test.ts') ? [name] : [];
  });
}

function main(): void {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, gaps: { type: 'boolean', default: false } },
  });
  const rules = parseRules(readFileSync(path.join(ROOT, RULES_FILE), 'utf8'));
  const tests = listTestFiles('test')
    .filter((file) => !file.startsWith('test/house/')) // They test this table with ids of their own.
    .flatMap((file) => findNamedTests({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
  const asked = computeCoverage(rules, tests).filter(({ rule }) =>
    rule.id.startsWith(values.only ?? ''),
  );
  const shown = values.gaps ? asked.filter((row) => row.tests.length === 0) : asked;
  const width = Math.max(WIDTH_MIN, process.stdout.columns ?? WIDTH_DEFAULT);
  console.log(shown.length === 0 ? 'No rule to show.' : buildTable(shown, width));
  const [single] = shown;
  if (single && shown.length === 1) console.log(describeRule(single));
  const gaps = asked.filter((row) => row.tests.length === 0).map(({ rule }) => rule.id);
  console.log(`\nTotal: ${describeShare(asked)}, by ${countTests(asked)} tests.`);
  if (gaps.length > 0) console.log(`Gaps: ${gaps.join(' ')}`);
  const unknown = findUnknownIds(rules, tests);
  if (unknown.length > 0)
    console.log(`Named by tests, but no rule of ${RULES_FILE}: ${unknown.join(' ')}`);
}

/** A rule in full, with the title of each of its tests. */
function describeRule({ rule, tests }: Coverage): string {
  const titles = tests.map(({ title, file }) => `  ${file}: ${title}`);
  return ['', `${rule.id} ${rule.text}`, ...titles].join('\n');
}

function countTests(coverage: readonly Coverage[]): number {
  return new Set(coverage.flatMap(({ tests }) => tests)).size;
}

if (require.main === module) main();
