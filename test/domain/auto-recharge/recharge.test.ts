import { formatAmount } from '../../../domain/money';
import { CARD, declined, IGST, inr, LIMITS, openWalk, PAID, PENDING } from './recharge-walk';

const SOFT = declined('insufficient_funds', 'soft');

describe('the threshold', () => {
  it('is not crossed by a balance exactly at it', () => {
    const walk = openWalk({ balance: 600 });
    expect(walk.set()).toBe('armed');
    walk.spend(100);
    expect(walk.balance()).toBe('500.00');
    expect(walk.row().status).toBe('armed');
    expect(walk.charges()).toEqual([]);
  });

  it('is crossed by a paisa: one increment is charged', () => {
    const walk = openWalk({ balance: 600 });
    walk.set();
    walk.spend(100.01);
    expect(walk.charges()).toEqual(['1000.00']);
    expect(walk.balance()).toBe('1499.99');
    expect(walk.row()).toMatchObject({ status: 'armed', chargeNumber: 2 });
    expect(walk.state.events).toEqual(['armed', 'charged']);
  });

  it('is crossed already when it is set: charged at once, as many increments as it takes', () => {
    const walk = openWalk({ balance: -1_700 });
    expect(walk.set()).toBe('armed');
    expect(walk.charges()).toEqual(['3000.00']);
    expect(walk.balance()).toBe('1300.00');
  });

  it('is told a debt apart from an empty wallet at a threshold of zero', () => {
    const walk = openWalk({ balance: 0, limits: { ...LIMITS, threshold: inr(0) } });
    expect(walk.set()).toBe('armed');
    expect(walk.charges()).toEqual([]);
    walk.spend(0.01);
    expect(walk.charges()).toEqual(['1000.00']);
  });
});

describe('one charge at a time', () => {
  it('waits for a bank that takes a day, whatever is used meanwhile, then looks again', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = PENDING;
    walk.spend(200);
    expect(walk.row().status).toBe('charging');
    for (let events = 0; events < 50; events += 1) walk.spend(5);
    expect(walk.charges()).toEqual(['1000.00']);
    walk.state.gateway = PAID;
    walk.settle(PAID);
    // 600 - 200 - 250 + 1 000: above the threshold, so it is one charge.
    expect(walk.balance()).toBe('1150.00');
    walk.to(walk.state.now);
    expect(walk.charges()).toEqual(['1000.00']);
    expect(walk.row().status).toBe('armed');
  });

  it('charges once more when the balance is still below once the money is there', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = PENDING;
    walk.spend(200);
    walk.spend(1_300);
    walk.state.gateway = PAID;
    walk.settle(PAID);
    walk.to(walk.state.now);
    expect(walk.charges()).toEqual(['1000.00', '1000.00']);
    expect(walk.state.asked.map(({ key }) => key)).toEqual([
      'auto-recharge/acct_1/charge/1/attempt/1',
      'auto-recharge/acct_1/charge/2/attempt/1',
    ]);
  });

  it('charges nothing where a top-up came first', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = SOFT;
    walk.spend(200);
    expect(walk.row().status).toBe('backing_off');
    walk.topUp(2_000);
    walk.to('2027-01-11T00:00:00.000Z');
    expect(walk.charges()).toEqual(['1000.00']);
    expect(walk.row().status).toBe('armed');
  });
});

