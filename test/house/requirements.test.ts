import { spawnSync } from 'node:child_process';
import {
  buildTable,
  computeCoverage,
  describeShare,
  findNamedTests,
  findUnknownIds,
  parseRules,
  type NamedTest,
} from '../../scripts/requirements';
import { PROJECT_ROOT } from './fixture-tree';
import { readProjectFile } from './project-files';

const RULES = parseRules(
  [
    '## Part 1: balance',
    '- **R1.05** Each missing field is named.',
    '- a line that is no rule',
    '- **R1.06** The address comes first.',
    '## Invariants',
    '- **I1** A balance is the sum of its transfers.',
  ].join('\n'),
);
const named = (ids: readonly string[], file = 'test/api/address.test.ts'): NamedTest => ({
  title: 'x',
  file,
  ids,
});

describe('the list of requirements', () => {
  it('reads each rule with the part it belongs to', () => {
    expect(RULES).toEqual([
      { id: 'R1.05', part: 'Part 1: balance', text: 'Each missing field is named.' },
      { id: 'R1.06', part: 'Part 1: balance', text: 'The address comes first.' },
      { id: 'I1', part: 'Invariants', text: 'A balance is the sum of its transfers.' },
    ]);
  });

  it('holds every rule of the five product parts and the nine invariants, none twice', () => {
    const ids = parseRules(readProjectFile('docs/requirements.md').text).map(({ id }) => id);
    const numbered = (part: number, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `R${part}.${String(index + 1).padStart(2, '0')}`);
    const invariants = Array.from({ length: 9 }, (_, index) => `I${index + 1}`);
    expect(ids).toEqual([
      ...numbered(0, 16),
      ...numbered(1, 19),
      ...numbered(2, 20),
      ...numbered(3, 34),
      ...numbered(4, 26),
      ...invariants,
    ]);
  });
});

describe('the tests named after a requirement', () => {
  const titlesOf = (text: string): string[][] =>
    findNamedTests({ file: 'a.test.ts', text }).map(({ ids }) => [...ids]);

  it('are found by the id in their title, however they are written', () => {
    expect(titlesOf(`it('R1.05 names each missing field', () => {});`)).toEqual([['R1.05']]);
    expect(titlesOf(`test.each([1, 2])('R1.05, R1.06: %s', () => {});`)).toEqual([
      ['R1.05', 'R1.06'],
    ]);
    expect(titlesOf('it.each`a\n${1}`("I1 holds for $a", () => {});')).toEqual([['I1']]);
  });

  it('are found by the id in a title around them', () => {
    expect(
      titlesOf(`describe('R1.05', () => { it('names', () => {}); it('I1 too', () => {}); });`),
    ).toEqual([['R1.05'], ['R1.05', 'I1']]);
  });

  it('are not found by an id in a comment, a call or a describe without tests', () => {
    expect(
      titlesOf(`// R1.05\nlog('R1.05'); describe('R1.06', () => {}); it('plain', () => {});`),
    ).toEqual([]);
  });
});

describe('the table', () => {
  const coverage = computeCoverage(RULES, [
    named(['R1.05']),
    named(['R1.05', 'I1'], 'test/db/ledger.test.ts'),
  ]);

  it('shows for each rule its tests, and a dash for a gap', () => {
    expect(
      buildTable(coverage, 100)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual([
      'Part 1: balance  (1 of 2 tested)',
      'R1.05      2  Each missing field is named.                             api/address, db/ledger',
      'R1.06      -  The address comes first.',
      '',
      'Invariants  (1 of 1 tested)',
      'I1         1  A balance is the sum of its transfers.                   db/ledger',
    ]);
    expect(describeShare(coverage)).toBe('2 of 3 tested');
  });

  it('is never wider than it was asked to be', () => {
    const [longest] = buildTable(coverage, 60)
      .split('\n')
      .map(({ length }) => length)
      .sort((a, b) => b - a);
    expect(longest).toBeLessThanOrEqual(60);
  });

  it('tells an id that no rule has', () => {
    expect(findUnknownIds(RULES, [named(['R1.05', 'R9.99'])])).toEqual(['R9.99']);
  });

  it('is printed by the command, filtered, with exit status 0', () => {
    const done = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/requirements.ts', '--only', 'I'],
      {
        cwd: PROJECT_ROOT,
        encoding: 'utf8',
      },
    );
    expect(done.stderr).toBe('');
    expect(done.stdout).toMatch(/^Invariants across all parts {2}\(\d of 9 tested\)\n/);
    expect(done.stdout).not.toContain('R1.05');
    expect(done.status).toBe(0);
  });
});
