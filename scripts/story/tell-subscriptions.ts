/**
 * Owns: the story of two subscriptions that change: tax, preview and change, schedule, support, pause,
 * and every document of it.
 * Does not own: the API's calls (billing-calls.ts), how a line looks (page-layout.ts).
 * It plays in 2030, when the seller is registered for tax: the first story, in 2027, stays untaxed.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { dataDirectoryOf } from '../platform/data-directory';
import { moneySchema, subscriptionSchema, type Subscription } from './answers';
import { createApiClient, type ApiClient } from './api-client';
import {
  advanceTestClock,
  createAccount,
  createTestClock,
  getTopUp,
  payOnHostedPage,
  resumeSubscription,
  saveAddress,
  startSubscription,
  startTopUp,
} from './billing-calls';
import { addUpLedger, checkLedger, isClean, listTransfers, readWallet } from './books';
import type { Checklist } from './checklist';
import type { Platform } from './find-platform';
import type { PageLayout, Tone } from './page-layout';
import { showDay, showMoment, showNumber, showSentence } from './show';
import { CUSTOMERS, SELLERS, type Customer } from './subscribers';
import { waitFor } from './wait-for';

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

interface Scene {
  readonly customer: Customer;
  readonly client: ApiClient;
  readonly accountId: string;
  readonly clockId: string;
  readonly checks: Checklist;
  /** Tells one thing, with what the wallet holds then. */
  readonly tell: (text: string, tone?: Tone) => Promise<void>;
  readonly advanceTo: (date: string) => Promise<void>;
}

/** Tells the story on `page` and notes its assertions. Rejects when it cannot go on. */
export async function tellSubscriptions(
  platform: Platform,
  page: PageLayout,
  checks: Checklist,
): Promise<void> {
  const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
  page.title('Tollgate: two subscriptions that change', [
    'A seller registered for tax in India and Turkey, a customer in Bengaluru and one in Istanbul.',
    'All of it happens through the HTTP API; the last column is what the wallet then holds.',
  ]);
  await registerSeller(client, page);
  for (const customer of CUSTOMERS) {
    const scene = await open(client, customer, { page, checks });
    page.heading(customer.name, scene.accountId);
    await topUp(scene);
    await subscribe(scene);
    await showBooks(scene, page);
    await showDocuments(scene, page, platform);
  }
}

/** Once for all: a registration that is there is left alone, so the story can be told again. */
async function registerSeller(client: ApiClient, page: PageLayout): Promise<void> {
  page.heading('The seller registers for tax, from 2030 on');
  for (const body of SELLERS) {
    const { status } = await client.send('POST', '/v1/tax_registrations', { body });
    if (status !== 201 && status !== 409) throw new Error(`the registration answered ${status}`);
    page.paragraph(`${body.country}  ${body.tax_id}  ${status === 201 ? 'registered' : 'already'}`);
  }
}

async function open(
  client: ApiClient,
  customer: Customer,
  { page, checks }: { readonly page: PageLayout; readonly checks: Checklist },
): Promise<Scene> {
  const { account, address } = customer;
  let now = '2030-01-31T07:00:00Z';
  const clock = await createTestClock(client, { name: customer.name, frozen_at: now });
  const { id } = await createAccount(client, { ...account, test_clock_id: clock.id });
  await saveAddress(client, id, address);
  return {
    customer,
    client,
    accountId: id,
    clockId: clock.id,
    checks,
    async tell(text, tone = 'plain') {
      const on = showDay(now, account.time_zone);
      const balance = showNumber(await readWallet(client, id));
      page.line({ on, who: customer.name, text, tone, balance });
    },
    async advanceTo(date) {
      now = `${date}T07:00:00Z`;
      await advanceTestClock(client, clock.id, now);
    },
  };
}

async function topUp({ client, customer, accountId, checks, tell }: Scene): Promise<void> {
  const { currency } = customer.account;
  const order = await startTopUp(client, accountId, { amount: customer.topUp, currency });
  await payOnHostedPage(order.checkout_url ?? '', customer.payment);
  const paid = await waitFor(() => getTopUp(client, order.id), {
    waitingFor: 'confirmed payment',
    isThere: ({ status }) => status === 'paid',
  });
  const { amount } = paid.order_details.total_amount;
  checks.equal(`${customer.name}: paid with tax`, amount, customer.topUpWithTax);
  await tell(`a top-up of ${showNumber(customer.topUp)}: ${showNumber(amount)} paid`, 'good');
}

