import { readPrices } from '../../../domain/rating/card-import';
import { priced } from '../../support/rate-cards';

/** Lines as the parser splits them. */
function read(...lines: string[]) {
  return readPrices(lines.map((text, index) => ({ line: index + 1, cells: text.split(',') })));
}
function faultsOf(...lines: string[]) {
  return read(...lines).faults.map(({ line, column, message }) => [line, column, message]);
}
const HEADER = 'category,market,rate,fee_fixed,fee_percent';

describe('prices out of a file', () => {
  it('R3.28 are its lines, the management fee apart', () => {
    const { rows, faults } = read(HEADER, 'marketing,ID,597.3200,0,10', 'utility,*,0.115,0.01,');
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      {
        line: 2,
        row: {
          ...priced('marketing', 'ID', '597.32'),
          fee: { fixed: 0n, percent: 100_000_000_000n },
        },
      },
      {
        line: 3,
        row: { ...priced('utility', '*', '0.115'), fee: { fixed: 100_000_000n, percent: 0n } },
      },
    ]);
  });

  it('may leave out the fees and have its columns in any order', () => {
    expect(read('Rate,Market,Category', '1.5,Rest of Africa,service').rows).toEqual([
      { line: 2, row: priced('service', 'Rest of Africa', '1.5') },
    ]);
  });

  it('names every wrong cell by line and column', () => {
    expect(
      faultsOf(HEADER, ',ID,1e3,-1,1000', 'marketing,=ID,,0,0', 'marketing,ID,0,115,0,0'),
    ).toEqual([
      [2, 'category', 'The category is missing.'],
      [2, 'rate', '"1e3" is not a price like 597.32, with a point.'],
      [2, 'fee_fixed', '"-1" is not a price like 597.32, with a point.'],
      [2, 'fee_percent', '"1000" is not a percentage like 10, below 1000.'],
      [3, 'market', '"=ID" is no market: a name, or * for all others.'],
      [3, 'rate', '"" is not a price like 597.32, with a point.'],
      [4, null, 'The line has 6 cells, the header 5. A rate has a point, not a comma.'],
    ]);
  });

  it('says what a header lacks, doubles or does not know', () => {
    const expected = `The first line is ${HEADER}.`;
    expect(faultsOf('category,market,price,market', 'a,b,c,d')).toEqual([
      [1, 'price', `There is no column "price". ${expected}`],
      [1, 'market', 'The column market stands twice.'],
      [1, 'rate', `The column rate is missing. ${expected}`],
    ]);
  });

  it.each([
    ['category;market;rate', 'semicolons'],
    ['category\tmarket\trate', 'tabs'],
  ])('says that %j is separated by %s', (header, separator) => {
    expect(faultsOf(header, 'marketing;ID;1')).toEqual([
      [
        1,
        null,
        `The columns are separated by ${separator}. Save the file with commas, and rates with a point.`,
      ],
    ]);
  });

  it('refuses a file without prices', () => {
    expect(faultsOf()).toEqual([[1, null, `The file is empty. The first line is ${HEADER}.`]]);
    expect(faultsOf(HEADER)).toEqual([[1, null, 'The file has a header and no prices.']]);
  });
});
