/**
 * The rules of the house that the linter has no word for, as functions from a file to findings.
 * source.test.ts proves each on a planted violation, then runs it over the project.
 */
import ts from 'typescript';
import { findPattern, lineOf, type Finding, type ProjectFile } from './project-files';

const parsed = new WeakMap<ProjectFile, ts.SourceFile>();

/** The syntax tree of a file; several rules look at each, so it is parsed once. */
export function parseSource(file: ProjectFile): ts.SourceFile {
  const known = parsed.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file.name, file.text, ts.ScriptTarget.ES2023, true);
  parsed.set(file, source);
  return source;
}

/** Every node of a file, depth first. */
export function* walkNodes(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* walkNodes(child);
}

function findNodes(
  file: ProjectFile,
  judge: (node: ts.Node, source: ts.SourceFile) => string | null,
): Finding[] {
  const source = parseSource(file);
  const findings: Finding[] = [];
  for (const node of walkNodes(source)) {
    const says = judge(node, source);
    if (says !== null) {
      findings.push({ file: file.name, line: lineOf(file.text, node.getStart(source)), says });
    }
  }
  return findings;
}

const OWNS = /Owns:/;
const DOES_NOT_OWN = /Does not own:/;
const EXAMPLE = /Examples?:/;

/** A domain file opens by saying what it owns, what it does not, and with a worked example. */
export function findMissingOpening({ name, text }: ProjectFile): Finding[] {
  const opening = /^\s*\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? '';
  return [OWNS, DOES_NOT_OWN, EXAMPLE]
    .filter((part) => !part.test(opening))
    .map((part) => ({ file: name, line: 1, says: `its opening comment lacks "${part.source}"` }));
}

const BUNDLE_ENTRIES = [
  'workflows/index.ts',
  'activities/index.ts',
  'scripts/bench/lifecycle/workflows.ts',
];

/** A barrel hides who needs what and makes cycles; what a bundler is given to start from is the exception. */
export function findBarrel(file: ProjectFile): Finding[] {
  if (BUNDLE_ENTRIES.includes(file.name)) return [];
  return findNodes(file, (node) =>
    ts.isExportDeclaration(node) && node.moduleSpecifier
      ? 'exports what another file owns: import it from there'
      : null,
  );
}

const FORBIDDEN_WORDS = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'managers']);
const FORBIDDEN_NAMES = new Set(['data', 'info', 'stuff']);
// Where processes of the operating system are the subject, the word is a noun.
const ABOUT_PROCESSES = /^(config|scripts|test\/support)\//;
const FORBIDDEN_VERBS = new Set(['handle', 'process', 'manage', 'do', 'map', 'convert']);

/** Words that say nothing (util, manager, handleX, data) are not names: docs/glossary.md has better ones. */
export function findEmptyNames(file: ProjectFile): Finding[] {
  const findings = findNodes(file, (node, source) => {
    const declared = readDeclaredName(node, source);
    const isNoun =
      declared !== null && ABOUT_PROCESSES.test(file.name) && /^process[A-Z]/.test(declared.name);
    return declared === null || isNoun ? null : judgeName(declared);
  });
  const base = file.name.replace(/^.*\//, '').replace(/\..*$/, '');
  const emptyWord = base.split('-').find((word) => FORBIDDEN_WORDS.has(word));
  if (emptyWord === undefined) return findings;
  return [
    ...findings,
    { file: file.name, line: 1, says: `the file is named after a "${emptyWord}"` },
  ];
}

interface DeclaredName {
  readonly name: string;
  readonly isFunction: boolean;
}

function readDeclaredName(node: ts.Node, source: ts.SourceFile): DeclaredName | null {
  const isNamed = isFunctionLike(node) || isNamedThing(node);
  if (!isNamed || !node.name || !ts.isIdentifier(node.name)) return null;
  return { name: node.name.getText(source), isFunction: isFunctionLike(node) };
}

function isNamedThing(node: ts.Node): node is ts.NamedDeclaration {
  return (
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node)
  );
}

function isFunctionLike(node: ts.Node): node is ts.NamedDeclaration {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return true;
  if (!ts.isVariableDeclaration(node) || !node.initializer) return false;
  return ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer);
}

function judgeName({ name, isFunction }: DeclaredName): string | null {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _]+/);
  const [verb = ''] = words;
  const isEmpty =
    FORBIDDEN_NAMES.has(name) ||
    words.some((word) => FORBIDDEN_WORDS.has(word)) ||
    (isFunction && words.length > 1 && FORBIDDEN_VERBS.has(verb));
  return isEmpty ? `"${name}" says nothing: name the thing or the deed` : null;
}

