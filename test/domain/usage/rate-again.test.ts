import { NO_USAGE_TAX, type UsageTax } from '../../../domain/tax/usage-tax';
import { indexCards } from '../../../domain/rating/tariff';
import type { DatedRateCard, RateCardVersion, RatingRule } from '../../../domain/rating/rate-card';
import type { RatingTerms } from '../../../domain/rating/rating-terms';
import { type PricedUse, rateAgain } from '../../../domain/usage/rate-again';
import { AT } from '../../support/build-ledger';
import { buildTerms, NO_METER, rowOf } from '../../support/build-usage';
import { draftOf, JAKARTA_CARD } from '../../support/rate-cards';

const MICRO = 10_000n;

/** 1.00 a message by the first version, with a fee of 10 %; by the second, which corrects it, 0.50 and 20 %. */
const VERSIONS: readonly RateCardVersion[] = [
  versionOf(1, { rate: 1_000_000n * MICRO, percent: 10n }),
  versionOf(2, { rate: 500_000n * MICRO, percent: 20n }),
];

function versionOf(
  version: number,
  { rate, percent }: { readonly rate: bigint; readonly percent: bigint },
): RateCardVersion {
  return {
    ...draftOf({ markets: [] }),
    id: version,
    cardCode: 'messages',
    version,
    corrects: version === 1 ? null : 1,
    startsAtMs: 0,
    rows: [
      rowOf({
        category: 'message',
        market: '*',
        rate,
        fee: { fixed: 0n, percent: percent * 10_000_000_000n },
      }),
    ],
  };
}

/** 3 messages, one of the quota and two for 2.20 with a fee of 0.20 and 18 % tax. */
const USE: PricedUse = {
  ledgerId: 1n,
  key: '00000000-0000-4000-8000-000000000001',
  id: 'evt_1',
  type: 'message',
  localDate: '2026-11-10',
  category: 'message',
  asset: 'message',
  quantity: 3n,
  amountMicros: 2_200_000n,
  feeMicros: 200_000n,
  taxMicros: 396_000n,
  visitorMicros: 0n,
  visitorTaxMicros: 0n,
  paidQuantity: 2n,
  taxationId: 1,
  lastTransfer: 2n,
  isNewVisitor: false,
  visitor: null,
  paid: [
    { bucket: 'quota/message', counter: 'consumption/message', asset: 'message', amount: 1n },
    { bucket: 'wallet/additional', counter: 'revenue/IDR', asset: 'IDR', amount: 2_200_000n },
    { bucket: 'wallet/additional', counter: 'tax_payable/IDR', asset: 'IDR', amount: 396_000n },
  ],
  corrections: [],
  occurredAt: AT,
  price: { versionId: 1, market: '*', unitRate: 1_000_000n * MICRO },
};

function taxOf(numerator: bigint, includesTax = false): UsageTax {
  const share = { numerator, denominator: includesTax ? 100n + numerator : 100n };
  const taxation = { ...NO_USAGE_TAX.taxation, includesTax, rounding: 'half_up' } as const;
  return { taxation, share, telecomShare: share };
}

function again(
  use: Partial<PricedUse> = {},
  {
    tax = taxOf(18n),
    terms = {},
    cardCode = null,
    versions = VERSIONS,
  }: {
    readonly tax?: UsageTax;
    readonly terms?: Parameters<typeof buildTerms>[0];
    readonly cardCode?: string | null;
    readonly versions?: readonly RateCardVersion[];
  } = {},
) {
  const card = { ...JAKARTA_CARD, code: 'messages', channel: 'message' } as const;
  const cards: DatedRateCard[] = [{ card, versions }];
  const basis = {
    terms: buildTerms(terms) satisfies RatingTerms,
    cards: indexCards(cards, () => tax),
  };
  const taxations = new Map([[1, tax]]);
  return rateAgain({ ...USE, ...use }, { ...basis, taxations, cardCode });
}

test('R3.27 R3.28 rate, fee and tax follow the corrected version, for the units that money paid', () => {
  // 2 messages at 0.50 with 20 %: 1.20, and 0.216 tax.
  expect(again()).toMatchObject({
    kind: 'repriced',
    price: { versionId: 2, market: '*', unitRate: 500_000n * MICRO },
    beforeMicros: 2_200_000n,
    netMicros: -1_000_000n,
    feeMicros: 0n,
    taxMicros: -180_000n,
    paidQuantity: 0n,
  });
});

test('where prices include the tax it comes out of the corrected price', () => {
  // 2.20 with 18 % in it: 0.335593 and 1.864407; of 1.20 it is 0.183051.
  const included = { amountMicros: 1_864_407n, taxMicros: 335_593n };
  expect(again(included, { tax: taxOf(18n, true) })).toMatchObject({
    netMicros: 1_016_949n - 1_864_407n,
    taxMicros: 183_051n - 335_593n,
  });
});

test('units that money paid for are those that were charged, whatever was free', () => {
  // One of the quota, one free, and one for 1.10.
  const part = {
    amountMicros: 1_100_000n,
    feeMicros: 100_000n,
    taxMicros: 198_000n,
    paidQuantity: 1n,
  };
  expect(again(part)).toMatchObject({ netMicros: -500_000n, taxMicros: -90_000n });
});

test('a price of nothing says not how much was free by an allowance: such a use is left', () => {
  const free = {
    amountMicros: 0n,
    feeMicros: 0n,
    taxMicros: 0n,
    paidQuantity: 0n,
    taxationId: null,
  };
  const [first, second] = VERSIONS;
  const rows = first?.rows.map((row) => ({ ...row, rate: 0n })) ?? [];
  const freeAllowance = { category: 'message', quantity: 5n, per: 'account' } as const;
  const versionsOf = (rule: Partial<RatingRule>) =>
    [first, second].flatMap((version) =>
      version === undefined
        ? []
        : [
            {
              ...version,
              rule: { ...version.rule, ...rule },
              ...(version === first ? { rows } : {}),
            },
          ],
    );
  expect(again(free, { versions: versionsOf({ freeAllowance }) })).toEqual({
    kind: 'left_out',
    reason: 'unknown_units',
  });
  // Two that no unit covered, at 0.50 with 20 %.
  expect(again(free, { versions: versionsOf({}) })).toMatchObject({
    netMicros: 1_200_000n,
    taxMicros: 216_000n,
    paidQuantity: 2n,
  });
});

test('what a plan blocks and what happened all the same stays for nothing', () => {
  const free = { amountMicros: 0n, feeMicros: 0n, taxMicros: 0n, paidQuantity: 0n };
  // Its price was 1.00, so nothing of it was ever for money.
  expect(again(free)).toEqual({ kind: 'unchanged' });
  const meters = { message: { ...NO_METER, onExhausted: 'block' } } as const;
  expect(again(free, { terms: { meters } })).toEqual({ kind: 'unchanged' });
});

test('what the plan has priced keeps its price, unless a card is named', () => {
  const planned = {
    amountMicros: 2_000_000n,
    feeMicros: 0n,
    taxMicros: 360_000n,
    price: { versionId: null, market: null, unitRate: 1_000_000n * MICRO },
  };
  expect(again(planned)).toEqual({ kind: 'unchanged' });
  expect(again(planned, { cardCode: 'messages' })).toMatchObject({
    netMicros: -800_000n,
    feeMicros: 200_000n,
    taxMicros: -144_000n,
  });
});
