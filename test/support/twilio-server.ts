/**
 * A server that speaks as Twilio's documentation has it, for the calls our adapter makes: available
 * numbers, incoming numbers, prices; forms in, JSON out, errors with codes.
 * Example: `const twilio = await startTwilioServer(); twilio.answerNext({ status: 429, … });`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
export const AUTH_TOKEN = 'auth-token-of-tests';

export interface TwilioCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Executes the call first, and ends the connection instead of answering. */
  readonly isLost?: boolean;
}

export interface TwilioServer {
  readonly origin: string;
  readonly calls: TwilioCall[];
  /** Answers the next call of the method so, instead of executing it. */
  answerNext(method: string, answer: ScriptedAnswer): void;
  /** The numbers rented now. */
  rented(): readonly string[];
  stop(): Promise<void>;
}

interface Rented {
  readonly sid: string;
  readonly phone_number: string;
  readonly friendly_name: string;
}

const LISTED = [
  ['+14155550101', { voice: true, SMS: true, MMS: true }],
  ['+14155550102', { voice: true, SMS: false, MMS: false }],
  ['+14155550103', { voice: true, SMS: true, MMS: false }],
] as const;

export async function startTwilioServer(): Promise<TwilioServer> {
  const calls: TwilioCall[] = [];
  const scripted: (ScriptedAnswer & { readonly method: string })[] = [];
  const rented = new Map<string, Rented>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    calls.push(call);
    const index = scripted.findIndex(({ method }) => method === call.method);
    const [answer] = index === -1 ? [] : scripted.splice(index, 1);
    if (answer !== undefined && answer.isLost !== true) return reply(response, answer);
    const executed = execute(rented, call);
    if (answer === undefined) return reply(response, executed);
    request.socket.destroy();
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerNext: (method, answer) => void scripted.push({ method, ...answer }),
    rented: () => [...rented.values()].map((number) => number.phone_number),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As https://www.twilio.com/docs/usage/twilios-response has errors. */
export function twilioError(status: number, code: number, message: string): ScriptedAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: { code, message, more_info, status } };
}

async function readCall(request: IncomingMessage): Promise<TwilioCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const url = new URL(request.url ?? '/', 'http://twilio.test');
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  return {
    method: request.method ?? '',
    path: url.pathname,
    authorization: request.headers.authorization,
    fields: Object.fromEntries([...url.searchParams, ...form]),
  };
}

function reply(response: ServerResponse, { status, body, headers }: ScriptedAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function execute(rented: Map<string, Rented>, call: TwilioCall): ScriptedAnswer {
  const expected = Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64');
  if (call.authorization !== `Basic ${expected}`) return twilioError(401, 20003, 'Authenticate');
  const base = `/2010-04-01/Accounts/${ACCOUNT_SID}`;
  if (call.path === '/v1/PhoneNumbers/Countries/US') return { status: 200, body: PRICES };
  if (call.path.startsWith(LOOKUPS)) return lookUp(call.path.slice(LOOKUPS.length));
  if (call.path === `${base}/AvailablePhoneNumbers/US/Local.json`) return listAvailable(call);
  if (call.path === `${base}/IncomingPhoneNumbers.json`) {
    return call.method === 'POST' ? create(rented, call) : listRented(rented, call);
  }
  return changeRented(rented, call);
}

function changeRented(rented: Map<string, Rented>, call: TwilioCall): ScriptedAnswer {
  const [, sid = ''] = /IncomingPhoneNumbers\/(\w+)\.json$/.exec(call.path) ?? [];
  const found = rented.get(sid);
  if (found === undefined) return twilioError(404, 20404, `${call.path} was not found`);
  if (call.method === 'GET') return { status: 200, body: toJson(found) };
  rented.delete(sid);
  return { status: 204, body: '' };
}

const LOOKUPS = '/v2/PhoneNumbers/';

const PRICES = {
  country: 'United States',
  iso_country: 'US',
  phone_number_prices: [
    { base_price: '1.15', current_price: '1.15', number_type: 'local' },
    { base_price: '2.15', current_price: '2.15', number_type: 'toll free' },
  ],
  price_unit: 'USD',
  url: 'https://pricing.twilio.com/v1/PhoneNumbers/Countries/US',
};

/** As https://www.twilio.com/docs/lookup/v2-api has it; without packages it costs nothing. */
function lookUp(asked: string): ScriptedAnswer {
  const number = decodeURIComponent(asked);
  const isAmerican = /^\+1\d{10}$/.test(number);
  const valid = isAmerican || number.startsWith('+90');
  const country_code = isAmerican ? 'US' : number.startsWith('+90') ? 'TR' : null;
  const validation_errors = valid ? [] : ['TOO_SHORT'];
  const body = { phone_number: number, country_code, valid, validation_errors };
  return { status: 200, body: { ...body, url: `https://lookups.twilio.com/v2/PhoneNumbers/x` } };
}

function listAvailable({ fields }: TwilioCall): ScriptedAnswer {
  // Lets through what has no MMS, for the adapter to notice.
  const wanted = LISTED.filter(
    ([number, can]) =>
      (fields.SmsEnabled !== 'true' || can.SMS) && number.includes(fields.Contains ?? ''),
  );
  const available_phone_numbers = wanted.map(([phone_number, can]) => ({
    phone_number,
    friendly_name: phone_number,
    iso_country: 'US',
    address_requirements: 'none',
    beta: false,
    capabilities: { ...can, fax: false },
  }));
  return { status: 200, body: { available_phone_numbers, uri: '/x.json' } };
}

function create(rented: Map<string, Rented>, { fields }: TwilioCall): ScriptedAnswer {
  const { PhoneNumber = '', FriendlyName = PhoneNumber } = fields;
  const isTaken = [...rented.values()].some((number) => number.phone_number === PhoneNumber);
  const isListed = LISTED.some(([number]) => number === PhoneNumber);
  if (isTaken || !isListed) return twilioError(400, 21422, `${PhoneNumber} is not available.`);
  const sid = `PN${String(rented.size + 1).padStart(32, '0')}`;
  const made = { sid, phone_number: PhoneNumber, friendly_name: FriendlyName };
  rented.set(sid, made);
  return { status: 201, body: toJson(made) };
}

function listRented(rented: Map<string, Rented>, { fields }: TwilioCall): ScriptedAnswer {
  const wanted = [...rented.values()].filter(
    (number) => fields.FriendlyName === undefined || number.friendly_name === fields.FriendlyName,
  );
  const incoming_phone_numbers = wanted.map(toJson);
  return { status: 200, body: { incoming_phone_numbers, page: 0, page_size: 20, uri: '/x.json' } };
}

function toJson(number: Rented) {
  const can = LISTED.find(([listed]) => listed === number.phone_number)?.[1];
  return {
    ...number,
    account_sid: ACCOUNT_SID,
    status: 'in-use',
    capabilities: { voice: can?.voice, sms: can?.SMS, mms: can?.MMS, fax: false },
    date_created: 'Sun, 22 Nov 2026 10:00:00 +0000',
    date_updated: 'Sun, 22 Nov 2026 10:00:00 +0000',
  };
}
