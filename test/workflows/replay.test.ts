import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import * as workflows from '../../workflows';
import { workflowBundle } from '../support/temporal';
import { openStage, quietRuntime, type Stage } from './stage';
import { createSubscriptionBooks } from './subscription-books';
import { openSubscription } from './subscription-on-stage';

jest.setTimeout(60_000);

const HISTORIES = path.join(__dirname, '../histories');
const WORKFLOW_ID = 'subscription/sub_00000001';

const recorded = readdirSync(HISTORIES)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, text: readFileSync(path.join(HISTORIES, name), 'utf8') }));

function read(name: string): string {
  const found = recorded.find((history) => history.name === name);
  if (!found) throw new Error(`${name} was not recorded: npm run histories`);
  return found.text;
}

/** The same history, as if the workflow had been called so: a changed copy then replays it. */
function playedBy(workflowType: string, text: string): unknown {
  return JSON.parse(
    text.replace(/("workflowType":\s*\{\s*"name":\s*)"[^"]+"/g, `$1"${workflowType}"`),
  );
}

describe('recorded histories', () => {
  beforeAll(quietRuntime);

  it('are there for every workflow, whole and continued as new', () => {
    const types = recorded.map(
      ({ text }) => /"workflowType":\s*\{\s*"name":\s*"([^"]+)"/.exec(text)?.[1],
    );
    expect(new Set(types)).toEqual(new Set(Object.keys(workflows)));
    const continued = recorded.filter(({ text }) => text.includes('CONTINUED_AS_NEW'));
    expect(continued.length).toBeGreaterThanOrEqual(2);
  });

  it('replay with the workflows as they are now', async () => {
    const histories = recorded.map(({ name, text }) => ({
      workflowId: name,
      history: JSON.parse(text) as unknown, // The worker checks it.
    }));
    const results = Worker.runReplayHistories({ workflowBundle: workflowBundle() }, histories);
    const replayed: string[] = [];
    for await (const { workflowId, error } of results) {
      replayed.push(error === undefined ? workflowId : `${workflowId}: ${error.message}`);
    }
    expect(replayed.sort()).toEqual(recorded.map(({ name }) => name).sort());
  });

  describe('catch a change of a deployed workflow', () => {
    let stage: Stage;
    let bundle: WorkflowBundleWithSourceMap;

    beforeAll(async () => {
      bundle = await bundleWorkflowCode({
        workflowsPath: path.join(__dirname, 'fixtures/changed-workflows.ts'),
        logger: new DefaultLogger('ERROR'),
      });
      stage = await openStage(bundle);
    });
    afterAll(() => stage.close());

    function replay(history: unknown): Promise<void> {
      return Worker.runReplayHistory({ workflowBundle: bundle }, history, WORKFLOW_ID);
    }

    const violation = { name: 'DeterminismViolationError' };

    it('that waits where it did not wait before', async () => {
      const history = playedBy('withAddedSleep', read('subscription-lifecycle.test-clock.json'));
      await expect(replay(history)).rejects.toMatchObject(violation);
    });

    it('that does the same things in another order', async () => {
      const history = playedBy('inAnotherOrder', read('reconcile.swept.json'));
      await expect(replay(history)).rejects.toMatchObject(violation);
    });

    it('and let pass the same change behind a patch, in runs from before and after it', async () => {
      const before = read('subscription-lifecycle.test-clock.json');
      await replay(playedBy('withPatchedSleep', before));

      const after = await recordPatched();
      await replay(JSON.parse(after));
      // Who rolls back behind a patch breaks the runs that have passed it.
      const rolledBack = playedBy('subscriptionLifecycle', after);
      await expect(replay(rolledBack)).rejects.toMatchObject(violation);
    });

    async function recordPatched(): Promise<string> {
      stage.use(createSubscriptionBooks('999.00').activities);
      const subscription = await openSubscription(stage, { workflowType: 'withPatchedSleep' });
      await stage.pass('2 seconds');
      await subscription.start();
      await subscription.cancel('now');
      await stage.settle();
      return historyToJSON(await subscription.handle.fetchHistory());
    }
  });
});
