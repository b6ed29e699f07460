import { findDraftFaults, findUnreachableMarkets } from '../../../domain/rating/draft-faults';
import type {
  CardChannel,
  RateCardVersionDraft,
  RatingRule,
} from '../../../domain/rating/rate-card';
import { draftOf, MESSAGE_RULE, priced } from '../../support/rate-cards';

const CALL_RULE: RatingRule = {
  ...MESSAGE_RULE,
  unit: 'minute',
  rounding: { initialSeconds: 60, incrementSeconds: 60 },
};

function faultsOf(
  channel: CardChannel,
  given: Partial<RateCardVersionDraft>,
): readonly (readonly [string, string])[] {
  return findDraftFaults(channel, draftOf(given)).map(({ path, message }) => [
    path.join('.'),
    message,
  ]);
}

describe('a version', () => {
  it('R3.25 R3.29 is without fault in each era and channel', () => {
    const conversation: RatingRule = {
      ...MESSAGE_RULE,
      unit: 'conversation',
      chargeOn: 'opened',
      freeAllowance: { category: 'service', quantity: 1_000n, per: 'account' },
      coveredByQuota: ['service'],
    };
    expect(faultsOf('whatsapp', {})).toEqual([]);
    expect(faultsOf('whatsapp', { rule: conversation })).toEqual([]);
    expect(faultsOf('message', { rows: [priced('message', '*', '0.05')] })).toEqual([]);
    expect(faultsOf('call', { rule: CALL_RULE, rows: [priced('call', '*', '2.50')] })).toEqual([]);
  });

  it.each<[CardChannel, RatingRule['unit'], string]>([
    ['whatsapp', 'minute', 'A whatsapp card counts by conversation or message.'],
    ['message', 'conversation', 'A message card counts by message.'],
    ['call', 'message', 'A call card counts by minute.'],
  ])('counts what its channel has: no %s card by %s', (channel, unit, message) => {
    const category = channel === 'whatsapp' ? 'marketing' : channel;
    const rows = [priced(category, '*', '1')];
    expect(faultsOf(channel, { rule: { ...MESSAGE_RULE, unit }, rows })).toEqual([
      ['rule.unit', message],
    ]);
  });

  it('charges on opening only what is opened', () => {
    expect(faultsOf('whatsapp', { rule: { ...MESSAGE_RULE, chargeOn: 'opened' } })).toEqual([
      ['rule.charge_on', 'Only a conversation is charged when it is opened.'],
    ]);
  });

  it('knows the categories it prices, gives away and has covered', () => {
    const rule: RatingRule = {
      ...MESSAGE_RULE,
      freeAllowance: { category: 'servcie', quantity: 1n, per: 'number' },
      coveredByQuota: ['service', 'sevrice'],
    };
    const unknown = (category: string) =>
      `There is no category "${category}" on this card; it has marketing, utility, authentication, ` +
      'authentication_international, service.';
    expect(faultsOf('whatsapp', { rule, rows: [priced('marketting', '*', '1')] })).toEqual([
      ['rule.free_allowance.category', unknown('servcie')],
      ['rule.covered_by_quota.1', unknown('sevrice')],
      ['rows.0.category', unknown('marketting')],
    ]);
  });

  it('leaves to WhatsApp what only WhatsApp has', () => {
    const rule: RatingRule = {
      ...MESSAGE_RULE,
      rounding: { initialSeconds: 60, incrementSeconds: 60 },
      freeAllowance: { category: 'message', quantity: 1n, per: 'number' },
      coveredByQuota: ['message'],
    };
    expect(faultsOf('message', { rule, rows: [priced('message', '*', '1')] })).toEqual([
      ['rule.rounding', 'Only calls are rounded.'],
      ['rule.free_allowance.per', 'Only WhatsApp has business numbers: take `account`.'],
      ['rule.covered_by_quota', 'The conversation quota covers WhatsApp only.'],
    ]);
  });

  it('R3.25 has one price for a category in a market, and one market for a prefix', () => {
    const rows = [
      priced('marketing', 'ID', '1'),
      priced('utility', 'ID', '1'),
      priced('marketing', '*', '1'),
      priced('marketing', 'ID', '2'),
    ];
    const markets = [
      { prefix: '62', market: 'ID' },
      { prefix: '62', market: 'IN' },
    ];
    expect(faultsOf('whatsapp', { rows, markets })).toEqual([
      ['markets.1.prefix', 'The prefix 62 stands twice.'],
      ['rows.3.market', 'There is another price of marketing in ID.'],
    ]);
  });

  it('has tiers that ascend, and says how they count', () => {
    const tier = (fromQuantity: bigint) => ({ fromQuantity, rate: 1n });
    const row = (...tiers: bigint[]) => ({
      ...priced('utility', 'ID', '1'),
      tiers: tiers.map(tier),
    });
    const graduated: RatingRule = { ...MESSAGE_RULE, tierMode: 'graduated' };
    expect(faultsOf('whatsapp', { rows: [row(0n, 1_000n)], rule: graduated })).toEqual([]);
    expect(faultsOf('whatsapp', { rows: [row(1_000n)], rule: graduated })).toEqual([]);
    expect(faultsOf('whatsapp', { rows: [row(5n, 5n, 4n)], rule: graduated })).toEqual([
      ['rows.0.tiers.1.from_quantity', 'Each tier begins above the one before it.'],
      ['rows.0.tiers.2.from_quantity', 'Each tier begins above the one before it.'],
    ]);
    expect(faultsOf('whatsapp', { rows: [row(0n)] })).toEqual([
      ['rule.tier_mode', 'Prices with tiers need it: `graduated` or `volume`.'],
    ]);
  });

  it('R3.26 tells markets with a price that no number belongs to', () => {
    const rows = [priced('marketing', 'ID', '1'), priced('marketing', 'MY', '1')];
    const all = [...rows, priced('utility', 'MY', '1'), priced('marketing', '*', '1')];
    expect(findUnreachableMarkets(draftOf({ rows: all }))).toEqual(['MY']);
  });
});
