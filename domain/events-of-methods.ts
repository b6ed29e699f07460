/**
 * Owns: the events about saved payment methods.
 * Does not own: the other events, and what all of them have in common (event-catalogue.ts).
 * Example: `payment_method.revoked` tells which method is charged instead and what nobody pays now.
 */
import type { SubjectOfEvents } from './events-of-use';

const CONSEQUENCES = {
  replaced_by: 'The method that is charged instead; null: there is none.',
  not_covered:
    'Ids of the subscriptions and numbers that nobody pays when they come due, joined by commas.',
};

export const EVENTS_OF_METHODS = {
  payment_method: {
    about: 'the saved payment method, `pm_…`',
    facts: {
      kind: '`upi` or `card`.',
      gateway: 'Who keeps it.',
      expires_at: 'When a card pays no more; null: it has no end, or nobody said.',
      mandate_status: '`pending`, `active`, `paused` or `revoked`; null: it has no mandate.',
      mandate_max_amount: 'The most of one charge by its mandate; null: no such limit.',
      mandate_currency: 'Of that; null with it.',
    },
    events: {
      'payment_method.added': {
        says: 'A method was saved, by a setup or by paying a page, and is the default from now on.',
      },
      'payment_method.expiring': { says: 'A saved card expires in 30 days.' },
      'payment_method.expired': {
        says: 'A saved card has expired. It is still tried: its bank may have renewed it.',
      },
      'payment_method.paused': {
        says: 'Its owner paused the mandate: it is not charged until that goes on.',
        facts: CONSEQUENCES,
      },
      'payment_method.resumed': { says: 'A mandate is in force again.' },
      'payment_method.revoked': {
        says: 'Its owner or the bank ended the mandate: it is never charged again.',
        facts: CONSEQUENCES,
      },
      'payment_method.made_default': { says: 'It was chosen to be charged before the others.' },
    },
  },
} as const satisfies Readonly<Record<string, SubjectOfEvents>>;
