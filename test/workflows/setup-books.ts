/**
 * Stands in for the database and the gateway behind a payment method setup: a row in memory, changed by the real
 * decisions of domain/payment-method/, and a gateway whose customer agrees, or that is silent.
 */
import type { TimedTarget } from '../../activities/lifecycle/locked';
import type { SetupActivities } from '../../activities/payment-method/setup.activities';
import { toEpochMs } from '../../domain/instant';
import {
  beginSetup,
  completeSetup,
  decideNextAction,
  noteNothingKept,
  openSetup,
  type Setup,
} from '../../domain/payment-method/setup';
import type { SetupStep } from '../../workflows/setup.messages';

export interface SetupBooks {
  readonly activities: SetupActivities;
  /** What was written, with the seconds since the wish: "+15 settle open". */
  readonly deeds: string[];
  /** From now on the gateway answers or not. */
  silence(isSilent: boolean): void;
  /** The customer agrees on the page. */
  agree(): void;
}

/** The second try comes after 15 s: what comes before it came at once, however busy the machine is. */
const AT_ONCE_SECONDS = 10;

/** Opens empty books for one setup. */
export function createSetupBooks(): SetupBooks {
  const deeds: string[] = [];
  let setup: Setup | null = null;
  let revision = 0;
  let isSilent = false;
  let isAgreed = false;

  function known(): Setup {
    if (setup === null) throw new Error('there is no row');
    return setup;
  }
  function stepOf(): SetupStep {
    return { status: known().status, revision, next: decideNextAction(known()) };
  }
  function write(did: string, next: Setup, at: string): SetupStep {
    setup = next;
    revision += 1;
    const exactSeconds = (toEpochMs(at) - toEpochMs(next.askedAt)) / 1_000;
    const seconds = exactSeconds < AT_ONCE_SECONDS ? 0 : Math.round(exactSeconds);
    deeds.push(`+${seconds} ${did} ${next.status}`);
    return stepOf();
  }
  function askGateway(): void {
    if (isSilent) throw new Error('the gateway gives no answer');
  }

  return {
    activities: {
      async recordSetup({ id, accountId, now: askedAt }) {
        const asked = { id, accountId, gateway: 'sandbox', askedAt, ceiling: null } as const;
        const begun = beginSetup({ ...asked, mode: 'upi', currency: 'INR' });
        return { step: write('begin', begun, askedAt), answer: { kind: 'done' } };
      },
      async openSetupPage({ now }: TimedTarget) {
        askGateway();
        const page = { gatewaySetupId: 'gw_su_1', url: 'https://gateway.test/su_1' };
        return write('open', openSetup(known(), page), now);
      },
      async settleSetup({ now, dueAt }: TimedTarget) {
        askGateway();
        if (known().status === 'completed') return stepOf();
        if (isAgreed) {
          const kept = { paymentMethodId: 'pm_00000001', at: now };
          return write('settle', completeSetup(known(), kept), now);
        }
        return dueAt === undefined ? stepOf() : write('settle', noteNothingKept(known()), now);
      },
      async noteSetupUnanswered({ now }: TimedTarget) {
        return write('unanswered', noteNothingKept(known()), now);
      },
    },
    deeds,
    silence: (next) => void (isSilent = next),
    agree: () => void (isAgreed = true),
  };
}
