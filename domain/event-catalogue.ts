/**
 * Owns: every event the platform tells: what it says, what it is about, and the facts it carries.
 * Does not own: when one is told (the decisions), where it is kept (db/repositories/event.repository.ts).
 * The types in event.ts, the API's list and docs/events.md derive from here. Facts are always there, null where
 * they do not apply; the only personal data among them is a rented number.
 * Example: `order.item_delivered` carries the order's status, amount and currency, and the item's id, kind and
 * `delivered_id`, so that two equal bundles of one order are told apart.
 */
import { EVENTS_OF_METHODS } from './events-of-methods';
import { CHARGE, DECLINE, EVENTS_OF_RECHARGE, NOTICE } from './events-of-recharge';
import { EVENTS_OF_ENDPOINTS } from './events-of-endpoints';
import { EVENTS_OF_SETTLEMENT } from './events-of-settlement';
import { EVENTS_OF_DISPUTES } from './events-of-disputes';
import { EVENTS_OF_USE, type SubjectOfEvents } from './events-of-use';

const MOVED = {
  transfer_id: 'Names both sides of it.',
  amount: 'What moved.',
  currency: 'Of the amount.',
  other_account_id: 'Where it went to, or came from.',
};
const SALE = {
  charged: 'What was charged to the wallet with tax; below zero: credited; null: nothing was sold.',
  document_id: 'The invoice or credit note of that; null: there is none.',
};
const MISSING = { missing_amount: 'What a top-up must bring, in `currency`; null: not known.' };
const PREVIOUS = {
  previous_plan_code: 'The plan before.',
  previous_cycle: 'The billing cycle before.',
};
const SCHEDULED = {
  target_plan_code: 'The plan that was scheduled.',
  target_cycle: 'Its billing cycle.',
  effective_at: 'The instant it was scheduled for.',
};
const RESUMES = { resumes_at: 'When the pause ends by itself; null: when somebody resumes it.' };
const ORDER = {
  status: 'Of the order, after the event.',
  amount: "The order's total with tax.",
  currency: 'Of the amount.',
};
const PAYMENT = {
  payment_id: 'The payment; null: it was paid from the wallet.',
  gateway_payment_id: "The gateway's own id of it; null with `payment_id`.",
};
const PAID = {
  payment_id: 'The payment.',
  gateway_payment_id: "The gateway's own id of it.",
  amount: 'Of the payment.',
  currency: 'Of the amount.',
};
const ITEM = {
  item_id: 'The item of the order.',
  item_kind: '`message_package`, `minute_bundle` or `phone_number`.',
};
const UNITS = { asset: '`message` or `call_second`: the unit of the quantities.' };
const HELD = { quantity_held: 'Units reserved for what is under way.' };
const FORFEITED = { ...UNITS, quantity_forfeited: 'Units that were left and are gone.', ...HELD };
const MINUTES = {
  seconds_left: 'Seconds that can be used.',
  seconds_granted: 'Seconds there were, bundles included.',
};
const OPERATOR = {
  operator_key_id: 'The API key of the operator who did it.',
  operator_note: "The operator's reason.",
};

