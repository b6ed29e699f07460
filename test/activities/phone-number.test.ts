/** The rent of numbers, month by month: paid, held, resumed, triaged, given back; what it leaves in the books. */
import { savePriority } from '../../db/repositories/phone-number.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { listPaymentsOf } from '../../db/repositories/payment.repository';
import { DEFAULT_GRACE_POLICY } from '../../domain/phone-number/phone-number';
import { cardForm, SLOW_UPI } from '../support/sandbox-gateway';
import { breakWrites, mendWrites, photograph } from './broken-writes';
import { openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(30_000);

const DUE = '2027-02-28T10:00:00.000Z';
const GRACE_ENDS = '2027-03-07T10:00:00.000Z';
const A_YEAR_LATER = '2028-02-01T00:00:00.000Z';
/** All of them can at least be called. */
const SERIES = ['91800000000', '91220000000', '91500000000', '90212000000', '90312000000'];
const MORE_SERIES = ['90500000000', '62210000000', '62310000000'];
const CALLED = { capabilities: ['voice'] } as const;

let desk: NumberDesk;
const free = [...SERIES, ...MORE_SERIES].flatMap((series) =>
  [1, 2, 3, 4, 5, 6].map((last) => `+${series}${last}`),
);

beforeAll(async () => {
  desk = await openNumberDesk();
});
afterAll(async () => {
  await desk?.close();
});

function nextNumber(): string {
  const number = free.shift();
  if (number === undefined) throw new Error('the carrier has no more numbers for these tests');
  return number;
}

/** An account with that much in its wallet and one number of 500.00 INR a month. */
async function rented(
  wallet: string,
  terms: { readonly rent?: string } = {},
): Promise<{ id: string; accountId: string; number: string }> {
  const accountId = await desk.billing.makeAccount(wallet);
  const number = nextNumber();
  return { id: await desk.rent(accountId, { number, ...CALLED, ...terms }), accountId, number };
}

async function balance(accountId: string): Promise<bigint> {
  const lines = await desk.billing.transfers(accountId);
  return lines.reduce((sum, line) => {
    const [, debit = '', , credit = '', micros = '0'] = line.split(' ');
    const isIn = credit.startsWith('wallet/') ? BigInt(micros) : 0n;
    const isOut = debit.startsWith('wallet/') ? BigInt(micros) : 0n;
    return sum + isIn - isOut;
  }, 0n);
}

describe('the rent', () => {
  it('R2.13 is charged to the wallet on each due date, with an invoice about the number', async () => {
    const { id, accountId } = await rented('1200.00');
    await desk.advanceTo(accountId, '2027-03-31T10:00:00.000Z');
    expect(await desk.show(id)).toBe('active, remind 2027-04-27T10:00:00.000Z');
    expect((await desk.billing.transfers(accountId)).slice(-2)).toEqual([
      'charge wallet/additional > revenue/INR 500000000',
      'charge wallet/additional > revenue/INR 500000000',
    ]);
    const query = { accountId, limit: 10, beforePosition: null };
    const documents = await desk.billing.read((trx) => listDocuments(trx, query));
    expect(documents).toMatchObject([
      {
        kind: 'invoice',
        subject: { kind: 'phone_number', id },
        issuedAt: '2027-03-31T10:00:00.000Z',
      },
      { kind: 'invoice', subject: { kind: 'phone_number', id }, issuedAt: DUE },
    ]);
  });

  it('R2.13 is charged once when its worker dies after the commit and the renewal is done again', async () => {
    const { id, accountId } = await rented('5000.00');
    await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
    const request = { id, accountId, ...(await desk.due(id)) };
    const first = await desk.activities.performNumberAction(request);
    expect(await desk.activities.performNumberAction(request)).toEqual(first);
    expect(await balance(accountId)).toBe(4_500_000_000n);
  });

  it('R2.14 is paid from the wallet first, and what is missing by the saved card', async () => {
    const { id, accountId } = await rented('120.00');
    await desk.keepMethod(accountId, cardForm());
    await desk.advanceTo(accountId, DUE);
    expect(await desk.show(id)).toBe('active, remind 2027-03-28T10:00:00.000Z');
    expect((await desk.story(id)).slice(-2)).toEqual(['payment_collected', 'renewed']);
    const payer = { kind: 'phone_number', id } as const;
    const payments = await desk.billing.read((trx) => listPaymentsOf(trx, payer));
    expect(payments).toMatchObject([
      {
        payer,
        money: { amountMicros: 380_000_000n },
        status: 'succeeded',
      },
    ]);
    const { payments: charged } = await desk.gateway.readState();
    expect(charged.map(({ reference }) => reference)).toContain(`phone-number/${id}/period/2`);
  });

  it('R2.16 is never charged again once the number is released', async () => {
    const { id, accountId } = await rented('9000.00');
    await desk.advanceTo(accountId, '2027-02-10T00:00:00.000Z');
    expect(await desk.tell(id, { kind: 'release' }, '2027-02-10T00:00:00.000Z')).toBe('done');
    await desk.advanceTo(accountId, A_YEAR_LATER);
    expect(await desk.show(id)).toBe('released, end');
    expect(await balance(accountId)).toBe(9_000_000_000n);
    expect(await desk.tell(id, { kind: 'pay' }, A_YEAR_LATER)).toBe('invalid_state');
    const operator = { keyId: 'key_1', noteId: await desk.writeNote(accountId, 'try') };
    expect(await desk.tell(id, { kind: 'force_renewal', ...operator }, A_YEAR_LATER)).toBe(
      'invalid_state',
    );
  });
});

describe('a rent that nobody pays', () => {
  it('R2.15 R2.17 puts the number on hold, is tried on each rung, and gives it back after 7 days', async () => {
    const { id, accountId, number } = await rented('100.00');
    await desk.advanceTo(accountId, DUE);
    expect(await desk.get(id)).toMatchObject({
      status: 'on_hold',
      hold: { reason: 'insufficient_balance', since: DUE, releasesAt: GRACE_ENDS },
    });
    await desk.advanceTo(accountId, GRACE_ENDS);
    expect(await desk.get(id)).toMatchObject({ status: 'released', releaseCause: 'grace_ended' });
    expect(await desk.leases(id)).toEqual(['released']);
    expect(await desk.story(id)).toEqual([
      'ordered',
      'activated',
      'rent_not_covered',
      'rent_not_covered',
      'on_hold',
      'still_on_hold',
      'still_on_hold',
      'still_on_hold',
      'release_near',
      'releasing',
      'released',
    ]);
    expect((await desk.reasons(id))[4]).toContain(`pay 400.00 INR to keep ${number}`);
    expect(await balance(accountId)).toBe(100_000_000n);
  });

  it('R2.17 has the grace that counted when the number was ordered', async () => {
    const accountId = await desk.billing.makeAccount('0.00');
    const grace = { ...DEFAULT_GRACE_POLICY, graceDays: 0 };
    const id = await desk.rent(accountId, { number: nextNumber(), ...CALLED, grace });
    await desk.advanceTo(accountId, DUE);
    expect(await desk.get(id)).toMatchObject({ status: 'released', releasedAt: DUE });
  });

  it('R2.15 is on hold at once when the saved card is declined, and stays so on each rung', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.keepMethod(accountId, cardForm('4000000000000341'));
    await desk.advanceTo(accountId, DUE);
    expect(await desk.get(id)).toMatchObject({
      status: 'on_hold',
      hold: { reason: 'payment_declined' },
    });
    await desk.advanceTo(accountId, '2027-03-01T10:00:00.000Z');
    expect((await desk.story(id)).slice(-3)).toEqual([
      'on_hold',
      'payment_declined',
      'still_on_hold',
    ]);
  });

  it('R2.15 is on hold while a bank takes its time, and works again when it has paid', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.keepMethod(accountId, SLOW_UPI);
    await desk.advanceTo(accountId, DUE);
    expect(await desk.get(id)).toMatchObject({
      status: 'on_hold',
      hold: { reason: 'payment_unanswered' },
    });
    await desk.gateway.settle();
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('active, remind 2027-03-28T10:00:00.000Z');
    expect(await balance(accountId)).toBe(0n);
  });

  it('R2.15 R2.17 is checked once more in the step that would release: money that is there keeps it', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.advanceTo(accountId, '2027-03-07T09:59:59.000Z');
    expect(await desk.show(id)).toBe(`on_hold, begin_release ${GRACE_ENDS}`);
    // It came, and nobody was told.
    await desk.billing.topUp(accountId, '500.00');
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('active, remind 2027-03-28T10:00:00.000Z');
  });

  it('I7 money of a charge that arrives while the number is given back goes into the wallet', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.keepMethod(accountId, SLOW_UPI);
    await desk.advanceTo(accountId, DUE);
    expect(await desk.tell(id, { kind: 'release' }, DUE)).toBe('done');
    await desk.gateway.settle();
    await desk.advanceTo(accountId, '2027-03-10T00:00:00.000Z');
    expect(await desk.show(id)).toBe('released, end');
    expect(await balance(accountId)).toBe(500_000_000n);
    expect(await desk.story(id)).toContain('payment_collected');
  });

  it('R2.15 is paid at once by a top-up, on its own anchor, and by the second one not again', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.advanceTo(accountId, '2027-03-02T00:00:00.000Z');
    const at = '2027-03-02T00:00:00.000Z';
    await desk.topUp(accountId, '500.00', at);
    await desk.topUp(accountId, '500.00', at);
    expect(await desk.show(id)).toBe(`on_hold, retry_after_top_up ${at}`);
    await desk.attempt(id);
    expect(await desk.get(id)).toMatchObject({
      status: 'active',
      anchorAt: '2027-01-31T10:00:00.000Z',
      period: { number: 1, startsAt: DUE, endsAt: '2027-03-31T10:00:00.000Z' },
    });
    expect(await balance(accountId)).toBe(500_000_000n);
  });
});

