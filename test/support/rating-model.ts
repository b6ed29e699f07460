/**
 * A second, naive rating to compare the real one with: time in whole hours, windows as sets of hours, one unit at a
 * time, plain numbers. It shares nothing with the real code.
 */
export interface ModelEvent {
  readonly id: number;
  /** Hours since 1970, UTC. */
  readonly hour: number;
  /** How many hours later it is told; negative: a clock runs ahead. No part of the data. */
  readonly delay: number;
  readonly type: 'wa_message' | 'wa_inbound' | 'message' | 'visitor';
  readonly mode: 'enforce' | 'record';
  readonly contact: number;
  readonly number: number;
  readonly category: string;
  readonly status: 'sent' | 'delivered';
  readonly toldWindow: boolean | null;
  readonly toldEntry: boolean | null;
  /** 0: no group. */
  readonly group: number;
  readonly isEntry: boolean;
  readonly quantity: number;
  readonly visitor: number | null;
}

/** A version of the card, from an hour on. All rates in 1e-10. */
export interface ModelEra {
  readonly fromHour: number;
  readonly unit: 'conversation' | 'message';
  readonly free: readonly string[];
  readonly covered: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
  /** From the second unit of the month on, where there is one. */
  readonly tiered: Readonly<Record<string, number>>;
  readonly allowance: { readonly category: string; readonly quantity: number } | null;
}

export interface ModelTerms {
  readonly eras: readonly ModelEra[];
  readonly feeFixed: number;
  readonly feePercent: number;
  readonly messageRate: number;
  readonly zoneHours: number;
  readonly quotas: Readonly<Record<string, number>>;
  /** Without a plan that allows visitors, those past a quota are counted and cost nothing. */
  readonly areVisitorsFree: boolean;
}

interface Customer {
  window: Set<number>;
  entry: { arrived: number; answered: number | null } | null;
  freeEntry: Set<number>;
  /** By category, the hours of the messages of each, the one last spoken in first. */
  readonly talks: Map<string, readonly (readonly number[])[]>;
}

export class RatingModel {
  initial: number;
  additional: number;
  messages: number;
  openMonth: string;
  readonly quotas = new Map<string, number>();
  private readonly customers = new Map<number, Customer>();
  private readonly counts = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly stored = new Map<number, { sent: string; answer: object }>();

  constructor(
    private readonly terms: ModelTerms,
    has: { initial: number; additional: number; messages: number; openMonth: string },
  ) {
    ({ initial: this.initial, additional: this.additional, messages: this.messages } = has);
    this.openMonth = has.openMonth;
  }

  grant(wallet: 'initial' | 'additional', micros: number): void {
    this[wallet] += micros;
    while (this.additional < 0 && this.initial > 0) {
      const moved = Math.min(-this.additional, this.initial);
      this.additional += moved;
      this.initial -= moved;
    }
  }

  use(event: ModelEvent): object {
    const sent = JSON.stringify({ ...event, mode: '', delay: 0 });
    const before = this.stored.get(event.id);
    if (before) return before.sent === sent ? before.answer : { kind: 'conflict' };
    const era = this.terms.eras.findLast(({ fromHour }) => fromHour <= event.hour);
    if (event.type === 'wa_message' && !era) return refuse('no_rate');
    if (event.type === 'wa_message' && event.group > 8) return refuse('group_too_large');
    const month = this.monthOf(event.hour);
    this.open(this.monthOf(event.hour + event.delay));
    const undo = this.copy();
    const answer = this.charge(event, era, month);
    if (typeof answer === 'string') {
      this.restore(undo);
      return refuse(answer);
    }
    this.stored.set(event.id, { sent, answer });
    return answer;
  }

  private charge(event: ModelEvent, era: ModelEra | undefined, month: string): object | string {
    const canOwe = isDone(event);
    const { reason, micros, quantity } = this.rate(event, era, month);
    if (micros > 0 && !this.pay(micros, canOwe)) return 'insufficient_balance';
    const visit = `${month} ${event.visitor}`;
    const isNew = event.visitor !== null && !this.seen.has(visit);
    if (isNew && !this.takeQuota('unique_visitor', month)) {
      if (!canOwe && !this.terms.areVisitorsFree) return 'quota_exhausted';
    }
    if (isNew) this.seen.add(visit);
    const counted = event.type === 'visitor' ? Number(isNew) : quantity;
    return { kind: 'charged', reason, micros, quantity: counted, isNew };
  }

