/** A desk where hostile payments come in: orders and subscriptions beside a real sandbox, on real rows. */
import { Client } from 'pg';
import {
  createOrderActivities,
  type OrderActivities,
} from '../../activities/order/order.activities';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { SettleRequest } from '../../activities/order/record-payments';
import {
  createCollectionActivities,
  type CollectionActivities,
} from '../../activities/subscription/subscription-collection';
import { orders } from '../../db/repositories/order.repository';
import { isDueAction } from '../../domain/next-action';
import type { Order } from '../../domain/order/order';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import { findViolations } from '../support/ledger-invariants';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import {
  createBillingUnderTest,
  startSubscription,
  type BillingUnderTest,
} from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';

const PLACED_AT = '2027-03-02T10:00:00.000Z';
const STARTED_AT = '2027-02-15T10:00:00.000Z';
export const PAID_AT = '2027-03-02T10:05:00.000Z';

export interface Payable {
  readonly id: string;
  readonly accountId: string;
}

export interface OpenOrder extends Payable {
  readonly checkoutUrl: string;
}

/** A payment's row beside what it brought. */
export interface PaymentSeen {
  readonly gatewayPaymentId: string;
  readonly payer: string;
  readonly status: string;
  /** Each grant of money in its name, in micros. */
  readonly grants: readonly string[];
  readonly receipts: number;
}

export interface PaymentsDesk {
  readonly billing: BillingUnderTest;
  readonly sandbox: RunningSandbox;
  newAccount(wallet?: string): Promise<string>;
  /** A top-up of 600.00 INR whose hosted page is open. */
  placeOrder(accountId: string): Promise<OpenOrder>;
  /** Growth, 999.00 INR a month, its first period paid from the wallet. */
  startPlan(accountId: string): Promise<Payable>;
  /** What the order's workflow does when it is told, when it looks and when it expires. */
  settle(order: Payable, action: SettleRequest['action'], on?: PaymentGateway): Promise<unknown>;
  /** What a subscription's workflow does when a gateway's message names it. */
  report(plan: Payable, gatewayPaymentId: string): Promise<unknown>;
  orderOf(order: Payable): Promise<Order>;
  payments(accountId: string): Promise<PaymentSeen[]>;
  /** What is in the additional wallet, in micros. */
  wallet(accountId: string): Promise<string>;
  violations(accountIds: readonly string[]): Promise<unknown[]>;
  close(): Promise<void>;
}

export async function openPaymentsDesk(): Promise<PaymentsDesk> {
  const billing = await createBillingUnderTest();
  const sandbox = await startSandboxGateway();
  const owner = new Client({ connectionString: billing.ownerUrl });
  await owner.connect();
  let made = 0;
  let asked = 0;

  function dependenciesOn(gateway: PaymentGateway): ActivityDependencies {
    const dependencies = {
      database: billing.database,
      gateways: new Map([[gateway.name, gateway]]),
      client: createSignalRecorder([]),
      checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
      now: () => PAID_AT,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    return dependencies as unknown as ActivityDependencies;
  }
  const ordering: OrderActivities = createOrderActivities(dependenciesOn(sandbox.gateway));
  const collecting: CollectionActivities = createCollectionActivities(
    dependenciesOn(sandbox.gateway),
  );

  function ask({ id, accountId }: Payable, now: string) {
    asked += 1;
    return { id, accountId, now, operationKey: `${id}/${asked}` };
  }

  async function orderOf({ id }: Payable): Promise<Order> {
    const found = await billing.read((trx) => orders.find(trx, id));
    if (!found) throw new Error(`${id} has no row`);
    return found.state;
  }

  return {
    billing,
    sandbox,
    newAccount: (wallet = '0.00') => billing.makeAccount(wallet),
    async placeOrder(accountId) {
      made += 1;
      const order = { id: `ord_${made}`, accountId };
      await ordering.recordOrder({
        ...ask(order, PLACED_AT),
        command: {
          kind: 'place',
          target: 'wallet',
          amount: '600.00',
          currency: 'INR',
          gateway: 'sandbox',
          mode: null,
        },
      });
      await ordering.openCheckout(ask(order, PLACED_AT));
      return { ...order, checkoutUrl: (await orderOf(order)).checkoutUrl ?? 'no page' };
    },
    async startPlan(accountId) {
      const { id } = await startSubscription(billing, { accountId, at: STARTED_AT });
      return { id, accountId };
    },
    async settle(order, action, on = sandbox.gateway) {
      const activities =
        on === sandbox.gateway ? ordering : createOrderActivities(dependenciesOn(on));
      const next = orders.decideNextAction(await orderOf(order));
      const now = isDueAction(next) && next.kind === action ? next.at : PAID_AT;
      return activities.settlePayments({ ...ask(order, now), action });
    },
    report: (plan, gatewayPaymentId) =>
      collecting.settleReported({ ...ask(plan, PAID_AT), gateway: 'sandbox', gatewayPaymentId }),
    orderOf,
    async payments(accountId) {
      const { rows } = await owner.query<PaymentSeen>(
        `select p.gateway_payment_id as "gatewayPaymentId", p.payer_kind || '/' || p.payer_id as payer, p.status,
                array(select t.amount::text from transfers t join ledgers l on l.id = t.ledger_id
                       where t.kind = 'grant' and t.reference = 'payment/' || p.id) as grants,
                (select count(*)::int from documents d where d.kind = 'receipt_voucher' and d.operation_key = 'payment/' || p.id) as receipts
           from payments p where p.account_id = $1 order by p.gateway_payment_id`,
        [accountId],
      );
      return rows;
    },
    async wallet(accountId) {
      const { rows } = await owner.query<{ posted: string }>(
        `select coalesce(sum(b.posted), 0)::text as posted from buckets b join ledgers l on l.id = b.ledger_id
          where l.account_id = $1 and b.source = 'wallet_additional'`,
        [accountId],
      );
      return rows[0]?.posted ?? 'no ledger';
    },
    violations: (accountIds) => findViolations(owner, accountIds),
    async close() {
      await owner.end();
      await sandbox.stop();
      await billing.close();
    },
  };
}
