/** The contract of a partner's revenue share: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { PayoutTarget } from '../domain/revenue-share/decide-payout';
import type { RevenueShareActionKind } from '../domain/revenue-share/revenue-share';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';

export type RevenueShareInput = LifecycleInput<RevenueShareActionKind>;
export type RevenueShareStep = Step<RevenueShareActionKind>;

export type RevenueShareCommand =
  | {
      readonly kind: 'approve';
      readonly month: string;
      /** The API key of the operator. */
      readonly keyId: string;
    }
  | {
      readonly kind: 'pay_out';
      readonly payoutId: string;
      readonly month: string;
      readonly to: PayoutTarget;
    };

type Request<Kind extends RevenueShareCommand['kind']> = Omit<
  Extract<RevenueShareCommand, { kind: Kind }>,
  'kind'
>;

export const approveStatement = defineUpdate<CommandAnswer, [Request<'approve'>]>(
  'approveStatement',
);
export const payOut = defineUpdate<CommandAnswer, [Request<'pay_out'>]>('payOut');
