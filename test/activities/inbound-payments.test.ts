/**
 * Everything that may happen to payments, in any order, on real rows and at a real gateway: tries that pay, fail, hang
 * or are authorised late, messages that come once, five times at once, or name somebody else, looks, expiry, refunds at
 * the gateway's desk, and a gateway that lies. Whatever came: each payment is granted once, for what was asked, or not
 * at all, by a naive count of what the gateway had to tell when it was first asked.
 */
import fc from 'fast-check';
import { parseMoney } from '../../domain/money';
import type { GatewayPayment, PaymentGateway } from '../../gateways/payment-gateway';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';
import {
  cardForm,
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  SLOW_UPI,
  SUCCESS_UPI,
} from '../support/sandbox-gateway';
import { openPaymentsDesk, type OpenOrder, type Payable, type PaymentsDesk } from './payments-desk';

const RUNS = 30;
const ORDER_MICROS = 600_000_000n;

jest.setTimeout(120_000 * RUNS_SCALE);

let desk: PaymentsDesk;

beforeAll(async () => {
  desk = await openPaymentsDesk();
});
afterAll(async () => {
  await desk?.close();
});

interface World {
  readonly orders: readonly OpenOrder[];
  /** Another account's: named by messages that are not its own. */
  readonly plan: Payable;
  /** By the gateway's id: what became of each payment when the gateway was first asked about it. */
  readonly fates: Map<string, 'granted' | 'refused'>;
}

interface Command {
  readonly name: string;
  readonly [fc.toStringMethod]: () => string;
  readonly run: (world: World, order: OpenOrder) => Promise<unknown>;
}

function command(name: string, order: number, run: Command['run']): Command {
  const told = `${name} #${order}`;
  return {
    name: told,
    [fc.toStringMethod]: () => told,
    run: (world) => run(world, world.orders[order] ?? failed('no such order')),
  };
}

function failed(why: string): never {
  throw new Error(why);
}

async function paymentsOf({ id }: Payable) {
  return (await desk.sandbox.readState(`order/${id}`)).payments;
}

/** Writes down what the gateway, honest or not, is about to tell for the first time. */
async function foresee({ fates }: World, order: OpenOrder, isHonest: boolean): Promise<void> {
  for (const { id, status, amount_refunded: refunded } of await paymentsOf(order)) {
    if (status !== 'succeeded' || fates.has(id)) continue;
    fates.set(id, isHonest && refunded === '0.00' ? 'granted' : 'refused');
  }
}

const FORMS = {
  card: cardForm(),
  stolen: cardForm('4000000000009979'),
  success: SUCCESS_UPI,
  failure: FAILURE_UPI,
  slow: SLOW_UPI,
  late: LATE_UPI,
} as const;

const LIES: readonly Partial<GatewayPayment>[] = [
  { money: { amountMicros: ORDER_MICROS * 10n, currency: 'INR' } },
  { money: { amountMicros: ORDER_MICROS - 10_000n, currency: 'INR' } },
  { money: { amountMicros: ORDER_MICROS, currency: 'USD' } },
  { reference: 'order/ord_of_nobody' },
  { customerReference: 'acct_of_nobody' },
];

function lying(lie: Partial<GatewayPayment>): PaymentGateway {
  const { gateway } = desk.sandbox;
  return {
    ...gateway,
    async getCheckout(checkoutId) {
      const checkout = await gateway.getCheckout(checkoutId);
      return {
        ...checkout,
        payments: checkout.payments.map((payment) => ({ ...payment, ...lie })),
      };
    },
  };
}

