import type { NewEvent } from '../../db/repositories/event.repository';
import type { PackageBalance, PackageDecision } from '../../domain/package/decide-package';
import { assetOfPackage } from '../../domain/package/package-units';
import { buildEvents } from '../lifecycle/build-events';

type Facts = NonNullable<NewEvent['data']>;

/** Events about a package, with the facts a receiver needs; `more` is added to them. */
export function buildPackageEvents(
  { bought, events, at }: Pick<PackageDecision, 'bought' | 'events' | 'at'>,
  more: Facts = {},
): NewEvent[] {
  const facts = {
    kind: bought.kind,
    code: bought.code,
    status: bought.status,
    order_id: bought.orderId,
    units: bought.units,
    expires_at: bought.expiresAt,
    ...more,
  };
  return buildEvents(bought, { events, facts, at });
}

/** What a bucket held when it was decided about: whole units of its asset, as the ledger counts them. */
export function describeBalance(
  { bought, forfeits }: PackageDecision,
  { available, held, forfeitedBefore }: PackageBalance,
): Facts {
  return {
    asset: assetOfPackage(bought.kind),
    ...(forfeits
      ? { quantity_forfeited: Number(available + forfeitedBefore) }
      : { quantity_left: Number(available) }),
    quantity_held: Number(held),
  };
}
