import { createLogger, type Logger } from '../../config/logger';

function logged(write: (logger: Logger) => void): Record<string, unknown> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLogger({ name: 'api', level: 'info', destination }));
  expect(lines).toHaveLength(1);
  const entry: unknown = JSON.parse(lines[0] ?? '');
  return { ...(typeof entry === 'object' ? entry : {}) };
}

describe('a log entry', () => {
  it('says who speaks, how loud and when', () => {
    expect(logged((logger) => logger.info({ port: 3000 }, 'listening'))).toMatchObject({
      name: 'api',
      level: 'info',
      port: 3000,
      msg: 'listening',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it('carries no secret field, however deep and however spelled', () => {
    const entry = logged((logger) =>
      logger.child({ api_key: 'k1' }).info({
        headers: { Authorization: 'Bearer abc', 'set-cookie': 'a=b' },
        body: { payments: [{ card_number: '4242', cvc: '123', amount: '600.00' }] },
        password: 'p',
      }),
    );
    expect(entry).toMatchObject({
      api_key: '[redacted]',
      headers: { Authorization: '[redacted]', 'set-cookie': '[redacted]' },
      body: { payments: [{ card_number: '[redacted]', cvc: '[redacted]', amount: '600.00' }] },
      password: '[redacted]',
    });
  });

  it.each([
    ['key tg_test_abcdefgh12345 used', 'key tg_test_[redacted] used'],
    ['postgres://tollgate_app:pw@host:5432/x', 'postgres://tollgate_app:[redacted]@host:5432/x'],
    ['card 4242 4242 4242 4242 declined', 'card [redacted card] declined'],
    ['at 1763838000000 ms', 'at 1763838000000 ms'],
    ['sent Bearer abc.def', 'sent Bearer [redacted]'],
  ])('masks secrets inside the text %j', (text, masked) => {
    expect(logged((logger) => logger.warn(text))).toMatchObject({ msg: masked });
    expect(logged((logger) => logger.warn({ detail: text }, 'x'))).toMatchObject({
      detail: masked,
    });
    const entry = logged((logger) => logger.error(new Error(text)));
    expect(entry).toMatchObject({ msg: masked, err: { type: 'Error', message: masked } });
    expect(JSON.stringify(entry).includes(text)).toBe(text === masked);
  });

  it('writes money as digits, although JSON knows no bigint', () => {
    expect(logged((logger) => logger.info({ amountMicros: 600_000_000n }))).toMatchObject({
      amountMicros: '600000000',
    });
  });
});
