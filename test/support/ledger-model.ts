/**
 * A second, naive ledger to compare the real one with: plain numbers, one unit and one micro at a time, no
 * grouping, no SQL. It shares the shapes of the commands with the real code and nothing of its logic.
 */
import { localDateOf, monthOf } from '../../domain/calendar';

/** A use at a price; the real one finds the price in a card. */
export interface ModelUse {
  readonly key: string;
  readonly occurredAt: string;
  readonly receivedAt: string;
  readonly asset: 'message' | 'call_second';
  readonly channel: string;
  readonly quantity: number;
  /** 1e-10 of the currency per unit. */
  readonly unitPrice: number;
  readonly visitor: string | null;
  readonly mode: 'enforce' | 'record';
}

interface ModelBucket {
  readonly code: string;
  readonly asset: string;
  readonly rank: number;
  readonly month: string | null;
  readonly channels: readonly string[] | null;
  readonly startsAt: number;
  expiresAt: number;
  granted: number;
  posted: number;
  held: number;
}

interface ModelHold {
  readonly bucket: string;
  readonly asset: string;
  remaining: number;
}

interface ModelTransfer {
  readonly kind: string;
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: number;
}

export interface ModelAccount {
  readonly timeZone: string;
  readonly currency: string;
  openMonth: string;
  buckets: ModelBucket[];
  /** Codes of closed buckets: never opened again. */
  readonly closed: Set<string>;
  readonly allowances: { asset: string; fromMonth: string; quantity: number }[];
  readonly happened: ModelTransfer[];
  readonly events: Map<string, { event: ModelUse; charges: unknown }>;
  readonly visitors: Set<string>;
  readonly holds: Map<string, ModelHold[]>;
}

export interface HoldTerms {
  readonly holdId: string;
  readonly asset: string;
  readonly quantity: number;
  readonly unitPrice: number | null;
  readonly at: string;
}

const ALARM = { alarm: 'conflict' };
const DAY = 24 * 3600 * 1000;

export function createModelAccount(account: {
  readonly timeZone: string;
  readonly currency: string;
  readonly openMonth: string;
}): ModelAccount {
  const wallet = (code: string, rank: number) =>
    newBucket({ code, asset: account.currency, rank, month: null });
  return {
    ...account,
    buckets: [wallet('wallet/initial', 3), wallet('wallet/additional', 4)],
    closed: new Set(),
    allowances: [],
    happened: [],
    events: new Map(),
    visitors: new Set(),
    holds: new Map(),
  };
}

/** Balances in the shape the test reads from PostgreSQL. */
export function describeModel(account: ModelAccount): unknown {
  return {
    openMonth: account.openMonth,
    buckets: inOrder(account.buckets).map(({ code, granted, posted, held, expiresAt }) => ({
      code,
      granted,
      posted,
      held,
      expiresAt: expiresAt === Infinity ? null : expiresAt,
    })),
  };
}

export function useModel(account: ModelAccount | undefined, event: ModelUse): unknown {
  if (!account) return { kind: 'refused', reason: 'unknown_account' };
  const stored = account.events.get(event.key);
  if (stored) {
    const fields = ['occurredAt', 'asset', 'channel', 'quantity', 'unitPrice', 'visitor'] as const;
    const isSame = fields.every((field) => stored.event[field] === event[field]);
    return isSame ? { kind: 'replayed', charges: stored.charges } : { kind: 'conflict' };
  }
  const age = Date.parse(event.receivedAt) - Date.parse(event.occurredAt);
  if (age > 40 * DAY) return { kind: 'refused', reason: 'event_too_old' };
  if (-age > DAY) return { kind: 'refused', reason: 'event_in_future' };
  return chargeEvent(account, event);
}

