import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { SetupError } from './setup-error';

const HOST = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 500;
// Below the range systems take outgoing ports from, so that no connection of ours grabs it meanwhile.
const FREE_PORT_MIN = 20_000;
const FREE_PORT_MAX = 32_000;
const ATTEMPTS_MAX = 50;

/** Whether nothing listens on 127.0.0.1:port and we may. */
export async function isPortFree(port: number): Promise<boolean> {
  // Some systems let a second socket listen beside a wildcard one: so ask who answers as well.
  return (await mayListen(port)) && !(await answers(port));
}

function mayListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST, timeout: CONNECT_TIMEOUT_MS });
    const settle = (isAnswered: boolean) => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

/** A port nobody uses, none of `taken`. Throws a SetupError when 50 tries found none. */
export async function findFreePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let tries = 0; tries < ATTEMPTS_MAX; tries += 1) {
    const port = randomInt(FREE_PORT_MIN, FREE_PORT_MAX);
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  throw new SetupError(
    `No free port was found between ${FREE_PORT_MIN} and ${FREE_PORT_MAX}.`,
    'stop some of the programs that listen on this machine.',
  );
}

export interface PortWish {
  /** What will listen there, for messages: "the API". */
  readonly use: string;
  readonly usual: number;
  /** The variable a person sets to insist on a port, and its value. */
  readonly variable: string;
  readonly demanded: string | undefined;
}

/**
 * The port a person demanded, or the usual one, or (said aloud) a free one.
 * Throws a SetupError when the demanded one is taken: another would break what points to it.
 */
export async function choosePort(
  wish: PortWish,
  context: { readonly taken: ReadonlySet<number>; readonly say: (line: string) => void },
): Promise<number> {
  if (wish.demanded) return demandPort(wish, wish.demanded);
  if (!context.taken.has(wish.usual) && (await isPortFree(wish.usual))) return wish.usual;
  const port = await findFreePort(context.taken);
  context.say(`Port ${wish.usual} is taken: ${wish.use} uses ${port} instead.`);
  return port;
}

async function demandPort(wish: PortWish, demanded: string): Promise<number> {
  const port = /^\d{1,5}$/.test(demanded) ? Number(demanded) : 0;
  if (port < 1 || port > 65_535) {
    throw new SetupError(
      `${wish.variable}=${demanded} is not a port.`,
      `set ${wish.variable} to a number from 1 to 65535, or leave it out.`,
    );
  }
  if (await isPortFree(port)) return port;
  throw new SetupError(
    `Port ${port} for ${wish.use} is taken by another program.`,
    `stop that program (\`lsof -i :${port}\` names it), or set ${wish.variable} to a free port, or leave it out.`,
  );
}
