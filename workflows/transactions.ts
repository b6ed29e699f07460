/**
 * Activities that are one short transaction on our own database. Each is tried once inside the workflow's
 * own task, as a local activity: half the events of history, and no queue to wait in. One that does not
 * succeed at once runs as an ordinary activity: retried for ever, and operators see what it waits for.
 * The operation key, or the row itself, makes it happen once however often it is tried.
 */
import {
  CancellationScope,
  proxyActivities,
  proxyLocalActivities,
  type ActivityFunction,
} from '@temporalio/workflow';
import { AT_ONCE, DATABASE } from './activity-options';

/** A transaction as workflows call it; the summary is what its history shows. */
type Transaction<Activity extends ActivityFunction> = Activity & {
  executeWithOptions(
    options: { readonly summary: string },
    args: Parameters<Activity>,
  ): ReturnType<Activity>;
};

/**
 * Like `proxyActivities`, for those that call nothing but our own database; once committed, they may also
 * leave another workflow a hint.
 */
export function proxyTransactions<Activities extends Record<keyof Activities, ActivityFunction>>() {
  const atOnce = proxyLocalActivities<Record<string, ActivityFunction>>(AT_ONCE);
  const inTime = proxyActivities<Record<string, ActivityFunction>>(DATABASE);
  const transact = async (name: string, options: object, args: unknown[]): Promise<unknown> => {
    try {
      return await atOnce[name]?.executeWithOptions(options, args);
    } catch (error) {
      // What fails for good fails again below, as the ActivityFailure that blocks an action. Here it comes
      // bare, whatever it is, and a lifecycle that let it through would have failed for ever.
      if (CancellationScope.current().consideredCancelled) throw error;
    }
    return inTime[name]?.executeWithOptions(options, args);
  };
  const bind = (_: object, name: string) =>
    Object.assign((...args: unknown[]) => transact(name, {}, args), {
      executeWithOptions: (options: object, args: unknown[]) => transact(name, options, args),
    });
  // Called by name, as the SDK's own proxies are: only the interface knows the types.
  return new Proxy({}, { get: bind }) as {
    readonly [Name in keyof Activities]: Transaction<Activities[Name]>;
  };
}
