import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CORRECTION_MUTANTS } from '../../scripts/mutants/correction-mutants';
import { LEDGER_MUTANTS } from '../../scripts/mutants/ledger-mutants';
import { RATING_MUTANTS } from '../../scripts/mutants/rating-mutants';

const ROOT = path.join(__dirname, '../..');

/** A mutant whose text is gone tests nothing, and nobody would see it before the next long run. */
describe('the mutants of the ledger', () => {
  it('are planted in text that is there, once', () => {
    const lost = [...LEDGER_MUTANTS, ...RATING_MUTANTS, ...CORRECTION_MUTANTS].flatMap(
      ({ name, file, find }) => {
        const times = readFileSync(path.join(ROOT, file), 'utf8').split(find).length - 1;
        return times === 1 ? [] : [`${name}: ${times} times in ${file}`];
      },
    );
    expect(lost).toEqual([]);
  });
});
