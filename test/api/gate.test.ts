import { createGate } from '../../api/gate';

describe('a gate', () => {
  it('refuses at once what comes while as much as it lets in is under way', async () => {
    const gate = createGate(1);
    let finish: (value: string) => void = () => undefined;
    const first = gate(() => new Promise<string>((resolve) => (finish = resolve)));
    await expect(gate(() => Promise.resolve('second'))).rejects.toMatchObject({
      code: 'rate_limited',
    });
    finish('first');
    await expect(first).resolves.toBe('first');
    await expect(gate(() => Promise.resolve('third'))).resolves.toBe('third');
  });

  it('lets in again after what failed', async () => {
    const gate = createGate(1);
    await expect(gate(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate(() => Promise.resolve('next'))).resolves.toBe('next');
  });
});
