import type { UsageEvent, UsageOutcome } from '../../../domain/usage/usage-event';
import { parseRate } from '../../../domain/money';
import { buildLedger } from '../../support/build-ledger';
import {
  buildCards,
  buildEvent,
  buildRule,
  fromWhatsApp,
  inWindow,
  rowOf,
  toWhatsApp,
  UsageDesk,
  uuidOf,
} from '../../support/build-usage';

/** Plenty: what is asked is the price. */
const PLENTY = 1_000_000_000_000n;
const ALL_CHARGED = inWindow({});

const CONVERSATIONS = buildRule({
  unit: 'conversation',
  chargeOn: 'opened',
  serviceWindow: ALL_CHARGED,
  coveredByQuota: ['service'],
});
const PRICES = [
  rowOf({ category: 'marketing', rate: parseRate('597.32') }),
  rowOf({ category: 'utility', rate: parseRate('288.35') }),
  rowOf({ category: 'service', rate: parseRate('266.24') }),
];
const PER_MESSAGE = [
  rowOf({ category: 'marketing', rate: parseRate('586.33') }),
  rowOf({ category: 'utility', rate: parseRate('356.65') }),
  rowOf({ category: 'service', rate: 0n }),
];
const PER_MESSAGE_2026 = [
  rowOf({ category: 'marketing', rate: parseRate('586.33') }),
  rowOf({ category: 'utility', rate: parseRate('356.65') }),
  rowOf({ category: 'service', rate: parseRate('356.65') }),
];

/** The eras of WhatsApp's prices in Jakarta: midnight is 17:00 UTC of the day before. */
function eras() {
  return buildCards({
    versions: [
      {
        from: '2023-06-01',
        startsAt: '2023-05-31T17:00:00.000Z',
        rule: CONVERSATIONS,
        rows: PRICES,
      },
      {
        from: '2024-11-01',
        startsAt: '2024-10-31T17:00:00.000Z',
        rule: { ...CONVERSATIONS, serviceWindow: inWindow({ service: 'free' }) },
        rows: PRICES,
      },
      {
        from: '2025-07-01',
        startsAt: '2025-06-30T17:00:00.000Z',
        rule: buildRule({ serviceWindow: inWindow({ service: 'free', utility: 'free' }) }),
        rows: PER_MESSAGE,
      },
      {
        from: '2026-10-01',
        startsAt: '2026-09-30T17:00:00.000Z',
        rule: buildRule({
          serviceWindow: ALL_CHARGED,
          freeAllowance: { category: 'service', quantity: 2n, per: 'number' },
        }),
        rows: PER_MESSAGE_2026,
      },
    ],
  });
}

function openDesk(): UsageDesk {
  return new UsageDesk(buildLedger({ additionalMicros: PLENTY }), undefined, eras());
}

let sent = 0;
function at(occurredAt: string, facts: UsageEvent['facts'], other: Partial<UsageEvent> = {}) {
  sent += 1;
  return buildEvent({ key: uuidOf(sent), occurredAt, ...other, facts });
}

/** "586.33", or why it is zero. */
function costOf(outcome: UsageOutcome | undefined): string | undefined {
  if (outcome?.kind !== 'charged')
    return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
  const { zeroReason, amountMicros } = outcome.rating;
  return zeroReason ?? String(Number(amountMicros) / 1e6);
}

function costs(desk: UsageDesk, ...events: readonly UsageEvent[]): (string | undefined)[] {
  return desk.send(...events).map(costOf);
}

