import type { OrderAnswer, ReleaseAnswer } from '../../domain/phone-number/decide-lease';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import {
  CarrierRejected,
  type CarrierLease,
  type NumberCarrier,
} from '../../gateways/number-carrier';

/**
 * Orders a number, or asks what became of the order. The key and the reference name the number's own
 * lease, so asking again never rents two. Throws `CarrierUnavailable` when there is no answer.
 */
export async function askForNumber(
  carrier: NumberCarrier,
  phoneNumber: PhoneNumber,
): Promise<OrderAnswer> {
  const { id, carrierLeaseId } = phoneNumber;
  if (carrierLeaseId !== null) return toOrderAnswer(await carrier.getLease(carrierLeaseId));
  const answer = await order(carrier, phoneNumber);
  if (answer.kind !== 'gone' && answer.kind !== 'refused') return answer;
  // An earlier call may have rented it although nobody heard the answer: it must not be rented for ever.
  const lease = await carrier.findLease({ reference: id });
  return lease === null || isOver(lease) ? answer : toOrderAnswer(lease);
}

async function order(carrier: NumberCarrier, { id, number }: PhoneNumber): Promise<OrderAnswer> {
  try {
    const idempotencyKey = `phone-number/${id}/order`;
    const outcome = await carrier.order({ idempotencyKey, number, reference: id });
    return outcome.kind === 'gone' ? outcome : toOrderAnswer(outcome.lease);
  } catch (error) {
    if (error instanceof CarrierRejected) return { kind: 'refused', code: error.code };
    throw error;
  }
}

function toOrderAnswer(lease: CarrierLease | null): OrderAnswer {
  if (lease === null || isOver(lease)) return { kind: 'gone' };
  const { leaseId: carrierLeaseId, capabilities } = lease;
  return lease.status === 'pending'
    ? { kind: 'pending', carrierLeaseId }
    : { kind: 'active', carrierLeaseId, capabilities };
}

function isOver({ status }: CarrierLease): boolean {
  return status === 'failed' || status === 'released' || status === 'releasing';
}

/**
 * Gives a lease back, or asks whether it is given back. Harmless to repeat: it goes by the lease's id,
 * never by the number, which may be somebody else's by now. Throws `CarrierUnavailable`.
 */
export async function askForRelease(
  carrier: NumberCarrier,
  phoneNumber: PhoneNumber,
): Promise<ReleaseAnswer> {
  const lease = await findLease(carrier, phoneNumber);
  if (lease === null || lease.status === 'released' || lease.status === 'failed') {
    return { kind: 'released' };
  }
  // Agreed before; only time is missing.
  if (lease.status === 'releasing') return { kind: 'pending' };
  return release(carrier, phoneNumber.id, lease.leaseId);
}

/** An order that was given up without an answer may have been carried out all the same. */
function findLease(
  carrier: NumberCarrier,
  { id, carrierLeaseId }: PhoneNumber,
): Promise<CarrierLease | null> {
  return carrierLeaseId === null
    ? carrier.findLease({ reference: id })
    : carrier.getLease(carrierLeaseId);
}

async function release(
  carrier: NumberCarrier,
  id: string,
  leaseId: string,
): Promise<ReleaseAnswer> {
  try {
    const idempotencyKey = `phone-number/${id}/release`;
    const outcome = await carrier.release({ idempotencyKey, leaseId });
    return outcome.kind === 'unknown_lease' ? { kind: 'released' } : outcome;
  } catch (error) {
    if (error instanceof CarrierRejected) return { kind: 'refused', code: error.code };
    throw error;
  }
}
