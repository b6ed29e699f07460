import { loadOutlook } from '../../db/load-outlook';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  findDefaultMethod,
  refusePaymentMethod,
  updateMethodTerms,
} from '../../db/repositories/payment-method.repository';
import type { Transaction } from '../../db/transaction';
import { findMissing } from '../../domain/collection/charge-terms';
import type { Instant } from '../../domain/instant';
import { buildMethodEvents } from '../../domain/payment-method/build-method-events';
import {
  describeMandateChange,
  describeRemoved,
  type Consequences,
  type Mandate,
  type PaymentMethod,
} from '../../domain/payment-method/payment-method';

interface Moment {
  /** The account's. */
  readonly at: Instant;
  readonly recordedAt: Instant;
  readonly timeZone: string;
}

/** Notes what a mandate has become, and tells what that leaves unpaid. Nothing is told where it is what it was. */
export async function changeMandate(
  trx: Transaction,
  method: PaymentMethod,
  { mandate, ...moment }: Moment & { readonly mandate: Mandate | null },
): Promise<void> {
  const { accountId, expiry } = method;
  const changed: PaymentMethod = { ...method, mandate };
  await updateMethodTerms(trx, method.id, { expiry, mandate });
  const consequences = await findConsequences(trx, { accountId, at: moment.at });
  const before = method.mandate?.status;
  const events = describeMandateChange(before, mandate?.status, consequences);
  await insertEvents(trx, buildMethodEvents(changed, { ...moment, events }), moment.recordedAt);
}

/** Its gateway keeps it no longer, though nobody forgot it here: it is charged no more. */
export async function removeMethod(
  trx: Transaction,
  method: PaymentMethod,
  moment: Moment,
): Promise<void> {
  const { id, accountId } = method;
  const code = 'payment_method_detached';
  await refusePaymentMethod(trx, { id, code, at: moment.at });
  const consequences = await findConsequences(trx, { accountId, at: moment.at });
  const events = [describeRemoved(consequences)];
  await insertEvents(trx, buildMethodEvents(method, { ...moment, events }), moment.recordedAt);
}

/** What is charged instead, or else what nobody pays when it comes due: neither a method nor the wallet. */
async function findConsequences(
  trx: Transaction,
  asked: { readonly accountId: string; readonly at: Instant },
): Promise<Consequences> {
  const next = await findDefaultMethod(trx, asked.accountId);
  if (next !== null) return { replacedBy: next.id, notCovered: [] };
  const { charges } = await loadOutlook(trx, asked);
  const notCovered = charges.filter(
    ({ backing, total, availableMicros }) =>
      backing !== 'nobody' && findMissing(total, availableMicros) !== null,
  );
  return { replacedBy: null, notCovered: notCovered.map(({ id }) => id) };
}