describe('R3.29 the price of the instant, to the second in the zone of the card', () => {
  it.each([
    ['the last second of conversations', '2025-06-30T16:59:59.000Z', '288.35'],
    ['the first second per message', '2025-06-30T17:00:00.000Z', 'customer_service_window'],
    ['the last second of free utility', '2026-09-30T16:59:59.999Z', 'customer_service_window'],
    ['the first second of charged utility', '2026-09-30T17:00:00.000Z', '356.65'],
  ])('utility within the window in %s', (_, occurredAt, cost) => {
    const facts = toWhatsApp({ category: 'utility', isServiceWindowOpen: true });
    expect(costs(openDesk(), at(occurredAt, facts))).toEqual([cost]);
  });

  it.each([
    ['2024-10-31T16:59:59.999Z', '266.24'],
    ['2024-10-31T17:00:00.000Z', 'customer_service_window'],
    ['2026-09-30T16:59:59.999Z', 'customer_service_window'],
    ['2026-09-30T17:00:00.000Z', 'free_allowance'],
  ])('a service reply of %s costs %s', (occurredAt, cost) => {
    const facts = toWhatsApp({ category: 'service', isServiceWindowOpen: true });
    expect(costs(openDesk(), at(occurredAt, facts))).toEqual([cost]);
  });

  it.each([
    ['2025-06-30T16:59:59.999Z', '597.32'],
    ['2025-06-30T17:00:00.000Z', '586.33'],
  ])('marketing at %s costs %s, within the window too', (occurredAt, cost) => {
    expect(costs(openDesk(), at(occurredAt, toWhatsApp({ isServiceWindowOpen: true })))).toEqual([
      cost,
    ]);
  });

  it('utility outside the window is charged in every era', () => {
    const facts = toWhatsApp({ category: 'utility', isServiceWindowOpen: false });
    const instants = ['2025-06-30T16:59:59Z', '2025-07-01T00:00:00Z', '2026-10-01T00:00:00Z'];
    expect(instants.map((instant) => costs(openDesk(), at(instant, facts))[0])).toEqual([
      '288.35',
      '356.65',
      '356.65',
    ]);
  });

  it('nothing was sold before the first version', () => {
    expect(costs(openDesk(), at('2023-05-31T16:59:59.999Z', toWhatsApp()))).toEqual(['no_rate']);
    expect(costs(openDesk(), at('2023-05-31T17:00:00.000Z', toWhatsApp()))).toEqual(['597.32']);
  });
});

describe('R3.25 conversations of 24 hours', () => {
  const from = '2025-03-10T03:00:00.000Z';

  it('the first message of a category opens and pays one, the others of 24 hours fall into it', () => {
    const utility = toWhatsApp({ category: 'utility' });
    const desk = openDesk();
    expect(
      costs(
        desk,
        at(from, toWhatsApp()),
        at('2025-03-10T15:00:00.000Z', toWhatsApp()),
        at('2025-03-10T15:00:00.000Z', utility),
        at('2025-03-11T02:59:59.999Z', toWhatsApp()),
        at('2025-03-11T03:00:00.000Z', toWhatsApp()),
      ),
    ).toEqual(['597.32', 'conversation_open', '288.35', 'conversation_open', '597.32']);
    expect(desk.plans[0]?.events.map(({ rating }) => rating.quantity)).toEqual([
      1n,
      0n,
      1n,
      0n,
      1n,
    ]);
  });

  it('what arrives first of two does not pay twice when it is told second', () => {
    const earlier = at(from, toWhatsApp());
    const later = at('2025-03-10T03:00:05.000Z', toWhatsApp());
    expect(costs(openDesk(), later, earlier)).toEqual(['597.32', 'conversation_open']);
  });

  it('a conversation that nobody could pay is not open', () => {
    const desk = new UsageDesk(buildLedger(), undefined, eras());
    expect(costs(desk, at(from, toWhatsApp()), at(from, toWhatsApp()))).toEqual([
      'insufficient_balance',
      'insufficient_balance',
    ]);
  });

  it('another customer has a conversation of his own', () => {
    const another = toWhatsApp({ contact: uuidOf(629) });
    expect(costs(openDesk(), at(from, toWhatsApp()), at(from, another))).toEqual([
      '597.32',
      '597.32',
    ]);
  });

  it('a conversation lives over calls', () => {
    const desk = openDesk();
    desk.send(at(from, toWhatsApp()));
    expect(costs(desk, at('2025-03-10T04:00:00.000Z', toWhatsApp()))).toEqual([
      'conversation_open',
    ]);
  });
});

