import { toCsv } from '../../api/csv';

async function write(rows: readonly (readonly string[])[]): Promise<string> {
  const parts = (async function* () {
    for (const row of rows) yield [row];
  })();
  let text = '';
  for await (const part of toCsv(['name', 'amount'], parts)) text += part;
  return text;
}

describe('a CSV', () => {
  it('begins with a byte order mark and its header, and ends each line with CRLF', async () => {
    expect(await write([['Diwali', '1.50']])).toBe('\uFEFFname,amount\r\nDiwali,1.50\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    'R3.21 disarms a cell that begins like the formula %j',
    async (cell) => {
      const [, line = ''] = (await write([[cell, '1']])).split('\r\n', 2);
      expect(line.replaceAll('"', '').startsWith("'")).toBe(true);
    },
  );

  it('quotes what would end a cell or a line', async () => {
    expect(await write([['a,"b"\nc', '1']])).toBe('\uFEFFname,amount\r\n"a,""b""\nc",1\r\n');
  });

  it('of nothing is its header', async () => {
    expect(await write([])).toBe('\uFEFFname,amount\r\n');
  });
});
