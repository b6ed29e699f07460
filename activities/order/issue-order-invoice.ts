import { issueDocument } from '../../db/repositories/document.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { Order } from '../../domain/order/order';
import type { SaleTerms } from '../../domain/order/price';
import { orderReference } from './purchase-unit';

/** The invoice of a paid order. Locks the series: the last thing of its transaction. */
export async function issueOrderInvoice(
  trx: Transaction,
  { id, accountId }: Pick<Order, 'id' | 'accountId'>,
  { terms, at }: { readonly terms: SaleTerms; readonly at: Instant },
): Promise<void> {
  await issueDocument(trx, {
    kind: 'invoice',
    accountId,
    sale: terms.sale,
    taxation: terms.taxation,
    issuedAt: at,
    subject: { kind: 'order', id },
    references: [],
    operationKey: orderReference(id),
  });
}
