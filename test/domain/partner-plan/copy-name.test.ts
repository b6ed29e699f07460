import { nameCopy } from '../../../domain/partner-plan/copy-name';

describe('the name of a copy', () => {
  it.each([
    ['Gold', [], 'Gold (copy)'],
    ['Gold', ['Gold', 'Gold (copy)'], 'Gold (copy 2)'],
    ['Gold', ['gold (COPY)', 'Gold (Copy 2)'], 'Gold (copy 3)'],
    ['Gold', ['Gold (copy 2)'], 'Gold (copy)'],
    ['Gold (copy)', ['Gold', 'Gold (copy)'], 'Gold (copy) (copy)'],
  ])('R4.06 of "%s", with %j taken, is "%s"', (name, taken, copy) => {
    expect(nameCopy(name, taken)).toBe(copy);
  });

  it('R4.06 is never longer than a name may be', () => {
    const long = 'é'.repeat(200);
    expect(nameCopy(long, [])).toBe(`${'é'.repeat(193)} (copy)`);
    expect(nameCopy(long, [`${'é'.repeat(193)} (copy)`])).toBe(`${'é'.repeat(191)} (copy 2)`);
  });
});
