/**
 * Owns: how a document looks on A4: places, sizes, colours, page breaks.
 * Does not own: its words (describe-document.ts).
 * Equal words give equal bytes: the only date in the file is the document's own, and fonts are embedded.
 */
import PDFDocument from 'pdfkit';
import type { Instant } from '../../domain/instant';
import type { DocumentText, Labelled, PartyText, RowText } from './describe-document';

/** Has the rupee and lira signs and the letters of Turkish, which the built-in fonts of PDF lack. */
const REGULAR = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf');
const BOLD = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf');

const INK = '#111827';
const MUTED = '#6b7280';
const HAIRLINE = '#d1d5db';
const SHADE = '#f3f4f6';
const WARNING = '#b45309';

/** Points, from the upper left corner of A4. */
const PAGE = { width: 595.28, height: 841.89 } as const;
const LEFT = 48;
const RIGHT = PAGE.width - LEFT;
const WIDTH = RIGHT - LEFT;
const TOP = 52;
/** Nothing but the footer stands below. */
const BOTTOM = PAGE.height - 72;
const FOOTER_Y = PAGE.height - 44;

type Pdf = PDFKit.PDFDocument;

interface TextStyle {
  readonly font?: string;
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'right';
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The PDF of the words. `issuedAt` is the file's date. */
export async function drawDocument(
  text: DocumentText,
  {
    issuedAt,
    isCompressed = true,
  }: { readonly issuedAt: Instant; readonly isCompressed?: boolean },
): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    compress: isCompressed,
    lang: 'en',
    font: REGULAR,
    info: {
      Title: `${text.title} ${text.number}`,
      Producer: 'Tollgate',
      Creator: 'Tollgate',
      CreationDate: new Date(issuedAt),
      ModDate: new Date(issuedAt),
    },
  });
  const bytes = collect(pdf);
  const afterHead = drawHead(pdf, text);
  const afterParties = drawParties(pdf, text.parties, afterHead);
  const afterRows = drawRows(pdf, text, afterParties + 26);
  drawEnd(pdf, text, afterRows);
  drawFooters(pdf, text);
  pdf.end();
  return bytes;
}

function collect(pdf: Pdf): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
}

/** Writes into a box and answers the y below it. */
function write(pdf: Pdf, text: string, box: Box, style: TextStyle = {}): number {
  const { font = REGULAR, size = 9, color = INK, align = 'left' } = style;
  pdf.font(font).fontSize(size).fillColor(color);
  const options = { width: box.width, align, lineGap: 2 } as const;
  pdf.text(text, box.x, box.y, options);
  return box.y + pdf.heightOfString(text, options);
}

function heightOf(
  pdf: Pdf,
  text: string,
  { width, font = REGULAR, size = 9 }: TextStyle & { readonly width: number },
): number {
  return pdf.font(font).fontSize(size).heightOfString(text, { width, lineGap: 2 });
}

function rule(pdf: Pdf, y: number, { x = LEFT, color = HAIRLINE, weight = 0.7 } = {}): void {
  pdf.moveTo(x, y).lineTo(RIGHT, y).lineWidth(weight).strokeColor(color).stroke();
}

const FACTS_WIDTH = 232;
const FACT_LABEL_WIDTH = 84;

/** The title to the left, the facts to the right. */
function drawHead(pdf: Pdf, text: DocumentText): number {
  const titleWidth = WIDTH - FACTS_WIDTH - 16;
  let left = write(
    pdf,
    text.title,
    { x: LEFT, y: TOP, width: titleWidth },
    { font: BOLD, size: 22 },
  );
  if (text.warning !== null) {
    const style = { font: BOLD, color: WARNING };
    left = write(pdf, text.warning, { x: LEFT, y: left + 2, width: titleWidth }, style);
  }
  let right = TOP + 6;
  for (const fact of text.facts) right = drawFact(pdf, fact, right) + 3;
  return Math.max(left, right) + 14;
}

function drawFact(pdf: Pdf, { label, value }: Labelled, y: number): number {
  const x = RIGHT - FACTS_WIDTH;
  write(pdf, label, { x, y, width: FACT_LABEL_WIDTH }, { color: MUTED });
  const box = { x: x + FACT_LABEL_WIDTH, y, width: FACTS_WIDTH - FACT_LABEL_WIDTH };
  return write(pdf, value, box, { align: 'right', font: BOLD });
}

const PARTY_GAP = 32;

/** Side by side, seller and buyer. */
function drawParties(pdf: Pdf, parties: readonly PartyText[], y: number): number {
  if (parties.length === 0) return y;
  rule(pdf, y);
  const width = (WIDTH - PARTY_GAP) / 2;
  const ends = parties.map((party, index) =>
    drawParty(pdf, party, { x: LEFT + index * (width + PARTY_GAP), y: y + 16, width }),
  );
  return Math.max(...ends);
}

function drawParty(pdf: Pdf, { heading, name, lines }: PartyText, box: Box): number {
  let y = write(pdf, heading.toUpperCase(), box, { size: 7.5, color: MUTED }) + 3;
  y = write(pdf, name, { ...box, y }, { font: BOLD, size: 10.5 }) + 1;
  for (const line of lines) y = write(pdf, line, { ...box, y });
  return y;
}

