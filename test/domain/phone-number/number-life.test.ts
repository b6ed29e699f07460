/** The life of a rented number, day by day: rent, hold, grace, release. Only decisions, no IO. */
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { CARD, inr, openWalk, type Walk } from './number-walk';

const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};

/** One number of 500.00 INR, rented on 31 January 2027 at 10:00 UTC. */
function rented(options: Parameters<typeof openWalk>[0] = {}): Walk {
  const walk = openWalk(options);
  walk.addNumber('a', 500);
  return walk;
}

function lastTold(walk: Walk): string | undefined {
  return walk.told.at(-1);
}

describe('the rent', () => {
  it('R2.13 is due each month on the day the carrier gave the number, clamped to the month', () => {
    const walk = rented({ wallet: 2_000 });
    walk.to('2027-05-31');
    expect([...walk.sold]).toEqual([
      ['phone-number/a/period/2', '2027-02-28T10:00:00.000Z'],
      ['phone-number/a/period/3', '2027-03-31T10:00:00.000Z'],
      ['phone-number/a/period/4', '2027-04-30T10:00:00.000Z'],
      ['phone-number/a/period/5', '2027-05-31T10:00:00.000Z'],
    ]);
    expect(walk.wallet()).toBe('0.00');
    expect(walk.show('a')).toBe('active, remind 2027-06-27');
  });

  it('R2.13 is charged with tax', () => {
    const walk = rented({ wallet: 600, taxation: GST });
    walk.to('2027-03-01');
    expect(walk.wallet()).toBe('10.00');
  });

  it('R2.14 is paid from the wallet first and by the saved method for the rest', () => {
    const walk = rented({ wallet: 120, method: CARD });
    walk.to('2027-03-01');
    expect(walk.told.slice(-2)).toEqual(['a payment_collected', 'a renewed']);
    expect(walk.wallet()).toBe('0.00');
  });

  it('R2.14 is not charged while auto-pay is off, whatever is in the wallet', () => {
    const walk = rented({ wallet: 5_000, method: CARD });
    expect(walk.tell('a', { kind: 'set_auto_pay', autoPay: false })).toBeNull();
    walk.to('2027-03-01');
    expect(walk.get('a').hold).toEqual({
      reason: 'auto_pay_off',
      since: '2027-02-28T10:00:00.000Z',
      releasesAt: '2027-03-07T10:00:00.000Z',
    });
    expect(walk.wallet()).toBe('5000.00');
    walk.topUp(500);
    expect(walk.show('a')).toBe('on_hold, warn_of_release 2027-03-06');
    walk.to('2027-03-08');
    expect(walk.get('a').status).toBe('released');
    expect(walk.sold.size).toBe(0);
  });

  it('R2.14 is tried at once when auto-pay is turned on while it is owed', () => {
    const walk = rented({ wallet: 500 });
    walk.tell('a', { kind: 'set_auto_pay', autoPay: false });
    walk.to('2027-03-02');
    walk.tell('a', { kind: 'set_auto_pay', autoPay: true });
    expect(walk.show('a')).toBe('active, remind 2027-03-28');
    expect(lastTold(walk)).toBe('a resumed');
  });

  it('R2.14 is left alone by a switch to what it is already', () => {
    const walk = rented();
    const told = walk.told.length;
    expect(walk.tell('a', { kind: 'set_auto_pay', autoPay: true })).toBeNull();
    expect(walk.told).toHaveLength(told);
  });
});