const placed = fc.nat(1);
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(placed, fc.constantFrom(...(Object.keys(FORMS) as (keyof typeof FORMS)[])))
      .map(([order, form]) =>
        command(`pay ${form}`, order, (_, { checkoutUrl }) =>
          payCheckout(checkoutUrl, FORMS[form]),
        ),
      ),
  },
  {
    weight: 3,
    arbitrary: placed.map((order) =>
      command('authorise late', order, async (_, { id }) => {
        for (const payment of await paymentsOf({ id, accountId: '' })) {
          await desk.sandbox.settle(payment.id);
        }
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(placed, fc.constantFrom(1, 1, 5)).map(([order, copies]) =>
      command(`webhook x${copies}`, order, async (world, own) => {
        await foresee(world, own, true);
        await Promise.all(
          Array.from({ length: copies }, () => desk.settle(own, 'payment_reported')),
        );
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(placed, fc.constantFrom('check_payment', 'expire', 'check_late_payment'))
      .map(([order, action]) =>
        command(action, order, async (world, own) => {
          await foresee(world, own, true);
          await desk.settle(own, action);
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(placed, fc.constantFrom(...LIES)).map(([order, lie]) =>
      command(`lie ${Object.keys(lie).join()}`, order, async (world, own) => {
        await foresee(world, own, false);
        await desk.settle(own, 'payment_reported', lying(lie));
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: placed.map((order) =>
      command('message that names another', order, async ({ plan }, own) => {
        for (const { id } of await paymentsOf(own)) await desk.report(plan, id);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: placed.map((order) =>
      command('refund at the gateway', order, async ({ fates }, own) => {
        const [paid] = (await paymentsOf(own)).filter(
          ({ id, status }) => status === 'succeeded' && !fates.has(id),
        );
        if (paid === undefined) return;
        await desk.sandbox.gateway.refund({
          idempotencyKey: `refund of ${paid.id}`,
          gatewayPaymentId: paid.id,
          money: parseMoney({ amount: '600.00', currency: 'INR' }),
        });
      }),
    ),
  },
);

async function openWorld(): Promise<World> {
  const accountId = await desk.newAccount();
  return {
    orders: [await desk.placeOrder(accountId), await desk.placeOrder(accountId)],
    plan: await desk.startPlan(await desk.newAccount('999.00')),
    fates: new Map(),
  };
}

/** What the rows say, beside what was foreseen. */
async function compare({ orders, plan, fates }: World): Promise<void> {
  const accountId = orders[0]?.accountId ?? failed('no order');
  const rows = await desk.payments(accountId);
  const decided = rows.filter(({ status }) => status !== 'failed');
  const told = decided.map(({ gatewayPaymentId, status, grants, receipts }) => {
    return JSON.stringify([gatewayPaymentId, status, grants.map(Number), receipts]);
  });
  const foreseen = [...fates].map(([id, fate]) =>
    JSON.stringify(
      fate === 'granted' ? [id, 'succeeded', [Number(ORDER_MICROS)], 1] : [id, 'mismatched', [], 0],
    ),
  );
  expect(told.toSorted()).toEqual(foreseen.toSorted());
  const granted = BigInt([...fates.values()].filter((fate) => fate === 'granted').length);
  expect(await desk.wallet(accountId)).toBe(String(granted * ORDER_MICROS));
  expect(await desk.payments(plan.accountId)).toEqual([]);
}

it(`R1.07 one payment is granted once, for what was asked, or not at all (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { minLength: 3, maxLength: 14 }), async (steps) => {
      const world = await openWorld();
      for (const step of steps) {
        await step.run(world, world.orders[0] ?? failed('no order'));
      }
      // At the end the gateway is asked once more and tells the truth: no money was forgotten.
      for (const order of world.orders) {
        await foresee(world, order, true);
        await desk.settle(order, 'payment_reported');
      }
      await compare(world);
      const accountIds = [...world.orders, world.plan].map(({ accountId }) => accountId);
      expect(await desk.violations(accountIds)).toEqual([]);
    }),
    {
      numRuns: RUNS * RUNS_SCALE,
      seed: SEED,
      interruptAfterTimeLimit: 110_000 * RUNS_SCALE,
      markInterruptAsFailure: true,
    },
  );
});
