import { buildEvents, type NewEvent } from '../../domain/event';
import type { PackageDecision } from '../../domain/package/decide-package';

/** Events about a package, with the facts a receiver needs. */
export function buildPackageEvents({
  bought,
  events,
  at,
}: Pick<PackageDecision, 'bought' | 'events' | 'at'>): NewEvent[] {
  const facts = {
    kind: bought.kind,
    code: bought.code,
    status: bought.status,
    order_id: bought.orderId,
    units: bought.units,
    expires_at: bought.expiresAt,
  };
  return buildEvents<'package'>(bought, { events, facts, at });
}