const EDGE_FUNCTION = /^(fromRow|fromApi|toRow|toApi|parse)/;

/** `as` silences the compiler: only where a row or a body gets its type, or where a comment says why. */
export function findAssertions(file: ProjectFile): Finding[] {
  return findNodes(file, (node, source) => {
    const asserted = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);
    if (!asserted || node.type.getText(source) === 'const') return null;
    if (enclosingFunctionNames(node, source).some((name) => EDGE_FUNCTION.test(name))) return null;
    if (isExplained(node, file.text)) return null;
    return `asserts a type outside fromRow/fromApi, and no comment says why: ${node.getText(source)}`;
  });
}

/** Whether a comment stands in the assertion's statement or on the line above it. */
function isExplained(node: ts.Node, text: string): boolean {
  let statement = node;
  while (!ts.isStatement(statement)) statement = statement.parent;
  const { length } = text.slice(0, statement.getFullStart()).trimEnd();
  return /\/\/|\*\//.test(text.slice(length, node.end));
}

function enclosingFunctionNames(node: ts.Node, source: ts.SourceFile): string[] {
  const names: string[] = [];
  for (let at: ts.Node | undefined = node.parent; at; at = at.parent) {
    if (ts.isFunctionDeclaration(at) && at.name) names.push(at.name.getText(source));
    if (ts.isVariableDeclaration(at)) names.push(at.name.getText(source));
  }
  return names;
}

const SQL_OPENING =
  /^\s*(select|insert\s+into|update|delete\s+from|with|create|alter|drop|grant)\b/i;
const SQL_CLAUSE = /\b(select\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|\bwhere\s)/i;
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;

/** Values reach PostgreSQL as bound parameters; only a constant of the file may stand in the text. */
export function findBuiltSql(file: ProjectFile): Finding[] {
  return findNodes(file, (node, source) => {
    if (ts.isTemplateExpression(node)) {
      const isSql = SQL_OPENING.test(node.head.text) || SQL_CLAUSE.test(node.getText(source));
      const loose = node.templateSpans.find(
        ({ expression }) => !CONSTANT.test(expression.getText(source)),
      );
      return isSql && loose
        ? `puts a value into SQL text: ${loose.expression.getText(source)}`
        : null;
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      return ts.isStringLiteralLike(node.left) && SQL_OPENING.test(node.left.text)
        ? 'glues SQL together: bind the value'
        : null;
    }
    return null;
  });
}

/**
 * `select *` breaks the reader of the rows the day a column is added. A function's result is another
 * thing: its signature names the columns.
 */
export function findSelectStar(file: ProjectFile): Finding[] {
  const says = 'names no columns';
  const calledAs = [...file.text.matchAll(/\blateral\s+\w+\([^)]*\)\s+(\w+)/gi)].map(
    ([, alias]) => alias,
  );
  const ofFunctions = calledAs.map((alias) => `${says}: select ${alias}.*`);
  return [
    ...findPattern(file, /\bselect\s+\*(?!\s+from\s+\w+\s*\()/gi, says),
    ...findPattern(file, /\bselect\s+\w+\.\*/gi, says).filter(
      (found) => !ofFunctions.includes(found.says),
    ),
    ...findPattern(file, /\breturning\s+\*/gi, says),
    ...findPattern(file, /\.(?:select|returning)(?:<[^(]*>)?\(\s*['"](?:\w+\.)?\*['"]/g, says),
  ];
}

/** A note for later without an issue is forgotten: fix it, or open the issue. */
export function findLooseTodos(file: ProjectFile): Finding[] {
  const words = ['TO' + 'DO', 'FIX' + 'ME'].join('|'); // Split, or this file would find itself.
  return findPattern(file, new RegExp(`\\b(?:${words})\\b(?!\\(#\\d+\\)).*`, 'g'), 'has no issue');
}

/** File and folder names: kebab-case, with dots before a suffix (`order.workflow.ts`). */
export function findBadFileName(name: string): Finding[] {
  const isFine = name
    .split('/')
    .every((part) => /^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part) || /^[A-Z]+(\.md)?$/.test(part));
  const isTool = /(^|\/)(Dockerfile|package-lock\.json|\d{4}[-_][a-z0-9_]+\.sql)$/.test(name);
  return isFine || isTool ? [] : [{ file: name, line: 1, says: 'is not spelled in kebab-case' }];
}
