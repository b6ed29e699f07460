import {
  checkEntitlement,
  describeExcess,
  findExcess,
  type Entitlements,
} from '../../domain/entitlement';
import type { SubscriptionStatus } from '../../domain/subscription/subscription';

const GROWTH: Entitlements = {
  plan: { code: 'growth', status: 'active' },
  limits: { concurrent_calls: 10, phone_numbers: 2, channels: -1, queue_priority: 3 },
  features: ['sso'],
  inUse: { phone_numbers: 1, team_members: 2 },
  heldBecause: null,
};
const WITHOUT_PLAN: Entitlements = {
  plan: null,
  limits: {},
  features: [],
  inUse: { phone_numbers: 7, team_members: 0 },
  heldBecause: null,
};

function withStatus(status: SubscriptionStatus): Entitlements {
  return { ...GROWTH, plan: { code: 'growth', status } };
}

describe('a limit', () => {
  it.each([
    ['the last one', 1, true, 'the plan growth allows 2 phone numbers, 1 in use; 1 requested'],
    ['two more', 2, false, 'the plan growth allows 2 phone numbers, 1 in use; 2 requested'],
    ['none more', 0, true, 'the plan growth allows 2 phone numbers, 1 in use; 0 requested'],
  ])(
    'R2.12 counts the phone numbers in use and those asked for: %s',
    (_, amount, allowed, reason) => {
      const answer = checkEntitlement(GROWTH, { feature: 'phone_numbers', amount });
      expect(answer).toEqual({ allowed, limit: 2, used: 1, reason });
    },
  );

  it('R2.12 takes the total of concurrent calls from who counts them', () => {
    const tenth = checkEntitlement(GROWTH, { feature: 'concurrent_calls', amount: 10 });
    expect(tenth).toEqual({
      allowed: true,
      limit: 10,
      used: 0,
      reason: 'the plan growth allows 10 concurrent calls; 10 requested',
    });
    const eleventh = checkEntitlement(GROWTH, { feature: 'concurrent_calls', amount: 11 });
    expect(eleventh).toMatchObject({ allowed: false, limit: 10 });
  });

  it('R2.12 of queue priority is the highest priority the plan gives', () => {
    expect(checkEntitlement(GROWTH, { feature: 'queue_priority', amount: 3 }).allowed).toBe(true);
    expect(checkEntitlement(GROWTH, { feature: 'queue_priority', amount: 4 }).allowed).toBe(false);
  });

  it('R2.12 that the plan does not name is none of it', () => {
    expect(checkEntitlement(GROWTH, { feature: 'team_members', amount: 1 })).toEqual({
      allowed: false,
      limit: 0,
      used: 2,
      reason: 'the plan growth allows 0 team members, 2 in use; 1 requested',
    });
  });

  it('R2.12 of -1 is without limit', () => {
    expect(checkEntitlement(GROWTH, { feature: 'channels', amount: 1_000_000 })).toEqual({
      allowed: true,
      limit: null,
      used: 0,
      reason: 'the plan growth sets no limit to channels',
    });
  });

  it('R2.12 is none for an account without a plan', () => {
    expect(checkEntitlement(WITHOUT_PLAN, { feature: 'phone_numbers', amount: 1 })).toEqual({
      allowed: true,
      limit: null,
      used: 7,
      reason: 'the account has no plan, and without one there is no limit',
    });
  });

  it('R2.12 allows nothing more when more is in use than the plan allows now', () => {
    const answer = checkEntitlement(
      { ...GROWTH, inUse: { phone_numbers: 5, team_members: 0 } },
      { feature: 'phone_numbers', amount: 1 },
    );
    expect(answer).toMatchObject({ allowed: false, limit: 2, used: 5 });
  });
});

describe('a feature that plans switch on', () => {
  it('R2.12 is allowed by the plan that switches it on', () => {
    expect(checkEntitlement(GROWTH, { feature: 'sso', amount: 1 })).toEqual({
      allowed: true,
      limit: null,
      used: 0,
      reason: 'the plan growth switches on sso',
    });
  });

  it.each([
    ['the plan does not switch it on', GROWTH, 'the plan growth does not switch on on_premise'],
    ['there is no plan', WITHOUT_PLAN, 'the account has no plan that switches on on_premise'],
  ])('R2.12 is not allowed when %s', (_, entitlements, reason) => {
    const answer = checkEntitlement(entitlements, { feature: 'on_premise', amount: 1 });
    expect(answer).toEqual({ allowed: false, limit: null, used: 0, reason });
  });
});

describe('a plan', () => {
  it.each(['suspended', 'paused'] as const)('R2.12 allows nothing while it is %s', (status) => {
    const reason = `the plan growth is ${status}`;
    for (const [feature, limit, used] of [
      ['phone_numbers', 2, 1],
      ['channels', null, 0],
      ['sso', null, 0],
    ] as const) {
      const answer = checkEntitlement(withStatus(status), { feature, amount: 1 });
      expect(answer).toEqual({ allowed: false, limit, used, reason });
    }
  });

  it('R2.12 is in force while it is past due', () => {
    const answer = checkEntitlement(withStatus('past_due'), { feature: 'sso', amount: 1 });
    expect(answer.allowed).toBe(true);
  });
});

describe('what is in use beyond a plan', () => {
  const numbers = { name: 'phone_numbers', used: 5 } as const;
  const seats = { name: 'team_members', used: 4 } as const;
  it.each([
    ['more than it allows', { phone_numbers: 3, team_members: -1 }, [{ ...numbers, limit: 3 }]],
    [
      'more of both',
      { team_members: 3 },
      [
        { ...numbers, limit: 0 },
        { ...seats, limit: 3 },
      ],
    ],
    ['as many as it allows', { phone_numbers: 5, team_members: 4 }, []],
    ['without a limit', { phone_numbers: -1, team_members: -1 }, []],
  ])('R2.12 R3.08 are phone numbers and seats: %s', (_, limits, excess) => {
    expect(findExcess(limits, { phone_numbers: 5, team_members: 4 })).toEqual(excess);
  });

  it('R2.12 is told with its figures', () => {
    const excess = { name: 'phone_numbers', limit: 3, used: 5 } as const;
    expect(describeExcess('growth', excess)).toBe('growth allows 3 phone numbers; 5 are in use');
  });
});
