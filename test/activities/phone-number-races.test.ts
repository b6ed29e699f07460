/** Two that want something of one number at the same moment: whoever comes first, the books say the same. */
import type { PhoneNumberCommand } from '../../workflows/phone-number.messages';
import { cardForm } from '../support/sandbox-gateway';
import { openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(60_000);

const DUE = '2027-02-28T10:00:00.000Z';
const GRACE_ENDS = '2027-03-07T10:00:00.000Z';
const LATER = '2027-06-15T00:00:00.000Z';
const RUNS = [1, 2, 3];

let desk: NumberDesk;
let used = 0;

beforeAll(async () => {
  desk = await openNumberDesk();
});
afterAll(async () => {
  await desk?.close();
});

/** A number of 500.00 INR that has lived until just before the instant. */
async function rentedUntil(
  at: string,
  wallet: string,
): Promise<{ readonly id: string; readonly accountId: string }> {
  const series = ['+91800000000', '+91500000000', '+91220000000', '+90212000000'];
  const number = `${series[Math.floor(used / 6)] ?? ''}${(used % 6) + 1}`;
  used += 1;
  const accountId = await desk.billing.makeAccount(wallet);
  const id = await desk.rent(accountId, { number, capabilities: ['voice'] });
  await desk.advanceTo(accountId, new Date(Date.parse(at) - 1).toISOString());
  return { id, accountId };
}

async function countRents(accountId: string): Promise<number> {
  const lines = await desk.billing.transfers(accountId);
  return lines.filter((line) => line.startsWith('charge ')).length;
}

/**
 * What a workflow holds when it is about to act: the action that is due now. It is looked at before the race,
 * so that the other one cannot make another action of it.
 */
async function holdTurn(id: string): Promise<() => Promise<unknown>> {
  const { accountId } = await desk.get(id);
  const request = { id, accountId, ...(await desk.due(id)) };
  return () => desk.activities.performNumberAction(request);
}

describe('at the same moment', () => {
  it.each(RUNS)(
    'R2.16 I7 a release and the renewal: charged once or not at all, and never after (run %i)',
    async () => {
      const { id, accountId } = await rentedUntil(DUE, '5000.00');
      const turn = await holdTurn(id);
      await Promise.all([desk.tell(id, { kind: 'release' }, DUE), turn()]);
      const charged = await countRents(accountId);
      expect([0, 1]).toContain(charged);
      await desk.advanceTo(accountId, LATER);
      expect((await desk.get(id)).status).toBe('released');
      expect(await countRents(accountId)).toBe(charged);
    },
  );

  it.each(RUNS)(
    'R2.14 auto-pay off and the due date: that month or none, no other (run %i)',
    async () => {
      const { id, accountId } = await rentedUntil(DUE, '5000.00');
      const off: PhoneNumberCommand = { kind: 'set_auto_pay', autoPay: false };
      const turn = await holdTurn(id);
      await Promise.all([desk.tell(id, off, DUE), turn()]);
      const charged = await countRents(accountId);
      expect([0, 1]).toContain(charged);
      await desk.advanceTo(accountId, '2027-03-31T10:00:00.000Z');
      expect(await countRents(accountId)).toBe(charged);
      expect((await desk.get(id)).status).toBe(charged === 1 ? 'on_hold' : 'released');
    },
  );

  it.each(RUNS)(
    'R2.15 a top-up and the hold: the number works, charged once (run %i)',
    async () => {
      const { id, accountId } = await rentedUntil(DUE, '0.00');
      const turn = await holdTurn(id);
      await Promise.all([desk.topUp(accountId, '500.00', DUE), turn()]);
      // Money that came between the grant and the hold is told of in the row, or was seen by the renewal.
      await desk.topUp(accountId, '1.00', DUE);
      await desk.advanceTo(accountId, DUE);
      expect((await desk.get(id)).status).toBe('active');
      expect(await countRents(accountId)).toBe(1);
    },
  );

  it('R2.15 two top-ups: charged once, the rest stays in the wallet', async () => {
    const { id, accountId } = await rentedUntil('2027-03-02T00:00:00.000Z', '0.00');
    const at = '2027-03-02T00:00:00.000Z';
    await Promise.all([desk.topUp(accountId, '500.00', at), desk.topUp(accountId, '500.00', at)]);
    await desk.advanceTo(accountId, at);
    expect((await desk.get(id)).status).toBe('active');
    expect(await countRents(accountId)).toBe(1);
  });

  it.each(RUNS)(
    'R2.17 a payment and the release after grace: kept and paid, or given back and not charged (run %i)',
    async () => {
      const { id, accountId } = await rentedUntil(GRACE_ENDS, '0.00');
      const off: PhoneNumberCommand = { kind: 'set_auto_pay', autoPay: false };
      await desk.tell(id, off, '2027-03-06T12:00:00.000Z');
      await desk.billing.topUp(accountId, '500.00');
      const turn = await holdTurn(id);
      const [answer] = await Promise.all([desk.tell(id, { kind: 'pay' }, GRACE_ENDS), turn()]);
      await desk.advanceTo(accountId, GRACE_ENDS);
      const { status } = await desk.get(id);
      const outcome = { answer, status, charged: await countRents(accountId) };
      expect([
        { answer: 'done', status: 'active', charged: 1 },
        { answer: 'invalid_state', status: 'released', charged: 0 },
      ]).toContainEqual(outcome);
    },
  );
});

describe('a gateway that is silent about a rent', () => {
  it.each(['timeout_before', 'timeout_after'] as const)(
    'R2.15 holds the number, and charges once when it is asked again (%s)',
    async (kind) => {
      const { id, accountId } = await rentedUntil(DUE, '0.00');
      await desk.keepMethod(accountId, cardForm());
      await desk.attempt(id);
      await desk.gateway.addFault({ kind });
      await expect(desk.attempt(id)).rejects.toThrow();
      await desk.noteUnanswered(id);
      expect(await desk.get(id)).toMatchObject({
        status: 'on_hold',
        hold: { reason: 'payment_unanswered' },
      });
      await desk.attempt(id);
      expect((await desk.get(id)).status).toBe('active');
      const { payments } = await desk.gateway.readState();
      const own = payments.filter(({ reference }) => reference.startsWith(`phone-number/${id}/`));
      expect(own.map(({ status, amount }) => `${status} ${amount}`)).toEqual(['succeeded 500.00']);
      expect(await countRents(accountId)).toBe(1);
    },
  );
});
