/** What lifecycles hear of payments. Each fact has an id of its own, so that it happens once. */
import { setHandler } from '@temporalio/workflow';
import { moneyArrived, paymentReported, type PaymentReport } from './payment.messages';

interface Queue<Fact> {
  note(fact: Fact, id: string): void;
}

/** For whoever is paid at a gateway. */
export function listenToGateways(
  commands: Queue<{ readonly kind: 'payment_reported' } & PaymentReport>,
): void {
  setHandler(
    paymentReported,
    (report) =>
      commands.note({ kind: 'payment_reported', ...report }, `${report.gateway}/${report.eventId}`),
    { description: 'The gateway says something happened to a payment; it is asked what.' },
  );
}

/** For whoever is paid from the wallet. */
export function listenToWallet(commands: Queue<{ readonly kind: 'money_arrived' }>): void {
  setHandler(moneyArrived, ({ from }) => commands.note({ kind: 'money_arrived' }, from), {
    description: 'Money came into the wallet: what is owed is tried at once.',
  });
}
