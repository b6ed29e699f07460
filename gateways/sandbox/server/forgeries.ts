/**
 * Owns: what an attacker, or a gateway gone wrong, would send: the forge knob.
 * Does not own: genuine webhooks (webhook-outbox.ts).
 * A forged message comes before the genuine one, which is still sent. `signature`: signed with a
 * secret of the attacker's, says the payment succeeded. `stale`, `future`: the genuine message with a
 * good signature of another time. `amount`, `currency`: signed well, but ten times the amount, or
 * another currency: what only a comparison with the order can find.
 */
import { addSeconds, type Instant } from '../../../domain/instant';
import { formatAmount, parseMoney } from '../../../domain/money';
import { SIGNATURE_TOLERANCE_SECONDS, signPayload } from '../../webhook-signature';
import { newSandboxId, type Forgery } from './books';
import { webhookSchema, type WirePayment } from '../wire';

const SECRET_OF_NOBODY = 'a secret the merchant never heard of';
const BEYOND_TOLERANCE_SECONDS = SIGNATURE_TOLERANCE_SECONDS + 60;

export interface SignedMessage {
  readonly rawBody: Buffer;
  readonly signature: string;
}

/** The forged message that goes with a genuine body. */
export function forgeMessage(genuine: {
  readonly forgery: Forgery;
  readonly body: string;
  readonly secret: string;
  readonly now: Instant;
}): SignedMessage {
  const { forgery, body, secret, now } = genuine;
  switch (forgery) {
    case 'signature':
      return sign(rewritePayment(body, claimSuccess), SECRET_OF_NOBODY, now);
    case 'stale':
      return sign(body, secret, addSeconds(now, -BEYOND_TOLERANCE_SECONDS));
    case 'future':
      return sign(body, secret, addSeconds(now, BEYOND_TOLERANCE_SECONDS));
    case 'amount':
      return sign(rewritePayment(body, inflateAmount), secret, now);
    case 'currency':
      return sign(rewritePayment(body, swapCurrency), secret, now);
  }
}

export function sign(body: string, secret: string, signedAt: Instant): SignedMessage {
  const rawBody = Buffer.from(body, 'utf8');
  return { rawBody, signature: signPayload({ rawBody, secret, signedAt }) };
}

/** Under an id of its own, so that counting the forgery once does not lose the genuine event. */
function rewritePayment(body: string, change: (payment: WirePayment) => WirePayment): string {
  const message = webhookSchema.parse(JSON.parse(body));
  const { payment } = message.data;
  const id = newSandboxId('evt');
  if (payment === undefined) return JSON.stringify({ ...message, id });
  return JSON.stringify({
    ...message,
    id,
    type: 'payment.succeeded',
    data: { payment: change(payment) },
  });
}

function claimSuccess(payment: WirePayment): WirePayment {
  return { ...payment, status: 'succeeded', decline_code: null };
}

function inflateAmount(payment: WirePayment): WirePayment {
  const money = parseMoney(payment);
  const amount = formatAmount({ ...money, amountMicros: money.amountMicros * 10n });
  return { ...claimSuccess(payment), amount };
}

function swapCurrency(payment: WirePayment): WirePayment {
  const currency = payment.currency === 'USD' ? 'IDR' : 'USD';
  return { ...claimSuccess(payment), currency };
}
