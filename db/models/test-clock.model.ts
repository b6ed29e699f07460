import { Model } from 'objection';

/** A row of `test_clocks`. Columns are described in migration 0001. */
export class TestClockModel extends Model {
  static override readonly tableName = 'test_clocks';
  declare id: string;
  declare partner_id: string | null;
  declare name: string;
  declare now_at: string;
  declare status: string;
  declare advancing_to: string | null;
  declare failure: string | null;
  declare created_at: string;
}
