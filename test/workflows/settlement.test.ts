import { ApplicationFailure } from '@temporalio/common';
import { buildSettlementStart, type SettlementOutcome } from '../../workflows/settlement.messages';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const day = { gateway: 'sandbox', day: '2027-03-01' };

describe('reconcileSettlements', () => {
  let stage: Stage;
  let made = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function run(
    only: typeof day | null = null,
    lasts = '0 seconds',
  ): Promise<SettlementOutcome> {
    made += 1;
    const start = { ...buildSettlementStart(day), args: [{ only }] };
    const workflow = await stage.start(`settlement/test/${made}`, start);
    if (lasts !== '0 seconds') await stage.pass(lasts);
    return workflow.result();
  }

  it('compares each day that is due, one after the other', async () => {
    const compared: string[] = [];
    stage.use({
      planSettlements: async () => [day, { gateway: 'stripe', day: '2027-03-01' }],
      compareDay: async ({ gateway, repairs }: { gateway: string; repairs: boolean }) => {
        compared.push(`${gateway} ${repairs}`);
        return { told: 0 };
      },
    });
    expect(await run()).toEqual({ daysCompared: 2, lifecyclesTold: 0, daysLeft: 0 });
    expect(compared).toEqual(['sandbox true', 'stripe true']);
  });

  it('compares a day again once those that were told have asked their gateway', async () => {
    const compared: boolean[] = [];
    stage.use({
      compareDay: async ({ repairs }: { repairs: boolean }) => {
        compared.push(repairs);
        return { told: repairs ? 2 : 0 };
      },
    });
    expect(await run(day, '4 minutes')).toEqual({
      daysCompared: 1,
      lifecyclesTold: 2,
      daysLeft: 0,
    });
    expect(compared).toEqual([true, false]);
  });

  it('leaves a day that cannot be compared to the next run, and goes on with the others', async () => {
    stage.use({
      planSettlements: async () => [{ gateway: 'stripe', day: '2027-03-01' }, day],
      compareDay: async ({ gateway }: { gateway: string }) => {
        if (gateway === 'stripe') throw ApplicationFailure.nonRetryable('no gateway', 'bug');
        return { told: 0 };
      },
    });
    expect(await run()).toEqual({ daysCompared: 1, lifecyclesTold: 0, daysLeft: 1 });
  });
});
