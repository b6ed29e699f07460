import path from 'node:path';
import { parseRules } from '../../scripts/requirements';
import {
  describeFindings,
  findPattern,
  listProjectFiles,
  readProjectFile,
  readTextFiles,
  type Finding,
  type ProjectFile,
} from './project-files';

const FILES = new Set(listProjectFiles());
const BASE_NAMES = new Set([...FILES].map((name) => path.posix.basename(name)));

/** Links of a markdown file to files of the project that do not exist. */
function findDeadLinks(file: ProjectFile, files: ReadonlySet<string>): Finding[] {
  return findPattern(file, /\]\((?!https?:|mailto:|#)([^)\s]+)\)/g, 'leads nowhere').filter(
    ({ says }) => {
      const target = /\(([^)#]*)/.exec(says)?.[1] ?? '';
      const resolved = path.posix.join(path.posix.dirname(file.name), target).replace(/\/$/, '');
      const isFolder = [...files].some((name) => name.startsWith(`${resolved}/`));
      return !files.has(resolved) && !isFolder;
    },
  );
}

/** Documents that a comment or text names and that the project does not have: nobody could look them up. */
function findUnknownDocuments(file: ProjectFile, baseNames: ReadonlySet<string>): Finding[] {
  return findPattern(
    file,
    /\b[\w-]+(?:\/[\w-]+)*\.md\b/g,
    'is not a document of this project',
  ).filter(({ says }) => !baseNames.has(path.posix.basename(says.replace(/^.*: /, ''))));
}

/** `npm run x` in a document that package.json does not have. */
function findUnknownScripts(file: ProjectFile, scripts: ReadonlySet<string>): Finding[] {
  return findPattern(file, /\bnpm run ([a-z][a-z:-]*)/g, 'is not a script').filter(
    ({ says }) => !scripts.has(says.replace(/^.* /, '')),
  );
}

/** `ADR 0007` or `decision 0007` without such a file, `R9.99` without such a rule. */
function findUnknownReferences(file: ProjectFile, known: ReadonlySet<string>): Finding[] {
  return [
    ...findPattern(file, /\b(?:ADR|[Dd]ecision) \d{4}\b/g, 'is not a decision of ours'),
    ...findPattern(file, /\bR\d\.\d\d\b/g, 'is not a rule of ours'),
  ].filter(({ says }) => !known.has(says.replace(/^.* /, '')));
}

describe('documents', () => {
  const markdown = [...FILES].filter((name) => name.endsWith('.md')).map(readProjectFile);

  it('are checked by rules that find a planted slip', () => {
    const planted = (text: string): ProjectFile => ({ name: 'docs/a.md', text });
    const files = new Set(['docs/b.md', 'README.md']);
    expect(
      findDeadLinks(planted('[b](b.md) [r](../README.md#top) [x](https://example.com)'), files),
    ).toEqual([]);
    expect(findDeadLinks(planted('[c](c.md)'), files)).toHaveLength(1);
    expect(findUnknownDocuments(planted('see lost' + '.md'), new Set(['b.md']))).toHaveLength(1);
    expect(
      findUnknownReferences(planted('ADR 0099, R1.05, R9.99'), new Set(['R1.05'])),
    ).toHaveLength(2);
    expect(findUnknownScripts(planted('npm run nothing'), new Set(['check']))).toHaveLength(1);
  });

  it('link only to files that exist', () => {
    expect(describeFindings(markdown.flatMap((file) => findDeadLinks(file, FILES)))).toEqual([]);
  });

  it('are named only when they exist, in code and comments too', () => {
    const named = readTextFiles().filter(({ name }) =>
      /\.(ts|mjs|cjs|js|sql|md|yml|json)$/.test(name),
    );
    const findings = named
      .filter(({ name }) => name !== 'package-lock.json' && !name.startsWith('test/house/'))
      .flatMap((file) => findUnknownDocuments(file, BASE_NAMES));
    expect(describeFindings(findings)).toEqual([]);
  });

  it('have every decision and every rule that code refers to', () => {
    const rules = parseRules(readProjectFile('docs/requirements.md').text).map(({ id }) => id);
    const decisions = [...FILES].flatMap(
      (name) => /^docs\/decisions\/(\d{4})-/.exec(name)?.[1] ?? [],
    );
    const known = new Set([...rules, ...decisions]);
    const files = readTextFiles().filter(
      ({ name }) => /\.(ts|sql|md)$/.test(name) && !name.startsWith('test/house/'),
    );
    expect(describeFindings(files.flatMap((file) => findUnknownReferences(file, known)))).toEqual(
      [],
    );
  });

  it('tell only commands that package.json has', () => {
    const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
      readProjectFile('package.json').text,
    );
    const known = new Set(Object.keys(scripts));
    expect(describeFindings(markdown.flatMap((file) => findUnknownScripts(file, known)))).toEqual(
      [],
    );
  });
});
