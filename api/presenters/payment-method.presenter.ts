import type { SetupRecord } from '../../db/repositories/setup.repository';
import type { Instant } from '../../domain/instant';
import { toWireMoney } from '../../domain/money';
import { statusOfMethod, type PaymentMethod } from '../../domain/payment-method/payment-method';
import { decideNextAction } from '../../domain/payment-method/setup';
import { toApiNextAction } from './next-action.presenter';

/** Whose methods are shown, and when. */
export interface MethodOwner {
  readonly defaultId: string | null;
  readonly at: Instant;
  readonly timeZone: string;
}

/** A kept method as JSON: its reference stays with us. */
export function toApiPaymentMethod(method: PaymentMethod, owner: MethodOwner) {
  const { mandate } = method;
  return {
    id: method.id,
    status: statusOfMethod(method, owner),
    is_default: method.id === owner.defaultId,
    gateway: method.gateway,
    kind: method.kind,
    brand: method.brand,
    last_four: method.lastFour,
    expiry: method.expiry,
    mandate: mandate && {
      status: mandate.status,
      max_amount: mandate.ceiling && toWireMoney(mandate.ceiling),
    },
    refused_code: method.refusedCode,
    created_at: method.createdAt,
    detached_at: method.detachedAt,
  };
}

export function toApiSetup({ state: setup, workflowId }: SetupRecord) {
  return {
    id: setup.id,
    account_id: setup.accountId,
    status: setup.status,
    gateway: setup.gateway,
    mode: setup.mode,
    max_amount: setup.ceiling && toWireMoney(setup.ceiling),
    setup_url: setup.url,
    payment_method_id: setup.paymentMethodId,
    asked_at: setup.askedAt,
    completed_at: setup.completedAt,
    next_action: toApiNextAction(decideNextAction(setup)),
    workflow_id: workflowId,
  };
}
