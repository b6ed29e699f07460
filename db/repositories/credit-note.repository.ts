import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Transaction } from '../transaction';
import { fromRowSale, type SaleColumns } from './sale.columns';

/** What credit notes took back of an invoice, as they state it: below zero. */
export async function listCreditsOf(trx: Transaction, invoiceId: string): Promise<TaxedSale[]> {
  const rows: SaleColumns[] = await trx('documents')
    .where({ references_id: invoiceId, kind: 'credit_note' })
    .orderBy('position')
    .select(
      'currency',
      'subtotal_micros',
      'tax_total_micros',
      'round_off_micros',
      'total_micros',
      'lines',
      'tax_lines',
    );
  return rows.map(fromRowSale);
}
