import type { NewEvent } from '../db/repositories/event.repository';
import type { PackageBalance, PackageDecision } from '../domain/package/decide-package';

/** Events about a package, with the facts a receiver needs: units as the ledger counts them. */
export function buildPackageEvents(
  { bought, events, at }: Pick<PackageDecision, 'bought' | 'events' | 'at'>,
  balance?: PackageBalance,
): NewEvent[] {
  return events.map(({ type, reason }) => ({
    accountId: bought.accountId,
    type,
    subjectId: bought.id,
    reason,
    data: {
      kind: bought.kind,
      code: bought.code,
      status: bought.status,
      order_id: bought.orderId,
      units: bought.units,
      expires_at: bought.expiresAt,
      ...(balance !== undefined && {
        units_left: String(balance.available),
        units_held: String(balance.held),
      }),
    },
    occurredAt: at,
  }));
}
