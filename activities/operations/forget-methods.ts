import {
  listMethodsToForget,
  noteForgotten,
} from '../../db/repositories/payment-method.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { PaymentMethod } from '../../domain/payment-method/payment-method';
import { GatewayRejected, GatewayUnavailable } from '../../gateways/payment-gateway';
import type { ActivityDependencies } from '../dependencies';
import { gatewayOf } from '../payment/gateway-of';
import { repairEach } from './repair-each';

/** Each may take a silent gateway's whole timeout. */
const METHODS_PER_RUN_MAX = 50;

/** Lets gateways forget detached methods; answers how many. One that is silent is asked a minute later. */
export async function forgetMethods(dependencies: ActivityDependencies): Promise<number> {
  const { database, now } = dependencies;
  const detached = await withTransaction(database, SYSTEM, (trx) =>
    listMethodsToForget(trx, { limit: METHODS_PER_RUN_MAX }),
  );
  return repairEach(detached, {
    nameOf: ({ id }) => id,
    async repair(method) {
      if (!(await forgetMethod(dependencies, method))) return false;
      await withTransaction(database, SYSTEM, (trx) =>
        noteForgotten(trx, { id: method.id, at: now() }),
      );
      return true;
    },
  });
}

/** Answers whether the gateway keeps the method no longer. One it does not know it has forgotten. */
async function forgetMethod(
  dependencies: ActivityDependencies,
  method: PaymentMethod,
): Promise<boolean> {
  const { id, methodReference } = method;
  const idempotencyKey = `payment_method/${id}/detach`;
  try {
    await gatewayOf(dependencies, method).detachPaymentMethod({ idempotencyKey, methodReference });
    return true;
  } catch (error) {
    if (error instanceof GatewayUnavailable) return false;
    if (error instanceof GatewayRejected && error.code === 'resource_missing') return true;
    throw error;
  }
}