describe('On Hold', () => {
  it('R2.15 holds the number when the balance is below its rent, and says why and until when', () => {
    const walk = rented({ wallet: 499 });
    walk.to('2027-02-28');
    expect(walk.get('a').hold).toEqual({
      reason: 'insufficient_balance',
      since: '2027-02-28T10:00:00.000Z',
      releasesAt: '2027-03-07T10:00:00.000Z',
    });
    expect(walk.wallet()).toBe('499.00');
    expect(walk.show('a')).toBe('on_hold, retry_payment 2027-03-01');
  });

  it('R2.15 resumes the second money comes in, and the day it is due stays', () => {
    const walk = rented();
    walk.to('2027-03-03');
    walk.topUp(500);
    expect(lastTold(walk)).toBe('a resumed');
    expect(walk.wallet()).toBe('0.00');
    expect(walk.get('a').period.endsAt).toBe('2027-03-31T10:00:00.000Z');
  });

  it('R2.15 charges once when two top-ups come one after the other', () => {
    const walk = rented();
    walk.to('2027-03-03');
    walk.topUp(500);
    walk.topUp(500);
    expect([...walk.sold.keys()]).toEqual(['phone-number/a/period/2']);
    expect(walk.wallet()).toBe('500.00');
  });

  it('R2.15 stays on hold after a top-up that is too small, which uses up no retry', () => {
    const walk = rented();
    walk.to('2027-02-28');
    walk.topUp(499);
    expect(lastTold(walk)).toBe('a still_on_hold');
    expect(walk.show('a')).toBe('on_hold, retry_payment 2027-03-01');
    expect(walk.get('a').retriesMade).toBe(0);
  });

  it('R2.15 is entered when the card is declined, and each rung tries the card again', () => {
    const walk = rented({ method: CARD });
    walk.state.gateway = { kind: 'declined', declineCode: 'do_not_honor', declineClass: 'soft' };
    walk.to('2027-02-28');
    expect(walk.get('a').hold?.reason).toBe('payment_declined');
    expect(walk.show('a')).toBe('on_hold, retry_payment 2027-03-01');
    walk.to('2027-03-02');
    expect(walk.get('a').retriesMade).toBe(1);
    walk.state.gateway = { kind: 'succeeded' };
    walk.to('2027-03-03');
    expect(walk.show('a')).toBe('active, remind 2027-03-28');
    expect(walk.get('a').collection.chargesMade).toBe(0);
  });

  it('R2.15 is entered while a bank takes its time, and left when the bank has paid', () => {
    const walk = rented({ method: CARD });
    walk.state.gateway = { kind: 'pending' };
    walk.to('2027-02-28');
    expect(walk.get('a').hold?.reason).toBe('payment_unanswered');
    expect(walk.show('a')).toBe('on_hold, check_payment 2027-02-28');
    walk.state.gateway = { kind: 'succeeded' };
    walk.answerCharge('a');
    expect(walk.get('a').status).toBe('active');
    expect(walk.wallet()).toBe('0.00');
  });

  it('R2.15 is entered when nobody can be asked whether the card pays', () => {
    const walk = rented({ method: { ...CARD, noticeHours: 24 }, grace: { remindDaysBefore: [] } });
    walk.to('2027-02-28');
    expect(walk.show('a')).toBe('on_hold, collect_payment 2027-03-01');
    walk.noteUnanswered('a');
    expect(walk.get('a').status).toBe('on_hold');
  });

  it('R2.15 is not entered by a card that must be announced and was: the reminder announces it', () => {
    const walk = rented({ method: { ...CARD, noticeHours: 24 } });
    walk.to('2027-02-28');
    expect(walk.told).toContain('a payment_notice');
    expect(lastTold(walk)).toBe('a renewed');
  });

  it('R2.15 is ended by paying it oneself, with auto-pay off, too', () => {
    const walk = rented({ wallet: 500 });
    walk.tell('a', { kind: 'set_auto_pay', autoPay: false });
    walk.to('2027-03-02');
    expect(walk.tell('a', { kind: 'pay' })).toBeNull();
    expect(walk.show('a')).toBe('active, remind 2027-03-28');
  });

  it('R2.15 refuses a payment that neither the wallet nor a method makes', () => {
    const walk = rented({ wallet: 100 });
    expect(walk.tell('a', { kind: 'pay' })).toBe('invalid_state');
    walk.to('2027-03-02');
    expect(walk.tell('a', { kind: 'pay' })).toBe('insufficient_balance');
  });

  it('R2.15 charges the card when its owner pays, but not twice at once', () => {
    const walk = rented();
    walk.to('2027-03-02');
    walk.state.method = CARD;
    walk.state.gateway = { kind: 'pending' };
    expect(walk.tell('a', { kind: 'pay' })).toBeNull();
    expect(walk.tell('a', { kind: 'pay' })).toBe('invalid_state');
    walk.state.gateway = { kind: 'succeeded' };
    walk.answerCharge('a');
    expect(walk.get('a').status).toBe('active');
  });

  it('R2.17 pays the current month only when several went by unpaid', () => {
    const walk = rented({ grace: { graceDays: 60 } });
    walk.to('2027-04-10');
    expect(walk.get('a').status).toBe('on_hold');
    walk.topUp(1_500);
    expect([...walk.sold.keys()]).toEqual(['phone-number/a/period/3']);
    expect(walk.get('a').period.endsAt).toBe('2027-04-30T10:00:00.000Z');
    expect(walk.wallet()).toBe('1000.00');
  });
});

