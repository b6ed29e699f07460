/**
 * Owns: Twilio behind the port: which of its calls a search, an order and a release are, and which of
 * its error codes are expected refusals.
 * Does not own: HTTP (twilio-client.ts), or the papers some countries ask for: without an address or a
 * bundle on the account an order there is a CarrierRejected, for a person.
 * Twilio keeps no idempotency keys: the reference is the number's FriendlyName, and an order looks for
 * it first. It forgets a number once it is released. Its prices are per country and type, in one
 * currency of the account, and it asks for nothing up front. It lists numbers by country only, so that of one
 * number is asked of its Lookup first, which costs nothing.
 * Example: an order that Twilio answers with code 21422 is `{ kind: 'gone' }`.
 */
import type { Twilio } from 'twilio';
import { parseCurrency } from '../../domain/currency';
import { fromEpochMs } from '../../domain/instant';
import { parseMoney, type Money } from '../../domain/money';
import {
  NUMBER_CAPABILITIES,
  NUMBER_TYPES,
  missingCapabilities,
  type NumberCapability,
  type NumberType,
} from '../../domain/number-capability';
import {
  CarrierRejected,
  CarrierUnavailable,
  type CarrierLease,
  type NumberCarrier,
  type NumberSearch,
  type OfferedNumber,
  type OrderNumberRequest,
  type OrderOutcome,
  type ReleaseOutcome,
} from '../number-carrier';
import { createTwilioClient, type TwilioOptions } from './twilio-client';

/** "PhoneNumber is not available": never Twilio's, or somebody's meanwhile. */
const NOT_AVAILABLE = 21_422;
/** Of a FriendlyName. */
const REFERENCE_LENGTH_MAX = 64;
/** How many numbers that contain the digits of another one are looked through for it. */
const CONTAINING_MAX = 20;
/** How many numbers under one reference we look at; more than one is a mistake already. */
const FOUND_MAX = 20;

/** Calls nobody yet: the SDK is loaded with the first call. */
export function createTwilioCarrier(options: TwilioOptions): NumberCarrier {
  let client: Promise<Twilio> | null = null;
  /** Every call of ours, with the SDK's error in words of the port. */
  async function ask<Value>(call: (twilio: Twilio) => Promise<Value>): Promise<Value> {
    client ??= createTwilioClient(options);
    const twilio = await client;
    try {
      return await call(twilio);
    } catch (error) {
      throw toPortError(error);
    }
  }
  return {
    name: 'twilio',
    search: (query) => search(ask, query),
    findOffered: ({ number }) => findOffered(ask, number),
    order: (request) => order(ask, request),
    release: ({ leaseId }) => release(ask, leaseId),
    getLease: (leaseId) => getLease(ask, leaseId),
    findLease: ({ reference }) => findLease(ask, reference),
  };
}

type Ask = <Value>(call: (twilio: Twilio) => Promise<Value>) => Promise<Value>;

/** A search, or one for numbers with these digits in them. */
interface TwilioSearch extends NumberSearch {
  readonly contains?: string;
}

async function search(ask: Ask, query: TwilioSearch): Promise<readonly OfferedNumber[]> {
  const { country, limit } = query;
  const prices = await listPrices(ask, country);
  const types = query.type === undefined ? NUMBER_TYPES : [query.type];
  const offers: OfferedNumber[] = [];
  for (const type of types) {
    const monthly = prices.get(type);
    // What has no price is not sold, and asking for a type a country does not have costs a call.
    if (monthly === undefined || offers.length >= limit) continue;
    const found = await listAvailable(ask, { ...query, type, limit: limit - offers.length });
    const fees = { monthly, upFront: { amountMicros: 0n, currency: monthly.currency } };
    offers.push(...found.map((offer) => ({ ...offer, country, type, fees })));
  }
  return offers;
}

/** Twilio has no address of a number on offer: it is listed by the digits it contains, in its country. */
async function findOffered(ask: Ask, number: string): Promise<OfferedNumber | null> {
  const found = await orNull(ask((twilio) => twilio.lookups.v2.phoneNumbers(number).fetch()));
  // Null where Twilio cannot tell, of digits that are no number, for example.
  if (found === null || !found.valid || !found.countryCode) return null;
  const country = found.countryCode;
  const query = { country, capabilities: [], limit: CONTAINING_MAX, contains: number.slice(1) };
  const offers = await search(ask, query);
  return offers.find((offer) => offer.number === number) ?? null;
}

/** What a number of each type costs a month; empty where Twilio sells none. */
async function listPrices(ask: Ask, country: string): Promise<ReadonlyMap<NumberType, Money>> {
  const priced = await orNull(
    ask((twilio) => twilio.pricing.v1.phoneNumbers.countries(country).fetch()),
  );
  const prices = new Map<NumberType, Money>();
  for (const price of priced?.phoneNumberPrices ?? []) {
    const type = NUMBER_TYPES.find((known) => known === price.numberType?.replace(' ', '_'));
    const amount = price.currentPrice ?? price.basePrice;
    if (type === undefined || amount === undefined) continue;
    const currency = parseCurrency(priced?.priceUnit.toUpperCase() ?? '');
    prices.set(type, parseMoney({ amount: String(amount), currency }));
  }
  return prices;
}

type Available = Pick<OfferedNumber, 'number' | 'capabilities'>;

