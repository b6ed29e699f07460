import { CarrierUnavailable, type NumberCarrier } from '../../gateways/number-carrier';
import { createTwilioCarrier } from '../../gateways/twilio/twilio-carrier';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  startTwilioServer,
  twilioError,
  type TwilioServer,
} from '../support/twilio-server';

jest.setTimeout(30_000);

let twilio: TwilioServer;
let carrier: NumberCarrier;
beforeEach(async () => {
  twilio = await startTwilioServer();
  carrier = connect();
});
afterEach(() => twilio.stop());

function connect(options: { readonly authToken?: string; readonly origin?: string } = {}) {
  return createTwilioCarrier({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    timeoutMs: 5_000,
    origin: twilio.origin,
    ...options,
  });
}

const ABLE = '+14155550101';
const VOICE_ONLY = '+14155550102';
const ORDER = { idempotencyKey: 'order/ord_1/number/1', number: ABLE, reference: 'num_1' };
const SEARCH = { country: 'US', type: 'local', capabilities: [], limit: 20 } as const;

async function rent(): Promise<string> {
  const outcome = await carrier.order(ORDER);
  if (outcome.kind === 'gone') throw new Error('the number is gone');
  return outcome.lease.leaseId;
}

async function catchUnavailable(promise: Promise<unknown>): Promise<CarrierUnavailable> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CarrierUnavailable) return error;
  throw new Error('it did not reject with CarrierUnavailable', { cause: error });
}

function countOf(method: string): number {
  return twilio.calls.filter((call) => call.method === method).length;
}

describe('a search at Twilio', () => {
  it('R2.10 asks for the capabilities and lists numbers that have them', async () => {
    const offers = await carrier.search({ ...SEARCH, capabilities: ['sms', 'voice'] });
    expect(offers.map(({ number, capabilities }) => [number, capabilities])).toEqual([
      ['+14155550101', ['sms', 'voice', 'mms']],
      ['+14155550103', ['sms', 'voice']],
    ]);
    expect(twilio.calls.at(-1)).toMatchObject({
      method: 'GET',
      path: `/2010-04-01/Accounts/${ACCOUNT_SID}/AvailablePhoneNumbers/US/Local.json`,
      fields: { SmsEnabled: 'true', VoiceEnabled: 'true' },
    });
  });

  it('R2.10 does not believe in a capability that a listed number does not show', async () => {
    const prices = twilio.calls.length;
    const offers = await carrier.search({ ...SEARCH, capabilities: ['mms'] });
    expect(offers.map(({ number }) => number)).toEqual([ABLE]);
    expect(twilio.calls.length - prices).toBe(2);
  });

  it('R2.13 has the monthly price of the type, and nothing up front', async () => {
    const [offer] = await carrier.search(SEARCH);
    expect(offer).toMatchObject({
      country: 'US',
      type: 'local',
      fees: {
        upFront: { amountMicros: 0n, currency: 'USD' },
        monthly: { amountMicros: 1_150_000n, currency: 'USD' },
      },
    });
  });

  it('without a type looks at each that is sold, and passes over one that is not there', async () => {
    const { type: _type, ...anyType } = SEARCH;
    expect(await carrier.search(anyType)).toHaveLength(3);
    const paths = twilio.calls.map(({ path }) => path.split('/').at(-1));
    expect(paths).toEqual(['US', 'Local.json', 'TollFree.json']);
  });

  it('lists at most as many as asked for', async () => {
    expect(await carrier.search({ ...SEARCH, limit: 2 })).toHaveLength(2);
  });

  it('in a country Twilio sells nothing in finds nothing', async () => {
    expect(await carrier.search({ ...SEARCH, country: 'AQ' })).toEqual([]);
  });
});

