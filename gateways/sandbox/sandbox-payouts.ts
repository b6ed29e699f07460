/**
 * Owns: the payout port spoken to the sandbox gateway over HTTP.
 * Does not own: the HTTP itself (sandbox-client.ts), the server at the other end (server/).
 * An answer about another amount is not believed.
 */
import { parseMoney, toWireMoney, type Money } from '../../domain/money';
import type { PayoutOutcome } from '../../domain/revenue-share/decide-payout';
import { PayoutBankUnavailable, type PayoutBank } from '../payouts/payout-bank';
import { createSandboxClient, toRejection, type ClientOptions } from './sandbox-client';
import { payoutListSchema, payoutSchema, type WirePayout } from './wire';

export function createSandboxPayouts(options: ClientOptions): PayoutBank {
  const client = createSandboxClient(options);
  return {
    async send({ reference, beneficiary, money }) {
      const body = { reference, beneficiary, ...toWireMoney(money) };
      const reply = await client({
        method: 'POST',
        path: '/v1/payouts',
        reply: payoutSchema,
        idempotencyKey: reference,
        body,
      });
      if (reply.kind === 'refused') throw toRejection(reply);
      assertSame(reply.value, money);
      return fromApiPayout(reply.value);
    },

    async find({ reference }) {
      const path = `/v1/payouts?reference=${encodeURIComponent(reference)}`;
      const reply = await client({ method: 'GET', path, reply: payoutListSchema });
      if (reply.kind === 'refused') throw toRejection(reply);
      const [payout] = reply.value.items;
      return payout === undefined ? null : fromApiPayout(payout);
    },
  };
}

function assertSame({ amount, currency }: WirePayout, money: Money): void {
  const answered = parseMoney({ amount, currency });
  const isSame =
    answered.amountMicros === money.amountMicros && answered.currency === money.currency;
  if (!isSame) throw new PayoutBankUnavailable('the bank answered about another amount');
}

function fromApiPayout({ id, status, failure_code: code }: WirePayout): PayoutOutcome {
  switch (status) {
    case 'paid':
      return { kind: 'paid', payoutId: id };
    case 'failed':
      return { kind: 'failed', reason: code ?? 'no reason was given' };
    case 'processing':
      return { kind: 'processing' };
  }
}