describe('the cap of the month', () => {
  it('lets through as many whole increments as it has left, then waits for the local 1st', () => {
    const walk = openWalk({ limits: { ...LIMITS, monthlyCap: inr(2_500) } });
    walk.set();
    walk.spend(3_600);
    expect(walk.charges()).toEqual(['2000.00']);
    expect(walk.row()).toMatchObject({ status: 'cap_reached' });
    // Midnight of 1 February in Kolkata.
    expect(walk.next()).toBe('collect_payment 2027-01-31T18:30:00.000Z');
    expect(walk.state.events).toEqual(['armed', 'charged', 'cap_reached']);
    expect(walk.row().reason).toBe(
      '2000.00 INR were charged this month, and another 1000.00 INR would pass the cap of 2500.00 INR; it goes on at 2027-01-31T18:30:00.000Z',
    );
    walk.to('2027-01-31T18:29:59.999Z');
    expect(walk.charges()).toEqual(['2000.00']);
    walk.to('2027-01-31T18:30:00.000Z');
    expect(walk.charges()).toEqual(['2000.00', '2000.00']);
    expect(walk.row().charged).toMatchObject({ month: '2027-02', money: inr(2_000) });
  });

  it('counts what the card is charged, tax included', () => {
    const limits = { ...LIMITS, monthlyCap: inr(2_359.99) };
    const walk = openWalk({ limits, taxation: IGST });
    walk.set();
    walk.spend(1_500);
    expect(walk.charges()).toEqual(['1180.00']);
    expect(walk.row().status).toBe('cap_reached');
  });

  it('counts a charge in the month in which it was asked, though its bank takes until the next', () => {
    const walk = openWalk({ startsAt: '2027-01-31T18:29:00.000Z' });
    walk.set();
    walk.state.gateway = PENDING;
    walk.spend(200);
    walk.to('2027-02-01T10:00:00.000Z');
    walk.settle(PAID);
    expect(walk.row().charged).toMatchObject({ month: '2027-02', money: inr(0) });
  });

  it('is raised: it charges at once what the balance lacks', () => {
    const walk = openWalk({ limits: { ...LIMITS, monthlyCap: inr(1_000) } });
    walk.set();
    walk.spend(1_600);
    expect(walk.row().status).toBe('cap_reached');
    walk.set({ limits: { ...LIMITS, monthlyCap: inr(3_000) } });
    expect(walk.charges()).toEqual(['1000.00', '1000.00']);
    expect(walk.row().status).toBe('armed');
  });
});

describe('a decline', () => {
  it('for want of money is tried after 1 and 6 hours, 1, 3 and 7 days, then it stops', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = SOFT;
    walk.spend(200);
    expect(walk.row().status).toBe('backing_off');
    expect(walk.next()).toBe('collect_payment 2027-01-10T11:00:00.000Z');
    walk.to('2027-03-01T00:00:00.000Z');
    expect(walk.state.asked.map(({ at }) => at)).toEqual([
      '2027-01-10T10:00:00.000Z',
      '2027-01-10T11:00:00.000Z',
      '2027-01-10T17:00:00.000Z',
      '2027-01-11T17:00:00.000Z',
      '2027-01-14T17:00:00.000Z',
      '2027-01-21T17:00:00.000Z',
    ]);
    expect(walk.row().status).toBe('stopped');
    expect(walk.next()).toBe('rest');
    expect(walk.state.events.slice(-2)).toEqual(['declined', 'stopped']);
  });

  it('that nobody looked at is tried within minutes, under a key of its own', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = declined('bank_not_available', 'technical');
    walk.spend(200);
    expect(walk.next()).toBe('collect_payment 2027-01-10T10:05:00.000Z');
    walk.state.gateway = PAID;
    walk.to('2027-01-10T10:05:00.000Z');
    expect(walk.state.asked.map(({ key }) => key)).toEqual([
      'auto-recharge/acct_1/charge/1/attempt/1',
      'auto-recharge/acct_1/charge/1/attempt/2',
    ]);
    expect(walk.row().status).toBe('armed');
  });

  it.each([
    ['hard', declined('stolen_card', 'hard')],
    ['waiting for its owner', declined('authentication_required', 'needs_customer')],
    ['of money that is not what was asked for', declined('payment_mismatched', 'technical')],
  ])('that is %s stops it, and says so', (_, outcome) => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = outcome;
    walk.spend(200);
    expect(walk.row().status).toBe('stopped');
    expect(walk.state.events).toEqual(['armed', 'declined', 'stopped']);
    expect(walk.row().reason).toContain('save a method that pays and turn it on again');
    walk.spend(100);
    expect(walk.charges()).toEqual(['1000.00']);
  });

  it('is retried for what the balance lacks by then', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = SOFT;
    walk.spend(200);
    walk.spend(1_300);
    walk.state.gateway = PAID;
    walk.to('2027-01-10T11:00:00.000Z');
    expect(walk.charges()).toEqual(['1000.00', '2000.00']);
  });
});