function chargeEvent(account: ModelAccount, event: ModelUse): unknown {
  const month = localDateOf(event.occurredAt, account.timeZone).slice(0, 7);
  openModelMonths(account, localDateOf(event.receivedAt, account.timeZone).slice(0, 7));
  const visit = `${month} ${event.visitor}`;
  const isNewVisitor = event.visitor !== null && !account.visitors.has(visit);
  const taken: ModelBucket[] = [];
  const paying = month < account.openMonth ? month : account.openMonth;
  const isRecord = event.mode === 'record';
  const terms = { at: event.occurredAt, month: paying, isRecord, taken };
  const { asset, quantity, unitPrice } = event;
  const channel = asset === 'message' ? event.channel : '';
  const reason = payUnits(account, { asset, quantity, unitPrice, channel, ...terms });
  if (!reason && isNewVisitor) {
    takeMany(account, { asset: 'unique_visitor', amount: 1, ...terms });
  }
  if (reason) {
    for (const bucket of taken) bucket.posted += 1;
    return { kind: 'refused', reason };
  }
  if (isNewVisitor) account.visitors.add(visit);
  const charges = countTaken(taken);
  account.events.set(event.key, { event, charges });
  return { kind: 'charged', charges, isNewVisitor };
}

export function grantModelMoney(
  account: ModelAccount,
  grant: {
    readonly source: 'wallet_initial' | 'wallet_additional' | 'promotional';
    readonly amount: number;
    readonly reference: string;
    readonly at: string;
    readonly expiresAt: string;
  },
): unknown {
  const isPromotional = grant.source === 'promotional';
  const code = isPromotional
    ? `promotional/${grant.reference}`
    : grant.source.replace('wallet_', 'wallet/');
  const before = account.happened.find(
    (t) => t.kind === 'grant' && t.reference === grant.reference && t.credit === code,
  );
  if (before) return before.amount === grant.amount ? { isRepeat: true, settledMicros: 0 } : ALARM;
  let bucket = account.buckets.find((b) => b.code === code);
  if (!bucket) {
    bucket = newBucket({
      code,
      asset: account.currency,
      rank: 2,
      month: null,
      startsAt: grant.at,
      expiresAt: grant.expiresAt,
    });
    account.buckets.push(bucket);
  }
  bucket.posted += grant.amount;
  bucket.granted += grant.amount;
  note(account, { kind: 'grant', reference: grant.reference, credit: code, amount: grant.amount });
  return { isRepeat: false, settledMicros: settle(account) };
}

export function grantModelUnits(
  account: ModelAccount,
  grant: {
    readonly code: string;
    readonly asset: string;
    readonly quantity: number;
    readonly reference: string;
    readonly channels: readonly string[] | null;
    readonly startsAt: string;
    readonly expiresAt: string;
  },
): unknown {
  const before = account.happened.find(
    (t) => t.kind === 'grant' && t.reference === grant.reference && t.credit === grant.code,
  );
  if (before) return before.amount === grant.quantity ? { isRepeat: true } : ALARM;
  let bucket = account.buckets.find((b) => b.code === grant.code);
  if (bucket && bucket.expiresAt !== Date.parse(grant.expiresAt)) return ALARM;
  if (account.closed.has(grant.code)) return ALARM;
  if (!bucket) {
    bucket = newBucket({ ...grant, rank: 2, month: null });
    account.buckets.push(bucket);
  }
  bucket.posted += grant.quantity;
  bucket.granted += grant.quantity;
  const { reference, code, quantity } = grant;
  note(account, { kind: 'grant', reference, credit: code, amount: quantity });
  return { isRepeat: false };
}

export function chargeModel(
  account: ModelAccount,
  charge: { readonly amount: number; readonly reference: string; readonly at: string },
): unknown {
  const { amount, reference, at } = charge;
  const before = account.happened.filter((t) => t.kind === 'charge' && t.reference === reference);
  if (before.length > 0) {
    const total = before.reduce((sum, t) => sum + t.amount, 0);
    const parts = before.map((t) => ({ bucket: t.debit, amountMicros: t.amount }));
    return total === amount ? { kind: 'charged', parts, isRepeat: true } : ALARM;
  }
  const taken: ModelBucket[] = [];
  const available = countAvailable(account, at);
  const money = { asset: account.currency, amount, at, month: '', taken };
  const missing = takeMany(account, { ...money, isSale: true });
  if (missing > 0) {
    for (const bucket of taken) bucket.posted += 1;
    return {
      kind: 'insufficient_balance',
      requiredMicros: amount,
      availableMicros: available,
      missingMicros: missing,
    };
  }
  const parts = countTaken(taken).map((part) => ({
    bucket: part.bucket,
    amountMicros: part.amount,
  }));
  for (const part of parts) {
    note(account, { kind: 'charge', reference, debit: part.bucket, amount: part.amountMicros });
  }
  return { kind: 'charged', parts, isRepeat: false };
}