describe('what is charged of a message that is reported as sent and as delivered', () => {
  const instant = '2025-08-01T00:00:00.000Z';

  it('is charged once, when it arrives', () => {
    const desk = openDesk();
    expect(
      costs(desk, at(instant, toWhatsApp({ status: 'sent' })), at(instant, toWhatsApp())),
    ).toEqual(['not_charged_on_this_status', '586.33']);
  });

  it('is charged once, when it is sent, where the rule says so', () => {
    const rule = buildRule({ chargeOn: 'sent' });
    const versions = [{ from: '2025-07-01', startsAt: '2025-06-30T17:00:00Z', rule, rows: PRICES }];
    const desk = new UsageDesk(
      buildLedger({ additionalMicros: PLENTY }),
      undefined,
      buildCards({ versions }),
    );
    expect(
      costs(desk, at(instant, toWhatsApp({ status: 'sent' })), at(instant, toWhatsApp())),
    ).toEqual(['597.32', 'not_charged_on_this_status']);
  });

  it.each(['sent', 'delivered'] as const)(
    'is charged when it is told once, without a status, and the rule charges what is %s',
    (chargeOn) => {
      const rule = buildRule({ chargeOn });
      const from = { from: '2025-07-01', startsAt: '2025-06-30T17:00:00Z' };
      const cards = buildCards({ versions: [{ ...from, rule, rows: PRICES }] });
      const desk = new UsageDesk(buildLedger({ additionalMicros: PLENTY }), undefined, cards);
      expect(costs(desk, at(instant, toWhatsApp({ status: null })))).toEqual(['597.32']);
    },
  );
});

describe('windows that we track', () => {
  const utility = toWhatsApp({ category: 'utility' });

  it('are open for 24 hours from each message of the customer, half-open', () => {
    const desk = openDesk();
    desk.send(at('2025-08-01T10:00:00.000Z', fromWhatsApp()));
    expect(
      costs(
        desk,
        at('2025-08-01T09:59:59.999Z', utility),
        at('2025-08-01T10:00:00.000Z', utility),
        at('2025-08-02T09:59:59.999Z', utility),
        at('2025-08-02T10:00:00.000Z', utility),
      ),
    ).toEqual(['356.65', 'customer_service_window', 'customer_service_window', '356.65']);
  });

  it('say so, and give way to what the sender knows', () => {
    const desk = openDesk();
    desk.send(at('2025-08-01T10:00:00.000Z', fromWhatsApp()));
    const instant = '2025-08-01T11:00:00.000Z';
    const told = toWhatsApp({ category: 'utility', isServiceWindowOpen: false });
    expect(desk.send(at(instant, utility), at(instant, told))).toMatchObject([
      { rating: { amountMicros: 0n, windowFrom: 'tracked' } },
      { rating: { amountMicros: 356_650_000n, windowFrom: 'sent' } },
    ]);
    expect(desk.send(at(instant, toWhatsApp()))).toMatchObject([
      { rating: { amountMicros: 586_330_000n } },
    ]);
  });

  it('are of one customer and one business number', () => {
    const desk = openDesk();
    desk.send(at('2025-08-01T10:00:00.000Z', fromWhatsApp()));
    const other = toWhatsApp({ category: 'utility', contact: uuidOf(629) });
    expect(costs(desk, at('2025-08-01T11:00:00.000Z', other))).toEqual(['356.65']);
  });
});

