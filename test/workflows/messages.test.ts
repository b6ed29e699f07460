import { workflowIdOf, LIFECYCLES } from '../../domain/lifecycle';
import {
  buildLifecycleStart,
  NOT_STARTED,
  type LifecycleOwner,
} from '../../workflows/lifecycle.messages';
import { workflowOfPayment } from '../../workflows/payment.messages';
import { buildQuotaResetStart } from '../../workflows/quota-reset.messages';
import { RECONCILIATION_WORKFLOW_TYPE } from '../../workflows/reconciliation.messages';
import { SETTLEMENT_WORKFLOW_TYPE } from '../../workflows/settlement.messages';
import { buildTestClockStart, testClockWorkflowId } from '../../workflows/test-clock.messages';
import * as workflows from '../../workflows';

const OWNER: LifecycleOwner = {
  accountId: 'acct_00000001',
  partnerId: 'prt_00000001',
  clock: { kind: 'wall' },
};

describe('what is sent to workflows', () => {
  it('names each workflow after its row, so that the same row never has two', () => {
    expect(workflowIdOf('subscription', 'sub_1')).toBe('subscription/sub_1');
    expect(workflowIdOf('order', 'ord_1')).toBe('order/ord_1');
    expect(workflowIdOf('refund', 'rfd_1')).toBe('refund/rfd_1');
    expect(workflowIdOf('package', 'pkg_1')).toBe('package/pkg_1');
    expect(workflowIdOf('phone_number', 'num_1')).toBe('phone-number/num_1');
    expect(testClockWorkflowId('clk_1')).toBe('test-clock/clk_1');
  });

  it.each([
    ['order/ord_1', 'order/ord_1'],
    ['subscription/sub_1/period/3', 'subscription/sub_1'],
    ['phone-number/num_1/period/12', 'phone-number/num_1'],
    ['subscription/sub_1/period/3/attempt/2', 'subscription/sub_1'],
  ])('finds the workflow of a payment in its reference, %s', (reference, workflowId) => {
    expect(workflowOfPayment(reference)).toBe(workflowId);
  });

  it('starts workflows that are in the bundle', () => {
    const month = { timeZone: 'UTC', month: '2027-01', at: '2027-01-01T00:00:00.000Z' };
    const started = [
      ...Object.values(LIFECYCLES).map((lifecycle) => lifecycle.workflowType),
      RECONCILIATION_WORKFLOW_TYPE,
      SETTLEMENT_WORKFLOW_TYPE,
      buildTestClockStart('clk_1').workflowType,
      buildQuotaResetStart({ ...month, version: 1 }).workflowType,
    ];
    expect(started.sort()).toEqual(Object.keys(workflows).sort());
  });

  it('starts a lifecycle with ids, codes and states only: no personal data, no amount', () => {
    const start = buildLifecycleStart({
      kind: 'subscription',
      id: 'sub_1',
      owner: OWNER,
      step: { ...NOT_STARTED, attributes: { PlanCode: 'growth' } },
    });
    expect(start).toEqual({
      workflowType: 'subscriptionLifecycle',
      args: [
        {
          version: 1,
          id: 'sub_1',
          accountId: 'acct_00000001',
          clock: { kind: 'wall' },
          step: {
            status: 'new',
            revision: 0,
            next: { kind: 'rest', reason: 'waiting for the first command' },
            attributes: { PlanCode: 'growth' },
          },
          stepsPerRunMax: 200,
        },
      ],
      summary: 'subscription sub_1 of acct_00000001',
      searchAttributes: [
        { name: 'AccountId', type: 'KEYWORD', value: 'acct_00000001' },
        { name: 'LifecycleKind', type: 'KEYWORD', value: 'subscription' },
        { name: 'LifecycleState', type: 'KEYWORD', value: 'new' },
        { name: 'PartnerId', type: 'KEYWORD', value: 'prt_00000001' },
        { name: 'PlanCode', type: 'KEYWORD', value: 'growth' },
      ],
    });
  });

  it('leaves out what an order and an account without a partner do not have', () => {
    const { searchAttributes } = buildLifecycleStart({
      kind: 'order',
      id: 'ord_1',
      owner: { ...OWNER, partnerId: null },
      step: NOT_STARTED,
    });
    expect(searchAttributes.map(({ name }) => name)).toEqual([
      'AccountId',
      'LifecycleKind',
      'LifecycleState',
    ]);
  });
});
