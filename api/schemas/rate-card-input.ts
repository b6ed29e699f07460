import type { z } from 'zod';
import type { CallIncrement } from '../../domain/call-duration';
import { parseCurrency } from '../../domain/currency';
import { parseRate } from '../../domain/money';
import type {
  CardChannel,
  MarketPrefix,
  RateCard,
  RateRow,
  RateTier,
  RatingRule,
} from '../../domain/rating/rate-card';
import type { newRateCardSchema, newVersionSchema } from './rate-card.schema';

type NewVersion = z.output<typeof newVersionSchema>;
type RuleInput = NewVersion['rule'];
type RowInput = NewVersion['rows'][number];

/** 60/60: a call without a rounding of its own. */
const WHOLE_MINUTES = { initialSeconds: 60, incrementSeconds: 60 };

export function fromApiRateCard(body: z.output<typeof newRateCardSchema>): RateCard {
  return {
    code: body.code,
    name: body.name,
    channel: body.channel,
    currency: parseCurrency(body.currency),
    timeZone: body.time_zone,
    firstMarkets: fromApiMarkets(body.markets ?? []),
    isDefault: body.is_default,
  };
}

export function fromApiMarkets(markets: readonly MarketPrefix[]): MarketPrefix[] {
  return markets.map(({ prefix, market }) => ({ prefix, market }));
}

/**
 * A conversation is charged when it is opened, a message when it is delivered; calls count whole minutes; a group
 * message costs what utility does (R3.30), where that has a price.
 */
export function fromApiRule(
  { rule, rows }: Pick<NewVersion, 'rule' | 'rows'>,
  channel: CardChannel,
): RatingRule {
  const { free_allowance: allowance, group } = rule;
  const hasUtility = rows.some(({ category }) => category === 'utility');
  return {
    unit: rule.unit,
    chargeOn: rule.charge_on ?? (rule.unit === 'conversation' ? 'opened' : 'delivered'),
    conversationHours: rule.conversation_hours,
    serviceWindow: rule.service_window,
    freeEntryPoint: rule.free_entry_point,
    group: {
      membersMax: group.members_max,
      pricedAs: group.priced_as === undefined && hasUtility ? 'utility' : (group.priced_as ?? null),
      inWindow: group.in_window,
    },
    freeAllowance: allowance && { ...allowance, quantity: BigInt(allowance.quantity) },
    coveredByQuota: rule.covered_by_quota,
    tierMode: rule.tier_mode,
    rounding: fromApiRounding(rule.rounding) ?? (channel === 'call' ? WHOLE_MINUTES : null),
  };
}

function fromApiRounding(rounding: RuleInput['rounding']): CallIncrement | null {
  return (
    rounding && {
      initialSeconds: rounding.initial_seconds,
      incrementSeconds: rounding.increment_seconds,
    }
  );
}

export function fromApiRow(row: RowInput): RateRow {
  return {
    category: row.category,
    market: row.market,
    rate: parseRate(row.rate),
    fee: {
      fixed: parseRate(row.fee?.fixed ?? '0'),
      percent: parseRate(row.fee?.percent ?? '0'),
    },
    tiers: fromApiTiers(row.tiers ?? []),
  };
}

/** A list that begins at 1 counts the units themselves: ours count the units before. */
function fromApiTiers(tiers: NonNullable<RowInput['tiers']>): RateTier[] {
  const first = tiers[0]?.from_quantity === 1 ? 1 : 0;
  return tiers.map(({ from_quantity: from, rate }) => ({
    fromQuantity: BigInt(from - first),
    rate: parseRate(rate),
  }));
}
