/** Rented numbers over HTTP, on real parts: a year of twelve of them, and a worker killed while one goes back. */
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { CARD_THAT_PAYS, listEvents, UPI_THAT_PAYS } from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { createCarrierControls, type CarrierControls } from '../support/sandbox-carrier';
import { buyNumbers, countByStatus, listNumbers, prefer, untilNumbers } from './number-story';
import {
  advance,
  expectBooks,
  fund,
  newCustomer,
  openStage,
  type Customer,
  type Stage,
} from './stage';
import { connectAsOwner, holdRows, untilWaiting } from './standstill';

jest.setTimeout(240_000);

// 12:30 in Kolkata.
const AT = '2027-01-31T07:00:00.000Z';
/** 500.00 INR a month each, and 100.00 up front. */
const LOCALS = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map(
  (last) => `+9180000000${last}`,
);
/** 799.00 INR a month each, and 250.00 up front. */
const MOBILES = ['+915000000001', '+915000000002'];
const KEPT = { ...CARD_THAT_PAYS, save: 'on' };
const DECLINED_LATER = { ...KEPT, card_number: '4000000000000341' };

let stage: Stage;
let record: PostgresClient;
let carrier: CarrierControls;
let isWorkerDead = false;

beforeAll(async () => {
  stage = await openStage();
  record = await connectAsOwner(stage.platform);
  carrier = createCarrierControls(stage.platform.carrierUrl);
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(async () => {
  if (isWorkerDead) await restartWorker();
  await carrier.clearFaults();
});

async function killWorker(): Promise<void> {
  isWorkerDead = true;
  await stage.platform.kill('worker');
}

async function restartWorker(): Promise<void> {
  await stage.platform.restart('worker');
  isWorkerDead = false;
}

/** Months that were charged for numbers: the ledger's reference of each, and when. */
async function listRents({ accountId }: Customer): Promise<{ reference: string; at: string }[]> {
  const { rows } = await record.query<{ reference: string; at: string }>(
    `select t.reference,
            to_char(min(t.effective_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
       from transfers t join ledgers l on l.id = t.ledger_id
      where l.account_id = $1 and t.kind = 'charge' and t.reference ~ '^phone-number/[^/]+/period/[0-9]+$'
      group by t.reference`,
    [accountId],
  );
  return rows;
}

async function detachMethods({ accountId }: Customer): Promise<void> {
  const path = `/v1/accounts/${accountId}/payment_methods`;
  const methods = await stage.client.readAll(path, z.object({ id: z.string() }));
  for (const { id } of methods) await stage.client.send('DELETE', `${path}/${id}`);
}

describe('a year of twelve numbers', () => {
  it('R2.13 R2.14 R2.15 R2.16 R2.17 I7 each month is paid once, held, resumed or given back', async () => {
    const customer = await newCustomer(stage, { at: AT, currency: 'INR' });
    await fund(stage, customer, '8098.00', KEPT);
    await buyNumbers(stage, customer, LOCALS);
    await buyNumbers(stage, customer, MOBILES);
    await prefer(stage, customer, [...MOBILES, ...LOCALS]);
    await expectBooks(stage, customer, { wallet: '0.00' });

    // 28 February: the saved card pays for all of them.
    await advance(stage, customer, '2027-02-28T08:00:00Z');
    expect(await countByStatus(stage, customer)).toEqual({ active: 12 });
    expect(await listRents(customer)).toHaveLength(12);
    await expectBooks(stage, customer, { wallet: '0.00' });

    // 31 March: 3 000.00 for 6 598.00, and a card that is declined. The account's own order decides.
    await detachMethods(customer);
    await fund(stage, customer, '3000.00', DECLINED_LATER);
    await advance(stage, customer, '2027-03-31T08:00:00Z');
    expect(await countByStatus(stage, customer)).toEqual({ active: 4, on_hold: 8 });
    const kept = (await listNumbers(stage, customer)).filter(({ status }) => status === 'active');
    expect(kept.map(({ number }) => number)).toEqual([...MOBILES, ...LOCALS.slice(0, 2)]);
    await expectBooks(stage, customer, { wallet: '402.00' });

    // 2 April: a top-up resumes three more at once, on their own day.
    await advance(stage, customer, '2027-04-02T08:00:00Z');
    await fund(stage, customer, '1200.00', UPI_THAT_PAYS);
    await untilNumbers(stage, customer, '7 active numbers', (all) => {
      return all.filter(({ status }) => status === 'active').length === 7;
    });
    await expectBooks(stage, customer, { wallet: '102.00' });

    // 7 April: grace has ended for the other five.
    await advance(stage, customer, '2027-04-07T08:00:00Z');
    expect(await countByStatus(stage, customer)).toEqual({ active: 7, released: 5 });
    const { leased } = await carrier.readState();
    expect(leased.map(({ number }) => number).toSorted()).toEqual(
      [...MOBILES, ...LOCALS.slice(0, 5)].toSorted(),
    );

    // The rest of the year is paid from the wallet; one is given back in August.
    await fund(stage, customer, '36780.00', UPI_THAT_PAYS);
    await advance(stage, customer, '2027-08-15T08:00:00Z');
    const fifth = (await listNumbers(stage, customer)).find(({ number }) => number === LOCALS[4]);
    await stage.client.write('POST', `/v1/phone_numbers/${fifth?.id ?? ''}/release`, {
      schema: z.unknown(),
    });
    await advance(stage, customer, '2028-01-15T08:00:00Z');
    expect(await countByStatus(stage, customer)).toEqual({ active: 6, released: 6 });
    const ends = (await listNumbers(stage, customer))
      .filter(({ status }) => status === 'active')
      .map(({ current_period: { ends_at: at } }) => at);
    expect(new Set(ends)).toEqual(new Set(['2028-01-31T07:00:00.000Z']));
    await expectBooks(stage, customer, { wallet: '2500.00' });

    // 12 in February, 4 + 3 in March, 7 in each of four months, 6 in each of five: none of them twice.
    const rents = await listRents(customer);
    expect(rents).toHaveLength(77);
    const ofFifth = rents.filter(({ reference }) => reference.includes(fifth?.id ?? 'none'));
    expect(
      ofFifth
        .map(({ at }) => at)
        .toSorted()
        .at(-1),
    ).toBe('2027-07-31T07:00:00.000Z');
  });
});

describe('a release whose worker is killed', () => {
  let customer: Customer;
  let id: string;

  async function rentOne(number: string): Promise<void> {
    customer = await newCustomer(stage, { at: AT, currency: 'INR' });
    await fund(stage, customer, '5000.00', UPI_THAT_PAYS);
    await buyNumbers(stage, customer, [number]);
    id = (await listNumbers(stage, customer))[0]?.id ?? '';
  }

  /** The answer is whatever it is: its worker is about to die. */
  function askForRelease(): void {
    const path = `/v1/phone_numbers/${id}/release`;
    stage.client.sendOnce('POST', path, { waitSeconds: 1 }).catch(() => undefined);
  }

  function untilStatus(status: string): Promise<unknown> {
    const waitingFor = `number that is ${status}`;
    return untilNumbers(stage, customer, waitingFor, (all) => all[0]?.status === status);
  }

  function holdLedger(): Promise<() => Promise<void>> {
    const query = 'select 1 from ledgers where account_id = $1';
    return holdRows(stage.platform, query, [customer.accountId]);
  }

  /** The lease ends once, the customer hears it once, and nothing is charged any more. */
  async function expectReleasedOnce(): Promise<void> {
    await untilStatus('released');
    const events = await listEvents(stage.client, customer.accountId);
    const told = events.map(({ type }) => type).filter((type) => type.startsWith('phone_number.'));
    expect(told.filter((type) => type === 'phone_number.releasing')).toHaveLength(1);
    expect(told.filter((type) => type === 'phone_number.released')).toHaveLength(1);
    const { leased, ended } = await carrier.readState();
    expect(leased.filter(({ reference }) => reference === id)).toEqual([]);
    expect(ended.filter(({ reference }) => reference === id)).toHaveLength(1);
    await advance(stage, customer, '2027-05-01T00:00:00Z');
    expect(await listRents(customer)).toEqual([]);
  }

  it('R2.16 inside the transaction that begins it', async () => {
    await rentOne('+912200000001');
    const letGo = await holdLedger();
    askForRelease();
    await untilWaiting(record, 'tollgate-worker');
    await killWorker();
    await letGo();
    await restartWorker();
    await expectReleasedOnce();
  });

  it('R2.16 while the carrier is asked', async () => {
    await rentOne('+912200000002');
    await carrier.addFault({ kind: 'delay', operation: 'number.release', delay_ms: 3_000 });
    askForRelease();
    await untilStatus('releasing');
    await killWorker();
    await restartWorker();
    await expectReleasedOnce();
  });

  it('R2.16 between the carrier’s answer and the commit', async () => {
    await rentOne('+912200000003');
    await carrier.addFault({ kind: 'delay', operation: 'number.release', delay_ms: 1_500 });
    askForRelease();
    await untilStatus('releasing');
    const letGo = await holdLedger();
    await waitFor(() => carrier.readState(), {
      waitingFor: 'carrier that has taken it back',
      isThere: ({ ended }) => ended.some(({ reference }) => reference === id),
    });
    await untilWaiting(record, 'tollgate-worker');
    await killWorker();
    await letGo();
    await restartWorker();
    await expectReleasedOnce();
  });

  it('R2.16 just after the commit', async () => {
    await rentOne('+912200000004');
    askForRelease();
    await untilStatus('released');
    await killWorker();
    await restartWorker();
    await expectReleasedOnce();
  });
});
