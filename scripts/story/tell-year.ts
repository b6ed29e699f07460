/**
 * Owns: telling the year of both offices: acts in order, offices side by side, then the books and links.
 * Does not own: what happens (year.ts) or how a line looks (page-layout.ts).
 */
import { testClockSchema } from './answers';
import { createApiClient } from './api-client';
import { getSubscription, getTopUp } from './billing-calls';
import { addUpLedger, checkLedger, isClean, listTransfers, type LedgerSheet } from './books';
import type { Checklist } from './checklist';
import { linkToWorkflow, type Platform } from './find-platform';
import { OFFICES } from './office';
import type { PageLayout, Table } from './page-layout';
import { showDate, showMoment, showNumber } from './show';
import { describeNext, openOffice, YEAR, type Life } from './year';

/** Tells the year on `page` and notes its assertions. Rejects when it cannot go on. */
export async function tellYear(
  platform: Platform,
  page: PageLayout,
  checks: Checklist,
): Promise<void> {
  const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
  page.title('Tollgate: a year in the life of one customer', [
    'Deniz Travel has an office in Istanbul and one in Mumbai, each on a test clock of its own.',
    'All of it happens through the HTTP API; amounts are followed by what the wallet then holds.',
  ]);
  const lives = await Promise.all(OFFICES.map((office) => openOffice(client, office, checks)));
  let title = '';
  for (const act of YEAR) {
    const told = await Promise.all(lives.map((life) => act.play(life, act.on)));
    if (act.title !== title) page.heading(act.title, dateOfTitle(act.title));
    title = act.title;
    for (const line of told.flat()) page.line(line);
  }
  for (const life of lives) await showBooks(life, page);
  page.heading('What happens next, and where operators see it');
  for (const life of lives) await showLifecycles(life, platform, page);
}

function dateOfTitle(title: string): string {
  const dates = YEAR.filter((act) => act.title === title).map(({ on }) => on);
  const [first = '', last = ''] = [dates[0], dates.at(-1)];
  return first === last ? showDate(first) : `${showDate(first)} to ${showDate(last)}`;
}

async function showBooks(life: Life, page: PageLayout): Promise<void> {
  const { office, client, accountId, checks } = life;
  const sheets = addUpLedger(await listTransfers(client, accountId));
  const check = await checkLedger(client, accountId);
  const isRight = isClean(check);
  checkSheets(life, sheets);
  checks.equal(`${office.name}: ledger/check finds nothing wrong`, isRight, true);
  page.heading(`The ledger of ${office.name}`, accountId);
  page.tables(sheets.map(toTable));
  const found = isRight
    ? 'every sum is zero, every balance is the sum of its transfers, the chain is intact.'
    : `something is wrong: ${JSON.stringify(check)}`;
  page.paragraph('');
  page.paragraph(`${check.transfer_count} transfers checked: ${found}`, isRight ? 'good' : 'bad');
}

function toTable({ asset, lines, total }: LedgerSheet): Table {
  const toCells = ({ account, debits, credits, balance }: typeof total): string[] => [
    account,
    ...[debits, credits, balance].map(showNumber),
  ];
  return {
    headings: [asset, 'debits', 'credits', 'balance'],
    rows: lines.map(toCells),
    totals: [toCells(total)],
  };
}

/** Both top-ups came in from clearing, eight months went to revenue, the rest is in the wallet. */
function checkSheets({ office, checks }: Life, sheets: readonly LedgerSheet[]): void {
  for (const { asset, total } of sheets) {
    checks.equal(`${office.name}: ${asset} sums to zero`, Number(total.balance), 0);
  }
  const money = sheets.find(({ asset }) => asset === office.account.currency);
  const balances = Object.fromEntries(
    (money?.lines ?? []).map(({ account, balance }) => [account, balance]),
  );
  checks.equal(`${office.name}: the year's money`, balances, office.yearEnd);
}

async function showLifecycles(life: Life, platform: Platform, page: PageLayout): Promise<void> {
  const { office, client, checks } = life;
  const { time_zone: timeZone } = office.account;
  const show = (text: string, workflowId: string): void => {
    page.paragraph(`${office.name.padEnd(10)}${text}`);
    page.link(linkToWorkflow(workflowId, platform));
  };
  const subscription = await getSubscription(client, life.subscriptionId());
  checks.equal(`${office.name}: nothing is due any more`, subscription.next_action, null);
  const next = describeNext(subscription.next_action, timeZone);
  show(`subscription ${subscription.status}; next: ${next}`, subscription.workflow_id);
  for (const id of life.topUpIds) {
    const order = await getTopUp(client, id);
    checks.equal(`${office.name}: ${id} is paid`, order.status, 'paid');
    const orderNext = describeNext(order.next_action, timeZone);
    show(`top-up ${order.status}; next: ${orderNext}`, order.workflow_id);
  }
  const clock = await client.read(`/v1/test_clocks/${life.clockId}`, testClockSchema);
  show(`test clock at ${showMoment(clock.now, timeZone)}`, clock.workflow_id);
}
