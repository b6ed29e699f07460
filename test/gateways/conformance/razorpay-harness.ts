/** Razorpay under the conformance suite: our adapter before a server that speaks as its documentation has it. */
import type { DeclineClass } from '../../../domain/payment/decline';
import { connectRazorpay } from '../../support/razorpay/connect';
import type { Fate } from '../../support/razorpay/books';
import type { Call } from '../../support/razorpay/routes';
import { startRazorpayServer, type RazorpayServer } from '../../support/razorpay-server';
import type { GatewayFault, GatewayHarness, Paying } from './harness';

const REASON_OF_CLASS: Readonly<Record<DeclineClass, string>> = {
  hard: 'mandate_cancelled',
  needs_customer: 'per_transaction_limit_exceeded',
  soft: 'insufficient_funds',
  technical: 'bank_technical_error',
};

export async function startRazorpayHarness(): Promise<GatewayHarness> {
  const razorpay = await startRazorpayServer();
  const gateway = connectRazorpay(razorpay);
  return {
    gateway,
    disputes: {
      getDispute: (disputeId) => gateway.getDispute(disputeId),
      open: async ({ gatewayPaymentId }) => razorpay.dispute(gatewayPaymentId),
      close: async (disputeId, as) => razorpay.decideDispute(disputeId, as),
    },
    settlements: {
      listSettled: (query) => gateway.listSettled(query),
      settleAll: async () => razorpay.settleAll(),
    },
    lacks: new Set(['signed_time', 'keeping_by_paying']),
    connect: (changed) => connectRazorpay(razorpay, changed),
    pay: async ({ checkoutId }, how) =>
      void razorpay.pay(checkoutId, { method: how.mode, fate: fateOf(how.does) }),
    completeSetup: async ({ setupId }) => razorpay.register(setupId),
    settle: async (gatewayPaymentId) => settle(razorpay, gatewayPaymentId),
    expire: async (checkoutId) => razorpay.expireLink(checkoutId),
    strike: async (fault) => strike(razorpay, fault),
    awaitWebhook: async (fits) => {
      const found = razorpay.webhooks.find((message) => fits(gateway.verifyWebhook(message)));
      if (found === undefined) throw new Error('razorpay told nothing of the kind');
      return found;
    },
    sign: (body, { secret } = {}) => razorpay.sign(body, secret),
    stop: () => razorpay.stop(),
  };
}

function fateOf(does: Paying['does']): Fate {
  switch (does) {
    case 'pay':
      return { kind: 'captured' };
    case 'decline':
      return { kind: 'failed', reason: 'insufficient_funds' };
    case 'pay_slowly':
      return { kind: 'created' };
    case 'pay_late':
      return { kind: 'failed', reason: 'payment_timed_out' };
  }
}

function settle({ books }: RazorpayServer, gatewayPaymentId: string): void {
  const payment = books.payments.get(gatewayPaymentId);
  if (payment === undefined) throw new Error(`razorpay has no ${gatewayPaymentId}`);
  books.decide(payment, { kind: 'captured' });
}

function strike(razorpay: RazorpayServer, fault: GatewayFault): void {
  switch (fault.kind) {
    case 'lost': {
      const [fits, does] = fault.executed
        ? ([decides, 'lose_after'] as const)
        : ([isWrite, 'lose_before'] as const);
      return razorpay.strike({ fits, does });
    }
    case 'decline':
      razorpay.moods.fates.push({
        kind: 'failed',
        reason: REASON_OF_CLASS[fault.declineClass],
      });
      return;
    case 'decline_refund':
      razorpay.moods.refundFates.push('failed');
  }
}

function isWrite({ method }: Call): boolean {
  return method === 'POST';
}

/** A charge is an order, then a payment: the payment is what it is about. */
function decides({ method, path }: Call): boolean {
  return method === 'POST' && path !== '/orders';
}
