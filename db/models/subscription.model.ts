import { Model } from 'objection';
import type { CurrencyCode } from '../../domain/currency';
import type { DunningPolicy } from '../../domain/dunning';
import type { PlanTerms } from '../../domain/plan';
import type { CollectionColumn } from '../repositories/collection.columns';
import type {
  AllowanceDebts,
  FeeGrants,
  ScheduledChange,
} from '../../domain/subscription/subscription';

/** A scheduled change as jsonb: micros as text, for JSON has no whole numbers that large. */
export type ScheduledChangeJson = Omit<ScheduledChange, 'target'> & {
  readonly target: Omit<PlanTerms, 'price'> & {
    readonly price: { readonly amountMicros: string; readonly currency: CurrencyCode };
  };
};

/** Whole units as text, for the same reason. */
export type FeeGrantsJson = Omit<FeeGrants, 'units' | 'balanceMicros'> & {
  readonly balanceMicros: string;
  readonly units: Readonly<Record<keyof FeeGrants['units'], string>>;
};

/** A row of `subscriptions`. Columns are described in migration 0004. */
export class SubscriptionModel extends Model {
  static override readonly tableName = 'subscriptions';
  declare id: string;
  declare account_id: string;
  declare serves_account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare track: string;
  declare plan_code: string;
  declare plan_name: string;
  declare plan_version: number;
  declare cycle: string;
  declare price_micros: bigint;
  declare currency: string;
  declare bears_tax: boolean;
  declare time_zone: string;
  declare anchor_at: string;
  declare period_number: number;
  declare period_starts_at: string;
  declare period_ends_at: string;
  declare periods_before: number;
  declare paid_micros: bigint;
  declare paid_from: string;
  declare changes_made: number;
  declare scheduled_change: ScheduledChangeJson | null;
  declare allowance_month: number;
  declare allowance_debts: Readonly<Record<keyof AllowanceDebts, string>>;
  declare fee_grants: FeeGrantsJson;
  declare status: string;
  declare cancels_at_period_end: boolean;
  declare cancel_reason: string | null;
  declare pauses_at_period_end: boolean;
  declare paused_at: string | null;
  declare resumes_at: string | null;
  declare dunning: DunningPolicy;
  declare due_since: string | null;
  declare retries_made: number;
  declare money_arrived_at: string | null;
  declare suspended_at: string | null;
  declare ended_at: string | null;
  declare end_reason: string | null;
  declare collection: CollectionColumn;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
