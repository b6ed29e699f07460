import { findRunningLow, type PoolUse } from '../../../domain/partner-plan/pool-low';
import { NO_BENEFITS, type Benefits } from '../../../domain/partner-plan/pool';

const POOL: Benefits = { messages: 10_000n, wa_conversations: null, team_members: 0n };

function given(messages: bigint | null, total = POOL): PoolUse {
  return { total, allocated: { ...NO_BENEFITS, messages } };
}

function told(before: PoolUse | null, after: PoolUse): string[] {
  return findRunningLow({ before, after }, 'sub_1').map(({ reason }) => reason);
}

describe('a pool of which little is left', () => {
  it('R4.20 is told of from the unit on that makes four fifths', () => {
    expect(told(given(0n), given(7_999n))).toEqual([]);
    expect(told(given(7_999n), given(8_000n))).toEqual([
      '8000 of 10000 messages of the pool are given to customers: 2000 are left',
    ]);
    expect(told(given(8_000n), given(10_000n))).toEqual([]);
  });

  it('is told of again once it was below', () => {
    expect(told(given(9_000n), given(6_000n))).toEqual([]);
    expect(told(given(6_000n), given(9_000n))).toHaveLength(1);
  });

  it('is told of when it becomes smaller, or is the first one', () => {
    expect(told(given(6_000n), given(6_000n, { ...POOL, messages: 7_000n }))).toHaveLength(1);
    expect(told(null, given(9_000n))).toHaveLength(1);
  });

  it('has no line where it has no limit, or holds nothing', () => {
    const all: Benefits = { messages: null, wa_conversations: null, team_members: null };
    expect(told(null, { total: POOL, allocated: { ...all, messages: 0n } })).toEqual([]);
    expect(told(null, given(null, { ...POOL, messages: null }))).toEqual([]);
  });
});
