import type { CurrencyCode } from '../../domain/currency';
import { CARD_CHANNELS, type CardChannel } from '../../domain/rating/rate-card';
import { AccountRateCardModel, RateCardModel } from '../models/rate-card.model';
import type { Transaction } from '../transaction';

/** Codes of cards by channel; a channel without one is left out. */
export type CardCodes = Readonly<Partial<Record<CardChannel, string>>>;

/** The cards that are named for an account. */
export async function findAccountRateCards(
  trx: Transaction,
  accountId: string,
): Promise<CardCodes> {
  const rows = await AccountRateCardModel.query(trx).where({ account_id: accountId });
  return Object.fromEntries(rows.map((row) => [row.channel, row.card_code]));
}

/** The cards of all accounts of a currency that name no other. */
export async function findDefaultRateCards(
  trx: Transaction,
  currency: CurrencyCode,
): Promise<CardCodes> {
  const rows = await RateCardModel.query(trx).where({ currency, is_default: true });
  return Object.fromEntries(rows.map((row) => [row.channel, row.code]));
}

/** Replaces the cards named for an account; its next usage is rated by them. */
export async function saveAccountRateCards(
  trx: Transaction,
  { accountId, cards }: { readonly accountId: string; readonly cards: CardCodes },
): Promise<void> {
  for (const channel of CARD_CHANNELS) {
    const code = cards[channel];
    if (code === undefined) {
      await AccountRateCardModel.query(trx).deleteById([accountId, channel]);
    } else {
      await AccountRateCardModel.query(trx)
        .insert({ account_id: accountId, channel, card_code: code })
        .onConflict(['account_id', 'channel'])
        .merge();
    }
  }
}
