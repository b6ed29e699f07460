import fc from 'fast-check';
import { signPayload, verifySignature } from '../../gateways/webhook-signature';

// Stripe's library signs this body with this secret at this second to exactly this signature.
const SECRET = 'whsec_test_secret';
const BODY = Buffer.from(
  '{"id":"evt_test_1","object":"event","type":"checkout.session.completed",' +
    '"data":{"object":{"id":"cs_test_1"}}}',
);
const SIGNED_AT = '2026-01-01T00:00:00.000Z';
const SIGNATURE = 'e1cb2025fcaf01a5f1dcfcab87634bde63f0c08d75cd8819b9b47d19c8da97c5';
const HEADER = `t=1767225600,v1=${SIGNATURE}`;

function verify(changed: {
  readonly header?: string | undefined;
  readonly rawBody?: Buffer;
  readonly secrets?: readonly string[];
  readonly receivedAt?: string;
}) {
  return verifySignature({
    header: HEADER,
    rawBody: BODY,
    secrets: [SECRET],
    receivedAt: SIGNED_AT,
    ...changed,
  });
}

describe('the signature of a webhook', () => {
  it('is the one the reference library makes for the same body, secret and second', () => {
    expect(signPayload({ rawBody: BODY, secret: SECRET, signedAt: SIGNED_AT })).toBe(HEADER);
  });

  it('is accepted for the body, secret and time it was made with', () => {
    expect(verify({})).toEqual({ kind: 'valid' });
  });

  it('is accepted when it matches any of several secrets, while one is rotated out', () => {
    expect(verify({ secrets: ['the new one', SECRET] })).toEqual({ kind: 'valid' });
  });

  it('is accepted when any of several signatures matches', () => {
    const header = `t=1767225600,v1=${'0'.repeat(64)},v1=${SIGNATURE}`;
    expect(verify({ header })).toEqual({ kind: 'valid' });
  });

  it('is refused with another secret', () => {
    expect(verify({ secrets: ['whsec_other'] })).toEqual({ kind: 'refused', reason: 'no_match' });
  });

  it.each([
    ['2026-01-01T00:05:00.000Z', 'valid'],
    ['2026-01-01T00:05:00.001Z', 'too_old'],
    ['2025-12-31T23:55:00.000Z', 'valid'],
    ['2025-12-31T23:54:59.999Z', 'in_the_future'],
  ])('signed at midnight and received at %s is %s', (receivedAt, expected) => {
    const verdict = verify({ receivedAt });
    expect(verdict.kind === 'valid' ? 'valid' : verdict.reason).toBe(expected);
  });

  it.each([
    ['nothing', undefined, 'missing_header'],
    ['blanks', '  ', 'missing_header'],
    ['no time', `v1=${SIGNATURE}`, 'malformed_header'],
    ['two times', `t=1767225600,t=1767225601,v1=${SIGNATURE}`, 'malformed_header'],
    ['a time that is no number', `t=now,v1=${SIGNATURE}`, 'malformed_header'],
    ['no signature', 't=1767225600', 'malformed_header'],
    ['only a scheme we do not use', `t=1767225600,v0=${SIGNATURE}`, 'malformed_header'],
    ['a signature that is too short', 't=1767225600,v1=e1cb2025', 'malformed_header'],
    ['a header without end', `t=1767225600,v1=${'a'.repeat(2_000)}`, 'malformed_header'],
    [
      'more signatures than any gateway sends',
      `t=1767225600${`,v1=${'0'.repeat(64)}`.repeat(9)}`,
      'malformed_header',
    ],
  ])('is refused when the header holds %s', (_what, header, reason) => {
    expect(verify({ header })).toEqual({ kind: 'refused', reason });
  });

  it.each([[['']], [['  ']], [[SECRET, '']], [[]]])(
    'is refused when the secrets are %j, whatever was signed',
    (secrets) => {
      expect(verify({ secrets })).toEqual({ kind: 'refused', reason: 'blank_secret' });
    },
  );

  it('cannot be made with a blank secret', () => {
    expect(() => signPayload({ rawBody: BODY, secret: ' ', signedAt: SIGNED_AT })).toThrow(
      RangeError,
    );
  });

  it('is refused after any change of any byte of the body', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, position, flip) => {
          const header = signPayload({
            rawBody: Buffer.from(bytes),
            secret: SECRET,
            signedAt: SIGNED_AT,
          });
          const changed = Buffer.from(bytes);
          const index = position % changed.length;
          changed[index] = (changed[index] ?? 0) ^ flip;
          return (
            verify({ header, rawBody: Buffer.from(bytes) }).kind === 'valid' &&
            verify({ header, rawBody: changed }).kind === 'refused'
          );
        },
      ),
    );
  });
});