export function takeModelMoney(
  account: ModelAccount,
  taking: {
    readonly kind: 'refund' | 'clawback';
    readonly amount: number;
    readonly reference: string;
  },
): unknown {
  const { kind, amount, reference } = taking;
  const before = account.happened.find((t) => t.kind === kind && t.reference === reference);
  if (before) return before.amount === amount ? { isRepeat: true } : ALARM;
  const additional = walletOf(account, 'wallet/additional');
  const free = Math.max(0, additional.posted - additional.held);
  if (kind === 'refund' && free < amount) {
    return { kind: 'insufficient_balance', missingMicros: amount - free };
  }
  additional.posted -= amount;
  note(account, { kind, reference, debit: 'wallet/additional', amount });
  if (kind === 'clawback') settle(account);
  return { isRepeat: false };
}

export function placeModelHold(account: ModelAccount, terms: HoldTerms): unknown {
  const taken: ModelBucket[] = [];
  const month = monthOf(terms.at, account.timeZone);
  const reason = payUnits(account, { ...terms, month, isRecord: false, taken });
  for (const bucket of taken) bucket.posted += 1;
  if (reason) return { kind: reason };
  const parts = countTaken(taken);
  if (parts.length === 0) return { kind: 'held' };
  if (account.holds.has(terms.holdId)) return ALARM;
  for (const bucket of taken) bucket.held += 1;
  const asset = (code: string) => account.buckets.find((b) => b.code === code)?.asset ?? '';
  account.holds.set(
    terms.holdId,
    parts.map(({ bucket, amount }) => ({ bucket, asset: asset(bucket), remaining: amount })),
  );
  return { kind: 'held' };
}

export function captureModelHold(
  account: ModelAccount,
  capture: { readonly holdId: string; readonly asset: string; readonly amount: number },
): unknown {
  const hold = account.holds.get(capture.holdId);
  if (!hold) return { kind: 'no_hold' };
  const remaining = hold
    .filter((part) => part.asset === capture.asset)
    .reduce((sum, part) => sum + part.remaining, 0);
  if (capture.amount > remaining) return { kind: 'exceeds_hold', remaining };
  const taken: ModelBucket[] = [];
  for (let unit = 0; unit < capture.amount; unit += 1) {
    for (const bucket of inOrder(account.buckets)) {
      const part = hold.find((p) => p.bucket === bucket.code && p.asset === capture.asset);
      if (!part || part.remaining === 0) continue;
      part.remaining -= 1;
      bucket.held -= 1;
      bucket.posted -= 1;
      taken.push(bucket);
      break;
    }
  }
  return { kind: 'captured', parts: countTaken(taken) };
}

export function releaseModelHold(
  account: ModelAccount,
  release: { readonly holdId: string; readonly at: string },
): unknown {
  const hold = account.holds.get(release.holdId);
  if (!hold) return { kind: 'no_hold' };
  const month = monthOf(release.at, account.timeZone);
  const released: Record<string, number> = {};
  for (const part of hold) {
    if (part.remaining === 0) continue;
    const bucket = account.buckets.find((b) => b.code === part.bucket);
    if (!bucket) throw new Error(`the model lost ${part.bucket}`);
    released[part.bucket] = part.remaining;
    bucket.held -= part.remaining;
    part.remaining = 0;
    const isOver =
      Date.parse(release.at) >= bucket.expiresAt || (bucket.month !== null && bucket.month < month);
    if (isOver) forfeitModel(account, { code: bucket.code, at: release.at });
  }
  if (Object.keys(released).length > 0) settle(account);
  return { kind: 'released', released };
}

export function forfeitModel(
  account: ModelAccount,
  { code, at }: { readonly code: string; readonly at: string },
): unknown {
  const bucket = account.buckets.find((b) => b.code === code);
  if (!bucket) return { forfeited: 0, isClosed: true };
  const forfeited = bucket.posted - bucket.held;
  bucket.posted = bucket.held;
  const endedAt = Math.max(bucket.startsAt, Date.parse(at));
  if (endedAt < bucket.expiresAt) bucket.expiresAt = endedAt;
  if (bucket.held > 0) return { forfeited, isClosed: false };
  account.buckets = account.buckets.filter((b) => b !== bucket);
  account.closed.add(code);
  return { forfeited, isClosed: true };
}

