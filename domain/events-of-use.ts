/**
 * Owns: the events about what an account uses: holds, quotas, seats; and the shape of every subject of events.
 * Does not own: the other events, and what all of them have in common (event-catalogue.ts).
 * Example: `quota.reset` tells what ended with a month and what the new one granted.
 */
export type Facts = Readonly<Record<string, string>>;

export interface SubjectOfEvents {
  /** What `subject_id` names. */
  readonly about: string;
  /** Of each of its events. */
  readonly facts: Facts;
  readonly events: Readonly<Record<string, { readonly says: string; readonly facts?: Facts }>>;
}

export const EVENTS_OF_USE = {
  hold: {
    about: 'the hold',
    facts: {
      kind: '`broadcast`, `group_message` or `call`.',
      deadline_at: 'When what it held became free again.',
    },
    events: {
      'hold.expired': { says: 'Its deadline passed while something was still held.' },
    },
  },
  usage: {
    about: "the usage event, by the client's own id",
    facts: {
      amount: 'What it costs more by now, without tax; below zero: less.',
      currency: 'Of the amount.',
    },
    events: {
      'usage.cancelled': { says: 'A usage event was taken back; what it paid has returned.' },
      'usage.amended': {
        says: 'A usage event was taken back for a corrected one.',
        facts: { replaced_by: 'The id of the corrected event.' },
      },
    },
  },
  rerating: {
    about: 'the re-rating',
    facts: {
      from: 'The first day that was rated again, in the account’s zone.',
      to: 'The last one.',
      changed: 'How many events cost something else.',
      amount: 'What they cost more by now, without tax; below zero: less.',
      currency: 'Of the amount.',
    },
    events: {
      'rerating.applied': {
        says: 'Usage was priced again by a corrected rate card; the differences were paid and given back.',
      },
    },
  },
  quota: {
    about: 'the account',
    facts: {
      month: 'The month of the account that began.',
      conversations_forfeited: "WhatsApp conversations that were left of the last month's quota.",
      visitors_forfeited:
        "Unique visitors that were left of the last month's quota, top-ups included.",
      conversations_granted: "WhatsApp conversations of the new month's quota.",
      visitors_granted: "Unique visitors of the new month's quota.",
      balance_granted: 'WhatsApp balance of the new month, before a debt was settled with it.',
      debt_settled: 'Of a debt of the balance, what the granted balance paid.',
      currency: 'Of the amounts.',
    },
    events: {
      'quota.reset': { says: 'A month began: unused quotas ended, and new ones are granted.' },
    },
  },
  usage_document: {
    about: 'the invoice or statement, or a note to one',
    facts: {
      kind: '`invoice`, or `statement`: the money was taxed when it was topped up; `credit_note` or `debit_note` to an invoice.',
      number: 'Its number.',
      month: 'The month that ended, in the time zone of the account.',
      total:
        'What usage took from the balance, with tax; of a correction, how much more, and below zero: less.',
      currency: 'Of the total.',
    },
    events: {
      'usage_document.issued': {
        says: "A month's usage of money, or a correction of it, is on a document.",
      },
    },
  },
  partner_plan: {
    about: 'the partner, told to its own account',
    facts: {},
    events: {
      'partner_plan.pool_low': {
        says:
          'Four fifths of a benefit of the pool are given to customers, or more. Told once each time that line is ' +
          'crossed.',
        facts: {
          benefit: '`messages`, `wa_conversations` or `team_members`.',
          total: 'What the pool holds of it.',
          allocated: 'What of that customers have; null: one of them has no limit.',
          free: 'What can still be given.',
          caused_by: 'The assignment that was made or changed: the id of its subscription.',
        },
      },
    },
  },
  revenue_share: {
    about: 'the partner, told to its own account',
    facts: {
      status: 'Of the revenue share, after the event.',
      month: 'The month of the statement, or up to which is paid; null: of none.',
      amount: 'What is to be paid, or is paid, without tax; null: the event is about no amount.',
      currency: 'Of all amounts.',
      payout_id: 'The payout; null: the event is about none.',
    },
    events: {
      'revenue_share.statement_ready': {
        says: 'A month ended and its statement waits for approval.',
        facts: {
          accrued: 'What the month earned.',
          clawed_back: 'What went back.',
          carried_forward: 'Below zero: a debt that the next month takes over.',
        },
      },
      'revenue_share.statement_approved': { says: 'An operator approved a statement.' },
      'revenue_share.payout_requested': { says: 'A bank is asked to pay out.' },
      'revenue_share.payout_paid': { says: 'A payout arrived at the bank, or in the wallet.' },
      'revenue_share.payout_unconfirmed': {
        says: 'A bank has not said for a day how a payout ended; a person asks it.',
      },
      'revenue_share.terms_changed': {
        says: 'An operator agreed to other terms with the partner, for what is earned from now on.',
        facts: {
          reserve_bps: 'The part that is held back.',
          reserve_days: 'How long.',
          gateway_fee_bps: "The gateway's part.",
          payout_minimum: 'The least that is paid out at once.',
        },
      },
      'revenue_share.payout_failed': {
        says: 'A bank did not pay; the money is payable again.',
      },
    },
  },
  member: {
    about: "the member, by the client's own id",
    facts: {
      role: 'Of the member, after the event.',
      seats_used: 'Agents and supervisors of the account, after the event.',
    },
    events: {
      'member.added': { says: 'A member joined the team.' },
      'member.role_changed': {
        says: 'A member has another role.',
        facts: { previous_role: 'The role before.' },
      },
      'member.removed': { says: 'A member left the team; its seat is free.' },
    },
  },
} as const satisfies Readonly<Record<string, SubjectOfEvents>>;
