import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from './fixture-tree';

/** A text file of the project; `name` is its path from the root, with forward slashes. */
export interface ProjectFile {
  readonly name: string;
  readonly text: string;
}

/** A rule of the house that a file breaks, said so that the reader knows what to do. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly says: string;
}

/** The folders that ship: what runs in production. */
export const PRODUCTION_LAYERS = [
  'domain',
  'workflows',
  'activities',
  'gateways',
  'db',
  'api',
  'worker',
  'config',
] as const;

/** The names in .gitignore, each a name or `*.ending`: what git does not see breaks no rule. */
const IGNORED = readFileSync(path.join(PROJECT_ROOT, '.gitignore'), 'utf8')
  .split('\n')
  .map((line) => line.trim().replace(/^\/|\/$/g, ''))
  .filter((line) => line !== '' && !line.startsWith('#'));
const TEXT_BYTES_MAX = 2_000_000;

/** Every file of the project that is, or would be, committed. */
export function listProjectFiles(): string[] {
  return listFilesUnder('.').sort();
}

/** Files below a folder of the project, also when the folder does not exist (yet). */
export function listFilesUnder(folder: string): string[] {
  const entries = readDirectory(path.join(PROJECT_ROOT, folder));
  return entries.flatMap((entry) => {
    if (isIgnored(entry.name)) return [];
    const name = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? listFilesUnder(name) : [name];
  });
}

function isIgnored(name: string): boolean {
  return (
    name === '.git' ||
    IGNORED.some((line) => (line.startsWith('*') ? name.endsWith(line.slice(1)) : name === line))
  );
}

function readDirectory(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // A layer that has not been built yet breaks no rule.
  }
}

export function readProjectFile(name: string): ProjectFile {
  return { name, text: readFileSync(path.join(PROJECT_ROOT, name), 'utf8') };
}

/** The files of these folders whose names end in `ending`, read. */
export function readFilesUnder(folders: readonly string[], ending: string): ProjectFile[] {
  return folders
    .flatMap(listFilesUnder)
    .filter((name) => name.endsWith(ending) && !name.endsWith('.d.ts'))
    .map(readProjectFile);
}

/** Text files only, and none so large that it must be data. */
export function readTextFiles(): ProjectFile[] {
  return listProjectFiles()
    .filter((name) => statSync(path.join(PROJECT_ROOT, name)).size <= TEXT_BYTES_MAX)
    .map(readProjectFile)
    .filter(({ text }) => !text.includes('\0'));
}

/** The findings as one readable line each: an empty list is what a test expects. */
export function describeFindings(findings: readonly Finding[]): string[] {
  return findings.map(({ file, line, says }) => `${file}:${line} ${says}`);
}

/** The 1-based line of an offset in a text. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** A finding for each match of `pattern` (global) in the file. */
export function findPattern(file: ProjectFile, pattern: RegExp, says: string): Finding[] {
  return [...file.text.matchAll(pattern)].map((match) => ({
    file: file.name,
    line: lineOf(file.text, match.index),
    says: `${says}: ${match[0].trim()}`,
  }));
}
