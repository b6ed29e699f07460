import type { z } from 'zod';
import type { PackageRecord, PackageUnits } from '../../db/repositories/package.repository';
import type { Instant } from '../../domain/instant';
import { isAtOrBefore } from '../../domain/instant';
import { toWireMoney } from '../../domain/money';
import { decideNextAction, type BoughtPackage } from '../../domain/package/package';
import { toLedgerUnits, toWholeUnits } from '../../domain/package/package-units';
import type { packageSchema } from '../schemas/package.schema';
import { toApiNextAction } from './next-action.presenter';

/** A bought package as it is at an instant, with where its units are. */
export function toApiPackage(
  { state: bought, workflowId }: PackageRecord,
  { units, at }: { readonly units: PackageUnits; readonly at: Instant },
): z.output<typeof packageSchema> {
  return {
    id: bought.id,
    account_id: bought.accountId,
    order_id: bought.orderId,
    kind: bought.kind,
    code: bought.code,
    name: bought.name,
    price: toWireMoney(bought.price),
    status: statusAt(bought, { units, at }),
    ...toApiUnits(bought, { units, at }),
    purchased_at: bought.purchasedAt,
    expires_at: bought.expiresAt,
    ended_at: bought.endedAt,
    next_action: toApiNextAction(decideNextAction(bought)),
    workflow_id: workflowId,
  };
}

interface Moment {
  readonly units: PackageUnits;
  readonly at: Instant;
}

/** Its end is its end, also in the second before its workflow writes it down. */
function statusAt(bought: BoughtPackage, { units, at }: Moment) {
  if (bought.status !== 'active') return bought.status;
  if (isAtOrBefore(bought.expiresAt, at)) return 'expired';
  return units.posted === 0n ? 'exhausted' : 'active';
}

function toApiUnits(bought: BoughtPackage, { units, at }: Moment) {
  const { kind } = bought;
  const total = toLedgerUnits(kind, bought.units);
  const isOver = statusAt(bought, { units, at }) === 'expired';
  const whole = (ledgerUnits: bigint): number => Number(toWholeUnits(kind, ledgerUnits));
  const figures = {
    total: whole(total),
    remaining: isOver ? 0 : whole(units.posted - units.held),
    held: whole(units.held),
    used: whole(total - units.posted - units.forfeited),
    forfeited: whole(units.forfeited),
  };
  const noun = kind === 'message_package' ? 'messages' : 'minutes';
  return Object.fromEntries(
    Object.entries(figures).map(([figure, value]) => [`${noun}_${figure}`, value]),
  );
}
