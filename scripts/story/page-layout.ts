/**
 * Owns: how a story looks in a terminal: headings, dated lines with amounts in a column, tables, links.
 * Does not own: what is told. Colours only where a person looks: on a terminal, and not with NO_COLOR.
 * Example of a line: `  31 Jan  Istanbul  started: period 1 is paid      −1 499.00 TRY   = 3 501.00`.
 */
export type Tone = 'plain' | 'good' | 'bad' | 'quiet' | 'strong';

export interface StoryLine {
  /** A civil date for people: "31 Jan". */
  readonly on: string;
  readonly who: string;
  readonly text: string;
  readonly amount?: string;
  /** What the wallet holds then. */
  readonly balance?: string;
  readonly tone?: Tone;
}

export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Set apart below a rule, where there are any. */
  readonly totals: readonly (readonly string[])[];
}

export interface PageLayout {
  readonly title: (text: string, facts: readonly string[]) => void;
  readonly heading: (text: string, note?: string) => void;
  readonly line: (line: StoryLine) => void;
  readonly paragraph: (text: string, tone?: Tone) => void;
  /** An address is never broken, or it could not be followed. */
  readonly link: (address: string) => void;
  /** Several tables whose columns stand below each other. */
  readonly tables: (tables: readonly Table[]) => void;
}

/** What a layout needs of a stream: process.stdout, or a list in a test. */
export interface Output {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
}

const WIDTH = 92;
const DATE_WIDTH = 8;
const WHO_WIDTH = 10;
const AMOUNT_WIDTH = 14;
const BALANCE_WIDTH = 13;
const TEXT_WIDTH = WIDTH - 2 - DATE_WIDTH - WHO_WIDTH - AMOUNT_WIDTH - BALANCE_WIDTH;
const GAP = '   ';

const STYLES: Readonly<Record<Tone, readonly [string, string]>> = {
  plain: ['', ''],
  good: ['\u001b[32m', '\u001b[39m'],
  bad: ['\u001b[33m', '\u001b[39m'],
  quiet: ['\u001b[2m', '\u001b[22m'],
  strong: ['\u001b[1m', '\u001b[22m'],
};

type Paint = (text: string, tone: Tone) => string;
type Print = (text: string) => void;

export function createPageLayout(
  output: Output,
  { hasColour }: { readonly hasColour: boolean },
): PageLayout {
  const paint: Paint = (text, tone) => {
    const [begin, end] = STYLES[tone];
    return hasColour ? `${begin}${text}${end}` : text;
  };
  const print: Print = (text) => void output.write(`${text.trimEnd()}\n`);
  return {
    title(text, facts) {
      print(`\n  ${paint(text, 'strong')}`);
      print(`  ${paint('─'.repeat(WIDTH - 2), 'quiet')}`);
      for (const fact of facts) print(`  ${paint(fact, 'quiet')}`);
    },
    heading(text, note = '') {
      const space = ' '.repeat(Math.max(2, WIDTH - 2 - text.length - note.length));
      print(`\n  ${paint(text, 'strong')}${space}${note === '' ? '' : paint(note, 'quiet')}`);
    },
    line: (line) => printLine(line, print, paint),
    paragraph(text, tone = 'plain') {
      for (const part of wrap(text, WIDTH - 2)) print(`  ${paint(part, tone)}`);
    },
    link: (address) => print(`    ${paint(address, 'quiet')}`),
    tables: (tables) => printTables(tables, print, paint),
  };
}

function printLine(line: StoryLine, print: Print, paint: Paint): void {
  const { on, who, text, amount = '', balance = '', tone = 'plain' } = line;
  const isWithMoney = amount !== '' || balance !== '';
  const width = isWithMoney ? TEXT_WIDTH : WIDTH - 2 - DATE_WIDTH - WHO_WIDTH;
  const [first = '', ...more] = wrap(text, width - 2);
  const start = `${paint(on.padEnd(DATE_WIDTH), 'quiet')}${who.padEnd(WHO_WIDTH)}`;
  const shown = balance === '' ? '' : paint(`= ${balance}`.padStart(BALANCE_WIDTH), 'quiet');
  const money = isWithMoney ? `${amount.padStart(AMOUNT_WIDTH)}${shown}` : '';
  print(`  ${start}${paint(first, tone)}${' '.repeat(width - first.length)}${money}`);
  const indent = ' '.repeat(2 + DATE_WIDTH + WHO_WIDTH);
  for (const rest of more) print(`${indent}${paint(rest, tone)}`);
}

/** Colours for people: on a terminal, unless they said no (no-color.org). */
export function wantsColour(
  output: Output,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return output.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

/** The first column reads from the left, all others are numbers and end at the same place. */
function printTables(tables: readonly Table[], print: Print, paint: Paint): void {
  const all = tables.flatMap(({ headings, rows, totals }) => [headings, ...rows, ...totals]);
  const columns = Math.max(...all.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((cells) => (cells[column] ?? '').length)),
  );
  const format = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(GAP);
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length));
  for (const { headings, rows, totals } of tables) {
    print(`\n    ${paint(format(headings), 'quiet')}`);
    for (const cells of rows) print(`    ${format(cells)}`);
    if (totals.length > 0) print(`    ${paint(rule, 'quiet')}`);
    for (const cells of totals) print(`    ${paint(format(cells), 'strong')}`);
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length > width && current !== '') {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}
