/** The sandbox's payouts over HTTP, through the port that our code uses, with every knob. */
import { parseMoney } from '../../domain/money';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';

let sandbox: RunningSandbox;

beforeAll(async () => {
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
});
afterAll(() => sandbox?.stop());

const money = parseMoney({ amount: '200.00', currency: 'INR' });
const send = (reference: string) =>
  sandbox.payoutBank.send({ reference, beneficiary: 'prt_1', money });
const find = (reference: string) => sandbox.payoutBank.find({ reference });

async function payoutsOf(reference: string): Promise<string[]> {
  const { payouts } = await sandbox.readState(reference);
  return payouts.map(({ status, amount, beneficiary }) => `${status} ${amount} ${beneficiary}`);
}

describe('a payout', () => {
  it('is paid once under its reference, however often it is asked for', async () => {
    expect(await find('payout/one')).toBeNull();
    const first = await send('payout/one');
    expect(first.kind).toBe('paid');
    expect(await send('payout/one')).toEqual(first);
    expect(await find('payout/one')).toEqual(first);
    expect(await payoutsOf('payout/one')).toEqual(['paid 200.00 prt_1']);
  });

  it('that the knobs let fail says why, and is not paid when it is asked for again', async () => {
    await sandbox.addFault({ kind: 'fail', code: 'account_closed', reference: 'payout/two' });
    expect(await send('payout/two')).toEqual({ kind: 'failed', reason: 'account_closed' });
    expect(await send('payout/two')).toEqual({ kind: 'failed', reason: 'account_closed' });
    expect(await payoutsOf('payout/two')).toEqual(['failed 200.00 prt_1']);
  });

  it('whose answer is lost was paid, and is found', async () => {
    await sandbox.addFault({ kind: 'timeout_after', operation: 'payout.create' });
    await expect(send('payout/three')).rejects.toThrow('gave no answer');
    expect(await find('payout/three')).toMatchObject({ kind: 'paid' });
  });

  it('that never arrived is not there', async () => {
    await sandbox.addFault({ kind: 'timeout_before', operation: 'payout.create' });
    await expect(send('payout/four')).rejects.toThrow('gave no answer');
    expect(await find('payout/four')).toBeNull();
  });

  it('that takes its time is processing until it is paid', async () => {
    const slow = {
      kind: 'delay',
      on: 'payout',
      delay_ms: 60_000,
      reference: 'payout/five',
    } as const;
    await sandbox.addFault(slow);
    expect(await send('payout/five')).toEqual({ kind: 'processing' });
    expect(await find('payout/five')).toEqual({ kind: 'processing' });
  });

  it('of nothing, or of another amount under a reference, is refused', async () => {
    const nothing = { ...money, amountMicros: 0n };
    const asked = { reference: 'payout/six', beneficiary: 'prt_1', money: nothing };
    await expect(sandbox.payoutBank.send(asked)).rejects.toThrow('above zero');
    await send('payout/seven');
    const more = {
      reference: 'payout/seven',
      beneficiary: 'prt_1',
      money: { ...money, amountMicros: 1_000_000n },
    };
    await expect(sandbox.payoutBank.send(more)).rejects.toThrow('this key was used');
  });
});
