import type { Purchase } from '../../../domain/order/order';
import { findLacking, findUnconfirmed, listFeatures } from '../../../domain/order/capabilities';
import {
  decidePay,
  listPaymentModes,
  type PayMoment,
  type PayWish,
} from '../../../domain/order/pay';
import { UNTAXED } from '../../../domain/tax/taxation';
import { draft, GST, inr, numberItem, packageItem, PAID_AT } from './purchase-in-hand';

const OFFER = { modes: ['upi', 'card'], min: inr(1_000_000n), max: inr(500_000_000_000n) } as const;
const MOMENT: PayMoment = {
  now: PAID_AT,
  taxation: UNTAXED,
  availableMicros: 600_000_000n,
  offer: OFFER,
  isAddressed: true,
  numbers: { allowed: true, limit: null, used: 0, reason: 'no limit' },
};
const BY_WALLET: PayWish = { mode: 'wallet', gateway: 'sandbox', confirmedCapabilities: null };
const BY_UPI: PayWish = { mode: 'upi', gateway: 'sandbox', confirmedCapabilities: null };

function decide(
  changes: {
    readonly order?: Partial<Purchase>;
    readonly wish?: Partial<PayWish>;
    readonly moment?: Partial<PayMoment>;
  } = {},
) {
  return decidePay(
    { ...draft(), ...changes.order },
    { ...BY_WALLET, ...changes.wish },
    { ...MOMENT, ...changes.moment },
  );
}

describe('a wish to pay', () => {
  it('by the wallet that covers it to the micro is a charge', () => {
    expect(decide()).toMatchObject({
      kind: 'charge',
      order: { status: 'paid', mode: 'wallet', paidAt: PAID_AT, payAskedAt: PAID_AT },
      event: { type: 'order.paid', reason: '600.00 INR was paid from the wallet' },
    });
  });

  it('by the wallet that lacks a micro is refused with what is missing', () => {
    expect(decide({ moment: { availableMicros: 599_999_999n } })).toMatchObject({
      kind: 'refused',
      code: 'insufficient_balance',
      details: {
        required: '600.00',
        available: '599.999999',
        missing: '0.000001',
        currency: 'INR',
      },
    });
  });

  it('R2.11 by UPI opens a page for a day from now', () => {
    expect(decide({ wish: BY_UPI })).toMatchObject({
      kind: 'open_page',
      order: { status: 'draft', mode: 'upi', expiresAt: '2027-03-03T10:05:00.000Z' },
    });
  });

  it('at the gateway is for the price with the tax of now, which the page shows', () => {
    const decided = decide({ wish: BY_UPI, moment: { taxation: GST } });
    expect(decided).toMatchObject({ order: { total: inr(708_000_000n) } });
  });

  it('by the wallet is refused when the price has grown with its tax, and done when it has not', () => {
    const moment = { taxation: GST, availableMicros: 900_000_000n };
    expect(decide({ moment })).toMatchObject({
      code: 'conflict',
      message:
        'the order costs 708.00 INR by now, tax included, and not 600.00 INR; place it again',
    });
    const taxed = draft([numberItem()], GST);
    expect(decide({ order: taxed, moment: { taxation: UNTAXED } })).toMatchObject({
      kind: 'charge',
      order: { total: inr(600_000_000n) },
    });
  });

  it('for the page that is open changes nothing, and for another way is refused', () => {
    const order = { status: 'awaiting_payment', mode: 'upi', payAskedAt: PAID_AT } as const;
    expect(decide({ order, wish: BY_UPI })).toEqual({ kind: 'unchanged' });
    expect(decide({ order })).toMatchObject({ code: 'invalid_state' });
  });

  it.each(['paid', 'fulfilled', 'refunded', 'expired'] as const)(
    'of an order that is %s is refused',
    (status) => {
      expect(decide({ order: { status } })).toMatchObject({ code: 'invalid_state' });
    },
  );

  it('at the instant the draft expires is refused', () => {
    const now = '2027-03-03T10:00:00.000Z';
    expect(decide({ moment: { now } })).toMatchObject({ code: 'invalid_state' });
  });

  it.each([
    [
      'R2.10 a confirmed capability is missing',
      { wish: { confirmedCapabilities: ['mms'] } },
      'missing_capability',
    ],
    [
      'R2.10 a required capability is missing',
      { order: draft([numberItem({ capabilities: ['voice'] })]) },
      'missing_capability',
    ],
    [
      'R2.12 the plan allows no more numbers',
      { moment: { numbers: { allowed: false, limit: 1, used: 1, reason: 'the plan allows 1' } } },
      'limit_reached',
    ],
    [
      'R2.11 the currency has no UPI',
      { wish: BY_UPI, moment: { offer: { ...OFFER, modes: ['card'] } } },
      'payment_mode_not_offered',
    ],
    [
      'R2.11 no gateway takes the currency',
      { wish: BY_UPI, moment: { offer: null } },
      'payment_mode_not_offered',
    ],
    [
      'the gateway takes no such amount',
      { wish: BY_UPI, moment: { offer: { ...OFFER, min: inr(601_000_000n) } } },
      'amount_out_of_range',
    ],
    [
      'R1.06 no address is saved for a page',
      { wish: BY_UPI, moment: { isAddressed: false } },
      'billing_address_required',
    ],
    [
      'no address is saved for a tax invoice',
      { order: draft([numberItem()], GST), moment: { isAddressed: false, taxation: GST } },
      'billing_address_required',
    ],
  ] as const)('is refused when %s', (_, changes, code) => {
    expect(decide(changes)).toMatchObject({ kind: 'refused', code });
  });
});