export function closeModelMonths(
  account: ModelAccount,
  { month, at }: { readonly month: string; readonly at: string },
): unknown {
  settle(account);
  const forfeited: Record<string, number> = {};
  const over = account.buckets.filter((b) => b.month !== null && b.month < month);
  for (const bucket of over) {
    forfeited[bucket.code] = bucket.posted - bucket.held;
    forfeitModel(account, { code: bucket.code, at });
  }
  return { forfeited };
}

export function setModelAllowance(
  account: ModelAccount,
  allowance: {
    readonly asset: string;
    readonly fromMonth: string;
    readonly quantity: number;
    readonly takesBack: boolean;
  },
): unknown {
  const { asset, fromMonth, quantity } = allowance;
  const raises: { month: string; missing: number }[] = [];
  for (const month of new Set([fromMonth, account.openMonth])) {
    if (month < fromMonth || month > account.openMonth) continue;
    const after = allowanceIn(account, asset, month, allowance);
    const bucket = account.buckets.find((b) => b.code === quota(asset, month));
    takeBack(bucket, { kept: after, isAsked: allowance.takesBack });
    const granted = bucket?.granted ?? 0;
    if (after > granted) raises.push({ month, missing: after - granted });
  }
  if (raises.some(({ month }) => account.closed.has(quota(asset, month)))) return ALARM;
  const known = account.allowances.findIndex((a) => a.asset === asset && a.fromMonth === fromMonth);
  if (known >= 0) account.allowances.splice(known, 1);
  account.allowances.push({ asset, fromMonth, quantity });
  for (const { month, missing } of raises) grantQuota(account, { asset, month, quantity: missing });
  return { grantedNow: raises.reduce((sum, { missing }) => sum + missing, 0) };
}

/** What was granted beyond `kept` and is neither used nor held was never granted. */
function takeBack(
  bucket: ModelBucket | undefined,
  { kept, isAsked }: { readonly kept: number; readonly isAsked: boolean },
): void {
  if (bucket === undefined || !isAsked || kept >= bucket.granted) return;
  const back = Math.min(bucket.granted - kept, bucket.posted - bucket.held);
  bucket.granted -= back;
  bucket.posted -= back;
}