describe('a method', () => {
  it('that is gone stops it', () => {
    const walk = openWalk();
    walk.set({ paymentMethodId: 'pm_1' });
    walk.state.method = null;
    walk.spend(200);
    expect(walk.row().status).toBe('stopped');
    expect(walk.row().reason).toBe(
      'the payment method it charges is not there any more; name another and turn it on again',
    );
  });

  it('whose mandate has a ceiling is charged within it, once more where that was not enough', () => {
    const walk = openWalk({ method: { ...CARD, ceiling: inr(1_500) } });
    walk.set();
    walk.spend(1_300);
    expect(walk.charges()).toEqual(['1000.00', '1000.00']);
    expect(openWalk({ method: { ...CARD, ceiling: inr(999) } }).set()).toBe(
      'amount_out_of_range amount',
    );
  });

  it('whose owner must be told first is charged a day after the notice', () => {
    const told = openWalk({ method: { ...CARD, noticeHours: 24 } });
    told.set();
    told.spend(200);
    expect(told.charges()).toEqual([]);
    expect(told.row().status).toBe('charging');
    expect(told.next()).toBe('collect_payment 2027-01-11T10:00:00.000Z');
    expect(told.state.events).toEqual(['armed', 'payment_notice']);
    told.to('2027-01-11T10:00:00.000Z');
    expect(told.charges()).toEqual(['1000.00']);
  });
});

describe('setting it', () => {
  it('is refused without a method that can be charged', () => {
    expect(openWalk({ method: null }).set()).toBe('unprocessable payment_method_id');
  });

  it('is refused where one charge with its tax would pass the cap', () => {
    const limits = { ...LIMITS, monthlyCap: inr(1_179.99) };
    expect(openWalk({ limits, taxation: IGST }).set()).toBe('unprocessable monthly_cap');
    expect(openWalk({ limits: { ...LIMITS, monthlyCap: inr(1_180) }, taxation: IGST }).set()).toBe(
      'armed',
    );
  });

  it('is refused where the gateway takes no such amount', () => {
    const walk = openWalk({ limits: { ...LIMITS, amount: inr(0.5) } });
    expect(walk.set()).toBe('amount_out_of_range amount');
  });

  it('again with the same changes nothing: a wait after a decline goes on', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = SOFT;
    walk.spend(200);
    walk.set();
    expect(walk.charges()).toEqual(['1000.00']);
    expect(walk.row().status).toBe('backing_off');
    expect(walk.state.events).toEqual(['armed', 'declined', 'backing_off']);
  });

  it('again after it stopped tries at once, as another charge', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = declined('stolen_card', 'hard');
    walk.spend(200);
    walk.state.gateway = PAID;
    walk.set();
    expect(walk.state.asked.map(({ key }) => key).at(-1)).toBe(
      'auto-recharge/acct_1/charge/2/attempt/1',
    );
    expect(walk.row().status).toBe('armed');
  });

  it('turned off stops it; what is under way is still taken in', () => {
    const walk = openWalk();
    walk.set();
    walk.state.gateway = PENDING;
    walk.spend(200);
    walk.turnOff();
    expect(walk.row()).toMatchObject({ status: 'stopped', isEnabled: false });
    expect(walk.row().reason).toBe(
      'it was turned off; the charge of 1000.00 INR that is under way is still taken in',
    );
    expect(walk.next()).toMatch(/^check_payment /);
    walk.settle(PAID);
    expect(walk.balance()).toBe('1400.00');
    expect(walk.next()).toBe('rest');
    walk.spend(1_300);
    expect(walk.charges()).toEqual(['1000.00']);
    expect(walk.state.events).toEqual(['armed', 'stopped', 'charged']);
  });

  it('off keeps the limits for later, and needs no method', () => {
    const walk = openWalk({ method: null });
    expect(walk.set({ isEnabled: false })).toBe('stopped');
    expect(formatAmount(walk.row().limits.threshold)).toBe('500.00');
  });
});