  private takeQuota(asset: string, month: string): boolean {
    const quota = `${asset} ${month < this.openMonth ? month : this.openMonth}`;
    const left = this.quotas.get(quota) ?? 0;
    if (left > 0) this.quotas.set(quota, left - 1);
    return left > 0;
  }

  private rate(event: ModelEvent, era: ModelEra | undefined, month: string): Rated {
    if (event.type === 'wa_inbound') {
      this.receive(event);
      return { reason: 'priced_at_zero', micros: 0, quantity: 0 };
    }
    if (event.type === 'visitor') return { reason: null, micros: 0, quantity: 0 };
    if (event.type === 'wa_message' && era) return this.rateWhatsApp(event, era, month);
    let wanted = event.quantity;
    for (; wanted > 0 && this.messages > 0; wanted -= 1) this.messages -= 1;
    const micros = Math.round((wanted * this.terms.messageRate) / 10_000);
    return { reason: wanted === 0 ? 'covered_by_quota' : null, micros, quantity: event.quantity };
  }

  private rateWhatsApp(event: ModelEvent, era: ModelEra, month: string): Rated {
    const isGroup = event.group > 0;
    if (!isGroup) answer(this.customerOf(event.contact), event.hour);
    if (event.status === 'sent') return zero('not_charged_on_this_status', 0);
    const free = isGroup ? null : this.findFree(event, era);
    if (free) return free;
    const size = isGroup ? event.group : 1;
    return this.price(event, era, { month, size, priced: isGroup ? 'utility' : event.category });
  }

  private findFree(event: ModelEvent, era: ModelEra): Rated | null {
    const { hour, category } = event;
    const customer = this.customerOf(event.contact);
    const countsTalks = era.unit === 'conversation';
    if (event.toldEntry ?? customer.freeEntry.has(hour)) {
      return zero('free_entry_point', countsTalks ? 0 : 1);
    }
    if (countsTalks && talk(customer, category, hour)) return zero('conversation_open', 0);
    const isOpen = event.toldWindow ?? (customer.window.has(hour) || category === 'service');
    const isFree = isOpen && era.free.includes(category);
    return isFree ? zero('customer_service_window', 1) : null;
  }

  private price(
    event: ModelEvent,
    era: ModelEra,
    { month, size, priced }: { month: string; size: number; priced: string },
  ): Rated {
    let unpaid = size;
    const freeOnes = era.allowance?.category === priced ? era.allowance.quantity : 0;
    const free = `free ${month} ${event.number}`;
    while (unpaid > 0 && this.countBefore(free) < freeOnes) {
      this.count(free);
      unpaid -= 1;
    }
    if (unpaid === 0) return zero('free_allowance', size);
    const isCovered = era.covered.includes(priced);
    while (unpaid > 0 && isCovered && this.takeQuota('wa_conversation', month)) unpaid -= 1;
    if (unpaid === 0) return zero('covered_by_quota', size);
    const base = this.priceUnits(era, { priced, unpaid, counter: `tier ${month} ${priced}` });
    const fee = this.terms.feeFixed * unpaid + (base * this.terms.feePercent) / 100;
    const micros = Math.round(base / 10_000) + Math.round(fee / 10_000);
    return { reason: null, micros, quantity: size };
  }

  private priceUnits(
    era: ModelEra,
    { priced, unpaid, counter }: { priced: string; unpaid: number; counter: string },
  ): number {
    const rate = era.rates[priced] ?? 0;
    const tiered = era.tiered[priced];
    if (tiered === undefined) return rate * unpaid;
    let base = 0;
    for (let unit = 0; unit < unpaid; unit += 1) {
      base += this.countBefore(counter) >= 1 ? tiered : rate;
      this.count(counter);
    }
    return base;
  }