function openModelMonths(account: ModelAccount, month: string): void {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const before = number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, '0')}`;
  for (const key of [before, month]) {
    if (key <= account.openMonth) continue;
    account.openMonth = key;
    for (const asset of new Set(account.allowances.map((a) => a.asset))) {
      const quantity = allowanceIn(account, asset, key);
      if (quantity > 0) grantQuota(account, { asset, month: key, quantity });
    }
  }
}

function allowanceIn(
  account: ModelAccount,
  asset: string,
  month: string,
  changed?: { readonly asset: string; readonly fromMonth: string; readonly quantity: number },
): number {
  const all = account.allowances.filter(
    (a) => changed === undefined || a.asset !== changed.asset || a.fromMonth !== changed.fromMonth,
  );
  if (changed) all.push({ ...changed });
  const due = all.filter((a) => a.asset === asset && a.fromMonth <= month);
  due.sort((a, b) => (a.fromMonth < b.fromMonth ? -1 : 1));
  return due.at(-1)?.quantity ?? 0;
}

function quota(asset: string, month: string): string {
  return `quota/${asset}/${month}`;
}

function grantQuota(
  account: ModelAccount,
  grant: { readonly asset: string; readonly month: string; readonly quantity: number },
): void {
  const code = quota(grant.asset, grant.month);
  let bucket = account.buckets.find((b) => b.code === code);
  if (!bucket) {
    bucket = newBucket({ code, asset: grant.asset, rank: 0, month: grant.month });
    account.buckets.push(bucket);
  }
  bucket.posted += grant.quantity;
  bucket.granted += grant.quantity;
}

/** Answers why it cannot be paid, or an empty text. `taken` gets a bucket per unit and per micro. */
function payUnits(
  account: ModelAccount,
  wanted: {
    readonly asset: string;
    readonly quantity: number;
    readonly unitPrice: number | null;
    readonly at: string;
    readonly month: string;
    readonly channel?: string | undefined;
    readonly isRecord: boolean;
    readonly taken: ModelBucket[];
  },
): string {
  const { asset, quantity, unitPrice, at, month, channel, isRecord, taken } = wanted;
  const uncovered = takeMany(account, { asset, amount: quantity, at, month, channel, taken });
  if (uncovered === 0) return '';
  if (unitPrice === null) return isRecord ? '' : 'quota_exhausted';
  // Tenths of a nano to micros: half up.
  const micros = Math.round((uncovered * unitPrice) / 10_000);
  const price = { asset: account.currency, amount: micros, at, month, taken };
  const owed = takeMany(account, price);
  if (owed === 0) return '';
  if (!isRecord) return 'insufficient_balance';
  const additional = walletOf(account, 'wallet/additional');
  for (let micro = 0; micro < owed; micro += 1) {
    additional.posted -= 1;
    taken.push(additional);
  }
  return '';
}

/** One at a time, each from the bucket that burns first now. Answers how many found none. */
function takeMany(
  account: ModelAccount,
  wanted: {
    readonly asset: string;
    readonly amount: number;
    readonly at: string;
    readonly month: string;
    readonly channel?: string | undefined;
    /** Bought, not used: what a plan gave does not pay. */
    readonly isSale?: boolean;
    readonly taken: ModelBucket[];
  },
): number {
  const at = Date.parse(wanted.at);
  for (let done = 0; done < wanted.amount; done += 1) {
    const bucket = inOrder(account.buckets.filter((b) => isMeantFor(b, wanted))).find(
      (b) =>
        b.asset === wanted.asset &&
        b.posted > b.held &&
        (b.month === null || b.month === wanted.month) &&
        at >= b.startsAt &&
        at < b.expiresAt,
    );
    if (!bucket) return wanted.amount - done;
    bucket.posted -= 1;
    wanted.taken.push(bucket);
  }
  return 0;
}

function isMeantFor(
  { code, channels }: ModelBucket,
  wanted: { readonly channel?: string | undefined; readonly isSale?: boolean },
): boolean {
  if (wanted.isSale && code === 'wallet/initial') return false;
  return channels === null || channels.includes(wanted.channel ?? '');
}

function countAvailable(account: ModelAccount, at: string): number {
  const time = Date.parse(at);
  return account.buckets
    .filter((b) => b.asset === account.currency && b.code !== 'wallet/initial')
    .filter((b) => b.startsAt <= time && time < b.expiresAt)
    .reduce((sum, b) => sum + Math.max(0, b.posted - b.held), 0);
}

function countTaken(taken: readonly ModelBucket[]): { bucket: string; amount: number }[] {
  const counts = new Map<string, number>();
  for (const { code } of taken) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([bucket, amount]) => ({ bucket, amount }));
}

function settle(account: ModelAccount): number {
  const initial = walletOf(account, 'wallet/initial');
  const additional = walletOf(account, 'wallet/additional');
  let moved = 0;
  while (additional.posted < 0 && initial.posted > initial.held) {
    initial.posted -= 1;
    additional.posted += 1;
    moved += 1;
  }
  return moved;
}

function inOrder(buckets: readonly ModelBucket[]): ModelBucket[] {
  return [...buckets].sort((a, b) => {
    if (a.rank !== b.rank) return a.rank - b.rank;
    if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
    if (a.startsAt !== b.startsAt) return a.startsAt < b.startsAt ? -1 : 1;
    return a.code < b.code ? -1 : 1;
  });
}

function walletOf(account: ModelAccount, code: string): ModelBucket {
  const wallet = account.buckets.find((b) => b.code === code);
  if (!wallet) throw new Error(`the model lost ${code}`);
  return wallet;
}

function newBucket(bucket: {
  readonly code: string;
  readonly asset: string;
  readonly rank: number;
  readonly month: string | null;
  readonly channels?: readonly string[] | null;
  readonly startsAt?: string;
  readonly expiresAt?: string;
}): ModelBucket {
  const { code, asset, rank, month, channels = null, startsAt, expiresAt } = bucket;
  return {
    code,
    asset,
    rank,
    month,
    channels,
    startsAt: startsAt === undefined ? -Infinity : Date.parse(startsAt),
    expiresAt: expiresAt === undefined ? Infinity : Date.parse(expiresAt),
    granted: 0,
    posted: 0,
    held: 0,
  };
}

function note(
  account: ModelAccount,
  transfer: Partial<ModelTransfer> & Pick<ModelTransfer, 'kind' | 'reference' | 'amount'>,
): void {
  account.happened.push({ debit: '', credit: '', ...transfer });
}
