import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSandboxCarrier } from '../support/sandbox-carrier';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'carrier-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ORDER = { idempotencyKey: 'order/1', number: '+12025550100', reference: 'num_1' };

function start() {
  return startSandboxCarrier({ storePath: path.join(folder, 'leases.jsonl') });
}

describe('the store of the sandbox carrier', () => {
  it('keeps leases, answers and what is pending through a restart', async () => {
    const before = await start();
    const first = await before.carrier.order(ORDER);
    await before.addFault({ kind: 'gone' });
    const gone = { ...ORDER, idempotencyKey: 'order/2', number: '+12025550101' };
    await before.carrier.order(gone);
    await before.addFault({ kind: 'later' });
    const later = { idempotencyKey: 'order/3', number: '+12025550102', reference: 'num_3' };
    await before.carrier.order(later);
    await before.stop();

    const after = await start();
    expect(await after.carrier.order(ORDER)).toEqual(first);
    const untaken = { ...gone, idempotencyKey: 'order/4' };
    expect(await after.carrier.order(untaken)).toEqual({ kind: 'gone' });
    await after.settle();
    expect(await after.carrier.findLease(later)).toMatchObject({ status: 'active' });
    await after.stop();
  });

  it('drops a last line that a crash cut short', async () => {
    const before = await start();
    await before.carrier.order(ORDER);
    await before.stop();
    const file = path.join(folder, 'leases.jsonl');
    appendFileSync(file, '{"lease":{"id":"sbx');
    const after = await start();
    expect((await after.readState()).leased).toMatchObject([{ number: '+12025550100' }]);
    await after.stop();
    expect(readFileSync(file, 'utf8')).not.toContain('"sbx"');
  });

  it('refuses a file that is not its own', async () => {
    writeFileSync(path.join(folder, 'leases.jsonl'), '7\n');
    await expect(start()).rejects.toThrow('a line is not a change');
  });

  it('forgets answers of more than a day ago, and no lease', async () => {
    const before = await start();
    const first = await before.carrier.order(ORDER);
    await before.stop();
    const file = path.join(folder, 'leases.jsonl');
    const old = readFileSync(file, 'utf8').replaceAll(
      /"createdAt":"[^"]+"/g,
      '"createdAt":"2026-01-01T00:00:00.000Z"',
    );
    writeFileSync(file, old);
    const after = await start();
    expect(first).toMatchObject({ kind: 'ordered' });
    // The key is new again, and the number is rented.
    expect(await after.carrier.order(ORDER)).toEqual({ kind: 'gone' });
    await after.stop();
  });
});
