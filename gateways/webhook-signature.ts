/**
 * Owns: the signature of a webhook, `t=<unix seconds>,v1=<hex>[,v1=<hex>…]`, where each v1 is the
 * HMAC-SHA256 of `<t>.<raw body>` with one secret. The scheme is the one of Stripe-Signature.
 * Does not own: what the body says, or remembering which events were seen (the inbox does).
 * Example: `verifySignature({ header, rawBody, secrets: ['new', 'old'], receivedAt })` is
 * `{ kind: 'valid' }`, or `{ kind: 'refused', reason: 'too_old' }` for a recording played again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { toEpochMs, type Instant } from '../domain/instant';

/** A signed message is good for five minutes on either side of our clock, as the gateways advise. */
export const SIGNATURE_TOLERANCE_SECONDS = 300;

/** More than any gateway sends; a header of megabytes is not worth parsing. */
const HEADER_LENGTH_MAX = 1_024;
const SIGNATURES_MAX = 8;

export type SignatureRefusal =
  'missing_header' | 'malformed_header' | 'blank_secret' | 'too_old' | 'in_the_future' | 'no_match';

export type SignatureVerdict =
  { readonly kind: 'valid' } | { readonly kind: 'refused'; readonly reason: SignatureRefusal };

interface ParsedHeader {
  readonly signedAtSeconds: number;
  readonly signatures: readonly Buffer[];
}

/**
 * Whether `rawBody` was signed with one of `secrets` (newest first; several while one is rotated
 * out) within the tolerance around `receivedAt`. Takes the bytes as they came: a body that was
 * parsed and printed again is another body. Never throws for what a stranger sent.
 */
export function verifySignature(input: {
  readonly header: string | undefined;
  readonly rawBody: Buffer;
  readonly secrets: readonly string[];
  readonly receivedAt: Instant;
}): SignatureVerdict {
  if (input.secrets.length === 0 || input.secrets.some(isBlank)) return refused('blank_secret');
  if (input.header === undefined || isBlank(input.header)) return refused('missing_header');
  const parsed = parseHeader(input.header);
  if (parsed === null) return refused('malformed_header');

  const untimely = findUntimeliness(parsed, input.receivedAt);
  if (untimely !== null) return refused(untimely);
  return isSignedWithOne(parsed, input) ? { kind: 'valid' } : refused('no_match');
}

/** The header value for a body signed at `signedAt`: what the sandbox sends. Throws on a blank secret. */
export function signPayload(input: {
  readonly rawBody: Buffer;
  readonly secret: string;
  readonly signedAt: Instant;
}): string {
  if (isBlank(input.secret)) throw new RangeError('a webhook secret must not be blank');
  const signedAtSeconds = Math.floor(toEpochMs(input.signedAt) / 1_000);
  const signature = computeSignature(input.secret, signedAtSeconds, input.rawBody);
  return `t=${signedAtSeconds},v1=${signature.toString('hex')}`;
}

function findUntimeliness(
  { signedAtSeconds }: ParsedHeader,
  receivedAt: Instant,
): SignatureRefusal | null {
  const ageSeconds = toEpochMs(receivedAt) / 1_000 - signedAtSeconds;
  if (ageSeconds > SIGNATURE_TOLERANCE_SECONDS) return 'too_old';
  return ageSeconds < -SIGNATURE_TOLERANCE_SECONDS ? 'in_the_future' : null;
}

/** Every pair is compared, so that the time taken tells nothing about which one matched. */
function isSignedWithOne(
  { signedAtSeconds, signatures }: ParsedHeader,
  message: { readonly rawBody: Buffer; readonly secrets: readonly string[] },
): boolean {
  const matches = message.secrets.flatMap((secret) => {
    const expected = computeSignature(secret, signedAtSeconds, message.rawBody);
    return signatures.filter((signature) => timingSafeEqual(expected, signature));
  });
  return matches.length > 0;
}

function computeSignature(secret: string, signedAtSeconds: number, rawBody: Buffer): Buffer {
  return createHmac('sha256', secret).update(`${signedAtSeconds}.`).update(rawBody).digest();
}

/** Unknown schemes (`v0=`) are skipped, as gateways ask; a second `t` would make the signed time ambiguous. */
function parseHeader(header: string): ParsedHeader | null {
  if (header.length > HEADER_LENGTH_MAX) return null;
  const parts = header.split(',').map((part) => part.trim());
  const [time, ...otherTimes] = valuesOf(parts, 't=');
  const signatures = valuesOf(parts, 'v1=').filter((value) => /^[0-9a-f]{64}$/.test(value));
  if (time === undefined || otherTimes.length > 0 || !/^\d{1,12}$/.test(time)) return null;
  if (signatures.length === 0 || signatures.length > SIGNATURES_MAX) return null;
  return {
    signedAtSeconds: Number(time),
    signatures: signatures.map((value) => Buffer.from(value, 'hex')),
  };
}

function valuesOf(parts: readonly string[], scheme: 't=' | 'v1='): string[] {
  return parts.filter((part) => part.startsWith(scheme)).map((part) => part.slice(scheme.length));
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function refused(reason: SignatureRefusal): SignatureVerdict {
  return { kind: 'refused', reason };
}
