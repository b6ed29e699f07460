import { findMarket, findRateRow } from '../../../domain/rating/market';
import type { RateCardVersion } from '../../../domain/rating/rate-card';
import { draftOf, priced } from '../../support/rate-cards';

const MARKETS = [
  { prefix: '1', market: 'US' },
  { prefix: '1242', market: 'BS' },
  { prefix: '62', market: 'ID' },
  { prefix: '7', market: 'RU' },
  { prefix: '77', market: 'KZ' },
];

describe('the market of a number', () => {
  it.each([
    ['628912345678', 'ID'],
    ['13105550100', 'US'],
    ['12425550100', 'BS'],
    ['124', 'US'],
    ['79161234567', 'RU'],
    ['77011234567', 'KZ'],
    ['905321234567', '*'],
    ['6', '*'],
    ['', '*'],
    [null, '*'],
  ])('R3.26 of %j is that of the longest prefix: %s', (number, market) => {
    expect(findMarket(MARKETS, number)).toBe(market);
  });

  it.each([
    ['ID.2026a1b2c3', 'ID'],
    ['MY.ENT.2026a1b2c3', 'Rest of Asia'],
    ['US.1242', 'US'],
    ['KE.2026a1b2c3', '*'],
  ])('R3.26 of the user id %s, which begins with its country, is %s', (id, market) => {
    const markets = [...MARKETS, { prefix: 'MY.', market: 'Rest of Asia' }];
    expect(findMarket(markets, id)).toBe(market);
  });

  it('is `*` for every number where a card names no markets', () => {
    expect(findMarket([], '628912345678')).toBe('*');
  });
});

describe('the price of a category in a market', () => {
  const version: RateCardVersion = {
    ...draftOf({
      rows: [
        priced('marketing', 'ID', '597.32'),
        priced('marketing', '*', '900'),
        priced('utility', 'ID', '356.65'),
      ],
    }),
    id: 1,
    version: 1,
    cardCode: 'card',
    startsAtMs: 0,
  };

  it.each([
    ['marketing', 'ID', 5_973_200_000_000n],
    ['marketing', 'IN', 9_000_000_000_000n],
    ['marketing', '*', 9_000_000_000_000n],
    ['utility', 'ID', 3_566_500_000_000n],
    ['utility', 'IN', undefined],
    ['service', 'ID', undefined],
  ])('R3.26 is its own, else that of `*`: %s in %s', (category, market, rate) => {
    expect(findRateRow(version, { category, market })?.rate).toBe(rate);
  });
});