describe('the release', () => {
  it('R2.17 comes at the end of grace, after a warning the day before', () => {
    const walk = rented();
    walk.to('2027-03-07');
    expect(walk.told.filter((line) => !line.endsWith('still_on_hold')).slice(-5)).toEqual([
      'a rent_not_covered',
      'a on_hold',
      'a release_near',
      'a releasing',
      'a released',
    ]);
    expect(walk.show('a')).toBe('released, end');
  });

  it('R2.17 comes at once where grace is 0 days', () => {
    const walk = rented({ grace: { graceDays: 0, retryAfterDays: [] } });
    walk.to('2027-02-28');
    expect(walk.get('a').releasedAt).toBe('2027-02-28T10:00:00.000Z');
  });

  it('R2.17 does not come when the money is there at the last instant', () => {
    const walk = rented();
    walk.to('2027-03-06');
    // Money whose message was lost: nobody was told, and the release looks for itself.
    walk.state.walletMicros = 500_000_000n;
    walk.to('2027-03-07');
    expect(walk.show('a')).toBe('active, remind 2027-03-28');
  });

  it('R2.17 waits for a bank that is at work on the payment', () => {
    const walk = rented({ method: CARD, grace: { graceDays: 1, retryAfterDays: [] } });
    walk.state.gateway = { kind: 'pending' };
    walk.to('2027-03-01');
    expect(walk.show('a')).toBe('on_hold, check_payment 2027-03-01');
    walk.state.gateway = { kind: 'succeeded' };
    walk.answerCharge('a');
    expect(walk.get('a').status).toBe('active');
  });

  it('R2.17 comes when that bank does not answer for three days', () => {
    const walk = rented({ method: CARD, grace: { graceDays: 1, retryAfterDays: [] } });
    walk.state.gateway = { kind: 'pending' };
    walk.to('2027-03-05');
    expect(walk.get('a').status).toBe('released');
  });

  it('R2.16 ends all charges at once when its owner asks for it', () => {
    const walk = rented({ wallet: 5_000, method: CARD });
    walk.to('2027-02-10');
    expect(walk.tell('a', { kind: 'release' })).toBeNull();
    expect(walk.show('a')).toBe('released, end');
    walk.to('2028-02-10');
    expect(walk.sold.size).toBe(0);
    expect(walk.tell('a', { kind: 'release' })).toBe('invalid_state');
  });

  it('R2.16 drops a charge that was only planned', () => {
    const walk = rented({ method: { ...CARD, noticeHours: 24 }, grace: { remindDaysBefore: [] } });
    walk.to('2027-02-28');
    walk.tell('a', { kind: 'release' });
    expect(walk.get('a').collection.charge).toBeNull();
  });

  it('R2.16 leaves money of a charge that was under way in the wallet', () => {
    const walk = rented({ method: CARD });
    walk.state.gateway = { kind: 'pending' };
    walk.to('2027-02-28');
    walk.tell('a', { kind: 'release' });
    walk.state.gateway = { kind: 'succeeded' };
    walk.answerCharge('a');
    expect(walk.wallet()).toBe('500.00');
    expect(walk.sold.size).toBe(0);
    expect(walk.show('a')).toBe('released, end');
  });

  it('R2.16 leaves a top-up that comes while releasing in the wallet', () => {
    const walk = rented();
    walk.state.release = { kind: 'unanswered' };
    walk.to('2027-03-07');
    expect(walk.get('a').status).toBe('releasing');
    walk.topUp(500);
    expect(walk.wallet()).toBe('500.00');
    expect(walk.get('a').status).toBe('releasing');
  });

  it('R2.16 asks the carrier until it confirms, and alerts people again and again', () => {
    const walk = rented();
    walk.state.release = { kind: 'unanswered' };
    walk.tell('a', { kind: 'release' });
    walk.to('2027-02-03');
    expect(walk.told.filter((line) => line === 'a release_delayed')).toHaveLength(4);
    expect(walk.show('a')).toBe('releasing, return_number 2027-02-03');
    walk.state.release = { kind: 'released' };
    walk.to('2027-02-04');
    expect(walk.show('a')).toBe('released, end');
  });

  it('R2.16 alerts at once when the carrier refuses to take it back', () => {
    const walk = rented();
    walk.state.release = { kind: 'refused', code: '20404' };
    walk.tell('a', { kind: 'release' });
    expect(lastTold(walk)).toBe('a release_delayed');
  });

  it('R2.16 waits for a carrier that agreed and is not done', () => {
    const walk = rented();
    walk.state.release = { kind: 'pending' };
    walk.tell('a', { kind: 'release' });
    expect(walk.show('a')).toBe('releasing, return_number 2027-01-31');
  });
});

