/** The published shapes that every request of the adapter is held against, and that they do refuse. */
import { parseForm } from '../support/stripe/form';
import { findShapeProblems } from '../support/stripe/request-shapes';

const CHARGE = 'amount=100&currency=inr&confirm=true&off_session=true&payment_method=pm_1';

describe('the shape of a request to Stripe', () => {
  it('is the one the pinned SDK publishes', () => {
    expect(findShapeProblems('POST /v1/payment_intents', parseForm(CHARGE))).toEqual([]);
  });

  it.each([
    ['POST /v1/checkout/sessions', 'payment_method_types[0]=card', 'parameter_unknown'],
    ['POST /v1/payment_intents', `${CHARGE}&payment_method_types[0]=card`, 'parameter_unknown'],
    ['POST /v1/payment_intents', 'amount=100', 'parameter_missing'],
    ['POST /v1/payment_intents', `${CHARGE}&capture_method=someday`, 'parameter_invalid'],
    ['POST /v1/payment_intents', CHARGE.replace('100', '1.5'), 'parameter_invalid'],
    ['POST /v1/refunds', 'payment_intent=pi_1&amount=ten', 'parameter_invalid'],
    ['POST /v1/refunds', `metadata[${'k'.repeat(41)}]=v`, 'parameter_invalid'],
    ['GET /v1/customers/:id/payment_methods', 'customer=cus_1', 'parameter_unknown'],
    [
      'POST /v1/checkout/sessions',
      'payment_method_options[upi][mandate_options][amount_type]=most',
      'parameter_invalid',
    ],
    ['POST /v1/checkout/sessions', 'line_items[0][price_data][unit]=1', 'parameter_missing'],
  ])('%s refuses %s: %s', (route, form, code) => {
    const problems = findShapeProblems(route, parseForm(form));
    expect(problems.map((problem) => problem.code)).toContain(code);
  });

  it('of a call nobody published is a mistake of the test', () => {
    expect(() => findShapeProblems('POST /v1/charges', {})).toThrow(
      'publishes no POST /v1/charges',
    );
  });
});
