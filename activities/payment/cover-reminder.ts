import { loadOutlook } from '../../db/load-outlook';
import type { Instant } from '../../domain/instant';
import type { Locked } from '../lifecycle/locked';

/**
 * What a reminder may count on: what the wallet has left once everything that is due before this charge was
 * paid, rents and subscriptions alike, so that it never says other than the overview (R1.08, R2.20).
 */
export async function coverReminder<Funds extends { readonly availableMicros: bigint }>(
  { trx, request }: Pick<Locked<unknown>, 'trx' | 'request'>,
  at: Instant,
  funds: Funds,
): Promise<Funds> {
  const { id, accountId } = request;
  const { charges } = await loadOutlook(trx, { accountId, at });
  const covered = charges.find((charge) => charge.id === id);
  return covered === undefined ? funds : { ...funds, availableMicros: covered.availableMicros };
}
