/**
 * All it takes to dispute a payment in a test: a refund desk's accounts, payments and gateway, and the dispute's
 * activities on the same database, looked at as its workflow does.
 */
import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createDisputeActivities,
  type DisputeActivities,
} from '../../activities/dispute/dispute.activities';
import { openDisputeOnce } from '../../db/open-dispute';
import { disputes } from '../../db/repositories/dispute.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { findPayment } from '../../db/repositories/payment.repository';
import type { Dispute, DisputePolicy } from '../../domain/dispute/dispute';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { DisputeStep } from '../../workflows/dispute.messages';
import type { DisputeRequest, RunningSandbox } from '../support/sandbox-gateway';
import type { BillingUnderTest } from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';

export const DISPUTED_AT = '2027-03-05T10:00:00.000Z';
const TAKE: DisputePolicy = { money: 'take', service: 'none' };

export interface Opened {
  readonly id: string;
  readonly accountId: string;
  readonly gatewayDisputeId: string;
}

export type DisputeDesk = ReturnType<typeof openDisputeDesk>;

export function openDisputeDesk(billing: BillingUnderTest, sandbox: RunningSandbox) {
  const signalled: string[] = [];
  let wall = DISPUTED_AT;
  let looks = 0;

  function activitiesOn(
    policy: Partial<DisputePolicy> = {},
    gateway: PaymentGateway = sandbox.gateway,
  ): DisputeActivities {
    const dependencies = {
      database: billing.database,
      gateways: new Map([[gateway.name, gateway]]),
      disputePolicy: { ...TAKE, ...policy },
      client: createSignalRecorder(signalled),
      now: () => wall,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    return createDisputeActivities(dependencies as unknown as ActivityDependencies);
  }
  const activities = activitiesOn();

  /** Lets the bank dispute a payment and writes the row that its first message writes. */
  async function open(
    paymentId: string,
    asked: Omit<DisputeRequest, 'payment_id'> = {},
  ): Promise<Opened> {
    const payment = await billing.read((trx) => findPayment(trx, paymentId));
    if (payment === null) throw new Error(`no payment ${paymentId}`);
    const { gateway, gatewayPaymentId, accountId } = payment;
    const gatewayDisputeId = await sandbox.openDispute({ payment_id: gatewayPaymentId, ...asked });
    const named = { gateway, gatewayDisputeId, gatewayPaymentId, receivedAt: DISPUTED_AT };
    const record = await billing.read((trx) => openDisputeOnce(trx, named));
    if (record === null) throw new Error(`the payment of ${gatewayDisputeId} is not known`);
    return { id: record.state.id, accountId, gatewayDisputeId };
  }

  function look(
    { id, accountId }: Opened,
    now = DISPUTED_AT,
    on: DisputeActivities = activities,
  ): Promise<DisputeStep> {
    looks += 1;
    wall = now;
    return on.lookUpDispute({ id, accountId, now, operationKey: `dispute/${id}/look_up/${looks}` });
  }

  return {
    signalled,
    activities,
    activitiesOn,
    open,
    look,

    async of({ id }: Opened): Promise<Dispute> {
      const record = await billing.read((trx) => disputes.find(trx, id));
      if (record === null) throw new Error(`no dispute ${id}`);
      return record.state;
    },

    /** Transfers of disputes, oldest first: "clawback wallet/additional > disputed/INR 1000000000". */
    async moved(accountId: string): Promise<string[]> {
      const all = await billing.transfers(accountId);
      const isOfDispute = /disputed\/|> clearing\/|^clawback/;
      return all.filter((line) => isOfDispute.test(line));
    },

    /** What was told about disputes, oldest first. */
    async told(accountId: string): Promise<string[]> {
      const query = { limit: 100, beforePosition: null, accountId };
      const events = await billing.read((trx) => listEvents(trx, query));
      return events
        .filter(({ type }) => type.startsWith('dispute.'))
        .map(({ type, reason }) => `${type}: ${reason}`)
        .toReversed();
    },
  };
}
