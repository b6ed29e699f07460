import { parseMoney, toWireMoney, type Money, type WireMoney } from '../../domain/money';
import type {
  Collection,
  MadeCharge,
  MethodCharge,
  PaymentNotice,
  PlannedCharge,
} from '../../domain/collection/collection';

/** A value in which money is a decimal text: JSON has no whole numbers as large as micros. */
type Wired<T> = { readonly [Key in keyof T]: T[Key] extends Money ? WireMoney : T[Key] };

/** `subscriptions.collection` as it lies in the row. */
export type CollectionColumn = Omit<Collection, 'charge' | 'notice'> & {
  readonly charge: PlannedCharge | Wired<MadeCharge> | null;
  readonly notice: Wired<PaymentNotice> | null;
};

export function toRowCollection(collection: Collection): CollectionColumn {
  const { charge, notice } = collection;
  return {
    ...collection,
    charge:
      charge === null || charge.stage === 'planned'
        ? charge
        : { ...charge, money: toWireMoney(charge.money) },
    notice: notice && { ...notice, upTo: toWireMoney(notice.upTo) },
  };
}

export function fromRowCollection(column: CollectionColumn): Collection {
  const { charge, notice } = column;
  return {
    ...column,
    charge: charge && fromRowCharge(charge),
    notice: notice && { ...notice, upTo: parseMoney(notice.upTo) },
  };
}

function fromRowCharge(charge: NonNullable<CollectionColumn['charge']>): MethodCharge {
  if (charge.stage === 'planned') return charge;
  return { ...charge, money: parseMoney(charge.money) };
}
