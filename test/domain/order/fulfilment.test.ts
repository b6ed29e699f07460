import fc from 'fast-check';
import { isDueAction } from '../../../domain/next-action';
import { expireOrder, isPaid, noteChecked, noteUnanswered } from '../../../domain/order/checkout';
import { decideNextAction } from '../../../domain/order/order';
import { decidePayments } from '../../../domain/order/decide-payments';
import {
  noteItemRefunded,
  noteItemsChecked,
  noteOrdered,
  settleItem,
} from '../../../domain/order/settle';
import { draft, inr, numberItem, packageItem, paid, PAID_AT } from './purchase-in-hand';

const TOLD_AT = '2027-03-02T10:06:00.000Z';
const delivered = { outcome: 'delivered', reason: 'it can be used', at: TOLD_AT } as const;
const failed = { outcome: 'failed', reason: 'the carrier has it no more', at: TOLD_AT } as const;

describe('a draft', () => {
  it('waits a day for somebody to pay it, then it ends', () => {
    expect(decideNextAction(draft())).toEqual({
      kind: 'expire',
      at: '2027-03-03T10:00:00.000Z',
      reason: 'nobody has asked to pay it yet; the order expires',
    });
    expect(decideNextAction(expireOrder(draft()))).toMatchObject({ kind: 'end' });
  });

  it('has its page opened and its payment looked for from the wish to pay on', () => {
    const asked = { ...draft(), mode: 'upi', payAskedAt: PAID_AT } as const;
    expect(decideNextAction(asked)).toMatchObject({ kind: 'open_checkout', at: PAID_AT });
    const open = { ...asked, status: 'awaiting_payment', checkoutId: 'cs_1' } as const;
    expect(decideNextAction(open)).toMatchObject({
      kind: 'check_payment',
      at: '2027-03-02T10:05:15.000Z',
    });
  });
});

describe('a payment of a purchase', () => {
  const open = { ...draft(), status: 'awaiting_payment', payAskedAt: PAID_AT } as const;
  const payment = {
    paymentId: 'pay_1',
    gatewayPaymentId: 'gp_1',
    status: 'succeeded',
    money: inr(600_000_000n),
    refunded: inr(0n),
    reference: 'order/ord_1',
    customerReference: 'acct_1',
    mode: 'upi',
    declineCode: null,
  } as const;

  it('in time pays for the items; a second one is money for the wallet', () => {
    const second = { ...payment, gatewayPaymentId: 'gp_2' };
    const { order, verdicts } = decidePayments(open, [payment, second], TOLD_AT);
    expect(order).toMatchObject({ status: 'paid', paidAt: TOLD_AT });
    expect(verdicts).toMatchObject([
      { kind: 'grant', paysItems: true, event: { type: 'order.paid' } },
      { kind: 'grant', paysItems: false, event: { type: 'payment.received_again' } },
    ]);
  });

  it.each(['fulfilled', 'refunded'] as const)('of one that is %s leaves it so', (status) => {
    const { order, verdicts } = decidePayments(
      paid([numberItem()], { status }),
      [payment],
      TOLD_AT,
    );
    expect(order.status).toBe(status);
    expect(verdicts).toMatchObject([
      { paysItems: false, event: { type: 'payment.received_again' } },
    ]);
  });

  it('R0.09 after it expired delivers nothing', () => {
    const { order, verdicts } = decidePayments({ ...open, status: 'expired' }, [payment], TOLD_AT);
    expect(order).toMatchObject({ status: 'expired', paidAt: null });
    expect(verdicts).toMatchObject([{ paysItems: false, event: { type: 'order.paid_late' } }]);
  });

  it('that is declined may be tried again', () => {
    const declined = { ...payment, status: 'failed', declineCode: 'stolen_card' } as const;
    const { order, verdicts } = decidePayments(open, [declined], TOLD_AT);
    expect(order).toMatchObject({ status: 'failed', failureReason: 'stolen_card' });
    expect(verdicts).toMatchObject([{ event: { type: 'order.failed' } }]);
  });
});

