/** The reconciliation's contract: one short run, started by a schedule. */
export const RECONCILIATION_WORKFLOW_TYPE = 'reconcile';
export const RECONCILIATION_SCHEDULE_ID = 'reconciliation';

export interface ReconciliationReport {
  /** Commands that were accepted but whose outcome was never stored, sent again. */
  readonly commandsResent: number;
  /** Lifecycles whose row is open and whose workflow was gone, started again. */
  readonly lifecyclesRestarted: number;
  /** Webhooks that were stored but never forwarded, forwarded. */
  readonly webhooksForwarded: number;
  /** Stored answers whose time was over, deleted. */
  readonly requestsForgotten: number;
  /** Detached payment methods that their gateways have forgotten, too. */
  readonly methodsForgotten: number;
  /** Kept ones that a gateway was asked about, or whose owner was told. */
  readonly methodsWatched: number;
  /** Time zones in use, each of which has the workflow that turns its months. */
  readonly zonesConducted: number;
  /** Holds whose deadline had passed, ended. */
  readonly holdsReleased: number;
  /** Monthly partitions of usage that were missing, made. */
  readonly partitionsMade: number;
  /** Auto-recharges told that their account's balance fell. */
  readonly rechargesWoken: number;
}