  private countBefore(counter: string): number {
    return this.counts.get(counter) ?? 0;
  }

  private count(counter: string): void {
    this.counts.set(counter, this.countBefore(counter) + 1);
  }

  private pay(micros: number, canOwe: boolean): boolean {
    const fromInitial = Math.min(this.initial, micros);
    const rest = micros - fromInitial;
    if (rest > Math.max(0, this.additional) && !canOwe) return false;
    this.initial -= fromInitial;
    this.additional -= rest;
    return true;
  }

  private receive({ contact, hour, isEntry }: ModelEvent): void {
    const customer = this.customerOf(contact);
    customer.window = lastRun(customer.window, hour, 24);
    if (isEntry && (customer.entry === null || hour > customer.entry.arrived)) {
      customer.entry = { arrived: hour, answered: null };
    }
  }

  private open(month: string): void {
    if (month <= this.openMonth) return;
    const [year = 0, number = 0] = month.split('-').map(Number);
    const before =
      number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, '0')}`;
    for (const key of [before, month]) {
      if (key <= this.openMonth) continue;
      for (const [asset, quantity] of Object.entries(this.terms.quotas)) {
        this.quotas.set(`${asset} ${key}`, quantity);
      }
    }
    this.openMonth = month;
  }

  private monthOf(hour: number): string {
    return new Date((hour + this.terms.zoneHours) * 3_600_000).toISOString().slice(0, 7);
  }

  private customerOf(contact: number): Customer {
    const known = this.customers.get(contact) ?? {
      window: new Set(),
      entry: null,
      freeEntry: new Set(),
      talks: new Map(),
    };
    this.customers.set(contact, known);
    return known;
  }

  /** Sets of hours are replaced and never changed, so they need no copy. */
  private copy(): object {
    const { initial, additional, messages } = this;
    return {
      initial,
      additional,
      messages,
      quotas: new Map(this.quotas),
      counts: new Map(this.counts),
      seen: new Set(this.seen),
      customers: new Map(
        [...this.customers].map(([id, one]) => [
          id,
          { ...one, entry: one.entry && { ...one.entry }, talks: new Map(one.talks) },
        ]),
      ),
    };
  }

  private restore(copy: object): void {
    Object.assign(this, copy);
  }
}

interface Rated {
  readonly reason: string | null;
  readonly micros: number;
  readonly quantity: number;
}

function isDone({ mode, type }: ModelEvent): boolean {
  return mode === 'record' || type === 'wa_inbound';
}

function zero(reason: string, quantity: number): Rated {
  return { reason, micros: 0, quantity };
}

function refuse(reason: string): object {
  return { kind: 'refused', reason };
}

function answer(customer: Customer, hour: number): void {
  const { entry } = customer;
  if (entry === null || hour < entry.arrived || hour >= entry.arrived + 24) return;
  if (entry.answered !== null && entry.answered <= hour) return;
  entry.answered = hour;
  customer.freeEntry = lastRun(customer.freeEntry, hour, 72);
}

/** Whether it falls into a conversation that was paid; if not, it opens one. Four are remembered. */
function talk(customer: Customer, category: string, hour: number): boolean {
  const known = customer.talks.get(category) ?? [];
  const fitting = known
    .filter((hours) => hours.every((other) => Math.abs(other - hour) < 24))
    .toSorted((one, other) => Math.min(...one) - Math.min(...other));
  const [joined = []] = fitting;
  const isWithin = joined.some((one) => one <= hour) && joined.some((one) => one >= hour);
  if (isWithin) return true;
  const rest = known.filter((hours) => hours !== joined);
  customer.talks.set(category, [[...joined, hour], ...rest].slice(0, 4));
  return joined.length > 0;
}

/** The hours with some more, and of them the last that follow on each other. */
function lastRun(hours: ReadonlySet<number>, from: number, length: number): Set<number> {
  const all = new Set([...hours, ...Array.from({ length }, (_, index) => from + index)]);
  const run = new Set<number>();
  for (let hour = Math.max(...all); all.has(hour); hour -= 1) run.add(hour);
  return run;
}
