/**
 * Stands in for the database behind packages: rows in memory, changed by the real decisions of
 * domain/package/. What is left of a package is what a test says.
 */
import type { PackageActivities } from '../../activities/package/package.activities';
import { isStillNext } from '../../domain/next-action';
import { decideDue, decideVoid, type PackageDecision } from '../../domain/package/decide-package';
import { decideNextAction, type BoughtPackage } from '../../domain/package/package';
import type { PackageStep } from '../../workflows/package.messages';

export interface PackageBooks {
  readonly activities: PackageActivities;
  /** What was written: "warn_expiry 2027-03-25T18:30:00.000Z active". */
  readonly deeds: string[];
  /** What was told: "package.expiry_near". */
  readonly told: string[];
  /** Writes a row as an order does; answers what its workflow is started with. */
  give(bought: BoughtPackage): PackageStep;
  /** The next action fails that often. */
  fail(error: Error, times: number): void;
}

const LEFT = { available: 2_000n, held: 0n, forfeitedBefore: 0n };

export function createPackageBooks(): PackageBooks {
  const rows = new Map<string, { readonly bought: BoughtPackage; readonly revision: number }>();
  const deeds: string[] = [];
  const told: string[] = [];
  let failure: { readonly error: Error; times: number } | null = null;

  function rowOf(id: string) {
    const row = rows.get(id);
    if (!row) throw new Error(`no row of ${id}`);
    return row;
  }
  function stepOf(id: string): PackageStep {
    const { bought, revision } = rowOf(id);
    const { status, expiresAt } = bought;
    return {
      status,
      revision,
      next: decideNextAction(bought),
      attributes: { ExpiresAt: expiresAt },
    };
  }
  function write(did: string, { bought, events }: PackageDecision): PackageStep {
    rows.set(bought.id, { bought, revision: rowOf(bought.id).revision + 1 });
    deeds.push(`${did} ${bought.status}`);
    told.push(...events.map(({ type }) => type));
    return stepOf(bought.id);
  }

  return {
    activities: {
      async performPackageAction({ id, action }) {
        if (failure !== null && failure.times > 0) {
          failure.times -= 1;
          throw failure.error;
        }
        const { bought } = rowOf(id);
        if (!isStillNext(decideNextAction(bought), action)) return stepOf(id);
        return write(`${action.kind} ${action.at}`, decideDue(bought, action, LEFT));
      },
      async answerPackageCommand({ id, now }) {
        const decision = decideVoid(rowOf(id).bought, {
          now,
          balance: LEFT,
          operator: { operator_key_id: 'key_1', operator_note: null },
        });
        if (decision.kind === 'refused') {
          return { step: stepOf(id), answer: { ...decision, details: {} } };
        }
        return { step: write('void', decision), answer: { kind: 'done' } };
      },
    },
    deeds,
    told,
    give(bought) {
      rows.set(bought.id, { bought, revision: 1 });
      return stepOf(bought.id);
    },
    fail: (error, times) => void (failure = { error, times }),
  };
}
