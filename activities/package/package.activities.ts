import { findCommandNote } from '../../db/repositories/command-note.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  packages,
  readPackageUnits,
  type PackageRecord,
} from '../../db/repositories/package.repository';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { DueAction } from '../../domain/next-action';
import {
  decideDue,
  decideVoid,
  type PackageBalance,
  type PackageDecision,
} from '../../domain/package/decide-package';
import type { BoughtPackage, PackageActionKind } from '../../domain/package/package';
import { balanceOf, packageBucket, postEnd } from '../../domain/package/post-package';
import { DONE } from '../../workflows/lifecycle.messages';
import type { PackageCommand, PackageStep } from '../../workflows/package.messages';
import type { ActivityDependencies } from '../dependencies';
import {
  answerOnce,
  performOnce,
  toRefusedAnswer,
  type Answered,
  type Decided,
} from '../lifecycle/once';
import { postTransfers } from '../lifecycle/post-transfers';
import { withLocked, type LifecycleTarget, type Locked } from '../lifecycle/locked';
import { withApplicationFailures } from '../to-application-failure';
import { buildPackageEvents } from './package-events';

export type PackageActivities = ReturnType<typeof createPackageActivities>;

interface PerformRequest extends LifecycleTarget {
  readonly action: DueAction<PackageActionKind>;
}
interface AnswerRequest extends LifecycleTarget {
  readonly command: PackageCommand;
  readonly now: Instant;
}

/** The package's activities: load, decide (pure), apply, in one transaction that locks the ledger first. */
export function createPackageActivities(dependencies: ActivityDependencies) {
  return withApplicationFailures({
    /** Warns or ends. */
    async performPackageAction(request: PerformRequest): Promise<PackageStep> {
      const { action } = request;
      return withLocked(dependencies, packages, { request, asked: action }, (locked) =>
        performOnce(packages, locked, action, async () => {
          const balance = await readBalance(locked);
          return apply(locked, decideDue(locked.record.state, action, balance));
        }),
      );
    },

    /** Answers an operator. A refusal changes nothing but is remembered under its key. */
    async answerPackageCommand(request: AnswerRequest): Promise<Answered<PackageActionKind>> {
      const { command, now } = request;
      return withLocked(dependencies, packages, { request, asked: command }, (locked) =>
        answerOnce(packages, locked, now, () => voidPackage(locked, command, now)),
      );
    },
  });
}

async function voidPackage(
  locked: Locked<PackageRecord>,
  command: PackageCommand,
  now: Instant,
): Promise<Decided<BoughtPackage>> {
  const balance = await readBalance(locked);
  const note = await findCommandNote(locked.trx, command.noteId);
  const operator = { operator_key_id: command.keyId, operator_note: note };
  const decision = decideVoid(locked.record.state, { now, balance, operator });
  if (decision.kind === 'refused') {
    return { record: locked.record, answer: toRefusedAnswer(locked, decision, now) };
  }
  return { record: await apply(locked, decision), answer: DONE };
}

async function readBalance({
  trx,
  ledger,
  record,
}: Locked<PackageRecord>): Promise<PackageBalance> {
  const { id, accountId } = record.state;
  const units = (await readPackageUnits(trx, { accountId, ids: [id] })).get(id);
  invariant(units !== undefined, `package ${id} has no bucket`);
  return { ...balanceOf(ledger, record.state), forfeitedBefore: units.forfeited };
}

/** Writes a decision: transfers, events, the row. */
async function apply(
  locked: Locked<PackageRecord>,
  decision: PackageDecision,
): Promise<PackageRecord> {
  const { bought, at } = decision;
  const unit = { reference: packageBucket(bought.id), at };
  await postTransfers(locked, unit, (posting) => postEnd(posting, decision));
  await insertEvents(locked.trx, buildPackageEvents(decision), locked.recordedAt);
  return packages.update(locked.trx, locked.record, { state: bought, at });
}
