import {
  findPartnerTerms,
  findSharedCharges,
  insertEntries,
  listSharedSince,
  type ShareEntry,
} from '../../db/repositories/revenue-share-entry.repository';
import { openOnce } from '../../db/repositories/revenue-share.repository';
import { monthOf } from '../../domain/calendar';
import type { CreditedPart } from '../../domain/document/allocate-credit';
import { findSold, splitTakenBack } from '../../domain/document/taken-back';
import type { Instant } from '../../domain/instant';
import { postShare } from '../../domain/revenue-share/post-share';
import { openRevenueShare } from '../../domain/revenue-share/revenue-share';
import { computeClawback, computeShare } from '../../domain/revenue-share/share';
import { allocateUncollected } from '../../domain/revenue-share/uncollected';
import type { Subscription } from '../../domain/subscription/subscription';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Taxation } from '../../domain/tax/taxation';
import type { Locked } from '../lifecycle/locked';
import { postTransfers } from '../lifecycle/post-transfers';

type LockedAccount = Pick<Locked<unknown>, 'trx' | 'ledger' | 'recordedAt'>;

/** A document that was just issued: what a reseller shares in is what documents say. */
export interface IssuedSale {
  readonly id: string;
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly takesBack: readonly CreditedPart[];
}

interface Moment {
  /** Of the sale or refund, in the ledger. */
  readonly reference: string;
  readonly at: Instant;
}

/**
 * Shares what a subscription’s invoices collected with the account’s reseller, and takes back its share of what its
 * credit notes give back, in the transaction that issued them (ADR 0043).
 */
export async function shareSale(
  locked: LockedAccount,
  documents: readonly IssuedSale[],
  { subscription, ...moment }: Moment & { readonly subscription: Subscription },
): Promise<void> {
  const entries = await clawBack(locked, documents, moment);
  const invoices = documents.filter(({ sale }) => sale.total.amountMicros > 0n);
  if (invoices.length > 0) {
    entries.push(...(await accrue(locked, invoices, { subscription, ...moment })));
  }
  await record(locked, entries, moment);
}

/** Takes back a reseller’s share of what a credit note gives back. */
export async function shareCredit(
  locked: LockedAccount,
  document: IssuedSale,
  moment: Moment,
): Promise<void> {
  await record(locked, await clawBack(locked, [document], moment), moment);
}

/** Charges a lost payment may have paid for: as many as a customer can have in the years a bank looks back. */
const CHARGES_LOOKED_AT_MAX = 100;

/** Takes back a reseller’s share of what was not collected, once a payment of its customer is lost (ADR 0048). */
export async function shareUncollected(
  locked: LockedAccount,
  lost: {
    readonly accountId: string;
    /** The refund voucher of the payment. */
    readonly documentId: string;
    readonly paidAt: Instant;
    readonly uncollectedMicros: bigint;
  },
  moment: Moment,
): Promise<void> {
  const { accountId, documentId, paidAt, uncollectedMicros } = lost;
  if (uncollectedMicros <= 0n) return;
  const { trx, ledger } = locked;
  const query = { accountId, since: paidAt, limit: CHARGES_LOOKED_AT_MAX };
  const shared = (await listSharedSince(trx, query)).filter(
    ({ charge }) => charge.currency === ledger.currency,
  );
  const open = shared.map(({ charge, takenBack }) => ({
    invoiceId: charge.invoiceId,
    currency: charge.currency,
    charge,
    takenBack,
  }));
  const parts = new Map(
    allocateUncollected(open, uncollectedMicros).map((part) => [part.invoiceId, part]),
  );
  const entries = shared.flatMap(({ charge, takenBack }): ShareEntry[] => {
    const part = parts.get(charge.invoiceId);
    if (part === undefined) return [];
    const money = (amountMicros: bigint) => ({ amountMicros, currency: charge.currency });
    const amounts = computeClawback(charge, takenBack, {
      subtotal: money(part.collectedMicros),
      taxTotal: money(part.taxMicros),
      total: money(part.totalMicros),
    });
    const { reference, at: effectiveAt } = moment;
    return [{ ...charge, ...amounts, kind: 'clawback', documentId, reference, effectiveAt }];
  });
  await record(locked, entries, moment);
}

async function clawBack(
  { trx }: LockedAccount,
  documents: readonly IssuedSale[],
  { reference, at }: Moment,
): Promise<ShareEntry[]> {
  const invoiceIds = documents.flatMap(({ takesBack }) => takesBack.map(({ id }) => id));
  if (invoiceIds.length === 0) return [];
  const shared = await findSharedCharges(trx, invoiceIds);
  return documents.flatMap((document) =>
    splitTakenBack(document, document.takesBack).flatMap(({ id: invoiceId, sale }) => {
      const found = shared.get(invoiceId);
      if (found === undefined) return [];
      const { charge, takenBack } = found;
      const amounts = computeClawback(charge, takenBack, sale);
      const { partnerId, accountId, subscriptionId, currency, shareBps } = charge;
      const of = { partnerId, accountId, subscriptionId, currency, shareBps, invoiceId };
      const kind = 'clawback' as const;
      return [{ ...of, ...amounts, kind, documentId: document.id, reference, effectiveAt: at }];
    }),
  );
}

async function accrue(
  { trx, ledger }: LockedAccount,
  invoices: readonly IssuedSale[],
  { subscription, reference, at }: Moment & { readonly subscription: Subscription },
): Promise<ShareEntry[]> {
  const { id: subscriptionId, accountId, planCode, planVersion } = subscription;
  const terms = await findPartnerTerms(trx, { accountId, planCode, planVersion });
  // What was earned in one currency cannot be paid in another one.
  if (terms === null || terms.currency !== ledger.currency) return [];
  const { partnerId, houseAccountId, currency, timeZone, shareBps } = terms;
  const partner = { id: partnerId, accountId: houseAccountId, currency, timeZone };
  await openOnce(trx, openRevenueShare(partner, monthOf(at, timeZone)), at);
  return invoices.map((invoice) => ({
    ...computeShare(soldOf(invoice), terms),
    kind: 'accrual',
    partnerId,
    accountId,
    subscriptionId,
    currency,
    shareBps,
    invoiceId: invoice.id,
    documentId: invoice.id,
    reference,
    effectiveAt: at,
  }));
}

function soldOf({ sale, taxation, takesBack }: IssuedSale): TaxedSale {
  const { currency } = sale.total;
  const references = takesBack.map(({ amountMicros }) => ({ amount: { amountMicros, currency } }));
  return findSold({ sale, taxation, references });
}

async function record(
  locked: LockedAccount,
  entries: readonly ShareEntry[],
  { reference, at }: Moment,
): Promise<void> {
  if (entries.length === 0) return;
  await postTransfers(locked, { reference, at }, ({ plan, ledger }) => {
    for (const entry of entries) postShare(plan, ledger, { ...entry, at });
  });
  await insertEntries(locked.trx, entries, locked.recordedAt);
}