describe('one number on offer at Twilio', () => {
  it('R2.10 is found by its digits in its country, with its type, price and capabilities', async () => {
    expect(await carrier.findOffered({ number: VOICE_ONLY })).toEqual({
      number: VOICE_ONLY,
      country: 'US',
      type: 'local',
      capabilities: ['voice'],
      fees: {
        upFront: { amountMicros: 0n, currency: 'USD' },
        monthly: { amountMicros: 1_150_000n, currency: 'USD' },
      },
    });
    expect(twilio.calls.map(({ path }) => path.split('/').at(-1))).toEqual([
      '+14155550102',
      'US',
      'Local.json',
      'TollFree.json',
    ]);
    expect(twilio.calls[2]?.fields.Contains).toBe('14155550102');
  });

  it.each([
    ['somebody rents', '+14155550199'],
    ['has no country', '+999'],
    ['is of a country Twilio sells nothing in', '+902125550100'],
  ])('is null when it %s', async (_, number) => {
    expect(await carrier.findOffered({ number })).toBeNull();
  });

  it('is not null but a silence when Twilio does not answer', async () => {
    twilio.answerNext('GET', twilioError(503, 20503, 'Service unavailable'));
    const error = await catchUnavailable(carrier.findOffered({ number: ABLE }));
    expect(error.outcome).toBe('unknown');
  });
});

describe('an order at Twilio', () => {
  it('rents the number under our reference', async () => {
    expect(await carrier.order(ORDER)).toEqual({
      kind: 'ordered',
      lease: {
        leaseId: 'PN00000000000000000000000000000001',
        reference: 'num_1',
        number: ABLE,
        capabilities: ['sms', 'voice', 'mms'],
        status: 'active',
        createdAt: '2026-11-22T10:00:00.000Z',
      },
    });
    expect(twilio.calls.at(-1)).toMatchObject({
      method: 'POST',
      fields: { PhoneNumber: ABLE, FriendlyName: 'num_1' },
    });
  });

  it('repeated is the same lease, and with another number an alarm', async () => {
    const first = await carrier.order(ORDER);
    expect(await carrier.order(ORDER)).toEqual(first);
    expect(twilio.rented()).toEqual([ABLE]);
    await expect(carrier.order({ ...ORDER, number: VOICE_ONLY })).rejects.toMatchObject({
      name: 'CarrierRejected',
      code: 'idempotency_error',
    });
  });

  it('whose answer was lost is found by its reference, not made again', async () => {
    twilio.answerNext('POST', { status: 0, body: '', isLost: true });
    expect((await catchUnavailable(carrier.order(ORDER))).outcome).toBe('unknown');
    const lease = await carrier.findLease(ORDER);
    expect(await carrier.order(ORDER)).toEqual({ kind: 'ordered', lease });
    expect(countOf('POST')).toBe(1);
    expect(twilio.rented()).toEqual([ABLE]);
  });

  it('R2.10 of a number that is not available any more is gone', async () => {
    await rent();
    const other = { ...ORDER, idempotencyKey: 'other', reference: 'num_other' };
    expect(await carrier.order(other)).toEqual({ kind: 'gone' });
    expect(twilio.rented()).toEqual([ABLE]);
  });

  it('refused while the same order runs elsewhere is that order', async () => {
    twilio.answerNext('GET', { status: 200, body: { incoming_phone_numbers: [], uri: '/x' } });
    await connect().order({ ...ORDER });
    twilio.answerNext('GET', { status: 200, body: { incoming_phone_numbers: [], uri: '/x' } });
    expect(await carrier.order(ORDER)).toMatchObject({
      kind: 'ordered',
      lease: { reference: 'num_1', number: ABLE },
    });
    expect(countOf('POST')).toBe(2);
  });

  it('that Twilio is not done with is pending', async () => {
    const made = {
      sid: 'PN1',
      phone_number: ABLE,
      friendly_name: 'num_1',
      status: 'pending',
      capabilities: { voice: true, sms: true, mms: false },
      date_created: 'Sun, 22 Nov 2026 10:00:00 +0000',
      date_updated: 'Sun, 22 Nov 2026 10:00:00 +0000',
    };
    twilio.answerNext('POST', { status: 201, body: made });
    expect(await carrier.order(ORDER)).toMatchObject({
      kind: 'pending',
      lease: { status: 'pending' },
    });
  });

  it.each([
    [400, 21421, 'the number is no number'],
    [400, 21631, 'an address is asked for first'],
    [401, 20003, 'the account is not known'],
    [403, 20008, 'the account may not buy'],
  ])('refused with %s %s needs a person', async (status, code, message) => {
    twilio.answerNext('POST', twilioError(status, code, message));
    await expect(carrier.order(ORDER)).rejects.toMatchObject({
      name: 'CarrierRejected',
      code: String(code),
      httpStatus: status,
      message: `twilio refused: ${message}`,
    });
  });

  it('refused without a code that can be read needs a person too', async () => {
    twilio.answerNext('POST', { status: 418, body: 'a teapot' });
    await expect(carrier.order(ORDER)).rejects.toMatchObject({ code: 'unknown', httpStatus: 418 });
  });

  it('with a reference Twilio would cut off is refused before anything is asked', async () => {
    const long = { ...ORDER, reference: 'n'.repeat(65) };
    await expect(carrier.order(long)).rejects.toMatchObject({ code: 'invalid_reference' });
    expect(twilio.calls).toEqual([]);
  });
});