describe('the order at the carrier', () => {
  it('R2.10 gives back a number that lacks what was promised, and the item failed', () => {
    const walk = openWalk();
    walk.state.order = { kind: 'active', carrierLeaseId: 'l', capabilities: ['voice'] };
    walk.addNumber('a', 500);
    expect(walk.settled).toEqual(['a failed']);
    expect(walk.get('a').releaseCause).toBe('lacks_capability');
    expect(walk.show('a')).toBe('released, end');
  });

  it.each([
    { answer: { kind: 'gone' } as const },
    { answer: { kind: 'refused', code: '21631' } as const },
  ])('R2.10 fails when the carrier answers $answer.kind: nothing was rented', ({ answer }) => {
    const walk = openWalk();
    walk.state.order = answer;
    walk.addNumber('a', 500);
    expect(walk.settled).toEqual(['a failed']);
    expect(walk.show('a')).toBe('failed, end');
  });

  it('R2.13 counts the rent from the day a slow carrier delivers', () => {
    const walk = openWalk();
    walk.state.order = { kind: 'pending', carrierLeaseId: 'lease' };
    walk.addNumber('a', 500);
    expect(walk.show('a')).toBe('pending, check_number 2027-01-31');
    expect(walk.tell('a', { kind: 'release' })).toBe('invalid_state');
    walk.state.order = { kind: 'active', carrierLeaseId: 'lease', capabilities: ['sms', 'voice'] };
    walk.to('2027-02-01');
    expect(walk.settled).toEqual(['a delivered']);
    expect(walk.get('a').activatedAt).toBe('2027-01-31T10:00:15.000Z');
    expect(walk.get('a').period.endsAt).toBe('2027-02-28T10:00:15.000Z');
  });

  it('R2.10 is given up after a day without an answer, and what may be rented goes back', () => {
    const walk = openWalk();
    walk.state.order = { kind: 'unanswered' };
    walk.addNumber('a', 500);
    expect(walk.show('a')).toBe('pending, order_number 2027-01-31');
    walk.to('2027-02-01');
    expect(walk.settled).toEqual(['a failed']);
    expect(walk.get('a').releaseCause).toBe('not_delivered');
    expect(walk.show('a')).toBe('released, end');
  });
});

