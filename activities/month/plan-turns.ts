import type { Database } from '../../db/connection';
import { listZonesInUse } from '../../db/repositories/quota-reset.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { monthOf, nextMonth, startOfMonth, type MonthKey } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import type { QuotaResetInput } from '../../workflows/quota-reset.messages';

/** The turn after this one; null: nobody lives in the zone any more. */
export async function planNextTurn(
  database: Database,
  { timeZone, month }: { readonly timeZone: string; readonly month: MonthKey },
): Promise<QuotaResetInput | null> {
  const zones = await withTransaction(database, SYSTEM, listZonesInUse);
  return zones.includes(timeZone) ? buildTurn(timeZone, nextMonth(month)) : null;
}

/** A turn for each zone in use: to the present month, which has begun. */
export async function planZones(database: Database, now: Instant): Promise<QuotaResetInput[]> {
  const zones = await withTransaction(database, SYSTEM, listZonesInUse);
  return zones.map((timeZone) => buildTurn(timeZone, monthOf(now, timeZone)));
}

function buildTurn(timeZone: string, month: MonthKey): QuotaResetInput {
  return { version: 1, timeZone, month, at: startOfMonth(month, timeZone) };
}