describe('the ways to pay', () => {
  it('R2.11 are the wallet and what the gateway takes', () => {
    expect(listPaymentModes(inr(600_000_000n), [OFFER])).toEqual(['wallet', 'upi', 'card']);
    expect(listPaymentModes(inr(600_000_000n), [])).toEqual(['wallet']);
  });

  it('R2.11 are those of each gateway whose limits hold the total', () => {
    const byUpi = { ...OFFER, modes: ['upi'] } as const;
    const byCard = { ...OFFER, modes: ['card'], max: inr(500_000_000n) } as const;
    expect(listPaymentModes(inr(500_000_000n), [byUpi, byCard])).toEqual(['wallet', 'upi', 'card']);
    expect(listPaymentModes(inr(600_000_000n), [byUpi, byCard])).toEqual(['wallet', 'upi']);
  });

  it.each([999_999n, 500_000_000_001n, 600_000_001n])(
    'of %s micros are the wallet alone: too little, too much, too fine',
    (amountMicros) => {
      expect(listPaymentModes(inr(amountMicros), [OFFER])).toEqual(['wallet']);
    },
  );
});

describe('the features of an order', () => {
  const voiceOnly = numberItem({ id: 'itm_2', capabilities: ['voice'], requiredCapabilities: [] });

  it('R2.10 are what every number of it has', () => {
    expect(listFeatures([numberItem(), voiceOnly, packageItem()])).toEqual([
      { capability: 'sms', included: false },
      { capability: 'voice', included: true },
      { capability: 'mms', included: false },
    ]);
  });

  it('are none of an order without numbers, and nothing is unconfirmed there', () => {
    expect(listFeatures([packageItem()])).toEqual([]);
    expect(findUnconfirmed([packageItem()], ['sms'])).toEqual([]);
  });

  it('R2.10 lack what was required, each named once', () => {
    const lacking = numberItem({ capabilities: ['voice'] });
    expect(findLacking([lacking, lacking, voiceOnly])).toEqual(['sms']);
    expect(findUnconfirmed([numberItem()], ['voice', 'mms'])).toEqual(['mms']);
  });
});
