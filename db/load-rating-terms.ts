import type { CurrencyCode } from '../domain/currency';
import { parseAmount } from '../domain/money';
import type { Allowances, OnExhausted, UnitPrices } from '../domain/plan';
import { buildMeters, type RatingTerms } from '../domain/rating/rating-terms';
import type { Buyer } from '../domain/tax/resolve-taxation';
import type { Transaction } from './transaction';

interface TermsRow {
  readonly account_id: string;
  readonly ledger_id: bigint;
  readonly partner_id: string | null;
  readonly terms_version: bigint;
  readonly currency: CurrencyCode;
  readonly time_zone: string;
  readonly test_clock_id: string | null;
  readonly cards: RatingTerms['cards'] | null;
  readonly unit_prices: UnitPrices | null;
  readonly on_exhausted: OnExhausted | null;
  readonly allowances: Allowances | null;
  readonly agreed: Allowances | null;
  readonly buyer: Buyer;
}

/**
 * By what these accounts' usage is rated: their plan or what was agreed with them, the cards named for them, and
 * who they are to the tax office. One statement, so that version and terms fit together; accounts without a ledger are not in the answer.
 */
export async function loadRatingTerms(
  trx: Transaction,
  accountIds: readonly string[],
): Promise<RatingTerms[]> {
  const { rows } = await trx.raw<{ rows: TermsRow[] }>(
    `select a.id as account_id, l.id as ledger_id, a.partner_id, l.terms_version, l.currency, l.time_zone, a.test_clock_id,
            (select json_object_agg(c.channel, c.card_code) from account_rate_cards c where c.account_id = a.id) as cards,
            v.unit_prices, v.on_exhausted, v.allowances, g.allowances as agreed,
            json_build_object('country', coalesce(b.country, a.country), 'state', b.state, 'taxId', b.tax_id,
                              'taxIdType', b.tax_id_type, 'isInSez', coalesce(b.is_in_sez, false)) as buyer
       from ledgers l
       join accounts a on a.id = l.account_id
       left join billing_addresses b on b.account_id = a.id
       left join subscriptions s on s.serves_account_id = a.id and s.track = 'plan' and s.status <> 'ended'
       left join plan_versions v on v.plan_code = s.plan_code and v.version = s.plan_version
       left join plan_agreements g on g.account_id = a.id and g.plan_code = s.plan_code
      where l.account_id = any (?)`,
    [[...accountIds]],
  );
  return rows.map(fromRowTerms);
}

function fromRowTerms(row: TermsRow): RatingTerms {
  const plan = {
    unitPrices: row.unit_prices ?? {},
    onExhausted: row.on_exhausted ?? {},
    allowances: { ...row.allowances, ...row.agreed },
  };
  return {
    accountId: row.account_id,
    ledgerId: row.ledger_id,
    partnerId: row.partner_id,
    version: row.terms_version,
    currency: row.currency,
    timeZone: row.time_zone,
    testClockId: row.test_clock_id,
    buyer: row.buyer,
    cards: row.cards ?? {},
    meters: buildMeters(plan, row.currency),
    monthlyBalanceMicros: parseAmount(plan.allowances.whatsapp_balance?.[row.currency] ?? '0'),
  };
}