describe('what operators do', () => {
  it('R2.17 extends grace up to 60 days from the due date', () => {
    const walk = rented();
    const extend = (until: string) => walk.tell('a', { kind: 'extend_grace', until });
    expect(extend('2027-03-15T10:00:00.000Z')).toBe('invalid_state');
    walk.to('2027-03-03');
    expect(extend('2027-03-01T10:00:00.000Z')).toBe('scheduled_in_past');
    expect(extend('2027-03-05T10:00:00.000Z')).toBe('invalid_state');
    expect(extend('2027-05-01T10:00:00.000Z')).toBe('unprocessable');
    expect(extend('2027-03-20T10:00:00.000Z')).toBeNull();
    expect(walk.get('a').operatorNote).toBe(
      'An operator extended grace until 2027-03-20T10:00:00.000Z.',
    );
    walk.to('2027-03-19');
    expect(walk.show('a')).toBe('on_hold, begin_release 2027-03-20');
  });

  it('R2.17 waives the month that is owed, and only that one', () => {
    const walk = rented();
    expect(walk.tell('a', { kind: 'waive_rent' })).toBe('invalid_state');
    walk.to('2027-03-03');
    expect(walk.tell('a', { kind: 'waive_rent' })).toBeNull();
    expect(walk.show('a')).toBe('active, remind 2027-03-28');
    expect(walk.sold.size).toBe(0);
    walk.to('2027-03-31');
    expect(walk.get('a').status).toBe('on_hold');
  });

  it('R2.17 renews ahead of the day, once, from the wallet', () => {
    const walk = rented({ wallet: 1_000 });
    expect(walk.tell('a', { kind: 'force_renewal' })).toBeNull();
    expect(walk.get('a').period.endsAt).toBe('2027-03-31T10:00:00.000Z');
    expect(walk.tell('a', { kind: 'force_renewal' })).toBe('invalid_state');
    walk.to('2027-03-30');
    expect([...walk.sold.keys()]).toEqual(['phone-number/a/period/2']);
  });

  it('R2.17 renews what is owed, and says when nothing pays it', () => {
    const walk = rented();
    expect(walk.tell('a', { kind: 'force_renewal' })).toBe('insufficient_balance');
    walk.to('2027-03-03');
    expect(walk.tell('a', { kind: 'force_renewal' })).toBe('insufficient_balance');
    walk.state.walletMicros = inr(500).amountMicros;
    expect(walk.tell('a', { kind: 'force_renewal' })).toBeNull();
    expect(walk.get('a').status).toBe('active');
  });

  it('R2.16 gives a number back whatever it owes', () => {
    const walk = rented();
    walk.to('2027-03-03');
    expect(walk.tell('a', { kind: 'release_now' })).toBeNull();
    expect(walk.get('a').releaseCause).toBe('operator');
    expect(walk.get('a').operatorNote).toBe('An operator released the number.');
  });
});

describe('before the due date', () => {
  it('R2.20 is silent when the wallet covers the rent', () => {
    const walk = rented({ wallet: 500 });
    walk.to('2027-02-27');
    expect(walk.told).toEqual(['a ordered', 'a activated']);
  });

  it('R2.20 is silent when a saved method will pay without a notice', () => {
    const walk = rented({ method: CARD });
    walk.to('2027-02-27');
    expect(walk.told).toEqual(['a ordered', 'a activated']);
  });

  it('R2.20 tells three days and one day ahead that nothing covers the rent', () => {
    const walk = rented({ wallet: 120 });
    walk.to('2027-02-24');
    expect(walk.told).toEqual(['a ordered', 'a activated']);
    walk.to('2027-02-27');
    expect(walk.told.slice(2)).toEqual(['a rent_not_covered', 'a rent_not_covered']);
  });

  it('R2.20 tells that auto-pay is off, whatever is in the wallet', () => {
    const walk = rented({ wallet: 5_000 });
    walk.tell('a', { kind: 'set_auto_pay', autoPay: false });
    walk.to('2027-02-25');
    expect(walk.told.slice(2)).toEqual(['a auto_pay_changed', 'a rent_not_covered']);
  });
});
