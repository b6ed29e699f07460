/** The subscription's contract: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { BillingCycle } from '../domain/billing-period';
import type { Instant } from '../domain/instant';
import type { Step } from '../domain/lifecycle';
import type { ChangeLine } from '../domain/subscription/sale';
import type { SubscriptionActionKind } from '../domain/subscription/decide-next';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type SubscriptionInput = LifecycleInput<SubscriptionActionKind>;
export type SubscriptionStep = Step<SubscriptionActionKind>;

export type SubscriptionCommand =
  | {
      readonly kind: 'start';
      readonly planCode: string;
      readonly cycle: BillingCycle;
    }
  | {
      readonly kind: 'cancel';
      readonly at: 'now' | 'period_end';
      /** Where the customer's words are kept; a history carries none. */
      readonly noteId: string | null;
    }
  | { readonly kind: 'resume' }
  | {
      readonly kind: 'change';
      readonly planCode: string;
      readonly cycle: BillingCycle;
      /** To a plan that costs nothing now, not at the period's end. */
      readonly isForced: boolean;
    }
  | {
      readonly kind: 'schedule';
      readonly planCode: string;
      readonly cycle: BillingCycle;
      readonly effectiveAt: Instant;
    }
  | { readonly kind: 'unschedule' }
  | {
      readonly kind: 'pause';
      readonly at: 'now' | 'period_end';
      readonly resumesAt: Instant | null;
    }
  | { readonly kind: 'money_arrived' }
  | ({ readonly kind: 'payment_reported' } & PaymentReport);

/** What a change answers: done, with the lines of what was charged and credited. */
export type ChangeAnswer = CommandAnswer & { readonly lines?: readonly ChangeLine[] };

type Request<Kind extends SubscriptionCommand['kind']> = Omit<
  Extract<SubscriptionCommand, { kind: Kind }>,
  'kind'
>;

/** Ids, codes and instants: a history never holds a name, an address or words of the customer. */
export const startSubscription = defineUpdate<CommandAnswer, [Request<'start'>]>(
  'startSubscription',
);
export const cancelSubscription = defineUpdate<CommandAnswer, [Request<'cancel'>]>(
  'cancelSubscription',
);
export const resumeSubscription = defineUpdate<CommandAnswer, []>('resumeSubscription');
export const changePlan = defineUpdate<ChangeAnswer, [Request<'change'>]>('changePlan');
export const scheduleChange = defineUpdate<CommandAnswer, [Request<'schedule'>]>('scheduleChange');
export const unscheduleChange = defineUpdate<CommandAnswer, []>('unscheduleChange');
export const pauseSubscription = defineUpdate<CommandAnswer, [Request<'pause'>]>(
  'pauseSubscription',
);