describe('the free entry point', () => {
  const arrived = '2025-08-01T10:00:00.000Z';

  it('is 72 hours from the first answer, that one included, templates too', () => {
    const desk = openDesk();
    desk.send(at(arrived, fromWhatsApp({ entryPoint: 'ad' })));
    expect(
      costs(
        desk,
        at('2025-08-02T09:59:59.999Z', toWhatsApp()),
        at('2025-08-05T09:59:59.998Z', toWhatsApp()),
        at('2025-08-05T09:59:59.999Z', toWhatsApp()),
      ),
    ).toEqual(['free_entry_point', 'free_entry_point', '586.33']);
  });

  it('never opens when nobody answers within 24 hours', () => {
    const desk = openDesk();
    desk.send(at(arrived, fromWhatsApp({ entryPoint: 'page' })));
    expect(
      costs(
        desk,
        at('2025-08-02T10:00:00.000Z', toWhatsApp()),
        at('2025-08-02T10:00:01.000Z', toWhatsApp()),
      ),
    ).toEqual(['586.33', '586.33']);
  });

  it('opens with the answer that was sent, before it is delivered', () => {
    const desk = openDesk();
    desk.send(
      at(arrived, fromWhatsApp({ entryPoint: 'ad' })),
      at('2025-08-01T11:00:00.000Z', toWhatsApp({ status: 'sent' })),
    );
    expect(
      costs(
        desk,
        at('2025-08-04T10:59:59.999Z', toWhatsApp()),
        at('2025-08-04T11:00:00.000Z', toWhatsApp()),
      ),
    ).toEqual(['free_entry_point', '586.33']);
  });

  it('is what the sender says it is', () => {
    const desk = openDesk();
    desk.send(at(arrived, fromWhatsApp({ entryPoint: 'ad' })));
    const instant = '2025-08-01T11:00:00.000Z';
    expect(
      costs(
        desk,
        at(instant, toWhatsApp({ isFreeEntryPoint: false })),
        at('2025-08-20T11:00:00.000Z', toWhatsApp({ isFreeEntryPoint: true })),
      ),
    ).toEqual(['586.33', 'free_entry_point']);
  });
});

describe('a free allowance', () => {
  const service = (number: string | null) => toWhatsApp({ category: 'service', number });

  it('is so many per business number and month of the account', () => {
    const desk = openDesk();
    const november = '2026-11-30T16:59:59.999Z';
    expect(
      costs(
        desk,
        at(november, service('n1')),
        at(november, service('n1')),
        at(november, service('n1')),
        at(november, service('n2')),
        at('2026-11-30T17:00:00.000Z', service('n1')),
      ),
    ).toEqual(['free_allowance', 'free_allowance', '356.65', 'free_allowance', 'free_allowance']);
  });

  it('is not used up by what is refused', () => {
    const desk = new UsageDesk(buildLedger(), undefined, eras());
    const group = { quantity: 4n, members: null };
    const rule = buildRule({
      group: { membersMax: 8, pricedAs: null, inWindow: 'charge' },
      serviceWindow: ALL_CHARGED,
      freeAllowance: { category: 'service', quantity: 2n, per: 'account' },
    });
    const versions = [{ from: '2026-10-01', startsAt: '2026-09-30T17:00:00Z', rule, rows: PRICES }];
    const grouped = new UsageDesk(buildLedger(), undefined, buildCards({ versions }));
    const instant = '2026-11-10T09:00:00.000Z';
    expect(
      costs(
        grouped,
        at(instant, { ...service(null), group }),
        at(instant, service(null)),
        at(instant, service(null)),
        at(instant, service(null)),
      ),
    ).toEqual(['insufficient_balance', 'free_allowance', 'free_allowance', 'insufficient_balance']);
    expect(desk.plans).toEqual([]);
  });
});

describe('R3.30 to R3.34 messages to a group', () => {
  const instant = '2026-11-10T09:00:00.000Z';
  const group = (quantity: bigint) => toWhatsApp({ group: { quantity, members: null } });

  it('R3.30 R3.32 cost what utility costs, times the members it was sent to', () => {
    expect(costs(openDesk(), at(instant, group(8n)), at(instant, group(6n)))).toEqual([
      '2853.2',
      '2139.9',
    ]);
  });

  it('R3.31 are refused beyond the most members', () => {
    expect(costs(openDesk(), at(instant, group(9n)))).toEqual(['group_too_large']);
  });

  it('R3.33 are refused when the balance does not reach for all of them', () => {
    const price = 2_853_200_000n;
    const short = new UsageDesk(buildLedger({ additionalMicros: price - 1n }), undefined, eras());
    expect(costs(short, at(instant, group(8n)))).toEqual(['insufficient_balance']);
    const enough = new UsageDesk(buildLedger({ additionalMicros: price }), undefined, eras());
    expect(costs(enough, at(instant, group(8n)))).toEqual(['2853.2']);
  });

  it('R3.34 have no free reply: an open window changes nothing', () => {
    const desk = openDesk();
    const facts = { ...group(8n), isServiceWindowOpen: true, isFreeEntryPoint: true };
    expect(costs(desk, at('2025-08-01T10:00:00.000Z', facts))).toEqual(['2853.2']);
  });

  it('have each member at the price of its own market', () => {
    const rows = [
      rowOf({ category: 'utility', market: 'ID', rate: parseRate('356.65') }),
      rowOf({ category: 'utility', market: 'IN', rate: parseRate('20.5') }),
      rowOf({ category: 'utility', market: '*', rate: parseRate('1000') }),
    ];
    const versions = [{ from: '2026-01-01', startsAt: '2025-12-31T17:00:00Z', rows }];
    const members = ['628111', '918222', '628333', '447700'];
    const facts = toWhatsApp({ group: { quantity: 4n, members } });
    const desk = new UsageDesk(
      buildLedger({ additionalMicros: PLENTY }),
      undefined,
      buildCards({ versions }),
    );
    expect(desk.send(at(instant, facts))).toMatchObject([
      {
        rating: {
          category: 'utility',
          market: null,
          quantity: 4n,
          unitRate: null,
          amountMicros: 1_733_800_000n,
        },
      },
    ]);
  });
});

