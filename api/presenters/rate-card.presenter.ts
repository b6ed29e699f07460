import type { z } from 'zod';
import type { CardCodes } from '../../db/repositories/account-rate-card.repository';
import type {
  RateCardRecord,
  RateCardVersionRecord,
} from '../../db/repositories/rate-card.repository';
import type { BillingError } from '../../domain/billing-error';
import { startOfDay } from '../../domain/calendar';
import { currencyFacts, type CurrencyCode } from '../../domain/currency';
import { fromEpochMs } from '../../domain/instant';
import { formatRate } from '../../domain/money';
import { computePercent } from '../../domain/percent';
import { diffVersions, type PriceChange } from '../../domain/rating/card-diff';
import { findUnreachableMarkets } from '../../domain/rating/draft-faults';
import { findRuleChanges } from '../../domain/rating/rule-diff';
import {
  type MarketPrefix,
  type RateCard,
  type RateRow,
  type RatingRule,
} from '../../domain/rating/rate-card';
import type { DraftedVersion } from '../rate-card-draft';
import type { previewSchema, rateCardSchema, versionSchema } from '../schemas/rate-card.schema';
import type { accountCardsSchema } from '../schemas/account-rate-card.schema';

export function toApiRateCard(record: RateCardRecord): z.output<typeof rateCardSchema> {
  const { card } = record;
  return {
    code: card.code,
    name: card.name,
    channel: card.channel,
    currency: card.currency,
    time_zone: card.timeZone,
    markets: toApiMarkets(card.firstMarkets),
    is_default: card.isDefault,
    rated_until: record.ratedUntil,
    created_at: record.createdAt,
  };
}

export function toApiVersion(
  { version, createdAt }: RateCardVersionRecord,
  card: RateCard,
): z.output<typeof versionSchema> {
  return {
    card_code: version.cardCode,
    version: version.version,
    effective_from: version.effectiveFrom,
    starts_at: fromEpochMs(version.startsAtMs),
    corrects: version.corrects,
    note: version.note,
    rule: toApiRule(version.rule),
    markets: toApiMarkets(version.markets),
    rows: version.rows.map((row) => toApiRow(row, card.currency)),
    unreachable_markets: findUnreachableMarkets(version),
    created_at: createdAt,
  };
}

/** What publishing the draft would change. */
export function toApiPreview(
  { draft, follows }: DraftedVersion,
  { card, refusal }: { readonly card: RateCard; readonly refusal: BillingError | null },
): z.output<typeof previewSchema> {
  const diff = diffVersions(follows, draft);
  const present = (row: RateRow) => toApiRow(row, card.currency);
  return {
    effective_from: draft.effectiveFrom,
    starts_at: startOfDay(draft.effectiveFrom, card.timeZone),
    compared_with: follows && {
      version: follows.version,
      effective_from: follows.effectiveFrom,
    },
    added: diff.added.map(present),
    removed: diff.removed.map(present),
    changed: diff.changed.map((change) => toApiPriceChange(change, card.currency)),
    unchanged: diff.unchanged,
    rule_changes: findRuleChanges(follows?.rule ?? null, draft.rule),
    market_changes: {
      added: toApiMarkets(diff.addedMarkets),
      removed: toApiMarkets(diff.removedMarkets),
    },
    unreachable_markets: findUnreachableMarkets(draft),
    refusal: refusal && { code: refusal.code, detail: refusal.message },
  };
}

export function toApiAccountCards(
  accountId: string,
  { named, defaults }: { readonly named: CardCodes; readonly defaults: CardCodes },
): z.output<typeof accountCardsSchema> {
  return {
    account_id: accountId,
    ...toCodes(named),
    in_force: toCodes({ ...defaults, ...named }),
  };
}

function toCodes(codes: CardCodes) {
  return {
    whatsapp: codes.whatsapp ?? null,
    message: codes.message ?? null,
    call: codes.call ?? null,
  };
}

function toApiMarkets(markets: readonly MarketPrefix[]): MarketPrefix[] {
  return markets.map(({ prefix, market }) => ({ prefix, market }));
}

/** What a version does with what it counts. */
export function toApiRule(rule: RatingRule): z.output<typeof versionSchema>['rule'] {
  const { freeAllowance, rounding } = rule;
  return {
    unit: rule.unit,
    charge_on: rule.chargeOn,
    conversation_hours: rule.conversationHours,
    service_window: rule.serviceWindow,
    free_entry_point: rule.freeEntryPoint,
    group: {
      members_max: rule.group.membersMax,
      priced_as: rule.group.pricedAs,
      in_window: rule.group.inWindow,
    },
    free_allowance: freeAllowance && {
      category: freeAllowance.category,
      quantity: Number(freeAllowance.quantity),
      per: freeAllowance.per,
    },
    covered_by_quota: [...rule.coveredByQuota],
    tier_mode: rule.tierMode,
    rounding: rounding && {
      initial_seconds: rounding.initialSeconds,
      increment_seconds: rounding.incrementSeconds,
    },
  };
}

function toApiRow(
  row: RateRow,
  currency: CurrencyCode,
): z.output<typeof versionSchema>['rows'][number] {
  const { exponent } = currencyFacts(currency);
  return {
    category: row.category,
    market: row.market,
    rate: formatRate(row.rate, exponent),
    fee: { fixed: formatRate(row.fee.fixed, exponent), percent: formatRate(row.fee.percent) },
    tiers: row.tiers.map(({ fromQuantity, rate }) => ({
      from_quantity: Number(fromQuantity),
      rate: formatRate(rate, exponent),
    })),
  };
}

function toApiPriceChange({ before, after, changedBy }: PriceChange, currency: CurrencyCode) {
  const { exponent } = currencyFacts(currency);
  return {
    category: after.category,
    market: after.market,
    before: toApiRow(before, currency),
    after: toApiRow(after, currency),
    changed_by: {
      rate: formatRate(changedBy.rate, exponent),
      rate_percent:
        before.rate === 0n ? null : computePercent({ part: changedBy.rate, whole: before.rate }),
      fee: {
        fixed: formatRate(changedBy.fixedFee, exponent),
        percent: formatRate(changedBy.percentFee),
      },
    },
  };
}
