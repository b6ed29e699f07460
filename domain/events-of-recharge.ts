/**
 * Owns: the events of an auto-recharge, and the facts that every charge of a saved method tells.
 * Does not own: the other events (event-catalogue.ts).
 * Example: `auto_recharge.declined` carries the charge's key, its amount and the gateway's code, beside the limits.
 */
import type { SubjectOfEvents } from './events-of-use';

export const CHARGE = {
  charge_key: 'Names this try to charge, in our books and at the gateway.',
  payment_method_id: 'The saved payment method.',
  charge_amount: 'What was asked of it, in `currency`.',
};
export const DECLINE = { ...CHARGE, decline_code: "The gateway's, or one of ours." };
export const NOTICE = {
  payment_method_id: 'The saved payment method that will be charged.',
  charge_amount_max: 'The most that will be charged, in `currency`.',
  charges_at: 'When.',
};

export const EVENTS_OF_RECHARGE = {
  auto_recharge: {
    about: 'the account',
    facts: {
      status: 'Of the auto-recharge, after the event.',
      threshold: 'Below it the saved payment method is charged.',
      amount: 'One increment: what comes into the wallet is a whole number of them.',
      monthly_cap: "What is charged in a month of the account's at most, with tax.",
      charged_this_month: 'What was charged, and is being charged, of that.',
      balance: 'What could be spent when it was looked at.',
      currency: 'Of all amounts.',
    },
    events: {
      'auto_recharge.armed': { says: 'It was turned on: the balance is watched.' },
      'auto_recharge.changed': { says: 'Its limits or its payment method were changed.' },
      'auto_recharge.payment_notice': {
        says: 'A saved payment method will be charged: its owner is told ahead.',
        facts: NOTICE,
      },
      'auto_recharge.charged': {
        says: 'A saved payment method was charged; the money is in the wallet.',
        facts: CHARGE,
      },
      'auto_recharge.declined': {
        says: 'A charge of a saved payment method failed.',
        facts: DECLINE,
      },
      'auto_recharge.backing_off': {
        says: 'A charge failed and is tried again later.',
        facts: { retries_at: 'When.' },
      },
      'auto_recharge.cap_reached': {
        says: 'The balance is low, and another charge would pass the cap of the month.',
        facts: { resumes_at: "The first instant of the account's next month." },
      },
      'auto_recharge.stopped': {
        says: 'It charges nothing more until somebody turns it on again.',
      },
    },
  },
} as const satisfies Readonly<Record<string, SubjectOfEvents>>;
