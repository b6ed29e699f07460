/**
 * Owns: sending money to a beneficiary, once per reference.
 * Does not own: who the beneficiary is: a bank knows.
 * Example: 200.00 INR for `prt_1` under `payout/pout_1` are paid at once, unless the knobs say otherwise: `fail`, or
 * `delay` on `payout`, which leaves it processing.
 */
import type { z } from 'zod';
import { addSeconds } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import { readMoney } from '../amounts';
import type { payoutRequestSchema } from '../wire';
import { newSandboxId, type PayoutRow } from './books';
import type { SandboxContext } from './context';
import { SandboxRefusal } from './sandbox-refusal';

const MS_PER_SECOND = 1_000;

/** Throws SandboxRefusal `invalid_request`, also for a second payout under a reference. */
export function createPayout(
  context: SandboxContext,
  request: z.infer<typeof payoutRequestSchema>,
): PayoutRow {
  const { books, faults, now } = context;
  const { reference, beneficiary } = request;
  const money = readMoney(request);
  if (money.amountMicros <= 0n || findPayouts(context, reference).length > 0) {
    throw new SandboxRefusal('invalid_request', 'a payout is above zero, one per reference');
  }
  const subject = { reference, customerReference: beneficiary };
  const failure = faults.takeForPayout(subject);
  const delay = faults.takePayoutDelay(subject);
  const payout: PayoutRow = {
    id: newSandboxId('po'),
    reference,
    beneficiary,
    amount: formatAmount(money),
    currency: money.currency,
    failureCode: failure?.code ?? null,
    paysAt: addSeconds(now(), (delay?.delay_ms ?? 0) / MS_PER_SECOND),
    createdAt: now(),
  };
  books.save('payout', payout);
  return payout;
}

export function findPayouts({ books }: SandboxContext, reference: string): PayoutRow[] {
  return books.list('payout').filter((payout) => payout.reference === reference);
}
