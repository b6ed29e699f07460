/** The auto-recharge's contract: its commands and one line per message. */
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AutoRechargeActionKind } from '../domain/auto-recharge/auto-recharge';
import type { Step } from '../domain/lifecycle';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type AutoRechargeInput = LifecycleInput<AutoRechargeActionKind>;
export type AutoRechargeStep = Step<AutoRechargeActionKind>;

/** Limits as they were asked for: decimal texts in the account's currency. */
export interface SetAutoRecharge {
  readonly enabled: boolean;
  readonly threshold: string;
  readonly amount: string;
  readonly monthlyCap: string;
  readonly paymentMethodId: string | null;
}

export type AutoRechargeCommand =
  ({ readonly kind: 'set' } & SetAutoRecharge) | { readonly kind: 'turn_off' };

/** What it hears of beside commands: the row or the gateway says what it means. */
export type AutoRechargeFact =
  { readonly kind: 'balance_fell' } | ({ readonly kind: 'payment_reported' } & PaymentReport);

export const setAutoRecharge = defineUpdate<CommandAnswer, [SetAutoRecharge]>('setAutoRecharge');
export const turnOffAutoRecharge = defineUpdate<CommandAnswer, []>('turnOffAutoRecharge');
/** A hint: the row says that the balance fell below the threshold. */
export const balanceFell = defineSignal<[]>('balanceFell');
