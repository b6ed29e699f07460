/**
 * Owns: money, moments, next actions and ledgers as people read them: "1 499.00 TRY", "31 Jan", "31 Jan 2027, 10:00".
 * Does not own: where they stand on the page (page-layout.ts).
 */
import type { Money, NextAction } from './answers';
import type { LedgerSheet } from './books';
import type { Table } from './page-layout';

/** Digits in threes; the minus is a real one, so that columns of money line up. */
export function showNumber(decimal: string): string {
  const [whole = '', fraction] = decimal.replace('-', '').split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ' ');
  const sign = decimal.startsWith('-') ? '−' : '';
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

export function showMoney({ amount, currency }: Money): string {
  return `${showNumber(amount)} ${currency}`;
}

/** "31 Jan" where the account lives. */
export function showDay(instant: string, timeZone: string): string {
  const month = format(instant, { month: 'long', timeZone }).slice(0, 3);
  return `${format(instant, { day: 'numeric', timeZone })} ${month}`;
}

/** "31 Jan 2027, 10:00" where the account lives. */
export function showMoment(instant: string, timeZone: string): string {
  const time = format(instant, { hour: '2-digit', minute: '2-digit', timeZone });
  return `${showDay(instant, timeZone)} ${format(instant, { year: 'numeric', timeZone })}, ${time}`;
}

/** A sentence with its instants told in the account's own time. */
export function showSentence(text: string, timeZone: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (instant) => showMoment(instant, timeZone));
}

/** "31 January 2027" of a civil date. */
export function showDate(date: string): string {
  return format(`${date}T00:00:00Z`, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** "renew on 28 Feb 2027, 10:00 (period 2 begins)": what, when and why. */
export function describeNext(next: NextAction | null, timeZone: string): string {
  if (next === null) return 'nothing';
  const what = next.kind.replaceAll('_', ' ');
  const when = next.at === null ? 'when told' : `on ${showMoment(next.at, timeZone)}`;
  return `${what} ${when} (${showSentence(next.reason, timeZone)})`;
}

/** What each ledger account gave and got of one asset. */
export function tableOfSheet({ asset, lines, total }: LedgerSheet): Table {
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

function format(instant: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(instant));
}
