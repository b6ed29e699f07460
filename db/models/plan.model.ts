import { Model } from 'objection';
import type { ChangePolicy } from '../../domain/change-policy';
import type { DunningPolicy } from '../../domain/dunning';
import type { Allowances, Limits, OnExhausted, SupportTerms, UnitPrices } from '../../domain/plan';

/** A row of `plans`. */
export class PlanModel extends Model {
  static override readonly tableName = 'plans';
  static override readonly idColumn = 'code';
  declare code: string;
  declare kind: string;
  declare current_version: number;
  declare archived_at: string | null;
  declare created_at: string;
}

/** A row of `plan_versions`: immutable. */
export class PlanVersionModel extends Model {
  static override readonly tableName = 'plan_versions';
  static override readonly idColumn = ['plan_code', 'version'];
  declare plan_code: string;
  declare version: number;
  declare name: string;
  declare tier: string;
  declare allowances: Allowances;
  declare limits: Limits;
  declare features: string[];
  declare support: SupportTerms | null;
  declare unit_prices: UnitPrices;
  declare on_exhausted: OnExhausted;
  declare bears_tax: boolean;
  declare dunning: DunningPolicy;
  declare changes: ChangePolicy;
  declare created_at: string;
}

/** A row of `plan_prices`: immutable. */
export class PlanPriceModel extends Model {
  static override readonly tableName = 'plan_prices';
  static override readonly idColumn = ['plan_code', 'version', 'cycle', 'currency'];
  declare plan_code: string;
  declare version: number;
  declare cycle: string;
  declare currency: string;
  declare amount_micros: bigint;
}

/** A row of `plan_agreements`. */
export class PlanAgreementModel extends Model {
  static override readonly tableName = 'plan_agreements';
  static override readonly idColumn = ['account_id', 'plan_code'];
  declare account_id: string;
  declare plan_code: string;
  declare allowances: Allowances;
  declare limits: Limits;
  declare updated_at: string;
}
