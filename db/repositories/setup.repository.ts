import { parseCurrency } from '../../domain/currency';
import type { PaymentMode } from '../../domain/payment/payment';
import { decideNextAction, type Setup, type SetupStatus } from '../../domain/payment-method/setup';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { SetupModel } from '../models/setup.model';

export const setups = createLifecycleTable({
  kind: 'setup',
  model: SetupModel,
  fromRows: (_, rows: readonly SetupModel[]) => rows.map(fromRowSetup),
  toRow: toRowSetup,
  decideNextAction,
});
export type SetupRecord = LifecycleRecord<Setup>;

function fromRowSetup(row: SetupModel): Setup {
  const currency = parseCurrency(row.currency);
  return {
    id: row.id,
    accountId: row.account_id,
    gateway: row.gateway,
    mode: row.mode as PaymentMode,
    currency,
    ceiling:
      row.ceiling_micros === null ? null : { amountMicros: BigInt(row.ceiling_micros), currency },
    status: row.status as SetupStatus,
    askedAt: row.asked_at,
    opensTried: row.opens_tried,
    checksMade: row.checks_made,
    gatewaySetupId: row.gateway_setup_id,
    url: row.url,
    paymentMethodId: row.payment_method_id,
    completedAt: row.completed_at,
  };
}

function toRowSetup(setup: Setup) {
  return {
    id: setup.id,
    account_id: setup.accountId,
    gateway: setup.gateway,
    mode: setup.mode,
    currency: setup.currency,
    ceiling_micros: setup.ceiling?.amountMicros ?? null,
    status: setup.status,
    asked_at: setup.askedAt,
    opens_tried: setup.opensTried,
    checks_made: setup.checksMade,
    gateway_setup_id: setup.gatewaySetupId,
    url: setup.url,
    payment_method_id: setup.paymentMethodId,
    completed_at: setup.completedAt,
  };
}