describe('the fulfilment of a paid order', () => {
  it('begins its items one by one, then looks at its row', () => {
    const order = paid([packageItem(), numberItem()]);
    expect(decideNextAction(order)).toEqual({
      kind: 'fulfil_item',
      at: PAID_AT,
      reason: 'item 1 of 2 is to be delivered',
    });
    const first = settleItem(order, 'itm_package', delivered).order;
    expect(decideNextAction(first)).toMatchObject({ reason: 'item 2 of 2 is to be delivered' });
    const second = noteOrdered(first, 'itm_number');
    expect(second.events).toEqual([]);
    expect(decideNextAction(second.order)).toEqual({
      kind: 'check_items',
      at: '2027-03-02T10:05:15.000Z',
      reason: 'waiting for item 2 of 2; its own lifecycle tells',
      outside: 'awaited',
    });
  });

  it('is done once every item is delivered', () => {
    const { order, events } = settleItem(paid([numberItem()]), 'itm_number', delivered);
    expect(order.status).toBe('fulfilled');
    expect(decideNextAction(order)).toMatchObject({ kind: 'end' });
    expect(events).toEqual([
      {
        type: 'order.item_delivered',
        reason: '+918000000001: it can be used',
        data: { item_id: 'itm_number', item_kind: 'phone_number', delivered_id: 'num_1' },
      },
      {
        type: 'order.fulfilled',
        reason: 'every item has been delivered or refunded',
      },
    ]);
  });

  it('gives back what failed before it waits for others, and never tells a number in a reason', () => {
    const items = [numberItem(), numberItem({ id: 'itm_2', status: 'ordered' })];
    const { order } = settleItem(paid(items), 'itm_number', failed);
    const next = decideNextAction(order);
    expect(next).toEqual({
      kind: 'refund_item',
      at: TOLD_AT,
      reason: 'item 1 of 2 could not be had; its money goes back',
    });
    expect(next.reason).not.toContain('+91');
  });

  it('is refunded when nothing could be delivered, and fulfilled when something was', () => {
    const back = { id: 'rfd_1', total: inr(600_000_000n), to: 'source' } as const;
    const lost = settleItem(paid([numberItem()]), 'itm_number', failed).order;
    const all = noteItemRefunded(lost, 'itm_number', back);
    expect(all.order).toMatchObject({ status: 'refunded', items: [{ refundId: 'rfd_1' }] });
    expect(all.events.map(({ type }) => type)).toEqual(['order.item_refunded', 'order.refunded']);
    expect(all.events[0]?.reason).toBe(
      '+918000000001: the carrier has it no more; 600.00 INR is refunded to the original payment method',
    );
    const both = [packageItem({ status: 'delivered', settledAt: TOLD_AT }), numberItem()];
    const part = settleItem(paid(both), 'itm_number', failed).order;
    expect(noteItemRefunded(part, 'itm_number', null)).toMatchObject({
      order: { status: 'fulfilled', items: [{ status: 'delivered' }, { status: 'refunded' }] },
      events: [
        {
          reason: '+918000000001: the carrier has it no more; nothing was charged for it',
        },
        { type: 'order.fulfilled' },
      ],
    });
  });

  it('hears of an item once: what is told again or too late changes nothing', () => {
    const { order } = settleItem(paid([numberItem()]), 'itm_number', delivered);
    expect(settleItem(order, 'itm_number', failed).order).toBe(order);
    expect(noteOrdered(order, 'itm_number').order).toBe(order);
    expect(noteItemRefunded(order, 'itm_number', null).order).toBe(order);
    expect(settleItem(paid([numberItem()]), 'itm_nobody', failed).events).toEqual([]);
  });

  it('looks at its row ever more rarely, and never stops', () => {
    let order = paid([numberItem({ status: 'ordered' })]);
    const looks: string[] = [];
    for (let look = 0; look < 9; look += 1) {
      const next = decideNextAction(order);
      looks.push(isDueAction(next) ? next.at.slice(8, 19) : next.kind);
      order = noteItemsChecked(order);
    }
    expect(looks).toEqual([
      '02T10:05:15',
      '02T10:06:00',
      '02T10:10:00',
      '02T10:20:00',
      '02T11:05:00',
      '02T14:05:00',
      '03T14:05:00',
      '04T14:05:00',
      '05T14:05:00',
    ]);
  });

  it('is neither expired nor counted against by what is said of payments', () => {
    const order = paid([numberItem()]);
    expect(expireOrder(order)).toBe(order);
    expect(noteChecked(order)).toBe(order);
    expect(noteUnanswered(order)).toBe(order);
    expect(isPaid(order)).toBe(true);
  });

  it('always comes to an end with every item delivered or given back', () => {
    const outcomes = fc.array(fc.constantFrom('package', 'number', 'lost', 'early'), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(outcomes, (wanted) => {
        const items = wanted.map((kind, index) =>
          kind === 'package'
            ? packageItem({ id: `itm_${index}` })
            : numberItem({ id: `itm_${index}` }),
        );
        let order = paid(items);
        for (let steps = 0; steps < 40; steps += 1) {
          const next = decideNextAction(order);
          if (!isDueAction(next)) break;
          const status = { fulfil_item: 'pending', refund_item: 'failed', check_items: 'ordered' };
          const of = status[next.kind as keyof typeof status];
          const index = order.items.findIndex((item) => item.status === of);
          const id = `itm_${index}`;
          const kind = wanted[index];
          if (next.kind === 'refund_item') order = noteItemRefunded(order, id, null).order;
          else if (next.kind === 'check_items') {
            order = settleItem(order, id, kind === 'lost' ? failed : delivered).order;
          } else if (kind === 'package') order = settleItem(order, id, delivered).order;
          else if (kind === 'early') order = settleItem(order, id, failed).order;
          else order = noteOrdered(order, id).order;
        }
        const isLost = (kind: string): boolean => kind === 'lost' || kind === 'early';
        expect(order.items.map(({ status }) => status)).toEqual(
          wanted.map((kind) => (isLost(kind) ? 'refunded' : 'delivered')),
        );
        expect(order.status).toBe(wanted.every(isLost) ? 'refunded' : 'fulfilled');
      }),
    );
  });
});
