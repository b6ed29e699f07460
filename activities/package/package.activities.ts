import { findCommandNote } from '../../db/repositories/command-note.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import {
  lockPackage,
  readPackageUnits,
  updatePackage,
  type PackageRecord,
} from '../../db/repositories/package.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { isStillNext, type DueAction } from '../../domain/next-action';
import {
  decideDue,
  decideVoid,
  type PackageBalance,
  type PackageDecision,
} from '../../domain/package/decide-package';
import { decideNextAction, type PackageActionKind } from '../../domain/package/package';
import { balanceOf, packageBucket, postEnd } from '../../domain/package/post-package';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { PackageCommand, PackageStep } from '../../workflows/package.messages';
import type { ActivityDependencies } from '../dependencies';
import { buildPackageEvents, describeBalance } from './package-events';
import { lockLedger } from '../lock-ledger';
import { withApplicationFailures } from '../to-application-failure';

export type PackageActivities = ReturnType<typeof createPackageActivities>;

interface PackageTarget {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}
interface PerformRequest extends PackageTarget {
  readonly action: DueAction<PackageActionKind>;
}
interface AnswerRequest extends PackageTarget {
  readonly command: PackageCommand;
  readonly now: Instant;
}

/** What one transaction about a package has locked, the account's ledger first. */
interface PackageUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly record: PackageRecord;
  readonly recordedAt: Instant;
}

/** The package's activities: load, decide (pure), apply, in one transaction that locks the ledger first. */
export function createPackageActivities({ database, now: wallNow }: ActivityDependencies) {
  function inUnit<T>(
    { id, accountId }: PackageTarget,
    work: (unit: PackageUnit) => Promise<T>,
  ): Promise<T> {
    return withTransaction(database, SYSTEM, async (trx) => {
      const ledger = await lockLedger(trx, accountId);
      const record = await lockPackage(trx, id);
      invariant(record !== null, `package ${id} has no row`);
      return work({ trx, ledger, record, recordedAt: wallNow() });
    });
  }

  return withApplicationFailures({
    /**
     * Warns or ends. Nothing happens when the action is no longer due: each of them changes what is next,
     * so a worker that died after the commit finds it done.
     */
    async performPackageAction(request: PerformRequest): Promise<PackageStep> {
      return inUnit(request, async (unit) => {
        const { record } = unit;
        if (!isStillNext(decideNextAction(record.bought), request.action)) return stepOf(record);
        const balance = await readBalance(unit);
        const decision = decideDue(record.bought, request.action, balance);
        return stepOf(await apply(unit, decision, { balance }));
      });
    },

    /** Answers an operator. A refusal changes nothing but is remembered under its key. */
    async answerPackageCommand(
      request: AnswerRequest,
    ): Promise<{ readonly step: PackageStep; readonly answer: CommandAnswer }> {
      return inUnit(request, async (unit) => {
        const { trx, recordedAt } = unit;
        const { operationKey: key, accountId, command, now } = request;
        const stored = await findAnswer<CommandAnswer>(trx, { key, command });
        if (stored !== null) return { step: stepOf(unit.record), answer: stored.answer };
        const { answer, record } = await voidBought(unit, request);
        const effectiveAt = now;
        await insertOperation(trx, { key, accountId, command, answer, effectiveAt, recordedAt });
        return { step: stepOf(record), answer };
      });
    },
  });
}

async function voidBought(
  unit: PackageUnit,
  { command, now }: AnswerRequest,
): Promise<{ readonly answer: CommandAnswer; readonly record: PackageRecord }> {
  const { record, trx } = unit;
  const balance = await readBalance(unit);
  const decision = decideVoid(record.bought, { now, balance });
  if (decision.kind === 'refused') return { answer: { ...decision, details: {} }, record };
  const note = await findCommandNote(trx, command.noteId);
  const facts = { operator_key_id: command.keyId, note };
  const voided = await apply(unit, decision, { balance, facts });
  return { answer: { kind: 'done' }, record: voided };
}

async function readBalance({ trx, ledger, record }: PackageUnit): Promise<PackageBalance> {
  const { id, accountId } = record.bought;
  const units = (await readPackageUnits(trx, { accountId, ids: [id] })).get(id);
  invariant(units !== undefined, `package ${id} has no bucket`);
  return { ...balanceOf(ledger, record.bought), forfeitedBefore: units.forfeited };
}

/** Writes a decision: transfers, events, the row. `facts` go with the events. */
async function apply(
  { trx, ledger, record, recordedAt }: PackageUnit,
  decision: PackageDecision,
  {
    balance,
    facts = {},
  }: {
    readonly balance: PackageBalance;
    readonly facts?: Readonly<Record<string, string | null>>;
  },
): Promise<PackageRecord> {
  const { bought, at } = decision;
  const reference = packageBucket(bought.id);
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  postEnd({ plan, ledger }, decision);
  await applyLedgerPlan(trx, plan);
  const told = buildPackageEvents(decision, { ...describeBalance(decision, balance), ...facts });
  await insertEvents(trx, told, recordedAt);
  return updatePackage(trx, record, { bought, at });
}

function stepOf({ bought, revision }: PackageRecord): PackageStep {
  const { status, expiresAt } = bought;
  return { status, revision, next: decideNextAction(bought), expiresAt };
}
