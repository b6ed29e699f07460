import { monthOf, nextMonth } from '../domain/calendar';
import type { Instant } from '../domain/instant';
import { quotaCode, type LedgerState } from '../domain/ledger/ledger-state';
import { turnReference } from '../domain/ledger/month';
import {
  CALENDAR_ASSETS,
  listAllowancesLeft,
  type AllowanceLeft,
} from '../domain/subscription/allowances-left';
import type { Subscription } from '../domain/subscription/subscription';
import type { Transaction } from './transaction';

/**
 * What binds a credit at `at`. A ledger that is read holds no closed buckets, so of a month that has turned since
 * the fee was paid what its turn forfeited is looked up.
 */
export async function loadAllowancesLeft(
  trx: Transaction,
  ledger: LedgerState,
  { subscription, at }: { readonly subscription: Subscription; readonly at: Instant },
): Promise<AllowanceLeft[]> {
  const forfeited = await findForfeited(trx, ledger, { subscription, at });
  return listAllowancesLeft(ledger, subscription, { at, forfeited });
}

/** By asset; none of a quota that was never opened. */
async function findForfeited(
  trx: Transaction,
  { ledgerId }: LedgerState,
  { subscription, at }: { readonly subscription: Subscription; readonly at: Instant },
): Promise<ReadonlyMap<string, bigint>> {
  const { calendarMonth, units } = subscription.feeGrants;
  const thisMonth = monthOf(at, subscription.timeZone);
  const assets = CALENDAR_ASSETS.filter((asset) => units[asset] > 0n);
  if (calendarMonth >= thisMonth || assets.length === 0) return new Map();
  const references: string[] = [];
  for (let month = nextMonth(calendarMonth); month <= thisMonth; month = nextMonth(month)) {
    references.push(turnReference(month));
  }
  const codes = assets.map((asset) => quotaCode(asset, calendarMonth));
  const { rows } = await trx.raw<{ rows: { asset: string; forfeited: bigint }[] }>(
    `select b.asset, coalesce(sum(t.amount), 0)::bigint as forfeited
       from buckets b
       left join transfers t
         on t.ledger_id = b.ledger_id and t.reference = any (:references) and t.kind = 'expiry'
        and t.debit = b.code
      where b.ledger_id = :ledgerId and b.code = any (:codes)
      group by b.asset`,
    { ledgerId: `${ledgerId}`, references, codes },
  );
  return new Map(rows.map(({ asset, forfeited }) => [asset, forfeited]));
}
