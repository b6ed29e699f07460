import { getAccount } from '../../db/repositories/account.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  findMethodByReference,
  savePaymentMethod,
  type MethodTimes,
} from '../../db/repositories/payment-method.repository';
import { newId } from '../../db/new-id';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { buildMethodEvents } from '../../domain/payment-method/build-method-events';
import {
  describeAdded,
  findNextTell,
  type PaymentMethod,
} from '../../domain/payment-method/payment-method';
import type { KeptMethod } from '../../gateways/payment-gateway';

interface MethodToKeep
  extends
    Omit<KeptMethod, 'status' | 'customerReference'>,
    Pick<PaymentMethod, 'accountId' | 'gateway'>,
    Pick<MethodTimes, 'checksAt'> {}

/** Keeps a method that its owner agreed to, and tells so; answers its id. One that is kept already stays as it is. */
export async function keepMethod(
  trx: Transaction,
  { reference: methodReference, ...kept }: MethodToKeep,
  { at, recordedAt }: { readonly at: Instant; readonly recordedAt: Instant },
): Promise<string> {
  const { accountId, gateway } = kept;
  const { timeZone } = await getAccount(trx, accountId);
  const added = await savePaymentMethod(trx, {
    ...kept,
    id: newId('payment_method'),
    methodReference,
    createdAt: recordedAt,
    tellsAt: findNextTell(kept, { toldUntil: at, timeZone }),
  });
  if (added === null) {
    const known = await findMethodByReference(trx, { gateway, methodReference });
    invariant(known !== null, `${methodReference} is kept and has no row`);
    return known.id;
  }
  const events = buildMethodEvents(added, { events: [describeAdded(added)], timeZone, at });
  await insertEvents(trx, events, recordedAt);
  return added.id;
}
