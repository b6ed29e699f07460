import { MockActivityEnvironment } from '@temporalio/testing';
import { repairEach } from '../../activities/operations/repair-each';

/** Repairs rows as an activity does; those that are poisoned throw. Answers who was repaired. */
async function repairAll(rows: readonly string[], poisoned: readonly string[]) {
  const repaired: string[] = [];
  const count = await new MockActivityEnvironment().run<[], number, () => Promise<number>>(() =>
    repairEach(rows, {
      nameOf: (row) => row,
      repair: (row) => {
        if (poisoned.includes(row)) return Promise.reject(new Error(`${row} is poisoned`));
        repaired.push(row);
        return Promise.resolve(row !== 'healthy');
      },
    }),
  );
  return { count, repaired };
}

describe('repairing row after row', () => {
  it('counts what was repaired, not what needed nothing', async () => {
    expect(await repairAll(['a', 'healthy', 'b'], [])).toEqual({
      count: 2,
      repaired: ['a', 'healthy', 'b'],
    });
  });

  it('lets a poisoned row keep no other waiting', async () => {
    expect(await repairAll(['a', 'b', 'c'], ['a'])).toEqual({ count: 2, repaired: ['b', 'c'] });
  });

  it('gives up when nothing works any more, with the last error', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => `row ${index + 1}`);
    await expect(repairAll(rows, rows)).rejects.toThrow('row 10 is poisoned');
  });
});
