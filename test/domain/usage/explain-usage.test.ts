import type { RatingRule } from '../../../domain/rating/rate-card';
import { explainUsage, type ExplainedUsage } from '../../../domain/usage/explain-usage';
import { ZERO_REASONS, type Rating } from '../../../domain/usage/usage-event';

const RULE: RatingRule = {
  unit: 'message',
  chargeOn: 'delivered',
  conversationHours: 24,
  serviceWindow: {
    marketing: 'charge',
    utility: 'free',
    authentication: 'charge',
    authentication_international: 'charge',
    service: 'free',
  },
  freeEntryPoint: 'free',
  group: { membersMax: 8, pricedAs: 'utility', inWindow: 'charge' },
  freeAllowance: { category: 'service', quantity: 1_000n, per: 'number' },
  coveredByQuota: ['service'],
  tierMode: null,
  rounding: null,
};

function rating(other: Partial<Rating>): Rating {
  return {
    card: { code: 'whatsapp-idr', version: 2, versionId: 7, effectiveFrom: '2025-07-01' },
    category: 'marketing',
    market: 'ID',
    unit: 'message',
    quantity: 1n,
    unitRate: 5_973_200_000_000n,
    feeMicros: 0n,
    amountMicros: 0n,
    visitorMicros: 0n,
    taxMicros: 0n,
    zeroReason: null,
    windowFrom: null,
    ...other,
  };
}

function explain(
  other: Partial<Omit<ExplainedUsage, 'rating'>> & { readonly rating: Partial<Rating> },
): string {
  return explainUsage({
    type: 'wa_message',
    currency: 'IDR',
    charges: [],
    corrections: [],
    card: { name: 'WhatsApp IDR', rule: RULE },
    ...other,
    rating: rating(other.rating),
  });
}

const PLAN_PRICE = { card: null, market: null, category: 'sms' } as const;
const VERSION = 'version 2 of “WhatsApp IDR”, in force since 2025-07-01';

describe('what a use cost, in one sentence', () => {
  it('R3.25 names the price, the version it stands in and since when it counts', () => {
    const sentence = explain({
      rating: { amountMicros: 597_320_000n },
      charges: [{ source: 'wallet_additional', asset: 'IDR', amount: 597_320_000n }],
    });
    expect(sentence).toBe(
      `This marketing message to ID cost 597.32 IDR: 597.32 IDR per message by ${VERSION}, paid from your wallet.`,
    );
  });

  it('says afterwards that it was cancelled, or what took its place', () => {
    const { rating, charges } = {
      rating: { amountMicros: 597_320_000n },
      charges: [{ source: 'wallet_additional', asset: 'IDR', amount: 597_320_000n }] as const,
    };
    const cost = `This marketing message to ID cost 597.32 IDR: 597.32 IDR per message by ${VERSION}, paid from your wallet.`;
    const cancelled = {
      kind: 'cancellation',
      reason: 'told by mistake',
      replacedBy: null,
      amountMicros: 0n,
      card: null,
    } as const;
    expect(explain({ rating, charges, corrections: [cancelled] })).toBe(
      `${cost} It was cancelled afterwards, and what it had paid was given back: told by mistake.`,
    );
    const amended = {
      kind: 'amendment',
      reason: 'wrong category',
      replacedBy: 'evt_2',
      amountMicros: 0n,
      card: null,
    } as const;
    expect(explain({ rating, charges, corrections: [amended] })).toBe(
      `${cost} It was corrected afterwards: evt_2 took its place. The reason: wrong category.`,
    );
  });

  it('R3.28 tells the fee and the tax apart, and what each wallet paid', () => {
    const sentence = explain({
      rating: { amountMicros: 657_052_000n, feeMicros: 59_732_000n, taxMicros: 72_275_720n },
      charges: [
        { source: 'wallet_initial', asset: 'IDR', amount: 500_000_000n },
        { source: 'wallet_additional', asset: 'IDR', amount: 229_327_720n },
      ],
    });
    expect(sentence).toBe(
      `This marketing message to ID cost 657.052 IDR: 597.32 IDR per message by ${VERSION}, with a fee of 59.732 IDR, plus 72.27572 IDR tax, paid from the balance your plan grants (500.00 IDR) and your wallet (229.32772 IDR).`,
    );
  });

  it('R0.14 tells what packages paid and what the rest cost', () => {
    const sentence = explain({
      type: 'message',
      currency: 'INR',
      card: null,
      rating: {
        ...PLAN_PRICE,
        quantity: 10_510n,
        unitRate: 5_000_000_000n,
        amountMicros: 5_000_000n,
      },
      charges: [
        { source: 'package', asset: 'message', amount: 10_000n },
        { source: 'package', asset: 'message', amount: 500n },
        { source: 'wallet_additional', asset: 'INR', amount: 5_000_000n },
      ],
    });
    expect(sentence).toBe(
      'These 10,510 messages cost 5.00 INR: first 10,500 messages from your packages, then 0.50 INR per message by your plan, paid from your wallet.',
    );
  });

  it('R2.06 tells of a call how it is counted, and where the allowance ended', () => {
    const sentence = explain({
      type: 'call',
      currency: 'TRY',
      card: null,
      rating: {
        ...PLAN_PRICE,
        category: 'call',
        unit: 'minute',
        quantity: 120n,
        unitRate: 6_000_000_000n,
        amountMicros: 300_000n,
      },
      charges: [
        { source: 'plan_quota', asset: 'call_second', amount: 90n },
        { source: 'wallet_additional', asset: 'TRY', amount: 300_000n },
      ],
    });
    expect(sentence).toBe(
      'This call, counted as 120 seconds, cost 0.30 TRY: first 90 seconds from your plan’s allowance, then 0.60 TRY per minute by your plan, paid from your wallet.',
    );
  });

  it('R3.13 tells that units paid and no money', () => {
    const sentence = explain({
      rating: { category: 'service', zeroReason: 'covered_by_quota' },
      charges: [
        { source: 'plan_quota', asset: 'wa_conversation', amount: 1n },
        { source: 'plan_quota', asset: 'unique_visitor', amount: 1n },
      ],
    });
    expect(sentence).toBe(
      'This service message to ID cost no money: 1 conversation from your plan’s allowance paid for it; it brought a new visitor, from your plan’s allowance.',
    );
  });

  it('R3.32 tells how many members of a group it reached', () => {
    const sentence = explain({
      rating: { category: 'utility', quantity: 6n, amountMicros: 2_140_000_000n },
      charges: [{ source: 'wallet_additional', asset: 'IDR', amount: 2_140_000_000n }],
    });
    expect(sentence).toContain('This utility message to 6 members of a group cost 2140.00 IDR:');
  });

  it('R3.10 tells what a new visitor cost', () => {
    const visit = { type: 'visitor', currency: 'IDR', card: null } as const;
    const charges = [{ source: 'wallet_additional', asset: 'IDR', amount: 600_000_000n }] as const;
    const facts = { ...PLAN_PRICE, category: 'visitor', unit: 'visitor', quantity: 1n } as const;
    const unitRate = 6_000_000_000_000n;
    expect([
      explain({ ...visit, charges, rating: { ...facts, unitRate, amountMicros: 600_000_000n } }),
      explain({ ...visit, rating: { ...facts, quantity: 0n } }),
      explain({
        type: 'wa_inbound',
        charges,
        rating: { zeroReason: 'priced_at_zero', visitorMicros: 600_000_000n },
      }),
    ]).toEqual([
      'This visit cost 600.00 IDR: 600.00 IDR per visitor by your plan, paid from your wallet.',
      'This visit cost nothing: the visitor had been counted before, or visitors are free.',
      'This message from a customer cost nothing: messages from customers are free; the new visitor it brought cost 600.00 IDR.',
    ]);
  });
});