interface Column {
  readonly key: keyof RowText;
  readonly heading: string;
  readonly width: number;
  readonly align: 'left' | 'right';
}

const CELL_PADDING = 8;

/** The description takes what the other columns leave. */
function columnsOf({ hasSac }: DocumentText): readonly Column[] {
  const fixed: readonly Column[] = [
    ...(hasSac ? [{ key: 'sac', heading: 'SAC', width: 54, align: 'left' } as const] : []),
    { key: 'quantity', heading: 'Quantity', width: 54, align: 'right' },
    { key: 'unitAmount', heading: 'Unit price', width: 86, align: 'right' },
    { key: 'amount', heading: 'Amount', width: 88, align: 'right' },
  ];
  const taken = fixed.reduce((sum, { width }) => sum + width, 0);
  const description = { key: 'description', heading: 'Description', align: 'left' } as const;
  return [{ ...description, width: WIDTH - taken }, ...fixed];
}

/** The lines, with their heading again on each page they need. */
function drawRows(pdf: Pdf, text: DocumentText, top: number): number {
  const columns = columnsOf(text);
  let y = drawHeadings(pdf, columns, top);
  for (const row of text.rows) {
    const height = Math.max(...columns.map((column) => cellHeight(pdf, row, column))) + 14;
    if (y + height > BOTTOM) {
      pdf.addPage();
      y = drawHeadings(pdf, columns, TOP);
    }
    drawCells(pdf, columns, { y: y + 7, textOf: ({ key }) => row[key], style: {} });
    y += height;
    rule(pdf, y);
  }
  return y;
}

function cellHeight(pdf: Pdf, row: RowText, { key, width }: Column): number {
  return heightOf(pdf, row[key], { width: width - 2 * CELL_PADDING });
}

const HEADING_HEIGHT = 22;

function drawHeadings(pdf: Pdf, columns: readonly Column[], y: number): number {
  pdf.rect(LEFT, y, WIDTH, HEADING_HEIGHT).fill(SHADE);
  const style = { size: 8, color: MUTED, font: BOLD };
  drawCells(pdf, columns, { y: y + 6, textOf: ({ heading }) => heading, style });
  return y + HEADING_HEIGHT;
}

function drawCells(
  pdf: Pdf,
  columns: readonly Column[],
  cells: {
    readonly y: number;
    readonly textOf: (column: Column) => string;
    readonly style: TextStyle;
  },
): void {
  let x = LEFT;
  for (const column of columns) {
    const box = { x: x + CELL_PADDING, y: cells.y, width: column.width - 2 * CELL_PADDING };
    write(pdf, cells.textOf(column), box, { ...cells.style, align: column.align });
    x += column.width;
  }
}

const TOTALS_WIDTH = 300;
const TOTAL_VALUE_WIDTH = 116;
const TOTALS_ROW = 18;
const NOTE_WIDTH = 380;

/** Totals and notes stand together: on the next page when this one has no room for both. */
function drawEnd(pdf: Pdf, text: DocumentText, afterRows: number): void {
  const notes = text.notes.reduce(
    (sum, note) => sum + heightOf(pdf, note, { width: NOTE_WIDTH }) + 4,
    0,
  );
  const needed = 12 + text.totals.length * TOTALS_ROW + 40 + 20 + notes;
  const hasRoom = afterRows + needed <= BOTTOM;
  if (!hasRoom) pdf.addPage();
  const afterTotals = drawTotals(pdf, text, hasRoom ? afterRows + 12 : TOP);
  let y = afterTotals + 22;
  for (const note of text.notes) {
    y = write(pdf, note, { x: LEFT, y, width: NOTE_WIDTH }, { color: MUTED }) + 4;
  }
}

function drawTotals(pdf: Pdf, { totals, total }: DocumentText, top: number): number {
  let y = top;
  for (const row of totals) {
    drawTotal(pdf, row, y, { color: MUTED });
    y += TOTALS_ROW;
  }
  const x = RIGHT - TOTALS_WIDTH;
  rule(pdf, y + 4, { x, color: INK, weight: 1.2 });
  drawTotal(pdf, total, y + 12, { font: BOLD, size: 12 });
  return y + 32;
}

function drawTotal(pdf: Pdf, { label, value }: Labelled, y: number, style: TextStyle): void {
  const x = RIGHT - TOTALS_WIDTH + CELL_PADDING;
  const width = TOTALS_WIDTH - TOTAL_VALUE_WIDTH - CELL_PADDING;
  write(pdf, label, { x, y, width }, style);
  const valueX = RIGHT - TOTAL_VALUE_WIDTH;
  const box = { x: valueX, y, width: TOTAL_VALUE_WIDTH - CELL_PADDING };
  write(pdf, value, box, { ...style, color: INK, align: 'right' });
}

function drawFooters(pdf: Pdf, { title, number }: DocumentText): void {
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    pdf.switchToPage(page);
    rule(pdf, FOOTER_Y - 10);
    const box = { x: LEFT, y: FOOTER_Y, width: WIDTH };
    write(pdf, `${title} ${number}`, box, { size: 7.5, color: MUTED });
    const pages = `Page ${page + 1} of ${count}`;
    write(pdf, pages, box, { size: 7.5, color: MUTED, align: 'right' });
  }
}
