import fc from 'fast-check';
import { ANYTHING, routePayment, type PaymentRoute } from '../../../domain/payment/route-payment';

const LISTED = ['stripe', 'razorpay', 'sandbox'];
const PAYMENT = { accountId: 'acct_1', partnerId: 'prt_1', currency: 'INR', mode: 'upi' } as const;
const to = (gateway: PaymentRoute['gateway'], route: Partial<PaymentRoute> = {}): PaymentRoute => ({
  ...ANYTHING,
  gateway,
  ...route,
});
const route = (routes: readonly PaymentRoute[], payment: Partial<typeof PAYMENT> | object = {}) =>
  routePayment({ ...PAYMENT, ...payment }, { routes, listed: LISTED });

describe('the gateways of a payment', () => {
  it('R2.11 are asked as they are listed where no route fits', () => {
    expect(route([])).toEqual(['stripe', 'razorpay', 'sandbox']);
    expect(route([to('sandbox', { currency: 'USD' }), to('sandbox', { mode: 'card' })])).toEqual(
      LISTED,
    );
  });

  it('R2.11 begin with the first route that fits by account, partner, currency and mode', () => {
    const routes = [
      to('sandbox', { payerId: 'acct_2' }),
      to('razorpay', { currency: 'INR', mode: 'upi' }),
      to('stripe', { currency: 'INR' }),
    ];
    expect(route(routes)).toEqual(['razorpay', 'stripe', 'sandbox']);
    expect(route(routes, { mode: 'card' })).toEqual(['stripe', 'razorpay', 'sandbox']);
    expect(route(routes, { accountId: 'acct_2' })).toEqual(['sandbox', 'razorpay', 'stripe']);
    expect(route([to('sandbox', { payerId: 'prt_1' })])).toEqual(['sandbox', 'stripe', 'razorpay']);
  });

  it('R2.11 leave the choice of the mode to the page where none is asked for', () => {
    const routes = [to('razorpay', { mode: 'upi' }), to('sandbox', { currency: 'INR' })];
    expect(route(routes, { mode: null })).toEqual(['sandbox', 'stripe', 'razorpay']);
  });

  it('are all of them, each once, whatever the routes say', () => {
    const anyRoute = fc.record({
      gateway: fc.constantFrom('stripe' as const, 'razorpay' as const, 'sandbox' as const),
      currency: fc.constantFrom(null, 'INR' as const, 'USD' as const),
      mode: fc.constantFrom(null, 'upi' as const, 'card' as const),
      payerId: fc.constantFrom(null, 'acct_1', 'prt_1', 'acct_2'),
    });
    fc.assert(
      fc.property(fc.array(anyRoute, { maxLength: 6 }), (routes) => {
        expect([...route(routes)].toSorted()).toEqual([...LISTED].toSorted());
      }),
    );
  });
});
