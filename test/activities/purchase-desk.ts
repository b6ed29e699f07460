/**
 * All it takes to buy in a test: drafts of packages and numbers, the purchase's own activities on a real
 * database and a real sandbox gateway. What the worker would start is written down instead.
 */
import type { ActivityDependencies } from '../../activities/dependencies';
import { createOrderActivities } from '../../activities/order/order.activities';
import { createPurchaseActivities } from '../../activities/purchase/purchase.activities';
import { recordDelivery } from '../../activities/order/record-delivery';
import { newId } from '../../db/new-id';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { type OrderRecord, orders as orderRows } from '../../db/repositories/order.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { CurrencyCode } from '../../domain/currency';
import { formatAmount } from '../../domain/money';
import type { NumberCapability } from '../../domain/number-capability';
import { purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import type { PaymentMode } from '../../domain/payment/payment';
import type { OrderItem } from '../../domain/order/item';
import { placePurchase, sellNumber, sellPackage } from '../../domain/order/place';
import { DEFAULT_GRACE_POLICY } from '../../domain/phone-number/phone-number';
import type { PackageOffer } from '../../domain/package/package-offer';
import { isDueAction } from '../../domain/next-action';
import { payCheckout, SUCCESS_UPI, type RunningSandbox } from '../support/sandbox-gateway';
import { RECORDED_AT, type BillingUnderTest } from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';

export const PLACED_AT = '2027-03-02T10:00:00.000Z';
export const PAID_AT = '2027-03-02T10:05:00.000Z';

const inr = (amountMicros: bigint) => ({ amountMicros, currency: 'INR' }) as const;

/** 400.00 INR for 1,000 messages. */
export const BULK: PackageOffer = {
  kind: 'message_package',
  code: 'bulk_1k',
  name: 'Bulk',
  units: 1_000,
  price: inr(400_000_000n),
  upFrontFee: inr(0n),
  validityDays: 30,
  channels: null,
};

export type PurchaseDesk = ReturnType<typeof openPurchaseDesk>;

export function openPurchaseDesk(billing: BillingUnderTest, sandbox: RunningSandbox) {
  let made = 0;
  /** Workflows that were started after a commit. */
  const started: string[] = [];
  /** Who was told what after a commit: "subscription/sub_1 moneyArrived". */
  const signalled: string[] = [];
  let isStartBroken = false;
  // The wall shows the instant of what is asked, unless the answer comes later.
  let wall = PLACED_AT;
  const dependencies = {
    database: billing.database,
    gateways: new Map([[sandbox.gateway.name, sandbox.gateway]]),
    client: createSignalRecorder(signalled),
    numberCarrier: { name: 'sandbox' },
    gracePolicy: DEFAULT_GRACE_POLICY,
    commands: {
      restart: async (workflowId: string) => {
        if (isStartBroken) throw new Error('the worker died after its commit');
        started.push(workflowId);
      },
    },
    checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
    now: () => wall,
  };
  // What these activities do not touch is not there: to use it would fail the test.
  const orders = createOrderActivities(dependencies as unknown as ActivityDependencies);
  const purchases = createPurchaseActivities(dependencies as unknown as ActivityDependencies);

  async function makeAccount(wallet = '0.00', isAddressed = true): Promise<string> {
    const accountId = await billing.makeAccount(wallet);
    if (isAddressed) {
      await billing.read((trx) =>
        saveBillingAddress(trx, {
          accountId,
          businessName: 'Deniz Yazılım',
          addressLine1: '1 MG Road',
          addressLine2: null,
          city: 'Bengaluru',
          state: 'Karnataka',
          postalCode: '560001',
          country: 'IN',
          taxId: null,
          taxIdType: null,
          taxOffice: null,
          isInSez: false,
          email: 'billing@example.com',
          phone: null,
          updatedAt: PLACED_AT,
        }),
      );
    }
    return accountId;
  }

  /** 500.00 INR a month and 100.00 up front, with voice and messages. */
  function number(
    changes: { readonly rent?: bigint; readonly fee?: bigint; readonly number?: string } = {},
  ): OrderItem {
    made += 1;
    const wanted = {
      number: changes.number ?? `+91800000${String(made).padStart(4, '0')}`,
      requiredCapabilities: ['sms'],
    } as const;
    const sold = sellNumber(
      wanted,
      {
        number: wanted.number,
        country: 'IN',
        capabilities: ['sms', 'voice'],
        fees: {
          upFront: inr(changes.fee ?? 100_000_000n),
          monthly: inr(changes.rent ?? 500_000_000n),
        },
      },
      {
        currency: 'INR',
        ids: { id: newId('order_item'), deliveryId: newId('phone_number') },
      },
    );
    if (sold.kind !== 'sold') throw new Error(sold.message);
    return sold.item;
  }

  function bundle(offer: PackageOffer = BULK): OrderItem {
    return sellPackage(offer, { id: newId('order_item'), deliveryId: newId(offer.kind) });
  }

  async function place(
    accountId: string,
    items: readonly OrderItem[],
    at = PLACED_AT,
  ): Promise<Purchase> {
    const id = newId('order');
    return billing.read(async (trx) => {
      const taxation = await findTaxation(trx, { accountId, at });
      const order = placePurchase({ id, accountId, gateway: 'sandbox', items, taxation, at });
      await orderRows.insert(trx, order, at);
      return order;
    });
  }

  function task({ id, accountId }: Order, what: string, now: string) {
    return { id, accountId, now, operationKey: `order/${id}/${what}/${now}` };
  }

  async function record({ id }: Order): Promise<OrderRecord> {
    const found = await billing.read((trx) => orderRows.find(trx, id));
    if (found === null) throw new Error(`${id} has no row`);
    return found;
  }

  const show = async (order: Order): Promise<Purchase> => purchaseOf((await record(order)).state);

  function pay(
    order: Order,
    mode: PaymentMode | 'wallet',
    options: {
      readonly confirmed?: readonly NumberCapability[];
      readonly now?: string;
      readonly request?: string;
    } = {},
  ) {
    const { confirmed = null, now = PAID_AT, request = '1' } = options;
    const command = { kind: 'pay', mode, confirmedCapabilities: confirmed } as const;
    return purchases.payPurchase({ ...task(order, `pay/${request}`, now), command });
  }

  /** Asks for the page and pays there; nothing is recorded yet. */
  async function payOnPage(
    order: Order,
    now = PAID_AT,
    form: Readonly<Record<string, string>> = SUCCESS_UPI,
  ): Promise<void> {
    const { answer } = await pay(order, 'upi', { now });
    if (answer.kind === 'refused') throw new Error(answer.message);
    await orders.openCheckout(task(order, 'open', now));
    await payCheckout((await show(order)).checkoutUrl ?? 'no page', form);
  }

  function settle(
    order: Order,
    action: Parameters<typeof orders.settlePayments>[0]['action'] = 'payment_reported',
    now = PAID_AT,
    answeredAt = now,
  ) {
    wall = answeredAt;
    return orders.settlePayments({ ...task(order, action, now), action });
  }

  /** Asks the gateway on the retry schedule until the order has expired. */
  async function waitUntilExpired(order: Order): Promise<void> {
    for (let asks = 0; asks < 30; asks += 1) {
      const { status, next } = await purchases.readOrder(order);
      if (status === 'expired' || !isDueAction(next)) return;
      const action = next.kind === 'expire' ? 'expire' : 'check_payment';
      await settle(order, action, next.at);
    }
  }

  /** Performs what is next, as the workflow would; answers what that was. */
  async function perform(order: Order): Promise<string> {
    const before = await record(order);
    const step = await purchases.readOrder(before.state);
    const { next } = step;
    if (!isDueAction(next)) return next.kind;
    const request = task(order, `${next.kind}/${before.revision}`, next.at);
    if (next.kind === 'fulfil_item') await purchases.fulfilItem(request);
    else if (next.kind === 'refund_item') await purchases.refundItem(request);
    else if (next.kind === 'check_items') await purchases.checkItems(request);
    else throw new Error(`nobody performs ${next.kind} here`);
    return next.kind;
  }

  /** Performs until nothing but others can move the order. */
  async function fulfil(order: Order): Promise<string[]> {
    const done: string[] = [];
    for (let steps = 0; steps < 30; steps += 1) {
      const { next } = await purchases.readOrder(order);
      if (next.kind !== 'fulfil_item' && next.kind !== 'refund_item') return done;
      done.push(await perform(order));
    }
    throw new Error('the order comes to no end');
  }

  /** As the number's own lifecycle tells it. */
  function tell(
    order: Order,
    item: OrderItem | undefined,
    outcome: 'delivered' | 'failed',
    reason = outcome === 'failed' ? 'the carrier has it no more' : 'it is rented',
  ) {
    return billing.read(async (trx) => {
      await lockLedgers(trx, [order.accountId]);
      return recordDelivery(trx, {
        orderId: order.id,
        orderItemId: item?.id ?? 'no item',
        outcome,
        reason,
        at: '2027-03-02T10:06:00.000Z',
        recordedAt: RECORDED_AT,
      });
    });
  }

  async function documents({ accountId }: Order): Promise<string[]> {
    const query = { accountId, limit: 20, beforePosition: null };
    const found = await billing.read((trx) => listDocuments(trx, query));
    return found
      .map(
        ({ kind, sale }) =>
          `${kind} ${formatAmount(sale.total)} tax ${formatAmount(sale.taxTotal)}`,
      )
      .reverse();
  }

  async function wallet(accountId: string): Promise<string> {
    const ledgers = await billing.read((trx) => lockLedgers(trx, [accountId]));
    const buckets = ledgers.get(accountId)?.buckets ?? [];
    const bucket = buckets.find(({ code }) => code === 'wallet/additional');
    return formatAmount({
      amountMicros: bucket?.posted ?? 0n,
      currency: 'INR' satisfies CurrencyCode,
    });
  }

  return {
    started,
    signalled,
    orders,
    purchases,
    makeAccount,
    number,
    bundle,
    place,
    task,
    record,
    show,
    pay,
    payOnPage,
    settle,
    waitUntilExpired,
    perform,
    fulfil,
    tell,
    documents,
    wallet,
    breakStarts: (isBroken: boolean) => void (isStartBroken = isBroken),
  };
}
