/**
 * Reads the words out of a PDF that was not compressed: each text operator is glyph numbers, and each
 * font says which letters they stand for. Enough for what pdfkit writes, and for nothing else.
 */

/** Every run of text, page by page in drawing order, each as it was written. */
export function readPdfText(pdf: Buffer): string[] {
  const plain = pdf.toString('latin1');
  const fonts = readFonts(plain);
  const runs: string[] = [];
  for (const [, block = ''] of plain.matchAll(/BT\n([\s\S]*?)\nET/g)) {
    const font = /\/(F\d+) /.exec(block)?.[1] ?? '';
    const letters = fonts.get(font);
    if (letters === undefined) throw new Error(`the font ${font} has no map to letters`);
    const glyphs = [...block.matchAll(/<([0-9a-f]+)>/g)].map(([, hex = '']) => hex).join('');
    runs.push((glyphs.match(/.{4}/g) ?? []).map((glyph) => letters.get(glyph) ?? '?').join(''));
  }
  return runs;
}

export function countPages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\n/g)?.length ?? 0;
}

function readFonts(plain: string): Map<string, Map<string, string>> {
  const fonts = new Map<string, Map<string, string>>();
  for (const [, name = '', id = ''] of plain.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const font = readObject(plain, id);
    const map = /\/ToUnicode (\d+) 0 R/.exec(font)?.[1];
    if (map !== undefined) fonts.set(name, readLetters(readObject(plain, map)));
  }
  return fonts;
}

function readObject(plain: string, id: string): string {
  const start = plain.indexOf(`\n${id} 0 obj`);
  return plain.slice(start, plain.indexOf('endobj', start));
}

/** `<0000> <00ff> [<0000> <0054> …]`: the letters of a range of glyphs, in UTF-16. */
function readLetters(map: string): Map<string, string> {
  const letters = new Map<string, string>();
  for (const [, first = '', list = ''] of map.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/g)) {
    const codes = [...list.matchAll(/<([0-9a-f ]+)>/g)].map(([, code = '']) => code);
    codes.forEach((code, index) => {
      const glyph = (Number.parseInt(first, 16) + index).toString(16).padStart(4, '0');
      const units = code.replaceAll(' ', '').match(/.{4}/g) ?? [];
      letters.set(glyph, String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))));
    });
  }
  return letters;
}
