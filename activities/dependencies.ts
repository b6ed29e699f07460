import type { Client } from '@temporalio/client';
import type { DisputePolicy } from '../domain/dispute/dispute';
import type { Instant } from '../domain/instant';
import type { GracePolicy } from '../domain/phone-number/phone-number';
import type { Database } from '../db/connection';
import type { NumberCarrier } from '../gateways/number-carrier';
import type { PayoutBank } from '../gateways/payouts/payout-bank';
import type { PaymentGateway } from '../gateways/payment-gateway';
import type { CommandSender } from '../gateways/workflow-commands';

/** All that activities touch outside themselves. The worker's composition root makes it. */
export interface ActivityDependencies {
  readonly database: Database;
  /** The adapters in use, by name. */
  readonly gateways: ReadonlyMap<string, PaymentGateway>;
  /** Who rents us phone numbers. */
  readonly numberCarrier: NumberCarrier;
  /** Who pays out what resellers earned; null: they are paid to their wallets only. */
  readonly payoutBank: PayoutBank | null;
  /** What follows when the rent of a number ordered from now on is not paid. */
  readonly gracePolicy: GracePolicy;
  /** What follows while a payment is disputed from now on. */
  readonly disputePolicy: DisputePolicy;
  /** Talks to other lifecycles; never to the activity's own workflow, which would wait for itself. */
  readonly client: Client;
  readonly commands: CommandSender;
  readonly taskQueue: string;
  /** Where the hosted page sends people back to. Nothing is granted there. */
  readonly checkoutReturnUrl: string;
  /** Record time only. Business time comes from the workflow. */
  readonly now: () => Instant;
}
