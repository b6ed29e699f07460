/**
 * Owns: what keeps a version of a card from being published, beyond the spelling of its fields.
 * Does not own: that spelling (api/schemas), usage that was rated before (the route asks the card's row).
 * Rules: R3.25 to R3.29 and docs/domain/rating.md, "A version".
 * Example: a call card with unit `message` has the fault `{ path: ['rule', 'unit'], message: 'A call card …' }`.
 */
import {
  ANY_MARKET,
  categoriesOf,
  type CardChannel,
  type MarketPrefix,
  type RateCardVersionDraft,
  type RateRow,
  type RatingRule,
} from './rate-card';

/** A sentence for people about a place of the draft, spelled as on the wire. */
export interface DraftFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const UNITS: Readonly<Record<CardChannel, readonly RatingRule['unit'][]>> = {
  whatsapp: ['conversation', 'message'],
  message: ['message'],
  call: ['minute'],
};

/** Everything that is wrong with a version of a card of this channel; empty: it can be published. */
export function findDraftFaults(channel: CardChannel, draft: RateCardVersionDraft): DraftFault[] {
  return [
    ...findUnitFaults(channel, draft.rule),
    ...findCategoryFaults(channel, draft.rule),
    ...findMarketFaults(draft.markets),
    ...findRowFaults(channel, draft),
  ];
}

/** Markets that have a price and no prefix that leads to them: their prices never count. */
export function findUnreachableMarkets({
  markets,
  rows,
}: Pick<RateCardVersionDraft, 'markets' | 'rows'>): string[] {
  const reachable = new Set([ANY_MARKET, ...markets.map(({ market }) => market)]);
  return [...new Set(rows.map(({ market }) => market))].filter((market) => !reachable.has(market));
}

/** A prefix that stands twice names two markets. */
export function findMarketFaults(markets: readonly MarketPrefix[]): DraftFault[] {
  const seen = new Set<string>();
  return markets.flatMap(({ prefix }, index) => {
    if (!seen.has(prefix)) {
      seen.add(prefix);
      return [];
    }
    return [{ path: ['markets', index, 'prefix'], message: `The prefix ${prefix} stands twice.` }];
  });
}

function findUnitFaults(channel: CardChannel, rule: RatingRule): DraftFault[] {
  const faults: DraftFault[] = [];
  if (!UNITS[channel].includes(rule.unit)) {
    const units = UNITS[channel].join(' or ');
    const message = `A ${channel} card counts by ${units}.`;
    faults.push({ path: ['rule', 'unit'], message });
  }
  if (rule.chargeOn === 'opened' && rule.unit !== 'conversation') {
    const message = 'Only a conversation is charged when it is opened.';
    faults.push({ path: ['rule', 'charge_on'], message });
  }
  if (rule.rounding !== null && channel !== 'call') {
    faults.push({ path: ['rule', 'rounding'], message: 'Only calls are rounded.' });
  }
  return faults;
}

function findCategoryFaults(channel: CardChannel, rule: RatingRule): DraftFault[] {
  const categories = categoriesOf(channel);
  const faults: DraftFault[] = [];
  const allowance = rule.freeAllowance;
  if (allowance !== null && !categories.includes(allowance.category)) {
    const path = ['rule', 'free_allowance', 'category'];
    faults.push({ path, message: describeUnknown(allowance.category, categories) });
  }
  if (allowance?.per === 'number' && channel !== 'whatsapp') {
    const message = 'Only WhatsApp has business numbers: take `account`.';
    faults.push({ path: ['rule', 'free_allowance', 'per'], message });
  }
  if (rule.coveredByQuota.length > 0 && channel !== 'whatsapp') {
    const message = 'The conversation quota covers WhatsApp only.';
    faults.push({ path: ['rule', 'covered_by_quota'], message });
    return faults;
  }
  rule.coveredByQuota.forEach((category, index) => {
    if (categories.includes(category)) return;
    const path = ['rule', 'covered_by_quota', index];
    faults.push({ path, message: describeUnknown(category, categories) });
  });
  return faults;
}

function findRowFaults(channel: CardChannel, { rule, rows }: RateCardVersionDraft): DraftFault[] {
  const categories = categoriesOf(channel);
  const seen = new Map<string, Set<string>>();
  return rows.flatMap((row, index) => {
    const faults: DraftFault[] = [];
    const { category, market } = row;
    if (!categories.includes(category)) {
      const path = ['rows', index, 'category'];
      faults.push({ path, message: describeUnknown(category, categories) });
    }
    const markets = seen.get(category) ?? new Set();
    if (markets.has(market)) {
      const message = `There is another price of ${category} in ${market}.`;
      faults.push({ path: ['rows', index, 'market'], message });
    }
    seen.set(category, markets.add(market));
    return [...faults, ...findTierFaults({ rule, row, index })];
  });
}

function findTierFaults({
  rule,
  row,
  index,
}: {
  readonly rule: RatingRule;
  readonly row: RateRow;
  readonly index: number;
}): DraftFault[] {
  const { tiers } = row;
  if (tiers.length === 0) return [];
  const faults: DraftFault[] = [];
  if (rule.tierMode === null) {
    const message = 'Prices with tiers need it: `graduated` or `volume`.';
    faults.push({ path: ['rule', 'tier_mode'], message });
  }
  tiers.forEach(({ fromQuantity }, tier) => {
    const before = tiers[tier - 1];
    if (before === undefined || before.fromQuantity < fromQuantity) return;
    const message = 'Each tier begins above the one before it.';
    faults.push({ path: ['rows', index, 'tiers', tier, 'from_quantity'], message });
  });
  return faults;
}

function describeUnknown(category: string, categories: readonly string[]): string {
  return `There is no category "${category}" on this card; it has ${categories.join(', ')}.`;
}
