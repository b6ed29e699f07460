/**
 * Owns: what a partner plan is: its terms, as the owner states them, and the plan version they make.
 * Does not own: who may list or assign it (availability.ts), who has it (subscription/), the pool, the share.
 * Rules: R4.10 to R4.19. A partner plan is a plan: a subscription needs nothing else of it than its plan version,
 * whose name is the display name. The internal name, the type and the currency are not of a version. Benefits are
 * per month whatever the cycle. What the owner does not limit here, numbers or calls at once, has no limit.
 * Example: "Gold 2026", shown as "Gold", 999.00 INR monthly and 9990.00 yearly, 10 000 messages, 1 000 WhatsApp
 * conversations and any number of members: allowances 10 000 and 1 000, team_members -1.
 */
import { BILLING_CYCLES, type BillingCycle } from '../billing-period';
import { DEFAULT_CHANGE_POLICY } from '../change-policy';
import type { CurrencyCode } from '../currency';
import { DEFAULT_DUNNING_POLICY } from '../dunning';
import { ID_PREFIXES } from '../ids';
import { WITHOUT_LIMIT, type PlanVersion } from '../plan';

export const PARTNER_PLAN_TYPES = ['usage_based', 'revenue_sharing'] as const;
/** usage_based: the reseller pays for what it hands out. revenue_sharing: it gets a share of what its customers pay. */
export type PartnerPlanType = (typeof PARTNER_PLAN_TYPES)[number];

/** The whole: 10 000 basis points are 100 %. */
export const SHARE_BPS_MAX = 10_000;

/** A reseller has so many days to top up before its customers' plans are due (R1.08). */
const NOTICE_DAYS_BEFORE = [7, 3];

export const ON_EXHAUSTED = ['block', 'charge'] as const;

/** Units a month, or seats; null: without limit. */
export interface BenefitFigures {
  /** Over all channels but WhatsApp (R4.17). */
  readonly messages: number | null;
  readonly wa_conversations: number | null;
  readonly team_members: number | null;
}

/** Decimal text in the plan's currency. */
export interface BenefitPrices {
  readonly message?: string;
  readonly wa_conversation?: string;
}

export interface PartnerPlanTerms {
  readonly type: PartnerPlanType;
  /** Internal: no reseller or customer ever reads it (R4.11, R4.12). */
  readonly planName: string;
  readonly displayName: string;
  readonly currency: CurrencyCode;
  /** Micros; a cycle without a price is not offered (R4.15). */
  readonly prices: Readonly<Partial<Record<BillingCycle, bigint>>>;
  readonly hasGst: boolean;
  readonly benefits: BenefitFigures;
  /** The reseller's part of what was collected; null unless the revenue is shared. */
  readonly revenueShareBps: number | null;
  /** What becomes of use beyond a benefit (R4.26). */
  readonly onExhausted: (typeof ON_EXHAUSTED)[number];
  readonly unitPrices: BenefitPrices;
}

/** Whether a plan's code is that of a partner plan: so that other plans need no look at the terms of resellers. */
export function isPartnerPlanCode(code: string): boolean {
  return code.startsWith(`${ID_PREFIXES.partner_plan}_`);
}

export interface TermsFault {
  readonly code: 'no_billing_cycle' | 'unprocessable';
  readonly field: 'prices' | 'revenue_share_bps';
  readonly message: string;
}

/** Why nobody could be given a plan of these terms; null when they are whole (R4.10, R4.13). */
export function findTermsFault({
  type,
  prices,
  revenueShareBps,
}: PartnerPlanTerms): TermsFault | null {
  if (Object.keys(prices).length === 0) {
    const message = 'A partner plan needs a price for at least one billing cycle.';
    return { code: 'no_billing_cycle', field: 'prices', message };
  }
  if ((type === 'revenue_sharing') === (revenueShareBps !== null)) return null;
  const message =
    type === 'revenue_sharing'
      ? 'A plan that shares revenue states the share of the reseller.'
      : 'A usage-based plan shares no revenue.';
  return { code: 'unprocessable', field: 'revenue_share_bps', message };
}

/** What a subscription needs of the terms. */
export function toPlanVersion(
  terms: PartnerPlanTerms,
  { code, version }: Pick<PlanVersion, 'code' | 'version'>,
): PlanVersion {
  const { currency, benefits, onExhausted, unitPrices } = terms;
  const rate = (price: string | undefined) => (price === undefined ? {} : { [currency]: price });
  return {
    code,
    version,
    kind: 'partner_plan',
    name: terms.displayName,
    tier: 'partner_plan',
    prices: listPrices(terms).map(([cycle, amountMicros]) => ({
      cycle,
      price: { amountMicros, currency },
    })),
    allowances: {
      messages: benefits.messages ?? WITHOUT_LIMIT,
      wa_conversations: benefits.wa_conversations ?? WITHOUT_LIMIT,
    },
    limits: {
      team_members: benefits.team_members ?? WITHOUT_LIMIT,
      channels: WITHOUT_LIMIT,
      concurrent_calls: WITHOUT_LIMIT,
      phone_numbers: WITHOUT_LIMIT,
    },
    features: [],
    support: null,
    unitPrices: {
      ...(unitPrices.message !== undefined && { message: rate(unitPrices.message) }),
      ...(unitPrices.wa_conversation !== undefined && {
        wa_conversation: rate(unitPrices.wa_conversation),
      }),
    },
    onExhausted: { message: onExhausted, wa_conversation: onExhausted },
    bearsTax: terms.hasGst,
    dunning: { ...DEFAULT_DUNNING_POLICY, noticeDaysBefore: NOTICE_DAYS_BEFORE },
    changes: DEFAULT_CHANGE_POLICY,
  };
}

/** The offered cycles with their prices in micros, the shortest first. */
export function listPrices({
  prices,
}: Pick<PartnerPlanTerms, 'prices'>): (readonly [BillingCycle, bigint])[] {
  return BILLING_CYCLES.flatMap((cycle) => {
    const amountMicros = prices[cycle];
    return amountMicros === undefined ? [] : [[cycle, amountMicros] as const];
  });
}

/** The benefits of a plan version's figures: the inverse of what `toPlanVersion` makes of them. */
export function toBenefitFigures({
  allowances,
  limits,
}: Pick<PlanVersion, 'allowances' | 'limits'>): BenefitFigures {
  const toFigure = (figure = 0) => (figure === WITHOUT_LIMIT ? null : figure);
  return {
    messages: toFigure(allowances.messages),
    wa_conversations: toFigure(allowances.wa_conversations),
    team_members: toFigure(limits.team_members),
  };
}
