/**
 * Owns: telling the year of both offices: acts in order, offices side by side, then the books and links.
 * Does not own: what happens (year.ts) or how a line looks (page-layout.ts).
 */
import { testClockSchema } from './answers';
import { getSubscription, getTopUp } from './billing-calls';
import { addUpLedger, checkLedger, isClean, listTransfers, type LedgerSheet } from './books';
import { linkToWorkflow, type Platform } from './find-platform';
import { OFFICES } from './office';
import type { Story } from './open-stage';
import type { PageLayout } from './page-layout';
import { describeNext, showDate, showMoment, tableOfSheet } from './show';
import { listActs, openOffice, type Act, type Life } from './year';

export const YEAR: Story = {
  title: 'Tollgate: a year in the life of one customer',
  facts: [
    'Deniz Travel has an office in Istanbul and one in Mumbai, each on a test clock of its own.',
    'Istanbul pays tax with each month, Mumbai with each top-up: so the law has it there.',
    'All of it happens through the HTTP API; amounts are followed by what the wallet then holds.',
  ],
  async tell(stage) {
    const { page, platform } = stage;
    const lives = await Promise.all(OFFICES.map((office) => openOffice(stage, office)));
    const acts = listActs(stage.year);
    let title = '';
    for (const act of acts) {
      const told = await Promise.all(lives.map((life) => act.play(life, act.on)));
      if (act.title !== title) page.heading(act.title, datesOf(act.title, acts));
      title = act.title;
      for (const line of told.flat()) page.line(line);
    }
    for (const life of lives) await showBooks(life, page);
    page.heading('What happens next, and where operators see it');
    for (const life of lives) await showLifecycles(life, platform, page);
  },
};

function datesOf(title: string, acts: readonly Act[]): string {
  const dates = acts.filter((act) => act.title === title).map(({ on }) => on);
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
  page.tables(sheets.map(tableOfSheet));
  const found = isRight
    ? 'every sum is zero, every balance is the sum of its transfers, the chain is intact.'
    : `something is wrong: ${JSON.stringify(check)}`;
  page.paragraph('');
  page.paragraph(`${check.transfer_count} transfers checked: ${found}`, isRight ? 'good' : 'bad');
}

/** Both top-ups came in from clearing, eight months went to revenue, tax aside, the rest is in the wallet. */
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