describe('several numbers and too little money', () => {
  /** Three numbers of 799, 500 and 100 INR, all due on the same day. */
  async function three(wallet: string) {
    const accountId = await desk.billing.makeAccount(wallet);
    const ids: string[] = [];
    for (const rent of ['799.00', '500.00', '100.00']) {
      ids.push(await desk.rent(accountId, { number: nextNumber(), ...CALLED, rent }));
    }
    const statuses = async (): Promise<string[]> =>
      Promise.all(ids.map(async (id) => (await desk.get(id)).status));
    return { accountId, ids, statuses };
  }

  it('R2.15 pays in the order they were bought, unless the account says otherwise', async () => {
    const { accountId, ids, statuses } = await three('900.00');
    await desk.advanceTo(accountId, DUE);
    expect(await statuses()).toEqual(['active', 'on_hold', 'active']);
    expect((await desk.reasons(ids[1] ?? '')).at(-1)).toContain('pay 499.00 INR to keep');
  });

  it('R2.15 pays in the account’s own order', async () => {
    const { accountId, ids, statuses } = await three('900.00');
    const [, second = '', third = ''] = ids;
    await desk.billing.read((trx) => savePriority(trx, { accountId, ids: [third, second] }));
    await desk.advanceTo(accountId, DUE);
    expect(await statuses()).toEqual(['on_hold', 'active', 'active']);
    expect(await balance(accountId)).toBe(300_000_000n);
  });

  it.each([1, 2, 3])(
    'R2.15 comes out the same when all are renewed at the same moment (run %i)',
    async () => {
      const { accountId, ids, statuses } = await three('600.00');
      await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
      await Promise.all(ids.toReversed().map((id) => desk.attempt(id)));
      expect(await statuses()).toEqual(['on_hold', 'active', 'active']);
      expect(await balance(accountId)).toBe(0n);
    },
  );

  it('R2.15 a top-up goes to the first that waits, and the others are told what is still missing', async () => {
    const { accountId, ids, statuses } = await three('0.00');
    await desk.advanceTo(accountId, DUE);
    await desk.topUp(accountId, '800.00', '2027-02-28T12:00:00.000Z');
    await desk.advanceTo(accountId, '2027-02-28T12:00:00.000Z');
    expect(await statuses()).toEqual(['active', 'on_hold', 'on_hold']);
    expect((await desk.reasons(ids[1] ?? '')).at(-1)).toContain('pay 499.00 INR to keep');
    expect(await balance(accountId)).toBe(1_000_000n);
  });

  it('R2.15 leaves no money for a number whose auto-pay is off', async () => {
    const { accountId, ids, statuses } = await three('800.00');
    const off = { kind: 'set_auto_pay', autoPay: false } as const;
    expect(await desk.tell(ids[0] ?? '', off, '2027-02-27T00:00:00.000Z')).toBe('done');
    await desk.advanceTo(accountId, DUE);
    expect(await statuses()).toEqual(['on_hold', 'active', 'active']);
    expect((await desk.get(ids[0] ?? '')).hold?.reason).toBe('auto_pay_off');
  });
});