describe('versions begin at 00:00 where the card is, whatever the clocks do there', () => {
  it.each([
    ['Asia/Kolkata', '2025-06-30T18:30:00.000Z'],
    ['Europe/Istanbul', '2025-06-30T21:00:00.000Z'],
    ['Asia/Jakarta', '2025-06-30T17:00:00.000Z'],
    ['America/New_York', '2025-07-01T04:00:00.000Z'],
  ])('R3.29 in %s the rule of 2025-07-01 counts from %s', (timeZone, startsAt) => {
    const before = new Date(Date.parse(startsAt) - 1000).toISOString();
    const cards = buildCards({
      timeZone,
      versions: [
        { from: '2023-06-01', startsAt: '2023-06-01T00:00:00Z', rule: CONVERSATIONS, rows: PRICES },
        { from: '2025-07-01', startsAt, rows: PER_MESSAGE },
      ],
    });
    const ledger = buildLedger({ additionalMicros: PLENTY });
    const desk = new UsageDesk(ledger, undefined, cards);
    expect(costs(desk, at(before, toWhatsApp()), at(startsAt, toWhatsApp()))).toEqual([
      '597.32',
      '586.33',
    ]);
  });
});

describe('months are those of the account', () => {
  it.each([
    ['Asia/Kolkata', '2026-10-31T18:29:59.999Z', '2026-10-31T18:30:00.000Z'],
    ['Europe/Istanbul', '2026-10-31T20:59:59.999Z', '2026-10-31T21:00:00.000Z'],
    ['Asia/Jakarta', '2026-10-31T16:59:59.999Z', '2026-10-31T17:00:00.000Z'],
    // New York ends daylight saving time within 1 November, after midnight.
    ['America/New_York', '2026-11-01T03:59:59.999Z', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-04-01T03:59:59.999Z', '2026-04-01T04:00:00.000Z'],
    ['America/New_York', '2026-03-01T04:59:59.999Z', '2026-03-01T05:00:00.000Z'],
    // 1 October 2023 had no midnight in Asuncion.
    ['America/Asuncion', '2023-10-01T03:59:59.999Z', '2023-10-01T04:00:00.000Z'],
  ])('in %s an allowance begins anew after %s', (timeZone, last, first) => {
    const rule = buildRule({
      serviceWindow: ALL_CHARGED,
      freeAllowance: { category: 'marketing', quantity: 1n, per: 'account' },
    });
    const versions = [{ from: '2020-01-01', startsAt: '2020-01-01T00:00:00Z', rule, rows: PRICES }];
    const ledger = buildLedger({ additionalMicros: PLENTY, timeZone, openMonth: '2020-01' });
    const desk = new UsageDesk(ledger, undefined, buildCards({ versions }));
    expect(
      costs(
        desk,
        at(last, toWhatsApp()),
        at(last, toWhatsApp({ contact: null })),
        at(first, toWhatsApp()),
      ),
    ).toEqual(['free_allowance', '597.32', 'free_allowance']);
  });
});
