import type { z } from 'zod';
import type { BucketView } from '../../db/repositories/ledger.repository';
import { nextMonth, startOfMonth, type MonthKey } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import { isAtOrBefore, type Instant } from '../../domain/instant';
import type { Seats } from '../../domain/member';
import { toWireMoney } from '../../domain/money';
import { isWithoutLimit } from '../../domain/plan';
import type { Meter } from '../../domain/rating/rating-terms';
import type { quotasSchema } from '../schemas/quota.schema';

type ApiQuotas = z.output<typeof quotasSchema>;

const SHOWN: readonly Meter[] = ['wa_conversation', 'unique_visitor', 'message', 'call_second'];
const OF_THE_MONTH: readonly Meter[] = ['wa_conversation', 'unique_visitor'];

export interface Quotas {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly timeZone: string;
  readonly at: Instant;
  readonly month: MonthKey;
  /** As of `at`: those of the months and periods that run. */
  readonly buckets: readonly BucketView[];
  readonly seats: Seats;
}

/** What is left of the month's quotas, the WhatsApp balance and the seats (R3.06, R3.08, R3.10). */
export function toApiQuotas(quotas: Quotas): ApiQuotas {
  const { accountId, at, month, seats } = quotas;
  const resetsAt = startOfMonth(nextMonth(month), quotas.timeZone);
  return {
    account_id: accountId,
    as_of: at,
    documentation_url: '/docs#/Usage/getQuotas',
    month,
    resets_at: resetsAt,
    items: SHOWN.map((asset) => toApiQuota(asset, { ...quotas, resetsAt })),
    whatsapp_balance: toApiWhatsAppBalance(quotas),
    available_users: { ...seats },
  };
}

function toApiQuota(
  asset: Meter,
  { buckets, at, resetsAt }: Quotas & { readonly resetsAt: Instant },
): ApiQuotas['items'][0] {
  const own = buckets.filter((bucket) => bucket.asset === asset && isRunning(bucket, at, resetsAt));
  const ofPlan = own.filter(({ source }) => source === 'plan_quota');
  const topUps = own.filter(({ source }) => source === 'quota_top_up');
  const initial = sumOf(ofPlan, 'granted');
  const topUp = sumOf(topUps, 'granted');
  const held = sumOf([...ofPlan, ...topUps], 'held');
  const left = sumOf([...ofPlan, ...topUps], 'posted');
  const isUnlimited = isWithoutLimit(initial);
  return {
    asset,
    initial: isUnlimited ? null : Number(initial),
    top_up: Number(topUp),
    used: Number(initial + topUp - left),
    held: Number(held),
    remaining: isUnlimited ? null : Number(left - held),
    resets_at: OF_THE_MONTH.includes(asset) ? resetsAt : (ofPlan[0]?.expiresAt ?? null),
  };
}

/** Not of the month before, which is kept open for what is told late. */
function isRunning({ startsAt, expiresAt, code }: BucketView, at: Instant, resetsAt: Instant) {
  const hasBegun = startsAt === null || isAtOrBefore(startsAt, at);
  const hasEnded = expiresAt !== null && isAtOrBefore(expiresAt, at);
  const isOfLaterMonth = code.startsWith('quota') && expiresAt !== resetsAt;
  return hasBegun && !hasEnded && !isOfLaterMonth;
}

function toApiWhatsAppBalance({ buckets, currency }: Quotas): ApiQuotas['whatsapp_balance'] {
  const money = (amountMicros: bigint) => toWireMoney({ amountMicros, currency });
  const initial = buckets.filter(({ source }) => source === 'wallet_initial');
  const additional = buckets.filter(({ source }) => source === 'wallet_additional');
  const both = [...initial, ...additional];
  return {
    initial: money(sumOf(initial, 'posted')),
    additional: money(sumOf(additional, 'posted')),
    total: money(sumOf(both, 'posted')),
    held: money(sumOf(both, 'held')),
  };
}

function sumOf(
  buckets: readonly BucketView[],
  what: keyof Pick<BucketView, 'granted' | 'posted' | 'held'>,
): bigint {
  return buckets.reduce((sum, bucket) => sum + bucket[what], 0n);
}
