/**
 * Owns: keeping a payment method without a payment: its hosted page, when the gateway is asked about it, its end.
 * Does not own: what is kept (payment-method.ts), the gateway (gateways/).
 * Rules: R2.11, R1.07, ADR 0049. Only the gateway knows whether something was kept, so coming back proves nothing and
 * a lost message loses nothing: it is asked, as about a payment. What is completed after the end is kept as well.
 * Example: asked for at 10:00; the webhook is lost; the gateway is asked at 10:00:15 and has the mandate.
 */
import { addSeconds, type Instant } from '../instant';
import type { Money } from '../money';
import type { CurrencyCode } from '../currency';
import { AWAITED, type NextAction } from '../next-action';
import type { PaymentMode } from '../payment/payment';

export type SetupStatus = 'pending' | 'open' | 'completed' | 'expired';

export interface Setup {
  readonly id: string;
  readonly accountId: string;
  readonly gateway: string;
  readonly mode: PaymentMode;
  readonly currency: CurrencyCode;
  /** What the customer is asked to agree to for one charge; null: as much as the mode's rule allows. */
  readonly ceiling: Money | null;
  readonly status: SetupStatus;
  readonly askedAt: Instant;
  readonly opensTried: number;
  readonly checksMade: number;
  readonly gatewaySetupId: string | null;
  readonly url: string | null;
  /** What was kept. */
  readonly paymentMethodId: string | null;
  readonly completedAt: Instant | null;
}

export type SetupActionKind = 'open_setup' | 'check_setup';

/** When a silent gateway is asked for the page again, counted from the wish; a person waits, so not for long. */
const OPEN_AFTER_SECONDS = [0, 15, 30, 60, 120, 300, 900];
/** When the gateway is asked although no message came. Its page lasts a day: the last look finds it closed. */
const CHECK_AFTER_SECONDS = [
  15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 87_300,
];

/** A setup that nobody has opened yet. */
export function beginSetup(
  asked: Pick<Setup, 'id' | 'accountId' | 'gateway' | 'mode' | 'currency' | 'ceiling' | 'askedAt'>,
): Setup {
  return {
    ...asked,
    status: 'pending',
    opensTried: 0,
    checksMade: 0,
    gatewaySetupId: null,
    url: null,
    paymentMethodId: null,
    completedAt: null,
  };
}

/** What happens next to a setup, when and why. */
export function decideNextAction(setup: Setup): NextAction<SetupActionKind> {
  const { status, askedAt, opensTried, checksMade } = setup;
  switch (status) {
    case 'pending': {
      const at = addSeconds(askedAt, OPEN_AFTER_SECONDS[opensTried] ?? 0);
      const reason =
        opensTried === 0
          ? 'the hosted page is to be opened'
          : 'the payment gateway did not answer; it is asked again';
      return { kind: 'open_setup', at, reason, ...AWAITED };
    }
    case 'open': {
      const at = addSeconds(askedAt, CHECK_AFTER_SECONDS[checksMade] ?? 0);
      const reason = 'waiting for the customer; the gateway is asked in case its message was lost';
      return { kind: 'check_setup', at, reason, ...AWAITED };
    }
    case 'completed':
      return { kind: 'end', reason: 'a payment method was saved' };
    case 'expired':
      return { kind: 'end', reason: 'expired; nothing was saved' };
  }
}

/** The setup with its page. */
export function openSetup(
  setup: Setup,
  { gatewaySetupId, url }: { readonly gatewaySetupId: string; readonly url: string },
): Setup {
  return setup.status === 'pending' ? { ...setup, status: 'open', gatewaySetupId, url } : setup;
}

/** After a gateway that gave no answer, or said that nothing was kept yet. The last look ends it. */
export function noteNothingKept(setup: Setup): Setup {
  switch (setup.status) {
    case 'pending':
      return endIfLast(setup, { opensTried: setup.opensTried + 1 }, OPEN_AFTER_SECONDS.length);
    case 'open':
      return endIfLast(setup, { checksMade: setup.checksMade + 1 }, CHECK_AFTER_SECONDS.length);
    case 'completed':
    case 'expired':
      return setup;
  }
}

function endIfLast(
  setup: Setup,
  counted: Partial<Pick<Setup, 'opensTried' | 'checksMade'>>,
  max: number,
): Setup {
  const made = counted.opensTried ?? counted.checksMade ?? 0;
  return { ...setup, ...counted, status: made >= max ? 'expired' : setup.status };
}

/** The setup with what was kept, also after its end. */
export function completeSetup(
  setup: Setup,
  { paymentMethodId, at }: { readonly paymentMethodId: string; readonly at: Instant },
): Setup {
  if (setup.status === 'completed') return setup;
  return { ...setup, status: 'completed', paymentMethodId, completedAt: at };
}

/** The gateway closed the page; what was kept stays kept. */
export function expireSetup(setup: Setup): Setup {
  return setup.status === 'completed' ? setup : { ...setup, status: 'expired' };
}
