/**
 * Owns: one customer on a clock of its own, and telling what happens to it, with what the wallet holds then.
 * Does not own: the calls (billing-calls.ts), the stage it plays on (open-stage.ts).
 */
import type { TopUp } from './answers';
import type { ApiClient } from './api-client';
import {
  advanceTestClock,
  createAccount,
  createTestClock,
  getTopUp,
  payOnHostedPage,
  saveAddress,
  startTopUp,
  type Address,
  type NewAccount,
  type PaymentForm,
} from './billing-calls';
import { readWallet } from './books';
import type { Checklist } from './checklist';
import { linkToWorkflow } from './find-platform';
import type { Stage } from './open-stage';
import type { Tone } from './page-layout';
import { showDay, showNumber } from './show';
import { waitFor } from './wait-for';

export interface Role {
  /** As the lines of the story call the customer. */
  readonly name: string;
  readonly account: Omit<NewAccount, 'test_clock_id'>;
  readonly address: Address;
  readonly payment: PaymentForm;
  /** The time of day at which all of the story happens: "T07:00:00Z". */
  readonly time: string;
}

export interface Sending {
  readonly tone?: Tone;
  readonly workflowId?: string;
  /** A line that is never broken. */
  readonly filter?: string;
}

export interface Scene {
  readonly role: Role;
  readonly client: ApiClient;
  readonly accountId: string;
  readonly checks: Checklist;
  /** An instant of the story's year: "02-28". */
  readonly at: (monthAndDay: string) => string;
  /** Tells one thing with what the wallet holds then, and where operators see it. */
  readonly tell: (text: string, how?: Sending) => Promise<void>;
  readonly advanceTo: (monthAndDay: string) => Promise<void>;
}

/** Makes the customer's account and answers its id. */
type MakeAccount = (client: ApiClient, body: NewAccount) => Promise<{ readonly id: string }>;

/** Opens an account with its billing address, on 31 January of the story's year. */
export async function openScene(
  stage: Stage,
  role: Role,
  makeAccount: MakeAccount = createAccount,
): Promise<Scene> {
  const { client, platform, page, checks, year } = stage;
  const { name, account, address, time } = role;
  const at = (monthAndDay: string) => `${year}-${monthAndDay}${time}`;
  let now = at('01-31');
  const clock = await createTestClock(client, { name, frozen_at: now });
  const { id } = await makeAccount(client, { ...account, test_clock_id: clock.id });
  await saveAddress(client, id, address);
  return {
    role,
    client,
    accountId: id,
    checks,
    at,
    async tell(text, { tone = 'plain', workflowId, filter } = {}) {
      const balance = showNumber(await readWallet(client, id));
      page.line({ on: showDay(now, account.time_zone), who: name, text, tone, balance });
      if (workflowId !== undefined) page.link(linkToWorkflow(workflowId, platform));
      if (filter !== undefined) page.link(filter);
    },
    async advanceTo(monthAndDay) {
      now = at(monthAndDay);
      await advanceTestClock(client, clock.id, now);
    },
  };
}

/** Orders a top-up, pays it on the hosted page and waits for the gateway's word. */
export async function payTopUp({ client, accountId, role }: Scene, amount: string): Promise<TopUp> {
  const { currency } = role.account;
  const order = await startTopUp(client, accountId, { amount, currency });
  await payOnHostedPage(order.checkout_url ?? '', role.payment);
  return waitFor(() => getTopUp(client, order.id), {
    waitingFor: 'confirmed payment',
    isThere: ({ status }) => status === 'paid',
  });
}
