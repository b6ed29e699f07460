/**
 * All it takes to refund in a test: accounts whose top-ups were paid at a real sandbox gateway, subscriptions
 * that were paid for from the wallet, and the refund's activities on the same database.
 */
import type { ActivityDependencies } from '../../activities/dependencies';
import { createOrderActivities } from '../../activities/order/order.activities';
import {
  createRefundActivities,
  type RefundActivities,
} from '../../activities/refund/refund.activities';
import { listDocuments } from '../../db/repositories/document.repository';
import { orders as orderRows } from '../../db/repositories/order.repository';
import { listPayments } from '../../db/repositories/payment.repository';
import { refunds } from '../../db/repositories/refund.repository';
import { findOpenSubscription } from '../../db/repositories/subscription.repository';
import { formatAmount } from '../../domain/money';
import type { SeenAtGateway } from '../../domain/refund/close-refund';
import type { Refund, RefundSubject, RefundTarget } from '../../domain/refund/refund';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import { payCheckout, SUCCESS_UPI, type RunningSandbox } from '../support/sandbox-gateway';
import { subscriptionActivities, type BillingUnderTest } from './billing-under-test';
import { liveIn } from './india';
import { createSignalRecorder } from './signal-recorder';

export const PAID_AT = '2027-03-02T10:05:00.000Z';
export const REFUNDED_AT = '2027-03-05T10:00:00.000Z';

export interface Asked {
  readonly id: string;
  readonly accountId: string;
}

export type RefundDesk = ReturnType<typeof openRefundDesk>;

