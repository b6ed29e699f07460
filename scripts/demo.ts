/**
 * Tells a story through the HTTP API of the platform that `npm start` runs: `npm run demo` a year in the
 * life of one customer, `npm run demo subscriptions` two subscriptions that change, with tax,
 * `npm run demo numbers` two phone numbers that run dry, `npm run demo whatsapp` a shop's messages and what
 * they cost, `npm run demo resellers` a reseller, its pool and its share, `npm run demo recharge` a wallet that
 * fills itself.
 * Ends with 0 only if every assertion of the story held.
 */
import { createChecklist, type Checklist } from './story/checklist';
import { findPlatform, NotRunning } from './story/find-platform';
import { openStage } from './story/open-stage';
import { createPageLayout, wantsColour, type PageLayout } from './story/page-layout';
import { NUMBERS } from './story/tell-numbers';
import { RECHARGE } from './story/tell-recharge';
import { RESELLERS } from './story/tell-resellers';
import { SUBSCRIPTIONS } from './story/tell-subscriptions';
import { WHATSAPP } from './story/tell-whatsapp';
import { YEAR } from './story/tell-year';

const STORIES = {
  year: YEAR,
  subscriptions: SUBSCRIPTIONS,
  numbers: NUMBERS,
  whatsapp: WHATSAPP,
  resellers: RESELLERS,
  recharge: RECHARGE,
} as const;

async function main(): Promise<void> {
  const wanted = process.argv[2] ?? 'year';
  const story = Object.entries(STORIES).find(([name]) => name === wanted);
  if (story === undefined) {
    const names = Object.keys(STORIES).join(', ');
    process.stderr.write(`There is no story "${wanted}". There are: ${names}.\n`);
    process.exitCode = 1;
    return;
  }
  const startedAt = performance.now();
  const page = createPageLayout(process.stdout, {
    hasColour: wantsColour(process.stdout, process.env),
  });
  const checks = createChecklist();
  const platform = await findPlatform(process.env);
  try {
    const { title, facts, tell } = story[1];
    page.title(title, facts);
    await tell(await openStage(platform, { page, checks }));
  } finally {
    report(checks, page, ((performance.now() - startedAt) / 1_000).toFixed(1));
  }
  if (checks.failed().length > 0) process.exitCode = 1;
}

function report(checks: Checklist, page: PageLayout, seconds: string): void {
  const failed = checks.failed();
  const total = checks.heldCount() + failed.length;
  page.heading(`${checks.heldCount()} of ${total} assertions held`, `${seconds} s`);
  for (const { claim, expected, actual } of failed) {
    page.paragraph(`NOT HELD  ${claim}`, 'bad');
    page.paragraph(`          expected ${JSON.stringify(expected)}`);
    page.paragraph(`          actual   ${JSON.stringify(actual)}`);
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const stops = error instanceof NotRunning ? '' : 'The story cannot go on: ';
  process.stderr.write(`\n${stops}${message}\n`);
  process.exitCode = 1;
});
