import { classifyDecline } from '../../../domain/payment/decline';

describe('what a decline code means for us', () => {
  it.each([
    ['stolen_card', 'hard'],
    ['lost_card', 'hard'],
    ['mandate_cancelled', 'hard'],
    ['umn_does_not_exist_payer', 'hard'],
    ['authentication_required', 'needs_customer'],
    ['mandate_debit_beyond_psp_amount_cap', 'needs_customer'],
    ['expired_card', 'needs_customer'],
    ['insufficient_funds', 'soft'],
    ['generic_decline', 'soft'],
    ['issuer_not_available', 'technical'],
    ['payment_timed_out', 'technical'],
    ['pre_debit_notification_not_sent', 'technical'],
  ])('%s is %s', (declineCode, declineClass) => {
    expect(classifyDecline(declineCode)).toBe(declineClass);
  });

  it('takes a code nobody knows for soft, because giving a good method up costs a customer', () => {
    expect(classifyDecline('a_code_of_next_year')).toBe('soft');
    expect(classifyDecline('constructor')).toBe('soft');
  });
});
