/** Which numbers a top-up keeps, when it does not suffice for all: on real rows, whoever runs first. */
import { recordTriage } from '../../db/record-triage';
import { listEvents } from '../../db/repositories/event.repository';
import { savePriority } from '../../db/repositories/phone-number.repository';
import { RECORDED_AT } from './billing-under-test';
import { openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(60_000);

const TOPPED_UP_AT = '2027-03-02T09:00:00.000Z';

describe('money that suffices for some of the coming rents', () => {
  let desk: NumberDesk;
  beforeAll(async () => {
    desk = await openNumberDesk();
  });
  afterAll(() => desk?.close());

  it('R2.20 tells days ahead which rent is not covered once the others are paid', async () => {
    const accountId = await desk.billing.makeAccount('600.00');
    const first = await desk.rent(accountId, { number: '+918000000001', rent: '499.00' });
    const second = await desk.rent(accountId, { number: '+918000000002', rent: '499.00' });
    await desk.billing.read((trx) => savePriority(trx, { accountId, ids: [first, second] }));
    await desk.advanceTo(accountId, '2027-02-25T10:00:00.000Z');
    expect(await desk.story(first)).not.toContain('rent_not_covered');
    expect((await desk.reasons(second)).at(-1)).toBe(
      'the rent of +918000000002 due on 2027-02-28T10:00:00.000Z is not covered: 398.00 INR are missing',
    );
    await desk.advanceTo(accountId, '2027-02-28T10:00:00.000Z');
    expect([(await desk.get(first)).status, (await desk.get(second)).status]).toEqual([
      'active',
      'on_hold',
    ]);
  });
});

describe('money that comes in for some of the numbers on hold', () => {
  let desk: NumberDesk;
  let rented = 0;
  beforeAll(async () => {
    desk = await openNumberDesk();
  });
  afterAll(() => desk?.close());

  /** Numbers on hold since 28 February, each for the rent given. */
  async function holdNumbers(rents: readonly string[]): Promise<{
    readonly accountId: string;
    readonly ids: readonly string[];
  }> {
    const accountId = await desk.billing.makeAccount('0.00');
    const ids: string[] = [];
    for (const rent of rents) {
      rented += 1;
      const number = `+91800000000${rented}`;
      ids.push(await desk.rent(accountId, { number, rent }));
    }
    await desk.advanceTo(accountId, TOPPED_UP_AT);
    return { accountId, ids };
  }

  async function statuses(ids: readonly string[]): Promise<string[]> {
    return Promise.all(ids.map(async (id) => (await desk.get(id)).status));
  }

  it('R2.15 keeps the ones that come first in the account’s order, all asking at once', async () => {
    const { accountId, ids } = await holdNumbers(['799.00', '500.00', '499.00']);
    expect(await statuses(ids)).toEqual(['on_hold', 'on_hold', 'on_hold']);
    const [first, second, third] = ids;
    if (first === undefined || second === undefined || third === undefined) throw new Error('lost');
    await desk.billing.read((trx) => savePriority(trx, { accountId, ids: [third, second] }));
    await desk.topUp(accountId, '999.00', TOPPED_UP_AT);
    await Promise.all(ids.map((id) => desk.attempt(id)));
    expect(await statuses([third, second, first])).toEqual(['active', 'active', 'on_hold']);
    const transfers = await desk.billing.transfers(accountId);
    expect(transfers.slice(-2).toSorted()).toEqual([
      'charge wallet/additional > revenue/INR 499000000',
      'charge wallet/additional > revenue/INR 500000000',
    ]);
    expect((await desk.reasons(first)).at(-1)).toMatch(/^pay 799\.00 INR to keep \+91/);
  });

  it('R2.15 tells in one event what is kept and what amount keeps each of the others', async () => {
    const { accountId, ids } = await holdNumbers(['500.00', '499.00']);
    await desk.topUp(accountId, '500.00', TOPPED_UP_AT);
    const arrival = {
      accountId,
      causedBy: 'pay_1',
      at: TOPPED_UP_AT,
      recordedAt: RECORDED_AT,
    };
    await desk.billing.read((trx) => recordTriage(trx, arrival));
    const numbers = await Promise.all(ids.map(async (id) => (await desk.get(id)).number));
    const query = { accountId, limit: 1, beforePosition: null };
    const [told] = await desk.billing.read((trx) => listEvents(trx, query));
    expect([told?.type, told?.reason]).toEqual([
      'phone_number.triaged',
      `the balance covers ${numbers[0]}; pay 499.00 INR to keep ${numbers[1]}`,
    ]);
  });

  it.each([{ rents: ['500.00'] }, { rents: ['250.00', '250.00'] }])(
    'R2.15 tells nothing when the money suffices or one number alone waits: $rents',
    async ({ rents }) => {
      const { accountId } = await holdNumbers(rents);
      await desk.topUp(accountId, '500.00', TOPPED_UP_AT);
      const before = await desk.billing.events(accountId);
      const arrival = {
        accountId,
        causedBy: 'pay_1',
        at: TOPPED_UP_AT,
        recordedAt: RECORDED_AT,
      };
      await desk.billing.read((trx) => recordTriage(trx, arrival));
      expect(await desk.billing.events(accountId)).toEqual(before);
    },
  );
});