describe('a command', () => {
  it('R2.15 to pay without the money is refused with what is missing, and remembered', async () => {
    const { id, accountId } = await rented('120.00');
    await desk.advanceTo(accountId, DUE);
    expect(await desk.tell(id, { kind: 'pay' }, DUE)).toBe('insufficient_balance, 380.00 missing');
    const request = {
      id,
      accountId,
      command: { kind: 'pay' } as const,
      now: DUE,
      operationKey: `${id}/pay/same`,
    };
    const first = await desk.activities.answerNumberCommand(request);
    await desk.billing.topUp(accountId, '500.00');
    expect(await desk.activities.answerNumberCommand(request)).toEqual(first);
    expect(await desk.tell(id, { kind: 'pay' }, DUE)).toBe('done');
    expect((await desk.get(id)).status).toBe('active');
    expect(await balance(accountId)).toBe(120_000_000n);
  });

  it('of an operator leaves the key, the reason and our own note, each where it belongs', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.advanceTo(accountId, DUE);
    const noteId = await desk.writeNote(accountId, 'the bank was closed');
    const until = '2027-03-20T10:00:00.000Z';
    const command = { kind: 'extend_grace', until, keyId: 'key_7', noteId } as const;
    const request = { id, accountId, command, now: DUE, operationKey: `${id}/extend/1` };
    const { step } = await desk.activities.answerNumberCommand(request);
    expect(step).toMatchObject({
      status: 'on_hold',
      attributes: { AutoPay: true },
      note: `An operator extended grace until ${until}.`,
    });
    const event = await desk.billing.read((trx) =>
      trx('events').where({ subject_id: id, type: 'phone_number.grace_extended' }).first('data'),
    );
    expect(event).toMatchObject({
      data: { operator_key_id: 'key_7', operator_note: 'the bank was closed', releases_at: until },
    });
    await desk.advanceTo(accountId, '2027-03-19T00:00:00.000Z');
    expect((await desk.get(id)).status).toBe('on_hold');
    await desk.advanceTo(accountId, until);
    expect((await desk.get(id)).status).toBe('released');
  });

  it('of an operator that only begins a charge leaves an event, too', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.advanceTo(accountId, DUE);
    await desk.keepMethod(accountId, cardForm());
    const noteId = await desk.writeNote(accountId, 'asked for on the telephone');
    const command = { kind: 'force_renewal', keyId: 'key_7', noteId } as const;
    expect(await desk.tell(id, command, '2027-02-28T11:00:00.000Z')).toBe('done');
    expect((await desk.story(id)).at(-1)).toBe('renewal_forced');
    await desk.advanceTo(accountId, '2027-02-28T11:00:00.000Z');
    expect((await desk.story(id)).slice(-2)).toEqual(['payment_collected', 'resumed']);
  });

  it('of an operator waives a rent, renews ahead, or gives the number back at once', async () => {
    const { id, accountId } = await rented('0.00');
    await desk.advanceTo(accountId, DUE);
    const operator = { keyId: 'key_7', noteId: await desk.writeNote(accountId, 'a courtesy') };
    expect(await desk.tell(id, { kind: 'waive_rent', ...operator }, DUE)).toBe('done');
    expect(await desk.show(id)).toBe('active, remind 2027-03-28T10:00:00.000Z');
    await desk.billing.topUp(accountId, '500.00');
    expect(await desk.tell(id, { kind: 'force_renewal', ...operator }, DUE)).toBe('done');
    expect((await desk.get(id)).period).toMatchObject({ number: 2 });
    expect(await desk.tell(id, { kind: 'release_now', ...operator }, DUE)).toBe('done');
    await desk.advanceTo(accountId, DUE);
    expect(await desk.get(id)).toMatchObject({ status: 'released', releaseCause: 'operator' });
    expect(await balance(accountId)).toBe(0n);
  });
});

describe('a renewal', () => {
  it.each([
    ['phone_numbers', 'update'],
    ['transfers', 'insert'],
    ['documents', 'insert'],
    ['operations', 'insert'],
    ['events', 'insert'],
  ] as const)('stores nothing when %s cannot be written', async (table, verb) => {
    const { id, accountId } = await rented('5000.00');
    await desk.advanceTo(accountId, '2027-02-28T09:59:59.000Z');
    await breakWrites(desk.billing, table, verb);
    const before = await photograph(desk.billing);
    try {
      await expect(desk.attempt(id)).rejects.toThrow('broken by a test');
      expect(await photograph(desk.billing)).toEqual(before);
    } finally {
      await mendWrites(desk.billing, table);
    }
    await desk.attempt(id);
    expect((await desk.story(id)).at(-1)).toBe('renewed');
  });
});
