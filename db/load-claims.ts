import type { ClaimFacts, ClaimPayer } from '../domain/outlook/claims';
import { RECURRING_PAYERS } from '../domain/payment/payment';
import type { Instant } from '../domain/instant';
import type { Taxation } from '../domain/tax/taxation';
import { listPhoneNumbersOfAccount } from './repositories/phone-number.repository';
import { listOpenSubscriptions } from './repositories/subscription.repository';
import type { Transaction } from './transaction';

interface Asked {
  readonly accountId: string;
  readonly at: Instant;
  readonly payer: ClaimPayer;
}

/**
 * What tells who wants the wallet's money at an instant. Lock the ledger first: everyone who takes money
 * does, so nobody's claim changes before the transaction ends.
 */
export async function loadClaimFacts(
  trx: Transaction,
  { accountId, at, taxation }: Omit<Asked, 'payer'> & { readonly taxation: Taxation },
): Promise<ClaimFacts> {
  const subscriptions = await listOpenSubscriptions(trx, accountId);
  const numbers = await listPhoneNumbersOfAccount(trx, { accountId, isOpen: true });
  return {
    at,
    taxation,
    subscriptions: subscriptions.map(({ state }) => state),
    numbers: numbers.map(({ state }) => state),
  };
}

/** Whether anybody else of the account is due: mostly nobody is, and this is all that a renewal asks. */
export async function isAnotherDue(
  trx: Transaction,
  { accountId, at, payer }: Asked,
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { is_due: boolean }[] }>(
    `select exists (
       select from lifecycles
        where account_id = :accountId and next_action_at <= :at and id <> :id
          and kind = any (:kinds)
     ) as is_due`,
    { accountId, at, id: payer.id, kinds: [...RECURRING_PAYERS] },
  );
  return rows[0]?.is_due ?? false;
}
