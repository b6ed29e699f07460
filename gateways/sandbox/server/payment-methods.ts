/**
 * Owns: the methods customers kept: finding them and forgetting them.
 * Does not own: keeping one (payments.ts, once the payment it was typed for succeeds).
 * Example: after `detachMethod` a charge is declined with `payment_method_detached`.
 */
import type { MethodRow } from './books';
import type { SandboxContext } from './context';
import { SandboxRefusal } from './sandbox-refusal';

/** Throws SandboxRefusal `resource_missing`. */
export function getMethod({ books }: SandboxContext, methodId: string): MethodRow {
  const method = books.find('method', methodId);
  if (method !== undefined) return method;
  throw new SandboxRefusal('resource_missing', `no payment method "${methodId}"`);
}

/** Those a customer kept and did not detach, newest first. */
export function listMethods({ books }: SandboxContext, customerReference: string): MethodRow[] {
  return books
    .list('method')
    .filter((row) => row.customerReference === customerReference && row.status === 'active')
    .toReversed();
}

/** A detached method stays in the books, so that its payments keep their meaning. */
export function detachMethod(context: SandboxContext, methodId: string): MethodRow {
  const method = getMethod(context, methodId);
  const detached: MethodRow = { ...method, status: 'detached' };
  if (method.status === 'active') context.books.save('method', detached);
  return detached;
}
