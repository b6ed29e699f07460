import type { MonthKey } from '../../domain/calendar';
import type { Taxation } from '../../domain/tax/taxation';
import type { UsageCharges } from '../../domain/usage/usage-document';
import { toRowMonth } from '../ledger-rows';
import type { Transaction } from '../transaction';
import type { LedgerToTurn } from './quota-reset.repository';
import { fromRowTaxation, type TaxationColumn } from './sale.columns';

/** What usage took under one taxation and no document says. */
export interface OpenUsageCharges {
  readonly taxationId: number;
  readonly taxation: Taxation;
  /** By month and category. */
  readonly charges: readonly UsageCharges[];
}

/** The next accounts of a zone that are on the wall clock and have usage of months before this one, or a note, to document. */
export async function listLedgersToDocument(
  trx: Transaction,
  query: {
    readonly timeZone: string;
    readonly before: MonthKey;
    readonly after: bigint;
    readonly limit: number;
  },
): Promise<LedgerToTurn[]> {
  const { rows } = await trx.raw<{ rows: { id: bigint; account_id: string }[] }>(
    `select l.id, l.account_id
       from ledgers l join accounts a on a.id = l.account_id
      where l.time_zone = :timeZone and l.id > :after and a.test_clock_id is null
        and (exists (select from usage_charges c where c.ledger_id = l.id and c.month < :before::date)
          or exists (select from documented_charges c where c.ledger_id = l.id and (c.corrected_amount <> 0 or c.corrected_tax <> 0)))
      order by l.id
      limit :limit`,
    { ...query, after: String(query.after), before: toRowMonth(query.before) },
  );
  return rows.map((row) => ({ ledgerId: row.id, accountId: row.account_id }));
}

/** What usage of months before this one took, by taxation, the one that was charged under first. */
export async function listOpenCharges(
  trx: Transaction,
  { ledgerId, before }: { readonly ledgerId: bigint; readonly before: MonthKey },
): Promise<OpenUsageCharges[]> {
  const { rows } = await trx.raw<{ rows: ChargeRow[] }>(
    `select c.taxation_id, t.taxation, to_char(c.month, 'YYYY-MM') as month, c.category, c.quantity, c.amount, c.tax
       from usage_charges c join usage_taxations t on t.id = c.taxation_id
      where c.ledger_id = :ledgerId and c.month < :before::date
      order by c.taxation_id, c.month, c.category`,
    { ledgerId: String(ledgerId), before: toRowMonth(before) },
  );
  const byTaxation = new Map<number, ChargeRow[]>();
  for (const row of rows) {
    byTaxation.set(row.taxation_id, [...(byTaxation.get(row.taxation_id) ?? []), row]);
  }
  return [...byTaxation].flatMap(([taxationId, ofTaxation]) => {
    const [first] = ofTaxation;
    if (first === undefined) return [];
    const charges = ofTaxation.map(fromRowCharge);
    return [{ taxationId, taxation: fromRowTaxation(first.taxation), charges }];
  });
}

/** Keeps what a document says now beside it. The ledger is locked, so nothing was added since it was listed. */
export async function keepDocumented(
  trx: Transaction,
  documented: {
    readonly ledgerId: bigint;
    readonly before: MonthKey;
    readonly taxationId: number;
    readonly documentId: string;
    /** The ledger's last transfer by now: what comes later is not on it. */
    readonly lastTransfer: number;
  },
): Promise<void> {
  await trx.raw(
    `with said as (
       delete from usage_charges
        where ledger_id = :ledgerId and month < :before::date and taxation_id = :taxationId
       returning ledger_id, month, category, taxation_id, quantity, amount, tax)
     insert into documented_charges (document_id, last_transfer, ledger_id, month, category, taxation_id, quantity, amount, tax)
     select :documentId, :lastTransfer, ledger_id, month, category, taxation_id, quantity, amount, tax from said`,
    {
      ...documented,
      ledgerId: String(documented.ledgerId),
      before: toRowMonth(documented.before),
    },
  );
}

interface ChargeRow {
  readonly taxation_id: number;
  readonly taxation: TaxationColumn;
  readonly month: string;
  readonly category: string;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly tax: bigint;
}

function fromRowCharge({ month, category, quantity, amount, tax }: ChargeRow): UsageCharges {
  return { month, category, quantity, netMicros: amount, taxMicros: tax };
}