export function openRefundDesk(billing: BillingUnderTest, sandbox: RunningSandbox) {
  let made = 0;
  /** Who was told what: "subscription/sub_1 moneyArrived". */
  const signalled: string[] = [];
  // The wall shows the instant of what is asked, unless the answer comes later.
  let wall = PAID_AT;
  const orders = createOrderActivities(dependenciesOn(sandbox.gateway));
  const activities = refundsOn(sandbox.gateway);

  function dependenciesOn(gateway: PaymentGateway): ActivityDependencies {
    const dependencies = {
      database: billing.database,
      gateways: new Map([[gateway.name, gateway]]),
      client: createSignalRecorder(signalled),
      checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
      now: () => wall,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    return dependencies as unknown as ActivityDependencies;
  }

  function refundsOn(gateway: PaymentGateway): RefundActivities {
    return createRefundActivities(dependenciesOn(gateway));
  }

  async function makeAccount(): Promise<string> {
    const accountId = await billing.makeAccount('0.00');
    await liveIn(billing, accountId, 'KA');
    return accountId;
  }

  /** Orders a top-up and pays its page, of which nobody tells us. */
  async function payUnheard(accountId: string, amount: string, at = PAID_AT) {
    made += 1;
    wall = at;
    const id = `top_desk_${made}`;
    const task = (what: string) => ({
      id,
      accountId,
      now: at,
      operationKey: `order/${id}/${what}`,
    });
    const command = {
      kind: 'place',
      target: 'wallet',
      amount,
      currency: 'INR',
      gateway: 'sandbox',
      mode: null,
    } as const;
    await orders.recordOrder({ ...task('place'), command });
    await orders.openCheckout(task('open'));
    const placed = await billing.read((trx) => orderRows.find(trx, id));
    await payCheckout(placed?.state.checkoutUrl ?? 'no page', SUCCESS_UPI);
    return {
      orderId: id,
      hear: () => orders.settlePayments({ ...task('settle'), action: 'payment_reported' }),
    };
  }

  /** Orders and pays a top-up; answers our id of the payment. */
  async function pay(accountId: string, amount: string, at = PAID_AT): Promise<string> {
    const { orderId: id, hear } = await payUnheard(accountId, amount, at);
    await hear();
    const query = { limit: 100, before: null, accountId };
    const payments = await billing.read((trx) => listPayments(trx, query));
    return payments.find(({ payer }) => payer.id === id)?.id ?? 'no payment';
  }

  /** Subscribes to Growth for 999.00 from the wallet; answers the invoice's id. */
  async function subscribe(accountId: string, now = PAID_AT): Promise<string> {
    made += 1;
    const id = `sub_desk_${made}`;
    const command = { kind: 'start', planCode: 'growth', cycle: 'monthly' } as const;
    const started = await subscriptionActivities(billing.database).answerSubscriptionCommand({
      id,
      accountId,
      now,
      operationKey: `subscription/${id}/start/1`,
      command,
    });
    if (started.answer.kind === 'refused') throw new Error(started.answer.message);
    const query = { accountId, limit: 1, beforePosition: null, kind: 'invoice' } as const;
    const [invoice] = await billing.read((trx) => listDocuments(trx, query));
    return invoice?.id ?? 'no invoice';
  }

  /** Lets the account's subscription come to its renewal on 2 April, which its wallet does not pay. */
  async function failRenewal(accountId: string): Promise<string> {
    const open = await billing.read((trx) =>
      findOpenSubscription(trx, { accountId, track: 'plan' }),
    );
    if (open === null) throw new Error(`${accountId} has no subscription`);
    const { id, period } = open.state;
    const action = { kind: 'renew', at: period.endsAt, reason: 'a test' } as const;
    const step = await subscriptionActivities(billing.database).performSubscriptionAction({
      id,
      accountId,
      operationKey: `subscription/${id}/renew/1`,
      action,
    });
    if (step.status !== 'past_due') throw new Error(`${id} is ${step.status}`);
    return id;
  }

  function newRefund(accountId: string): Asked {
    made += 1;
    return { id: `rfd_desk_${made}`, accountId };
  }

  function request(
    { id, accountId }: Asked,
    subject: RefundSubject,
    options: { readonly amount?: string; readonly to?: RefundTarget } = {},
  ) {
    const { amount = null, to = subject.kind === 'payment' ? 'source' : 'wallet' } = options;
    return activities.recordRefund({
      id,
      accountId,
      now: REFUNDED_AT,
      operationKey: `refund/${id}/request/1`,
      command: { kind: 'request', subject, to, amount, noteId: null },
    });
  }

  function settle({ id, accountId }: Asked, on = activities, now = REFUNDED_AT, answeredAt = now) {
    wall = answeredAt;
    const operationKey = `refund/${id}/return_money/${now}/1`;
    return on.returnMoney({ id, accountId, now, operationKey });
  }

  return {
    activities,
    signalled,
    refundsOn,
    makeAccount,
    payUnheard,
    pay,
    subscribe,
    failRenewal,
    newRefund,
    request,
    settle,

    /** What an operator says after a look at the gateway. */
    close({ id, accountId }: Asked, seen: SeenAtGateway) {
      const now = REFUNDED_AT;
      const command = { keyId: 'key_operator', noteId: 'note_none', seen };
      const operationKey = `refund/${id}/close/1`;
      return activities.closeByOperator({ id, accountId, now, operationKey, command });
    },

    async refundOf({ id }: Asked): Promise<Refund | null> {
      return (await billing.read((trx) => refunds.find(trx, id)))?.state ?? null;
    },

    async wallet(accountId: string): Promise<string> {
      const { rows } = await billing.owner.raw<{ rows: { posted: bigint }[] }>(
        `select posted from buckets b join ledgers l on l.id = b.ledger_id
          where l.account_id = ? and b.code = 'wallet/additional'`,
        [accountId],
      );
      return formatAmount({ amountMicros: rows[0]?.posted ?? 0n, currency: 'INR' });
    },

    /** Transfers of refunds, oldest first: "wallet/additional > clearing/INR 600000000". */
    async moved(accountId: string): Promise<string[]> {
      const all = await billing.transfers(accountId);
      return all.flatMap((line) => (line.startsWith('refund ') ? [line.slice(7)] : []));
    },

    /** Oldest first: "refund_voucher -118.00 = -100.00 + -18.00 of receipt_voucher". */
    async documents(accountId: string): Promise<string[]> {
      const query = { accountId, limit: 100, beforePosition: null };
      const all = await billing.read((trx) => listDocuments(trx, query));
      const kinds = new Map(all.map(({ id, kind }) => [id, kind]));
      return all.toReversed().map(({ kind, sale, references }) => {
        const { total, subtotal, taxTotal } = sale;
        const sums = `${formatAmount(total)} = ${formatAmount(subtotal)} + ${formatAmount(taxTotal)}`;
        const of = references.map(({ id }) => ` of ${kinds.get(id)}`).join('');
        return `${kind} ${sums}${of}`;
      });
    },

    /** What the gateway gave back of a payment: its own books. */
    async givenBack(paymentId: string): Promise<string> {
      const row = await billing
        .owner('payments')
        .where({ id: paymentId })
        .first<{ payer_id: string; gateway_payment_id: string } | undefined>();
      const { payments } = await sandbox.readState(row && `order/${row.payer_id}`);
      return (
        payments.find(({ id }) => id === row?.gateway_payment_id)?.amount_refunded ?? 'unknown'
      );
    },
  };
}
