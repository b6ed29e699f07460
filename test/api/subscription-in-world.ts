import { newId } from '../../db/new-id';
import { subscriptions } from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { NOTHING_COLLECTED } from '../../domain/collection/collection';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import type { Instant } from '../../domain/instant';
import type { PlanTerms } from '../../domain/plan';
import { noGrants } from '../../domain/subscription/subscription';

/** An active subscription that nothing was posted for. */
export async function createSubscription(
  trx: Transaction,
  made: {
    readonly accountId: string;
    /** Whose plan it is; left out: of who pays. */
    readonly servesAccountId?: string;
    readonly planCode: string;
    readonly planName: string;
    readonly planVersion?: number;
    readonly scheduled?: Pick<PlanTerms, 'planCode' | 'planVersion'>;
    readonly at: Instant;
    readonly endsAt: Instant;
  },
): Promise<string> {
  const { accountId, planCode, planName, planVersion = 1, at, endsAt, scheduled } = made;
  const price = { amountMicros: 4_999_000_000n, currency: 'INR' } as const;
  const terms = {
    planCode,
    planName,
    planVersion,
    cycle: 'monthly',
    price,
    bearsTax: true,
  } as const;
  const id = newId('subscription');
  await subscriptions.insert(
    trx,
    {
      id,
      accountId,
      servesAccountId: made.servesAccountId ?? accountId,
      track: 'plan',
      ...terms,
      timeZone: 'Asia/Kolkata',
      anchorAt: at,
      period: { number: 0, startsAt: at, endsAt },
      periodsBefore: 0,
      paid: price,
      paidFrom: at,
      changesMade: 0,
      scheduledChange:
        scheduled === undefined
          ? null
          : {
              target: {
                ...terms,
                dunning: DEFAULT_DUNNING_POLICY,
                changePolicy: DEFAULT_CHANGE_POLICY,
                ...scheduled,
              },
              effectiveAt: endsAt,
              scheduledAt: at,
            },
      allowanceMonth: 0,
      allowanceDebts: { call_second: 0n, message: 0n },
      feeGrants: noGrants('2026-01'),
      status: 'active',
      cancelsAtPeriodEnd: false,
      cancelReason: null,
      pausesAtPeriodEnd: false,
      pausedAt: null,
      resumesAt: null,
      dunning: DEFAULT_DUNNING_POLICY,
      dueSince: null,
      retriesMade: 0,
      moneyArrivedAt: null,
      suspendedAt: null,
      endedAt: null,
      endReason: null,
      collection: NOTHING_COLLECTED,
    },
    at,
  );
  return id;
}
