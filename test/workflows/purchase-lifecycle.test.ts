import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { workflowIdOf } from '../../domain/lifecycle';
import type { OrderItem } from '../../domain/order/item';
import {
  buildLifecycleStart,
  NOT_STARTED,
  type CommandAnswer,
} from '../../workflows/lifecycle.messages';
import { itemSettled, openPurchase, payOrder } from '../../workflows/order.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { numberItem, packageItem } from '../domain/order/purchase-in-hand';
import { readActivitySummaries, readDetails } from './history-facts';
import { createPurchaseBooks, type PurchaseBooks } from './purchase-books';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };

describe('orderLifecycle of a purchase', () => {
  let stage: Stage;
  let books: PurchaseBooks;
  let order: WorkflowHandle;
  let made = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function begin(
    items: readonly OrderItem[],
    { rupees = 5_000, isFrozen = false }: { readonly rupees?: number; isFrozen?: boolean } = {},
  ): Promise<void> {
    made += 1;
    const id = `ord_purchase_${made}`;
    const now = await stage.now();
    books = createPurchaseBooks(id, { items, at: now, rupees });
    stage.use(books.activities);
    const start = buildLifecycleStart({
      kind: 'order',
      id,
      owner: {
        accountId: 'acct_00000001',
        partnerId: null,
        clock: isFrozen ? { kind: 'test', now } : { kind: 'wall' },
      },
      step: NOT_STARTED,
    });
    order = await stage.start(workflowIdOf('order', id), start);
    expect(await order.executeUpdate(openPurchase, { updateId: `open-${id}` })).toEqual(DONE);
  }

  function pay(mode: 'wallet' | 'upi', updateId = `pay-${mode}`): Promise<CommandAnswer> {
    const args: [{ mode: 'wallet' | 'upi'; confirmedCapabilities: null }] = [
      { mode, confirmedCapabilities: null },
    ];
    return order.executeUpdate(payOrder, { args, updateId });
  }

  const status = async (): Promise<string> => (await order.describe()).status.name;

  it('expires a draft that nobody pays within a day', async () => {
    await begin([packageItem()]);
    await stage.pass('23 hours');
    expect(await status()).toBe('RUNNING');
    expect(await readDetails(order)).toContain('nobody has asked to pay it yet');
    await stage.pass('2 hours');
    expect(books.deeds).toEqual(['expire expired']);
    expect(await status()).toBe('COMPLETED');
  });

  it('R2.11 pays from the wallet and delivers item by item, each a step of its own', async () => {
    await begin([packageItem(), packageItem({ id: 'itm_2' })]);
    expect(await pay('wallet')).toEqual(DONE);
    await stage.settle();
    expect(books.deeds).toEqual([
      'pay wallet paid',
      'fulfil itm_package paid',
      'fulfil itm_2 fulfilled',
    ]);
    expect(await status()).toBe('COMPLETED');
    expect((await readActivitySummaries(order)).slice(-2)).toEqual([
      'fulfil_item (fulfilItem)',
      'fulfil_item (fulfilItem)',
    ]);
  });

  it('stays a draft when the wallet lacks money, and can be paid once it does not', async () => {
    await begin([packageItem()], { rupees: 399 });
    expect(await pay('wallet')).toMatchObject({ kind: 'refused', code: 'insufficient_balance' });
    expect(await pay('upi')).toEqual(DONE);
    expect(books.deeds).toEqual(['pay upi draft', 'open awaiting_payment']);
  });

  it('opens the page when it is asked for, and delivers when the payment is reported', async () => {
    await begin([packageItem()]);
    expect(await pay('upi')).toEqual(DONE);
    await order.signal(paymentReported, {
      eventId: 'evt_1',
      gateway: 'sandbox',
      gatewayPaymentId: books.pay(),
    });
    await stage.settle();
    expect(books.deeds).toEqual([
      'pay upi draft',
      'open awaiting_payment',
      'payment_reported paid',
      'fulfil itm_package fulfilled',
    ]);
    expect(await status()).toBe('COMPLETED');
  });

  it('lets the row say when a silent gateway is asked for the page again', async () => {
    await begin([packageItem()]);
    books.silence();
    expect(await pay('upi')).toEqual(DONE);
    expect(books.deeds).toEqual(['pay upi draft', 'unreachable draft']);
    books.speak();
    await stage.skip('30 seconds');
    await stage.settle();
    expect(books.deeds[2]).toBe('open awaiting_payment');
  });

  it('waits for a number and is fulfilled by the hint that it is there', async () => {
    await begin([numberItem(), packageItem()]);
    await pay('wallet');
    await stage.settle();
    expect(books.deeds.slice(1)).toEqual(['fulfil itm_number paid', 'fulfil itm_package paid']);
    books.tell('itm_number', 'delivered', await stage.now());
    await order.signal(itemSettled, { itemId: 'itm_number' });
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('delivered itm_number fulfilled');
    expect(await status()).toBe('COMPLETED');
  });

  it.each([
    ['', false],
    [', on a test clock that stands still', true],
  ])('finds by itself what became of an item when the hint was lost%s', async (_, isFrozen) => {
    await begin([numberItem()], { isFrozen });
    await pay('wallet');
    await stage.pass('30 seconds');
    books.tell('itm_number', 'delivered', await stage.now());
    await stage.pass('1 minutes');
    expect(books.deeds.slice(2)).toEqual(['check paid', 'delivered itm_number fulfilled']);
    expect(await status()).toBe('COMPLETED');
  });

  it('R2.10 gives back what could not be had', async () => {
    await begin([numberItem(), packageItem()]);
    await pay('wallet');
    await stage.settle();
    books.tell('itm_number', 'failed', await stage.now());
    await order.signal(itemSettled, { itemId: 'itm_number' });
    await stage.settle();
    expect(books.deeds.at(-1)).toBe('refund itm_number fulfilled');
    expect(await status()).toBe('COMPLETED');
  });

  it('hears of an item before it has begun the next one', async () => {
    await begin([numberItem(), numberItem({ id: 'itm_2' }), packageItem()]);
    await pay('wallet');
    await order.signal(itemSettled, { itemId: 'itm_number' });
    await stage.settle();
    books.tell('itm_number', 'failed', await stage.now());
    books.tell('itm_2', 'failed', await stage.now());
    await order.signal(itemSettled, { itemId: 'itm_2' });
    await stage.settle();
    expect(books.deeds.slice(-2)).toEqual(['refund itm_number paid', 'refund itm_2 fulfilled']);
  });

  it('keeps money that is paid after it expired out of the delivery', async () => {
    await begin([packageItem()]);
    await pay('upi');
    await stage.pass('25 hours');
    await order.signal(paymentReported, {
      eventId: 'evt_late',
      gateway: 'sandbox',
      gatewayPaymentId: books.pay(),
    });
    await stage.settle();
    expect(books.show()).toMatchObject({ status: 'expired', items: [{ status: 'pending' }] });
  });

  it('has no number of a customer anywhere in its history', async () => {
    await begin([numberItem()]);
    await pay('wallet');
    await stage.settle();
    books.tell('itm_number', 'failed', await stage.now());
    await order.signal(itemSettled, { itemId: 'itm_number' });
    await stage.settle();
    expect(books.show().status).toBe('refunded');
    const history = historyToJSON(await order.fetchHistory());
    const decoded = history.replaceAll(/"data": "([^"]*)"/g, (_, encoded: string) =>
      Buffer.from(encoded, 'base64').toString('utf8'),
    );
    const holds = (words: string): boolean => decoded.includes(words);
    expect([holds('could not be had'), holds('918000000001')]).toEqual([true, false]);
  });
});
