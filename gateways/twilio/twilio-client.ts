/**
 * Owns: how the official SDK reaches Twilio: our time limit, our words for silence (CarrierUnavailable),
 * and an address that can be replaced, so that no test calls the internet.
 * Does not own: what the calls mean (twilio-carrier.ts).
 * The SDK's own client would hide `Retry-After` and cannot tell a request that never left; it retries
 * nothing here either, because the caller's retries are the ones that people can see.
 */
import type twilio from 'twilio';
import type { Twilio } from 'twilio';
import { exchange, wasNotSent, type HttpReply } from '../http-exchange';
import { CarrierUnavailable } from '../number-carrier';

export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly timeoutMs: number;
  /** Replaces https://api.twilio.com and all its other hosts; null: Twilio itself. */
  readonly origin: string | null;
}

/**
 * The SDK, loaded now: it takes half a second, which only those pay who rent from Twilio.
 * Throws an Error when the account's id is none.
 */
export async function createTwilioClient(options: TwilioOptions): Promise<Twilio> {
  const { default: sdk } = await import('twilio');
  const httpClient = new sdk.RequestClient();
  // The SDK names its caller's wish as the type of a body that is text, and parses it itself.
  httpClient.request = ((request: SdkRequest) => send(options, request)) as Send;
  return new sdk.Twilio(options.accountSid, options.authToken, { httpClient });
}

type Send = twilio.RequestClient['request'];
type SdkRequest = Parameters<Send>[0];
type SdkResponse = Awaited<ReturnType<Send>>;

/** Rejects with CarrierUnavailable for silence, 429 and 5xx; the SDK makes the rest an error of its own. */
async function send(options: TwilioOptions, request: SdkRequest): Promise<SdkResponse> {
  const { httpStatus, text, retryAfterSeconds } = await ask(options, request);
  if (httpStatus === 429) {
    const facts = { outcome: 'not_executed', retryAfterSeconds } as const;
    throw new CarrierUnavailable('twilio has too many requests of ours', facts);
  }
  if (httpStatus >= 500) {
    const facts = { outcome: 'unknown', retryAfterSeconds } as const;
    throw new CarrierUnavailable(`twilio answered ${httpStatus} to ${request.method}`, facts);
  }
  return { statusCode: httpStatus, body: text, headers: {} };
}

async function ask(options: TwilioOptions, request: SdkRequest): Promise<HttpReply> {
  const { method, username = '', password = '', params } = request;
  const url = new URL(request.uri);
  if (params !== undefined) url.search = toForm(params);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const address = `${options.origin ?? url.origin}${url.pathname}${url.search}`;
  try {
    return await exchange({
      method,
      url: address,
      headers: { ...request.headers, authorization },
      body: isFields(request.data) ? toForm(request.data) : null,
      timeoutMs: options.timeoutMs,
    });
  } catch (error) {
    const outcome = wasNotSent(error) ? 'not_executed' : 'unknown';
    throw new CarrierUnavailable(`twilio gave no answer to ${method}`, { outcome, cause: error });
  }
}

function isFields(body: unknown): body is object {
  return typeof body === 'object' && body !== null;
}

/** The SDK hands over texts, numbers and booleans; what is undefined is left out. */
function toForm(fields: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.append(name, String(value));
  }
  return form.toString();
}
