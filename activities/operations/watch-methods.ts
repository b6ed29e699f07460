import {
  listMethodsToCheck,
  listMethodsToTell,
} from '../../db/repositories/payment-method.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { ActivityDependencies } from '../dependencies';
import { checkMethod, tellExpiry } from '../payment-method/watch-method';
import { repairEach } from './repair-each';

/** Each may take a silent gateway's whole timeout. */
const CHECKS_PER_RUN_MAX = 50;
const TELLS_PER_RUN_MAX = 500;

/**
 * Asks gateways about the kept methods whose time has come, and tells owners on the wall clock whose cards expire; a
 * test clock tells its own on its way. Answers how many were asked about or told of.
 */
export async function watchMethods(dependencies: ActivityDependencies): Promise<number> {
  const { database, now } = dependencies;
  const nameOf = ({ id }: { readonly id: string }): string => id;
  const toCheck = await withTransaction(database, SYSTEM, (trx) =>
    listMethodsToCheck(trx, { now: now(), limit: CHECKS_PER_RUN_MAX }),
  );
  const repair = checkMethod.bind(null, dependencies);
  const checked = await repairEach(toCheck, { nameOf, repair });
  const toTell = await withTransaction(database, SYSTEM, (trx) =>
    listMethodsToTell(trx, { now: now(), limit: TELLS_PER_RUN_MAX }),
  );
  const told = await repairEach(toTell, {
    nameOf: ({ method }) => nameOf(method),
    async repair(tell) {
      await tellExpiry(dependencies, tell);
      return true;
    },
  });
  return checked + told;
}
