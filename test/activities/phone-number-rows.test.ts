/** What the table of numbers lets happen and keeps out, and what a number that stands still is found by. */
import type { ActivityDependencies } from '../../activities/dependencies';
import { startLifecycle } from '../../activities/lifecycle/restart-lifecycle';
import { findEarliestDue, findLifecycle } from '../../db/repositories/lifecycle.repository';
import {
  listPhoneNumbersOfAccount,
  listUnpaidNumbers,
  savePriority,
  phoneNumbers,
} from '../../db/repositories/phone-number.repository';
import { withTransaction } from '../../db/transaction';
import type { CommandStart } from '../../domain/command';
import { openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(30_000);

const DUE = '2027-02-28T10:00:00.000Z';
const NUMBERS = ['+918000000001', '+918000000002', '+918000000003'];

let desk: NumberDesk;
let accountId: string;
let ids: readonly string[];

beforeAll(async () => {
  desk = await openNumberDesk();
  accountId = await desk.billing.makeAccount('0.00');
  const made: string[] = [];
  for (const number of NUMBERS) made.push(await desk.rent(accountId, { number }));
  ids = made;
});
afterAll(async () => {
  await desk?.close();
});

describe('a number’s row', () => {
  it('is found by the account’s own key and by no other account’s', async () => {
    const [id = ''] = ids;
    const stranger = await desk.billing.makeAccount('0.00');
    const findAs = (own: string) =>
      withTransaction(desk.billing.database, { scope: 'account', accountId: own }, (trx) =>
        phoneNumbers.find(trx, id),
      );
    expect((await findAs(accountId))?.state.id).toBe(id);
    expect(await findAs(stranger)).toBeNull();
  });

  it('is a lifecycle like any other: the walk of a test clock finds what is due of it', async () => {
    const [id = ''] = ids;
    const row = await desk.billing.read((trx) => findLifecycle(trx, `phone-number/${id}`));
    expect(row).toMatchObject({ kind: 'phone_number', id, status: 'active' });
    const earliest = await desk.billing.read((trx) =>
      findEarliestDue(trx, { accountId, except: [], to: DUE }),
    );
    expect(earliest).toMatchObject({ kind: 'phone_number', id, next: { kind: 'remind' } });
  });

  it('has its workflow started from where it stands, and not any more once it is over', async () => {
    const started: string[] = [];
    const dependencies = {
      database: desk.billing.database,
      commands: {
        restart: (workflowId: string, { workflowType, summary }: CommandStart) => {
          started.push(`${workflowType} ${workflowId}: ${summary}`);
          return Promise.resolve();
        },
      },
    } as unknown as ActivityDependencies; // What a start does not touch is not there.
    const [id = ''] = ids;
    await startLifecycle(dependencies, `phone-number/${id}`);
    expect(started).toEqual([
      `phoneNumberLifecycle phone-number/${id}: phone_number ${id} of ${accountId}`,
    ]);
    await desk.carrier.addFault({ kind: 'gone' });
    const failed = await desk.rent(accountId, { number: '+918000000004' });
    await startLifecycle(dependencies, `phone-number/${failed}`);
    expect(started).toHaveLength(1);
  });

  it('R2.15 is listed in the account’s own order, those without a place after, by age', async () => {
    const [first = '', second = '', third = ''] = ids;
    const list = async (): Promise<string[]> => {
      const query = { accountId, isOpen: true };
      const rows = await desk.billing.read((trx) => listPhoneNumbersOfAccount(trx, query));
      return rows.map(({ state: phoneNumber }) => phoneNumber.id);
    };
    expect(await list()).toEqual([first, second, third]);
    const prefer = (wanted: readonly string[]) =>
      desk.billing.read((trx) => savePriority(trx, { accountId, ids: wanted }));
    await prefer([third]);
    expect(await list()).toEqual([third, first, second]);
    await prefer([second, third]);
    expect(await list()).toEqual([second, third, first]);
    await prefer([]);
    expect(await list()).toEqual([first, second, third]);
  });

  it('R2.15 counts as unpaid from its due date on, unless auto-pay is off', async () => {
    const [first = '', second = '', third = ''] = ids;
    const list = async (at: string): Promise<string[]> => {
      const unpaid = await desk.billing.read((trx) => listUnpaidNumbers(trx, { accountId, at }));
      return unpaid.map(({ id }) => id);
    };
    expect(await list('2027-02-28T09:59:59.999Z')).toEqual([]);
    expect(await list(DUE)).toEqual([first, second, third]);
    const off = { kind: 'set_auto_pay', autoPay: false } as const;
    await desk.tell(second, off, '2027-02-01T00:00:00.000Z');
    expect(await list(DUE)).toEqual([first, third]);
    await desk.advanceTo(accountId, DUE);
    expect(await list(DUE)).toEqual([first, third]);
  });

  it('is listed newest first, page by page, and by its status', async () => {
    const list = async (limit: number, status?: 'on_hold') => {
      const rows = await desk.billing.read((trx) =>
        phoneNumbers.page(
          trx,
          { accountId, before: null, limit },
          (query) => status && query.where({ status }),
        ),
      );
      return rows.map(({ state }) => state.id);
    };
    expect((await list(3)).slice(1)).toEqual([ids[2], ids[1]]);
    expect(await list(9, 'on_hold')).toEqual([...ids].toReversed());
  });

  it.each([
    [`status = 'on_hold', hold = null`, 'phone_numbers_hold_says_why'],
    [`released_at = ordered_at`, 'phone_numbers_released_once_known'],
    [`status = 'released', released_at = ordered_at`, 'phone_numbers_ended_waits_for_charges_only'],
    [`period_ends_at = period_starts_at`, 'phone_numbers_period_is_half_open'],
    [`number = '0800 1234'`, 'phone_numbers_number_spelling'],
    [`number = '${NUMBERS[1]}'`, 'phone_numbers_one_open_per_number'],
  ])('never says %s', async (change, constraint) => {
    const [id = ''] = ids;
    const changed = desk.billing.owner.raw(`update phone_numbers set ${change} where id = ?`, [id]);
    await expect(changed).rejects.toThrow(constraint);
  });
});
