import fc from 'fast-check';
import {
  BENEFITS,
  benefitsOf,
  describeShortage,
  findShortage,
  freeIn,
  poolOf,
  sumAllocated,
  type Assigned,
  type Benefits,
} from '../../../domain/partner-plan/pool';

const POOL: Benefits = { messages: 10_000n, wa_conversations: 1_000n, team_members: 10n };
const THIRD: Benefits = { messages: 3_000n, wa_conversations: 300n, team_members: 3n };
const NONE: Benefits = { messages: 0n, wa_conversations: 0n, team_members: 0n };

function assigned(
  customers: bigint,
  current: Benefits,
  scheduled: Benefits | null = null,
): Assigned {
  return { customers, current, scheduled };
}

describe('the pool of a reseller', () => {
  it('R4.20 refuses the fourth third and says what is free', () => {
    const allocated = sumAllocated([assigned(3n, THIRD)]);
    expect(allocated).toEqual({ messages: 9_000n, wa_conversations: 900n, team_members: 9n });
    expect(freeIn(POOL, allocated)).toEqual({
      messages: 1_000n,
      wa_conversations: 100n,
      team_members: 1n,
    });
    const shortage = findShortage(POOL, { allocated, wanted: THIRD });
    expect(shortage).toEqual({ benefit: 'messages', free: 1_000n });
    expect(shortage && describeShortage(shortage, THIRD)).toBe(
      'the pool has 1000 messages left, and the plan takes 3000',
    );
  });

  it('R4.20 hands out the last unit of it', () => {
    expect(findShortage(POOL, { allocated: NONE, wanted: POOL })).toBeNull();
  });

  it('R4.17 a plan without limit fits only into a pool without limit', () => {
    const endless = { ...THIRD, messages: null };
    expect(findShortage(POOL, { allocated: NONE, wanted: endless })).toEqual({
      benefit: 'messages',
      free: 10_000n,
    });
    const pool = { ...POOL, messages: null };
    expect(findShortage(pool, { allocated: NONE, wanted: endless })).toBeNull();
    const allocated = sumAllocated([assigned(2n, endless), assigned(1n, THIRD)]);
    expect(allocated.messages).toBeNull();
    expect(freeIn(pool, allocated).messages).toBeNull();
    expect(freeIn(POOL, allocated).messages).toBe(0n);
  });

  it('R4.18 R4.19 binds conversations and seats as it binds messages', () => {
    const conversations = { ...NONE, wa_conversations: 1_001n };
    const seats = { ...NONE, team_members: 11n };
    expect(findShortage(POOL, { allocated: NONE, wanted: conversations })).toEqual({
      benefit: 'wa_conversations',
      free: 1_000n,
    });
    const shortage = findShortage(POOL, { allocated: NONE, wanted: seats });
    expect(shortage).toEqual({ benefit: 'team_members', free: 10n });
    expect(describeShortage({ benefit: 'wa_conversations', free: 1_000n }, conversations)).toBe(
      'the pool has 1000 WhatsApp conversations left, and the plan takes 1001',
    );
  });

  it('R4.20 counts the larger plan of a customer with a change on its schedule, the smaller of the reseller', () => {
    expect(sumAllocated([assigned(1n, THIRD, NONE)])).toEqual(THIRD);
    expect(sumAllocated([assigned(1n, NONE, THIRD)])).toEqual(THIRD);
    expect(poolOf({ current: POOL, scheduled: THIRD })).toEqual(THIRD);
    expect(poolOf({ current: { ...POOL, messages: null }, scheduled: POOL })).toEqual(POOL);
    expect(poolOf({ current: POOL, scheduled: null })).toEqual(POOL);
  });

  it('reads benefits from a plan: a figure left out is none, -1 is without limit', () => {
    expect(benefitsOf({ allowances: { messages: -1 }, limits: { team_members: 5 } })).toEqual({
      messages: null,
      wa_conversations: 0n,
      team_members: 5n,
    });
  });

  it('R4.20 is never overdrawn by what it allows, and whole again when all have ended', () => {
    const benefits = fc.record({
      messages: fc.bigInt({ min: 0n, max: 20n }),
      wa_conversations: fc.bigInt({ min: 0n, max: 20n }),
      team_members: fc.bigInt({ min: 0n, max: 20n }),
    });
    fc.assert(
      fc.property(
        benefits,
        fc.array(fc.record({ wanted: benefits, ends: fc.boolean() })),
        (pool, asks) => {
          const open: Assigned[] = [];
          for (const { wanted, ends } of asks) {
            const allocated = sumAllocated(open);
            if (findShortage(pool, { allocated, wanted }) === null) open.push(assigned(1n, wanted));
            if (ends) open.shift();
            const now = sumAllocated(open);
            for (const benefit of BENEFITS) {
              expect((now[benefit] ?? 0n) <= (pool[benefit] ?? 0n)).toBe(true);
            }
          }
          expect(freeIn(pool, sumAllocated([]))).toEqual(pool);
        },
      ),
    );
  });
});
