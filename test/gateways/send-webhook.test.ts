import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { sendWebhook, type SendOptions } from '../../gateways/webhooks/send-webhook';
import { signWebhook } from '../../gateways/webhooks/sign-webhook';
import {
  newWebhookSecret,
  sealWebhookSecret,
  unsealWebhookSecret,
} from '../../gateways/webhooks/webhook-secret';

const BODY = '{"type":"order.paid","data":{"reason":"Ödendi"}}';
const LOCAL = { allowsLoopback: true, timeoutMs: 400 };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

function sign(secrets: readonly string[]) {
  return signWebhook({ id: 'evt_1', body: BODY, sentAt: new Date().toISOString(), secrets });
}

function send(url: string, options: Partial<SendOptions> = {}) {
  const headers = sign([newWebhookSecret()]);
  return sendWebhook({ url, body: BODY, headers }, { ...LOCAL, ...options });
}

describe('a webhook', () => {
  it('is verified by the public library, under both secrets while one is rotated', async () => {
    const [newest, before] = [newWebhookSecret(), newWebhookSecret()];
    let came: { body: string; headers: Record<string, string> } | undefined;
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        came = { body: Buffer.concat(chunks).toString('utf8'), headers };
        response.writeHead(200).end();
      });
    });
    const outcome = await sendWebhook({ url, body: BODY, headers: sign([newest, before]) }, LOCAL);
    expect(outcome).toEqual({ status: 200, error: null });
    const { body = '', headers = {} } = came ?? {};
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/=]{44} v1,[A-Za-z0-9+/=]{44}$/);
    for (const secret of [newest, before]) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(BODY));
    }
    expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow();
    expect(headers['content-type']).toBe('application/json');
  });

  it('is signed as the vector of Standard Webhooks says', () => {
    const signed = signWebhook({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      sentAt: new Date(1_614_265_330_000).toISOString(),
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(signed['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it.each([
    [204, null],
    [301, 'redirects are not followed'],
    [307, 'redirects are not followed'],
    [410, 'answered 410'],
    [503, 'answered 503'],
  ])('that is answered %s comes to %s', async (status, error) => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await send(url)).toEqual({ status, error });
    expect(asked).toBe(1);
  });

  it('gives up an answer that does not begin', async () => {
    const url = await serve(() => undefined);
    expect(await send(url)).toEqual({ status: null, error: 'no answer within 0.4 s' });
  });

  it('gives up headers that drip', async () => {
    const url = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await send(url)).toEqual({ status: null, error: 'no answer within 0.4 s' });
  });

  it('does not take an answer of 10 MB, and believes its status', async () => {
    let written = 0;
    const url = await serve((_request, response) => {
      response.writeHead(200);
      const part = Buffer.alloc(65_536);
      const more = (): void => {
        while (written < 10_485_760) {
          written += part.length;
          if (!response.write(part)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    expect(await send(url)).toEqual({ status: 200, error: null });
    expect(written).toBeLessThan(10_485_760);
  });

  it('does not wait for a body that drips, and believes its status', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await send(url, { timeoutMs: 5_000 })).toEqual({ status: 200, error: null });
  });

  it('says in plain words why nobody could be asked', async () => {
    const url = await serve(() => undefined);
    const closed = servers.splice(0).map((server) => once(server.close(), 'close'));
    await Promise.all(closed);
    expect(await send(url)).toEqual({ status: null, error: 'nobody listens there' });
  });
});

describe('S9 a name that leads inside', () => {
  const at = (...addresses: string[]): NonNullable<SendOptions['resolve']> =>
    ((_name: string, _asked: object, done: (error: null, all: object[]) => void) => {
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as unknown as NonNullable<SendOptions['resolve']>;

  it.each([['10.1.2.3'], ['169.254.169.254'], ['::ffff:10.1.2.3'], ['fd00::1']])(
    'is refused when it is at %s, and nobody is asked',
    async (address) => {
      const outcome = await send('https://hooks.example.com/', { resolve: at(address) });
      const error = `hooks.example.com is at ${address}, which is not public`;
      expect(outcome).toEqual({ status: null, error });
    },
  );

  it('is refused when one of its addresses is not public', async () => {
    const resolve = at('93.184.216.34', '127.0.0.1');
    const { error } = await send('https://hooks.example.com/', { resolve, allowsLoopback: false });
    expect(error).toBe('hooks.example.com is at 127.0.0.1, which is not public');
  });

  it('is asked for once: the address that was checked is the one that is called', async () => {
    let lookups = 0;
    const url = await serve((_request, response) => response.writeHead(200).end());
    const resolve = ((name: string, asked: object, done: never) => {
      lookups += 1;
      // The second answer of a rebinding name would lead inside.
      at(lookups === 1 ? '127.0.0.1' : '10.0.0.1')(name, asked, done);
    }) as unknown as NonNullable<SendOptions['resolve']>;
    const outcome = await send(url.replace('127.0.0.1', 'rebind.example.com'), { resolve });
    expect([outcome, lookups]).toEqual([{ status: 200, error: null }, 1]);
  });
});

test('a secret is stored so that only the key of the configuration reads it', () => {
  const secret = newWebhookSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  const sealed = sealWebhookSecret(secret, 'a key of thirty-two characters!!');
  expect(sealed).not.toContain(secret.slice(6));
  expect(unsealWebhookSecret(sealed, 'a key of thirty-two characters!!')).toBe(secret);
  expect(unsealWebhookSecret(sealed, 'another key of thirty-two chars!')).toBeNull();
});
