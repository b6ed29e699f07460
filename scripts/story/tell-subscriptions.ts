/**
 * Owns: the story of two subscriptions that change: tax, preview and change, schedule, support, pause,
 * and every document of it.
 * Does not own: the API's calls (billing-calls.ts), the customers (scene.ts), how a line looks (page-layout.ts).
 */
import { z } from 'zod';
import { moneySchema, subscriptionSchema } from './answers';
import { resumeSubscription, startSubscription } from './billing-calls';
import { addUpLedger, checkLedger, isClean, listTransfers, readWallet } from './books';
import type { Stage, Story } from './open-stage';
import type { PageLayout } from './page-layout';
import { savePdf } from './save-pdf';
import { openScene, payTopUp, type Scene } from './scene';
import { describeNext, showNumber, tableOfSheet } from './show';
import { CUSTOMERS, type Customer } from './subscribers';

const lineSchema = z.object({ description: z.string(), amount: z.string(), currency: z.string() });
const previewSchema = z.object({
  lines: z.array(lineSchema),
  total_due: moneySchema,
  balance_after: moneySchema,
  sufficient: z.boolean(),
});
const documentSchema = z.object({
  id: z.string(),
  number: z.string(),
  kind: z.string(),
  lines: z.array(z.object({ description: z.string(), amount: moneySchema })),
  tax_lines: z.array(z.object({ component: z.string(), rate: z.string(), amount: moneySchema })),
  round_off: moneySchema,
  total: moneySchema,
  pdf_url: z.string(),
});
type Document = z.output<typeof documentSchema>;

type CustomerScene = Scene & { readonly role: Customer };

export const SUBSCRIPTIONS: Story = {
  title: 'Tollgate: two subscriptions that change',
  facts: [
    'A seller registered for tax in India and Turkey, a customer in Bengaluru and one in Istanbul.',
    'All of it happens through the HTTP API; the last column is what the wallet then holds.',
  ],
  async tell(stage) {
    for (const customer of CUSTOMERS) {
      const scene = { ...(await openScene(stage, customer)), role: customer };
      stage.page.heading(customer.name, scene.accountId);
      await topUp(scene);
      await subscribe(scene);
      await showBooks(scene, stage.page);
      await showDocuments(scene, stage);
    }
  },
};

async function topUp(scene: CustomerScene): Promise<void> {
  const { role, checks, tell } = scene;
  const { amount } = (await payTopUp(scene, role.topUp)).order_details.total_amount;
  checks.equal(`${role.name}: paid with tax`, amount, role.topUpWithTax);
  await tell(`a top-up of ${showNumber(role.topUp)}: ${showNumber(amount)} paid`, { tone: 'good' });
}

async function subscribe(scene: CustomerScene): Promise<void> {
  const { client, role: customer, accountId, checks, tell, at, advanceTo } = scene;
  const { id } = await startSubscription(client, accountId, {
    plan_code: 'demo_growth',
    cycle: 'monthly',
  });
  await tell('Growth starts, monthly');
  await advanceTo('02-14');
  await changeToEnterprise(scene, id);
  const body = { plan_code: 'demo_growth', cycle: 'monthly', effective_at: at('02-28') };
  const path = `/v1/subscriptions/${id}`;
  await client.write('PUT', `${path}/scheduled_change`, { body, schema: z.unknown() });
  await tell('a change back to Growth is scheduled for 28 February');
  await startSubscription(client, accountId, { plan_code: 'demo_priority', cycle: 'monthly' });
  await tell('a support package of its own: Priority');
  await advanceTo('03-14');
  const onGrowth = await client.read(path, z.looseObject({ plan_code: z.string() }));
  checks.equal(`${customer.name}: the schedule was kept`, onGrowth.plan_code, 'demo_growth');
  await tell('the scheduled change came; the support package went on by itself');
  await client.write('POST', `${path}/pause`, { body: { at: 'now' }, schema: z.unknown() });
  await tell('paused: the unused days come back', { tone: 'quiet' });
  await advanceTo('04-01');
  const resumed = await resumeSubscription(client, id);
  checks.equal(`${customer.name}: resumed`, resumed.status, 'active');
  await tell(`resumed; next: ${describeNext(resumed.next_action, customer.account.time_zone)}`, {
    tone: 'good',
  });
}

async function changeToEnterprise(scene: CustomerScene, id: string): Promise<void> {
  const { client, role: customer, accountId, checks, tell } = scene;
  const body = { plan_code: 'demo_enterprise', cycle: 'monthly' };
  const path = `/v1/subscriptions/${id}`;
  const preview = await client.write('POST', `${path}/preview_change`, {
    body,
    schema: previewSchema,
  });
  await tell(`preview of Enterprise: ${showNumber(preview.total_due.amount)} due`, {
    tone: 'quiet',
  });
  const changed = await client.write('POST', `${path}/change`, {
    body,
    schema: subscriptionSchema.extend({ lines: z.array(lineSchema) }),
  });
  checks.equal(`${customer.name}: the change is its preview`, changed.lines, preview.lines);
  const wallet = await readWallet(client, accountId);
  checks.equal(`${customer.name}: the wallet too`, wallet, preview.balance_after.amount);
  checks.equal(`${customer.name}: due`, preview.total_due.amount, customer.changeDue);
  await tell('changed to Enterprise, to the same amount');
}

async function showBooks(scene: CustomerScene, page: PageLayout): Promise<void> {
  const { client, accountId, checks, role: customer } = scene;
  const isRight = isClean(await checkLedger(client, accountId));
  checks.equal(`${customer.name}: ledger/check finds nothing wrong`, isRight, true);
  const sheets = addUpLedger(await listTransfers(client, accountId));
  for (const { asset, total } of sheets) {
    checks.equal(`${customer.name}: ${asset} sums to zero`, Number(total.balance), 0);
  }
  const money = sheets.filter(({ asset }) => asset === customer.account.currency);
  page.tables(money.map(tableOfSheet));
}

async function showDocuments(scene: CustomerScene, { page, platform }: Stage): Promise<void> {
  const { client, accountId, checks, role: customer } = scene;
  const newestFirst = await client.readAll(`/v1/accounts/${accountId}/invoices`, documentSchema);
  const documents = newestFirst.toReversed();
  const numbers = new Set(documents.map(({ number }) => number));
  checks.equal(`${customer.name}: numbers are unique`, numbers.size, documents.length);
  const taxes = new Set(documents.flatMap((d) => d.tax_lines.map(({ component }) => component)));
  checks.equal(`${customer.name}: taxes`, [...taxes].toSorted(), customer.taxes);
  page.tables(documents.map(toTable));
  const last = documents.at(-1);
  if (last !== undefined) await savePdf(last, { page, platform, checks });
}

/** One document: what it is for, its taxes, its total. */
function toTable({ number, kind, lines, tax_lines: taxLines, round_off: off, total }: Document) {
  return {
    headings: [`${kind.replaceAll('_', ' ')} ${number}`, total.currency],
    rows: [
      ...lines.map(({ description, amount }) => [description, showNumber(amount.amount)]),
      ...taxLines.map((tax) => [`${tax.component} ${tax.rate} %`, showNumber(tax.amount.amount)]),
      ...(Number(off.amount) === 0 ? [] : [['round-off', showNumber(off.amount)]]),
    ],
    totals: [['total', showNumber(total.amount)]],
  };
}