async function listAvailable(
  ask: Ask,
  query: TwilioSearch & { readonly type: NumberType },
): Promise<readonly Available[]> {
  const { country, type, capabilities: required, limit, contains } = query;
  const asked = {
    limit,
    ...(contains !== undefined && { contains }),
    ...(required.includes('sms') && { smsEnabled: true }),
    ...(required.includes('voice') && { voiceEnabled: true }),
    ...(required.includes('mms') && { mmsEnabled: true }),
  };
  const found = await orNull(
    ask(async (twilio) => {
      const offered = twilio.availablePhoneNumbers(country);
      switch (type) {
        case 'local':
          return (await offered.local.list(asked)).map(fromApiAvailable);
        case 'mobile':
          return (await offered.mobile.list(asked)).map(fromApiAvailable);
        case 'toll_free':
          return (await offered.tollFree.list(asked)).map(fromApiAvailable);
      }
    }),
  );
  return (found ?? []).filter(
    ({ capabilities }) => missingCapabilities({ offered: capabilities, required }).length === 0,
  );
}

async function order(ask: Ask, request: OrderNumberRequest): Promise<OrderOutcome> {
  const { number, reference } = request;
  if (reference === '' || reference.length > REFERENCE_LENGTH_MAX) {
    throw new CarrierRejected('invalid_reference', 400, 'a reference is 1 to 64 characters');
  }
  // Twice: the first look finds what a call of unknown outcome did, the second one that was running.
  const before = await findLease(ask, reference);
  if (before !== null) return toOrdered(before, number);
  try {
    const rented = await ask((twilio) =>
      twilio.incomingPhoneNumbers.create({ phoneNumber: number, friendlyName: reference }),
    );
    return toOrdered(fromApiLease(rented), number);
  } catch (error) {
    if (!(error instanceof CarrierRejected) || error.code !== String(NOT_AVAILABLE)) throw error;
    const meanwhile = await findLease(ask, reference);
    return meanwhile === null ? { kind: 'gone' } : toOrdered(meanwhile, number);
  }
}

/** One reference for two numbers is a bug of ours, as one key for two requests is. */
function toOrdered(lease: CarrierLease, number: string): OrderOutcome {
  if (lease.number !== number) {
    throw new CarrierRejected('idempotency_error', 200, 'the reference is of another number');
  }
  return { kind: lease.status === 'pending' ? 'pending' : 'ordered', lease };
}

async function release(ask: Ask, leaseId: string): Promise<ReleaseOutcome> {
  const isRemoved = await orNull(ask((twilio) => twilio.incomingPhoneNumbers(leaseId).remove()));
  return { kind: isRemoved === null ? 'unknown_lease' : 'released' };
}

async function getLease(ask: Ask, leaseId: string): Promise<CarrierLease | null> {
  const found = await orNull(ask((twilio) => twilio.incomingPhoneNumbers(leaseId).fetch()));
  return found === null ? null : fromApiLease(found);
}

async function findLease(ask: Ask, reference: string): Promise<CarrierLease | null> {
  const found = await ask((twilio) =>
    twilio.incomingPhoneNumbers.list({ friendlyName: reference, limit: FOUND_MAX }),
  );
  // The filter is Twilio's; what it lets through must be ours letter by letter.
  const lease = found.find(({ friendlyName }) => friendlyName === reference);
  return lease === undefined ? null : fromApiLease(lease);
}

/** The SDK's capabilities have other letters in a search (`SMS`) than in a lease (`sms`). */
type ApiCapabilities = Readonly<Record<string, unknown>>;

interface ApiNumber {
  readonly phoneNumber: string;
  readonly capabilities: object;
}

interface ApiLease extends ApiNumber {
  readonly sid: string;
  readonly friendlyName: string;
  readonly status: string;
  readonly dateCreated: Date;
}

function fromApiAvailable({ phoneNumber, capabilities }: ApiNumber): Available {
  return { number: phoneNumber, capabilities: fromApiCapabilities(capabilities) };
}

function fromApiLease(lease: ApiLease): CarrierLease {
  return {
    leaseId: lease.sid,
    reference: lease.friendlyName,
    number: lease.phoneNumber,
    capabilities: fromApiCapabilities(lease.capabilities),
    status: lease.status === 'pending' ? 'pending' : 'active',
    createdAt: fromEpochMs(lease.dateCreated.getTime()),
  };
}

function fromApiCapabilities(given: object): readonly NumberCapability[] {
  const flags = given as ApiCapabilities;
  return NUMBER_CAPABILITIES.filter(
    (capability) => flags[capability] === true || flags[capability.toUpperCase()] === true,
  );
}

/** Null for 404: Twilio has nothing under that address. */
async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CarrierRejected && error.httpStatus === 404) return null;
    throw error;
  }
}

/** Ours pass; the SDK's has `status` and `code`; anything else is an answer we could not read. */
function toPortError(error: unknown): unknown {
  if (error instanceof CarrierUnavailable) return error;
  if (isRestException(error)) {
    const code = error.code === undefined ? 'unknown' : String(error.code);
    return new CarrierRejected(code, error.status, `twilio refused: ${error.message}`);
  }
  const facts = { outcome: 'unknown', cause: error } as const;
  return new CarrierUnavailable('twilio answered something we cannot read', facts);
}

function isRestException(
  error: unknown,
): error is Error & { readonly status: number; readonly code?: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