describe('why a use cost nothing, in one sentence', () => {
  it.each([
    [
      { zeroReason: 'conversation_open' },
      'This marketing message to ID cost nothing: a conversation of the category marketing was open, and messages within it are included.',
    ],
    [
      { category: 'utility', zeroReason: 'customer_service_window', windowFrom: 'tracked' },
      'This utility message to ID cost nothing: the customer had written in the 24 hours before it, as we saw ourselves.',
    ],
    [
      { zeroReason: 'free_entry_point', windowFrom: 'sent' },
      'This marketing message to ID cost nothing: the customer came by an ad or a page button, and 72 hours from your first answer are free, as you told us.',
    ],
    [
      { category: 'service', zeroReason: 'free_allowance' },
      'This service message to ID cost nothing: the first 1,000 of the category service in a month are free for each business number.',
    ],
    [
      { category: 'service', zeroReason: 'covered_by_quota' },
      'This service message to ID cost nothing: your plan’s allowance covers it.',
    ],
    [
      { zeroReason: 'not_charged_on_this_status' },
      'This marketing message to ID cost nothing: a message is charged when it is delivered, not when it is sent.',
    ],
    [
      { zeroReason: 'priced_at_zero' },
      `This marketing message to ID cost nothing: its price is 0 in ${VERSION}.`,
    ],
  ] as const)('R3.29 %j', (facts, sentence) => {
    expect(explain({ rating: facts })).toBe(sentence);
  });

  it('R3.29 has a sentence of its own for every reason', () => {
    const sentences = ZERO_REASONS.map((zeroReason) => explain({ rating: { zeroReason } }));
    expect(new Set(sentences).size).toBe(ZERO_REASONS.length);
  });

  it('R2.06 a call nobody answered', () => {
    const facts = {
      ...PLAN_PRICE,
      quantity: 0n,
      zeroReason: 'not_charged_on_this_status',
    } as const;
    expect(explain({ type: 'call', card: null, rating: facts })).toBe(
      'This call cost nothing: nobody answered it.',
    );
  });

  it('R3.29 a report that another status is charged for', () => {
    const of = (chargeOn: RatingRule['chargeOn']) =>
      explain({
        card: { name: 'Card', rule: { ...RULE, chargeOn } },
        rating: { zeroReason: 'not_charged_on_this_status' },
      });
    expect([of('sent'), of('opened')]).toEqual([
      'This marketing message to ID cost nothing: a message is charged when it is sent, not when it is delivered.',
      'This marketing message to ID cost nothing: a conversation is charged when its first message is delivered.',
    ]);
  });
});
