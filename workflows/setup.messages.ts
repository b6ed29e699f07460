/** The contract of a payment method setup: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { PaymentMode } from '../domain/payment/payment';
import type { SetupActionKind } from '../domain/payment-method/setup';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type SetupInput = LifecycleInput<SetupActionKind>;
export type SetupStep = Step<SetupActionKind>;

export type SetupCommand =
  | {
      readonly kind: 'begin';
      readonly gateway: string;
      readonly mode: PaymentMode;
      readonly currency: string;
      /** A decimal string: a bigint does not cross a wire. Null: no ceiling. */
      readonly maxAmount: string | null;
    }
  | ({ readonly kind: 'payment_reported' } & PaymentReport);

type Request = Omit<Extract<SetupCommand, { kind: 'begin' }>, 'kind'>;

export const beginSetup = defineUpdate<CommandAnswer, [Request]>('beginSetup');
