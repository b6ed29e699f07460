/**
 * Owns: the events about what a gateway settled otherwise than our books have it.
 * Does not own: the comparison (domain/settlement/). What is nobody's here is a task of operators only.
 * Example: 1 100.00 were settled for a payment of 1 180.00: `settlement.amount_differs`.
 */
export const EVENTS_OF_SETTLEMENT = {
  settlement: {
    about: 'the payment or refund',
    facts: {
      kind: '`payment`, `refund` or `dispute`.',
      gateway: 'Whose report it is.',
      report_id: 'The settlement report that says so.',
      booked_amount: 'What our books have; below zero: from us.',
      settled_amount: 'What the gateway settled; null: nothing.',
      currency: 'Of our books.',
    },
    events: {
      'settlement.missing_there': { says: 'A gateway has not settled it within a week.' },
      'settlement.amount_differs': { says: 'A gateway settled another amount.' },
    },
  },
} as const;