describe('a release at Twilio', () => {
  it('R2.16 gives the number back, and again finds nothing to release', async () => {
    const leaseId = await rent();
    expect(await carrier.release({ idempotencyKey: 'r/1', leaseId })).toEqual({ kind: 'released' });
    expect(twilio.rented()).toEqual([]);
    expect(await carrier.release({ idempotencyKey: 'r/1', leaseId })).toEqual({
      kind: 'unknown_lease',
    });
    expect(await carrier.getLease(leaseId)).toBeNull();
  });

  it('R2.16 whose answer was lost is found by the lease that is no more', async () => {
    const leaseId = await rent();
    twilio.answerNext('DELETE', { status: 0, body: '', isLost: true });
    const error = await catchUnavailable(carrier.release({ idempotencyKey: 'r/1', leaseId }));
    expect(error.outcome).toBe('unknown');
    expect(await carrier.getLease(leaseId)).toBeNull();
  });

  it('that fails is asked again, and the lease stays until then', async () => {
    const leaseId = await rent();
    twilio.answerNext('DELETE', twilioError(500, 20500, 'Internal Server Error'));
    const error = await catchUnavailable(carrier.release({ idempotencyKey: 'r/1', leaseId }));
    expect(error).toMatchObject({ outcome: 'unknown', retryAfterSeconds: null });
    expect(await carrier.getLease(leaseId)).toMatchObject({ status: 'active' });
    expect(await carrier.release({ idempotencyKey: 'r/1', leaseId })).toEqual({ kind: 'released' });
  });
});

describe('a lease at Twilio', () => {
  it('is found by its id and by our whole reference only', async () => {
    const leaseId = await rent();
    expect(await carrier.getLease(leaseId)).toMatchObject({ leaseId, number: ABLE });
    expect(await carrier.findLease({ reference: 'num_1' })).toMatchObject({ leaseId });
    expect(await carrier.findLease({ reference: 'num_2' })).toBeNull();
  });
});

describe('Twilio not answering', () => {
  it('with too many requests of ours has done nothing and says when to ask again', async () => {
    const tooMany = twilioError(429, 20429, 'Too Many Requests');
    twilio.answerNext('POST', { ...tooMany, headers: { 'retry-after': '3' } });
    const error = await catchUnavailable(carrier.order(ORDER));
    expect(error).toMatchObject({ outcome: 'not_executed', retryAfterSeconds: 3 });
    expect(twilio.rented()).toEqual([]);
    expect(await carrier.order(ORDER)).toMatchObject({ kind: 'ordered' });
  });

  it('in JSON leaves the outcome unknown', async () => {
    twilio.answerNext('POST', { status: 201, body: '<html>' });
    expect((await catchUnavailable(carrier.order(ORDER))).outcome).toBe('unknown');
  });

  it('at all, because nobody listens, has surely done nothing', async () => {
    const closed = await startTwilioServer();
    await closed.stop();
    const dead = connect({ origin: closed.origin });
    const error = await catchUnavailable(dead.getLease('PN1'));
    expect(error.outcome).toBe('not_executed');
  });

  it('to a wrong token is a setting of ours', async () => {
    const forged = connect({ authToken: 'another' });
    await expect(forged.getLease('PN1')).rejects.toMatchObject({
      name: 'CarrierRejected',
      code: '20003',
    });
  });
});
