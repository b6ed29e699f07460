import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { issueDocument } from '../../db/repositories/document.repository';
import type { RevenueShareRecord } from '../../db/repositories/revenue-share.repository';
import {
  findTaxation,
  listSellerRegistrations,
} from '../../db/repositories/tax-registration.repository';
import type { Instant } from '../../domain/instant';
import { buildCommissionSale, taxCommission } from '../../domain/revenue-share/commission';
import type { MonthStatement } from '../../domain/revenue-share/statement';
import type { Locked } from '../lifecycle/locked';

/**
 * Writes the invoice that a partner would send for a month, in its name: what is payable, with GST on top where it is
 * registered. A month that pays nothing has none. Locks its series: call it late.
 */
export async function issueCommissionInvoice(
  { trx, record }: Locked<RevenueShareRecord>,
  { month, payableMicros: amountMicros, currency }: MonthStatement,
  at: Instant,
): Promise<{ readonly commissionTaxMicros: bigint; readonly documentId: string | null }> {
  if (amountMicros === 0n) return { commissionTaxMicros: 0n, documentId: null };
  const { id: partnerId, accountId } = record.state;
  const partner = await findBillingAddress(trx, accountId);
  const toPartner = await findTaxation(trx, { accountId, at });
  const registrations = await listSellerRegistrations(trx);
  const seller = registrations.find((one) => one.id === toPartner.registrationId);
  const taxation = taxCommission(toPartner, { partner, sellerState: seller?.state ?? null });
  const sale = buildCommissionSale(month, { amountMicros, currency }, taxation);
  const { id: documentId } = await issueDocument(trx, {
    kind: 'self_billed_invoice',
    accountId,
    sale,
    taxation,
    issuedAt: at,
    subject: { kind: 'revenue_share', id: partnerId },
    references: [],
    operationKey: `revenue-share/${partnerId}/statement/${month}`,
  });
  return { commissionTaxMicros: sale.taxTotal.amountMicros, documentId };
}
