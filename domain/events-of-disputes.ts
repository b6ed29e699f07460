/**
 * Owns: the events about disputed payments.
 * Does not own: the other events, and what all of them have in common (event-catalogue.ts).
 * Example: `dispute.opened` tells what a bank disputes and what that took out of the wallet.
 */
import type { SubjectOfEvents } from './events-of-use';

export const EVENTS_OF_DISPUTES = {
  dispute: {
    about: 'the dispute',
    facts: {
      status: 'Of the dispute, after the event.',
      payment_id: 'The payment that is disputed.',
      amount: 'What is disputed, with tax; null: the gateway has not said.',
      currency: 'Of all amounts; null with `amount`.',
      taken: 'What is out of the wallet because of it, without the tax of the payment.',
      fee: 'What the gateway asks for the dispute; it is not charged to the account; null: nothing.',
      dispute_reason: "The gateway's own word, like `fraudulent`.",
      evidence_due_at: 'Until when evidence counts; null: none is asked for.',
      document_id: 'The refund voucher of a lost dispute; null: there is none.',
    },
    events: {
      'dispute.warned': { says: 'A bank asks about a payment; no money is taken yet.' },
      'dispute.opened': {
        says: 'A bank takes a payment back; its money left the wallet, or what was there is set aside.',
      },
      'dispute.evidence_due': {
        says: 'Evidence is due in three days, or sooner; it is handed in at the gateway.',
      },
      'dispute.won': { says: 'The bank decided for us; what was taken is back in the wallet.' },
      'dispute.lost': { says: 'The bank decided for the customer; the money is gone.' },
      'dispute.mismatched': {
        says: 'What a gateway says of a dispute does not fit our payment; nothing moved.',
      },
      'dispute.unresolved': {
        says: 'Not decided in half a year; it is no longer looked at. A person asks the gateway.',
      },
      'dispute.service_held': { says: 'The service of the account is on hold because of it.' },
      'dispute.service_released': { says: 'The service of the account goes on.' },
    },
  },
} as const satisfies Readonly<Record<string, SubjectOfEvents>>;
