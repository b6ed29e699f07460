import { autoRecharges } from '../../db/repositories/auto-recharge.repository';
import {
  chargeReference,
  type AutoRechargeDecision,
} from '../../domain/auto-recharge/auto-recharge';
import {
  decideCharge,
  decideCharged,
  decideUnanswered,
  noteAsked,
  noteLateMoney,
} from '../../domain/auto-recharge/collect';
import { createOpenCollection } from '../collection/collectible';
import { createCollecting } from '../collection/collecting';
import type { ActivityDependencies } from '../dependencies';
import { withApplicationFailures } from '../to-application-failure';
import { applyRecharge, buildRechargeEvents } from './apply-recharge';
import { findRechargeFunds } from './recharge-funds';

export type RechargeCollectionActivities = ReturnType<typeof createRechargeCollectionActivities>;

/** A saved method fills the wallet. */
export function createRechargeCollectionActivities(dependencies: ActivityDependencies) {
  const collecting = createCollecting(dependencies, 'auto_recharge', inRechargeCollection);
  return withApplicationFailures({
    collectRecharge: collecting.collect,
    noteRechargeUncollected: collecting.noteUnanswered,
    settleReportedRecharge: collecting.settleReported,
  });
}

const inRechargeCollection = createOpenCollection({
  table: autoRecharges,
  payerKind: 'auto_recharge',
  tellCollected: (recharge, told, at) => {
    const event = { type: 'auto_recharge.charged', ...told } as const;
    return buildRechargeEvents(recharge, { events: [event], at, balanceMicros: null });
  },
  findFunds: (locked, at) => findRechargeFunds(locked, at, locked.record.state.paymentMethodId),
  // Whoever is due is paid from the balance at its own turn: what it lacks then is a crossing of its own.
  findDueFunds: (locked, at) => findRechargeFunds(locked, at, locked.record.state.paymentMethodId),
  apply: (locked, decision: AutoRechargeDecision, funds) => applyRecharge(locked, decision, funds),
  nameDue: chargeReference,
  noteAsked,
  decideCharge,
  decideCharged,
  decideUnanswered,
  noteMoneyArrived: noteLateMoney,
});