async function subscribe(scene: Scene): Promise<void> {
  const { client, customer, accountId, checks, tell, advanceTo } = scene;
  const { id } = await startSubscription(client, accountId, {
    plan_code: 'growth',
    cycle: 'monthly',
  });
  await tell('Growth starts, monthly');
  await advanceTo('2030-02-14');
  await changeToEnterprise(scene, id);
  const body = { plan_code: 'growth', cycle: 'monthly', effective_at: '2030-02-28T07:00:00Z' };
  const path = `/v1/subscriptions/${id}`;
  await client.write('PUT', `${path}/scheduled_change`, { body, schema: z.unknown() });
  await tell('a change back to Growth is scheduled for 28 February');
  await startSubscription(client, accountId, { plan_code: 'priority', cycle: 'monthly' });
  await tell('a support package of its own: Priority');
  await advanceTo('2030-03-14');
  const onGrowth = await client.read(path, z.looseObject({ plan_code: z.string() }));
  checks.equal(`${customer.name}: the schedule was kept`, onGrowth.plan_code, 'growth');
  await tell('the scheduled change came; the support package went on by itself');
  await client.write('POST', `${path}/pause`, { body: { at: 'now' }, schema: z.unknown() });
  await tell('paused: the unused days come back', 'quiet');
  await advanceTo('2030-04-01');
  const resumed = await resumeSubscription(client, id);
  checks.equal(`${customer.name}: resumed`, resumed.status, 'active');
  await tell(`resumed; next: ${describeNext(resumed, customer.account.time_zone)}`, 'good');
}

async function changeToEnterprise(scene: Scene, id: string): Promise<void> {
  const { client, customer, accountId, checks, tell } = scene;
  const body = { plan_code: 'enterprise', cycle: 'monthly' };
  const path = `/v1/subscriptions/${id}`;
  const preview = await client.write('POST', `${path}/preview_change`, {
    body,
    schema: previewSchema,
  });
  await tell(`preview of Enterprise: ${showNumber(preview.total_due.amount)} due`, 'quiet');
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

async function showBooks(scene: Scene, page: PageLayout): Promise<void> {
  const { client, accountId, checks, customer } = scene;
  const isRight = isClean(await checkLedger(client, accountId));
  checks.equal(`${customer.name}: ledger/check finds nothing wrong`, isRight, true);
  const sheets = addUpLedger(await listTransfers(client, accountId));
  for (const { asset, total } of sheets) {
    checks.equal(`${customer.name}: ${asset} sums to zero`, Number(total.balance), 0);
  }
  const money = sheets.filter(({ asset }) => asset === customer.account.currency);
  page.tables(
    money.map(({ asset, lines, total }) => ({
      headings: [asset, 'debits', 'credits', 'balance'],
      rows: lines.map((line) => [line.account, ...numbersOf(line)]),
      totals: [['sum', ...numbersOf(total)]],
    })),
  );
}

function numbersOf(line: {
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
}): string[] {
  return [line.debits, line.credits, line.balance].map(showNumber);
}

async function showDocuments(scene: Scene, page: PageLayout, platform: Platform): Promise<void> {
  const { client, accountId, checks, customer } = scene;
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

async function savePdf(
  { number, pdf_url: url }: Document,
  facts: { readonly page: PageLayout; readonly platform: Platform; readonly checks: Checklist },
): Promise<void> {
  const { page, platform, checks } = facts;
  const address = new URL(url, platform.apiUrl).href;
  const headers = { authorization: `Bearer ${platform.operatorKey}` };
  const pdf = Buffer.from(await (await fetch(address, { headers })).arrayBuffer());
  checks.equal(`${number} is a PDF`, pdf.subarray(0, 5).toString(), '%PDF-');
  const directory = dataDirectoryOf(process.env, path.join(__dirname, '../..'));
  const file = path.join(directory, `${number.replaceAll('/', '-')}.pdf`);
  await writeFile(file, pdf);
  page.paragraph('');
  page.paragraph(`${number} as a PDF lies in ${file}. Fetch it yourself:`);
  page.link(`curl -H "Authorization: Bearer $KEY" ${address} -o invoice.pdf`);
}

function describeNext({ next_action: next }: Subscription, timeZone: string): string {
  if (next === null) return 'nothing';
  const when = next.at === null ? 'when told' : `on ${showMoment(next.at, timeZone)}`;
  return `${next.kind.replaceAll('_', ' ')} ${when} (${showSentence(next.reason, timeZone)})`;
}