export const EVENT_CATALOGUE = {
  subscription: {
    about: 'the subscription',
    facts: {
      status: 'Of the subscription, after the event.',
      serves_account_id:
        'The account that has the plan: another one than `account_id` where its reseller pays.',
      plan_code: 'Its plan, after the event.',
      cycle: 'Its billing cycle.',
      price: 'What a period costs without tax.',
      currency: 'Of all amounts.',
      period_starts_at: 'The period it is in.',
      period_ends_at: 'The end of that period, when the next one is due.',
      ...SALE,
      credit_note_id:
        'The credit note of that, which may stand beside an invoice; null: there is none.',
    },
    events: {
      'subscription.started': { says: 'The first period is paid and service begins.' },
      'subscription.renewed': { says: 'A new period is paid.' },
      'subscription.allowances_granted': {
        says: "A further month of a longer period began: its plan's units can be used.",
        facts: { month: 'Counted from the anchor; the first one is 1.' },
      },
      'subscription.past_due': { says: 'A period is not paid; it is tried again.' },
      'subscription.payment_retried': { says: 'An owed period was tried and is still not paid.' },
      'subscription.payment_notice': {
        says: 'A saved payment method will be charged.',
        facts: NOTICE,
      },
      'subscription.payment_collected': {
        says: 'A saved payment method was charged; the money is in the wallet.',
        facts: CHARGE,
      },
      'subscription.payment_declined': {
        says: 'A charge of a saved payment method failed.',
        facts: DECLINE,
      },
      'subscription.renewal_not_covered': {
        says: 'A renewal is near and nothing covers it.',
        facts: MISSING,
      },
      'subscription.downgraded': {
        says: 'It was not paid and goes on under the free plan.',
        facts: PREVIOUS,
      },
      'subscription.suspended': { says: 'It is not paid and no retry is left: service stops.' },
      'subscription.resumed': { says: 'Service goes on: what was owed is paid, or a pause ended.' },
      'subscription.changed': { says: 'It is on another plan or cycle.', facts: PREVIOUS },
      'subscription.change_scheduled': {
        says: 'A change of plan or cycle is scheduled.',
        facts: SCHEDULED,
      },
      'subscription.scheduled_change_withdrawn': {
        says: 'A scheduled change was taken off.',
        facts: SCHEDULED,
      },
      'subscription.scheduled_change_failed': {
        says: 'The wallet did not cover a scheduled change on its day.',
        facts: SCHEDULED,
      },
      'subscription.allowances_carried_over': {
        says: 'A change of plan counted what was left of a month anew.',
        facts: {
          ...UNITS,
          quantity_before: 'Units left before the change.',
          quantity_left: 'Units left after it.',
        },
      },
      'subscription.over_limit': {
        says: 'More is in use than the new plan allows: it is kept and none can be added.',
        facts: {
          feature: 'What is limited.',
          limit: 'By the new plan.',
          used: 'How many there are.',
        },
      },
      'subscription.pause_scheduled': {
        says: 'It will pause at the end of the period.',
        facts: RESUMES,
      },
      'subscription.pause_withdrawn': { says: 'It will not pause after all.' },
      'subscription.paused': { says: 'Service is paused and nothing is charged.', facts: RESUMES },
      'subscription.cancellation_scheduled': { says: 'It will end with the period.' },
      'subscription.cancellation_withdrawn': { says: 'It will not end after all.' },
      'subscription.ended': { says: 'It has ended for good.' },
    },
  },
  phone_number: {
    about: 'the rented number, `num_…`',
    facts: {
      status: 'Of the number, after the event.',
      number: 'In E.164, with the plus.',
      order_id: 'The order it was bought with.',
      order_item_id: 'The item of that order.',
      rent: 'Of a month, without tax.',
      currency: 'Of all amounts.',
      period_starts_at: 'The month that is paid.',
      period_ends_at: 'The end of that month, when the next rent is due.',
      ...SALE,
      hold_reason: 'Why it is on hold; null: it is not.',
      releases_at: 'When a number on hold is released; null: it is not on hold.',
      operator_key_id: 'The API key of the operator who did it; null: no operator did.',
      operator_note: "The operator's reason; null with `operator_key_id`.",
    },
    events: {
      'phone_number.ordered': { says: 'It is paid and is being ordered at the carrier.' },
      'phone_number.activated': { says: 'It is rented and works.' },
      'phone_number.failed': { says: 'The carrier does not provide it; its money is refunded.' },
      'phone_number.renewed': { says: 'A new month is paid.' },
      'phone_number.resumed': { says: 'The rent is paid and a number on hold works again.' },
      'phone_number.on_hold': {
        says: 'The rent is not paid: it is kept but does not work.',
        facts: MISSING,
      },
      'phone_number.still_on_hold': { says: 'A try did not pay the rent.', facts: MISSING },
      'phone_number.rent_not_covered': {
        says: 'The rent is due soon and nothing covers it.',
        facts: MISSING,
      },
      'phone_number.payment_notice': {
        says: 'A saved payment method will be charged.',
        facts: NOTICE,
      },
      'phone_number.payment_collected': {
        says: 'A saved payment method was charged; the money is in the wallet.',
        facts: CHARGE,
      },
      'phone_number.payment_declined': {
        says: 'A charge of a saved payment method failed.',
        facts: DECLINE,
      },
      'phone_number.release_near': {
        says: 'A number on hold is released soon unless it is paid.',
        facts: MISSING,
      },
      'phone_number.releasing': { says: 'It no longer works and is being released.' },
      'phone_number.release_delayed': {
        says: 'The carrier has not confirmed a release; nothing is charged meanwhile.',
        facts: { asks_made: 'How often it was asked.' },
      },
      'phone_number.released': { says: 'The carrier has confirmed the release.' },
      'phone_number.auto_pay_changed': {
        says: 'Its rent is paid by itself from now on, or no longer.',
        facts: { auto_pay: 'True: from now on.' },
      },
      'phone_number.grace_extended': { says: 'An operator postponed the release.' },
      'phone_number.rent_waived': { says: 'An operator waived the rent of a month.' },
      'phone_number.renewal_forced': { says: 'An operator renewed it ahead of time.' },
    },
  },
  account: {
    about: 'the account',
    facts: {},
    events: {
      'phone_number.triaged': {
        says: 'Money came that does not pay for every number on hold, or does now.',
        facts: {
          kept: 'Ids of the numbers it pays for, joined by commas.',
          not_kept: 'Ids of the numbers it does not pay for, joined by commas.',
          caused_by: 'The payment, refund or credit note that brought the money.',
        },
      },
      'balance.sent': {
        says: 'A reseller’s money went to its customer’s wallet, or a customer’s back to its reseller’s.',
        facts: MOVED,
      },
      'balance.received': {
        says: 'Money came into the wallet from the account’s reseller, or back from a customer.',
        facts: MOVED,
      },
      'call.minutes_low': {
        says: 'A fifth of the call minutes is left, or less. Told once in an allowance month.',
        facts: MINUTES,
      },
      'call.minutes_exhausted': {
        says: 'No call minutes are left. Told once in an allowance month.',
        facts: MINUTES,
      },
      'quota.low': {
        says: 'Two fifths of a quota are left, or less. Told once in its month.',
        facts: {
          asset: '`message`, `wa_conversation` or `unique_visitor`: the unit of the quantities.',
          quantity_left: 'Units that can be used.',
          quantity_granted: 'Units there were, top-ups and packages included.',
        },
      },
      'balance.low': {
        says:
          'Of the money that pays for usage, two fifths of the WhatsApp balance of a month are left, or less. Told ' +
          'once in a month, to accounts whose plan gives such a balance.',
        facts: {
          amount_left: 'Money that can be used, in `currency`; below zero: owed.',
          amount_granted: 'The balance that the plan gives each month.',
          currency: 'Of both.',
        },
      },
    },
  },
  package: {
    about: 'the message package or minute bundle, `pkg_…` or `bun_…`',
    facts: {
      kind: '`message_package` or `minute_bundle`.',
      code: 'Of the offer it was bought as.',
      status: 'After the event.',
      order_id: 'The order it was bought with.',
      units: 'Messages or minutes it began with.',
      expires_at: 'When it ends.',
    },
    events: {
      'package.granted': { says: 'It was paid for and can be used.' },
      'package.expiry_near': {
        says: 'It ends soon and something is left.',
        facts: { ...UNITS, quantity_left: 'Units free to be used.', ...HELD },
      },
      'package.expired': { says: 'It has ended.', facts: FORFEITED },
      'package.voided': { says: 'An operator took it back.', facts: { ...FORFEITED, ...OPERATOR } },
    },
  },
  refund: {
    about: 'the refund',
    facts: {
      status: 'Of the refund, after the event.',
      to: '`source`: what was paid with; `wallet`: the balance.',
      amount: 'What is refunded with tax.',
      currency: 'Of the amount.',
      payment_id: 'The payment whose money goes back; null: it goes to the wallet.',
      invoice_id: 'The invoice it takes from; null: it refunds a payment.',
      document_id: 'Its refund voucher or credit note; null until it succeeded.',
    },
    events: {
      'refund.requested': { says: 'Money is set aside to be refunded.' },
      'refund.succeeded': { says: 'The money is back.' },
      'refund.failed': { says: 'The gateway refused; the money is where it was before.' },
      'refund.unconfirmed': {
        says: 'The gateway has not confirmed it for a day: a person must look there.',
      },
      'refund.closed_by_operator': {
        says: 'An operator closed it by what a person saw at the gateway.',
        facts: OPERATOR,
      },
    },
  },
  order: {
    about: 'the order',
    facts: ORDER,
    events: {
      'order.created': { says: 'An order was placed as a draft; nothing is charged yet.' },
      'order.paid': { says: 'It is paid and delivery begins.', facts: PAYMENT },
      'order.paid_late': {
        says: 'It was paid after it expired: the money is in the wallet, nothing is delivered.',
        facts: PAYMENT,
      },
      'order.failed': { says: 'A payment was declined; another one may pay.', facts: PAYMENT },
      'order.expired': { says: 'It was not paid in time.' },
      'order.item_delivered': {
        says: 'An item can be used.',
        facts: { ...ITEM, delivered_id: 'The package, bundle or number it became.' },
      },
      'order.item_failed': { says: 'An item cannot be delivered.', facts: ITEM },
      'order.item_refunded': {
        says: "A failed item's money is on its way back.",
        facts: { ...ITEM, refund_id: 'The refund; null: the item cost nothing.' },
      },
      'order.fulfilled': { says: 'Every item is delivered or refunded.' },
      'order.refunded': { says: 'No item could be delivered; all money goes back.' },
    },
  },
  top_up: {
    about: 'the top-up, an order too',
    facts: ORDER,
    events: {
      'top_up.created': { says: 'A top-up was ordered.' },
      'top_up.paid': { says: 'It is paid: the money or the visitors are there.', facts: PAYMENT },
      'top_up.paid_late': {
        says: 'It was paid after it expired; the money is in the wallet, or the visitors in the month.',
        facts: PAYMENT,
      },
      'top_up.failed': { says: 'A payment was declined; another one may pay.', facts: PAYMENT },
      'top_up.expired': { says: 'It was not paid in time.' },
    },
  },
  ...EVENTS_OF_METHODS,
  ...EVENTS_OF_RECHARGE,
  ...EVENTS_OF_DISPUTES,
  ...EVENTS_OF_USE,
  webhook_endpoint: EVENTS_OF_ENDPOINTS,
  ...EVENTS_OF_SETTLEMENT,
  payment: {
    about: 'the order, subscription, number or auto-recharge that was paid for',
    facts: { status: 'Of what was paid for, after the event.' },
    events: {
      'payment.declined': {
        says: 'A further payment of a paid or expired order was declined.',
        facts: PAID,
      },
      'payment.received_again': {
        says: 'An order was paid again; the money is in the wallet.',
        facts: PAID,
      },
      'payment.action_required': {
        says: 'Something owed is to be paid on a page: the saved method may not pay it without its owner.',
        facts: {
          amount: 'What is to be paid with tax.',
          currency: 'Of the amount.',
          checkout_url: 'The page.',
          expires_at: 'Until when it can be paid there.',
          pays_for_kind:
            '`subscription` or `phone_number`: what is owed. The subject is the top-up that pays it.',
          pays_for_id: 'Its id.',
        },
      },
      'payment.mismatched': {
        says: 'A payment is not what was asked for: a person must look.',
        facts: PAID,
      },
    },
  },
} as const satisfies Readonly<Record<string, SubjectOfEvents>>;

/** The names of all facts an event of a type carries; none of a type that does not exist. */
export function listFacts(type: string): readonly string[] {
  const subjects: readonly SubjectOfEvents[] = Object.values(EVENT_CATALOGUE);
  return subjects.flatMap(({ facts, events }) => {
    const told = events[type];
    return told === undefined ? [] : Object.keys({ ...facts, ...told.facts });
  });
}
