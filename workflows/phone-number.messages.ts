/** The phone number's contract: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Instant } from '../domain/instant';
import type { Step } from '../domain/lifecycle';
import type { PhoneNumberActionKind } from '../domain/phone-number/decide-next';
import type { CommandAnswer, LifecycleInput, OperatorRequest } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type PhoneNumberInput = LifecycleInput<PhoneNumberActionKind>;
export type PhoneNumberStep = Step<PhoneNumberActionKind>;

export type OperatorCommand = OperatorRequest &
  (
    | { readonly kind: 'extend_grace'; readonly until: Instant }
    | { readonly kind: 'waive_rent' }
    | { readonly kind: 'force_renewal' }
    | { readonly kind: 'release_now' }
  );

export type PhoneNumberCommand =
  | { readonly kind: 'set_auto_pay'; readonly autoPay: boolean }
  | { readonly kind: 'pay' }
  | { readonly kind: 'release' }
  | OperatorCommand
  | { readonly kind: 'money_arrived' }
  | ({ readonly kind: 'payment_reported' } & PaymentReport);

/** Ids, codes and instants: a history holds neither the number itself nor words of a person. */
export const setAutoPay = defineUpdate<CommandAnswer, [{ readonly autoPay: boolean }]>(
  'setAutoPay',
);
export const payRent = defineUpdate<CommandAnswer, []>('payRent');
export const releaseNumber = defineUpdate<CommandAnswer, []>('releaseNumber');
export const extendGrace = defineUpdate<
  CommandAnswer,
  [OperatorRequest & { readonly until: Instant }]
>('extendGrace');
export const waiveRent = defineUpdate<CommandAnswer, [OperatorRequest]>('waiveRent');
export const forceRenewal = defineUpdate<CommandAnswer, [OperatorRequest]>('forceRenewal');
export const releaseNow = defineUpdate<CommandAnswer, [OperatorRequest]>('releaseNow');
