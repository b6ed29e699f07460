/**
 * All it takes to rent numbers in a test: accounts, paid orders, a real sandbox carrier, a saved method at
 * a real sandbox gateway, and the number's activities done in the order a workflow would do them.
 * Example: `const id = await desk.rent(accountId); await desk.advanceTo(accountId, '2027-02-28T10:00:00.000Z');`
 */
import { createRentCollectionActivities } from '../../activities/phone-number/phone-number-collection';
import type { ActivityDependencies } from '../../activities/dependencies';
import { openPhoneNumber } from '../../activities/phone-number/open-phone-number';
import { createPhoneNumberActivities } from '../../activities/phone-number/phone-number.activities';
import { markWaiting } from '../../db/waiting-lifecycles';
import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import { orders } from '../../db/repositories/order.repository';
import { savePaymentMethod } from '../../db/repositories/payment-method.repository';
import {
  listPhoneNumbersOfAccount,
  type PhoneNumberRecord,
  phoneNumbers,
} from '../../db/repositories/phone-number.repository';
import { isAtOrBefore, isBefore, type Instant } from '../../domain/instant';
import { parseMoney } from '../../domain/money';
import { isDueAction, type DueAction } from '../../domain/next-action';
import type { NumberCapability } from '../../domain/number-capability';
import { purchaseOf, type Purchase } from '../../domain/order/order';
import type { NumberItem } from '../../domain/order/item';
import {
  decideNextAction,
  type PhoneNumberActionKind,
} from '../../domain/phone-number/decide-next';
import {
  DEFAULT_GRACE_POLICY,
  type GracePolicy,
  type PhoneNumber,
} from '../../domain/phone-number/phone-number';
import { computeTax } from '../../domain/tax/compute-tax';
import { UNTAXED } from '../../domain/tax/taxation';
import { CarrierUnavailable, type NumberCarrier } from '../../gateways/number-carrier';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { PhoneNumberCommand, PhoneNumberStep } from '../../workflows/phone-number.messages';
import { startSandboxCarrier, type RunningCarrier } from '../support/sandbox-carrier';
import { payCheckout, startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import { createBillingUnderTest, RECORDED_AT, type BillingUnderTest } from './billing-under-test';

/** When every number of these tests is bought: month ends are where anchors drift. */
export const BOUGHT_AT = '2027-01-31T10:00:00.000Z';
const STEPS_MAX = 2_000;

export interface NumberTermsOnDesk {
  readonly number: string;
  readonly rent?: string;
  readonly capabilities?: readonly NumberCapability[];
  readonly grace?: GracePolicy;
}

/** A due action and the key it is done under. */
interface Due {
  readonly action: DueAction<PhoneNumberActionKind>;
  readonly now: Instant;
  readonly operationKey: string;
}

export interface NumberDesk {
  readonly billing: BillingUnderTest;
  readonly carrier: RunningCarrier;
  readonly gateway: RunningSandbox;
  /** `itemSettled orc_1` for each signal that was sent. */
  readonly signals: readonly string[];
  readonly activities: ReturnType<typeof createPhoneNumberActivities>;
  /** The same activities on another carrier, one whose worker dies for example, or at another wall time. */
  activitiesOn(
    carrier: NumberCarrier,
    wallNow?: () => Instant,
  ): ReturnType<typeof createPhoneNumberActivities>;
  /** An order that is paid, and its number's row: the carrier was not asked yet. */
  open(accountId: string, terms: NumberTermsOnDesk): Promise<string>;
  /** Opened, and the carrier gave it. */
  rent(accountId: string, terms: NumberTermsOnDesk): Promise<string>;
  /** One attempt at what is due; rejects as the activity does. */
  attempt(id: string): Promise<PhoneNumberStep>;
  noteUnanswered(id: string): Promise<PhoneNumberStep>;
  due(id: string): Promise<Due>;
  /** Does everything due of the account's numbers up to the instant, the earliest first. */
  advanceTo(accountId: string, at: Instant): Promise<void>;
  tell(id: string, command: PhoneNumberCommand, now: Instant): Promise<string>;
  /** Money comes in, and who waits for it is told in the same transaction. */
  topUp(accountId: string, amount: string, at: Instant): Promise<void>;
  keepMethod(accountId: string, form: Readonly<Record<string, string>>): Promise<string>;
  writeNote(accountId: string, words: string): Promise<string>;
  record(id: string): Promise<PhoneNumberRecord>;
  get(id: string): Promise<PhoneNumber>;
  /** `active, renew 2027-02-28T10:00:00.000Z` */
  show(id: string): Promise<string>;
  /** Types of the number's events, oldest first, without `phone_number.`. */
  story(id: string): Promise<string[]>;
  reasons(id: string): Promise<string[]>;
  /** `[status, number]` of what the carrier rents for our references. */
  leases(id: string): Promise<string[]>;
  item(id: string): Promise<NumberItem>;
  close(): Promise<void>;
}

/** `silenceMs`: how long the carrier may be silent. Long, for a busy machine is slow and not wrong. */
export async function openNumberDesk({ silenceMs = 5_000 } = {}): Promise<NumberDesk> {
  const billing = await createBillingUnderTest();
  const carrier = await startSandboxCarrier({ timeoutMs: silenceMs });
  const gateway = await startSandboxGateway();
  const signals: string[] = [];
  let made = 0;
  // These accounts follow the wall: it shows the instant of what is due.
  let wall = BOUGHT_AT;

  const dependenciesOn = (on: NumberCarrier, now = () => wall): ActivityDependencies => {
    const client = {
      workflow: {
        getHandle: () => ({
          signal: ({ name }: { name: string }, { itemId }: { itemId: string }) => {
            signals.push(`${name} ${itemId}`);
            return Promise.resolve();
          },
        }),
      },
    };
    const gateways = new Map<string, PaymentGateway>([[gateway.gateway.name, gateway.gateway]]);
    const dependencies = {
      database: billing.database,
      gateways,
      numberCarrier: on,
      client,
      now,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    return dependencies as unknown as ActivityDependencies;
  };
  const activities = createPhoneNumberActivities(dependenciesOn(carrier.carrier));
  const rents = createRentCollectionActivities(dependenciesOn(carrier.carrier));

  async function record(id: string): Promise<PhoneNumberRecord> {
    const found = await billing.read((trx) => phoneNumbers.find(trx, id));
    if (found === null) throw new Error(`${id} has no row`);
    return found;
  }
  const get = async (id: string): Promise<PhoneNumber> => (await record(id)).state;

  async function due(id: string): Promise<Due> {
    const { state: phoneNumber, revision } = await record(id);
    const action = decideNextAction(phoneNumber);
    if (!isDueAction(action)) throw new Error(`${id} rests`);
    wall = action.at;
    const operationKey = `${id}/${action.kind}/${action.at}/${revision}`;
    return { action, now: action.at, operationKey };
  }

  async function attempt(id: string): Promise<PhoneNumberStep> {
    const { accountId } = await get(id);
    const request = { id, accountId, ...(await due(id)) };
    const { kind } = request.action;
    if (kind === 'order_number' || kind === 'check_number') {
      return activities.orderAtCarrier(request);
    }
    if (kind === 'return_number') return activities.returnToCarrier(request);
    if (kind === 'collect_payment' || kind === 'check_payment') {
      return rents.collectRent(request);
    }
    return activities.performNumberAction(request);
  }

  async function noteUnanswered(id: string): Promise<PhoneNumberStep> {
    const { accountId } = await get(id);
    const request = { id, accountId, ...(await due(id)) };
    return request.action.kind.endsWith('_payment')
      ? rents.noteRentUncollected(request)
      : activities.noteNumberUnanswered(request);
  }

  async function findEarliest(accountId: string): Promise<{ id: string; at: Instant } | null> {
    const records = await billing.read((trx) =>
      listPhoneNumbersOfAccount(trx, { accountId, isOpen: false }),
    );
    let earliest: { id: string; at: Instant } | null = null;
    for (const { state: phoneNumber } of records) {
      const next = decideNextAction(phoneNumber);
      if (!isDueAction(next)) continue;
      const isFirst =
        earliest === null ||
        isBefore(next.at, earliest.at) ||
        (next.at === earliest.at && phoneNumber.id < earliest.id);
      if (isFirst) earliest = { id: phoneNumber.id, at: next.at };
    }
    return earliest;
  }

  async function advanceTo(accountId: string, to: Instant): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const earliest = await findEarliest(accountId);
      if (earliest === null || !isAtOrBefore(earliest.at, to)) return;
      try {
        await attempt(earliest.id);
      } catch (error) {
        if (!(error instanceof CarrierUnavailable)) throw error;
        await noteUnanswered(earliest.id);
      }
    }
    throw new Error(`nothing ends before ${to}`);
  }

  async function open(accountId: string, terms: NumberTermsOnDesk): Promise<string> {
    made += 1;
    const order = buildPaidOrder(made, accountId, terms);
    const [item] = order.items;
    if (item?.kind !== 'phone_number') throw new Error('an order of these tests is for a number');
    const { number, country, capabilities, price, deliveryId } = item;
    await billing.read(async (trx) => {
      await lockLedgers(trx, [accountId]);
      await orders.insert(trx, order, BOUGHT_AT);
      await openPhoneNumber(
        trx,
        {
          id: deliveryId,
          accountId,
          orderId: order.id,
          orderItemId: item.id,
          number,
          country,
          capabilities,
          carrier: carrier.carrier.name,
          rent: price,
          timeZone: 'Asia/Kolkata',
          grace: terms.grace ?? DEFAULT_GRACE_POLICY,
          at: BOUGHT_AT,
        },
        RECORDED_AT,
      );
    });
    return deliveryId;
  }

  async function events(id: string): Promise<readonly { type: string; reason: string }[]> {
    const { accountId } = await get(id);
    const query = { limit: 1_000, beforePosition: null, accountId };
    const found = await billing.read((trx) => listEvents(trx, query));
    return found.filter(({ subjectId }) => subjectId === id).toReversed();
  }

  async function tell(id: string, command: PhoneNumberCommand, now: Instant): Promise<string> {
    made += 1;
    const { accountId } = await get(id);
    const operationKey = `${id}/${command.kind}/${made}`;
    wall = now;
    const request = { id, accountId, command, now, operationKey };
    const { answer } = await activities.answerNumberCommand(request);
    if (answer.kind === 'done') return 'done';
    const { missing } = answer.details;
    return missing === undefined ? answer.code : `${answer.code}, ${missing} missing`;
  }

  async function keepMethod(
    accountId: string,
    form: Readonly<Record<string, string>>,
  ): Promise<string> {
    made += 1;
    const method = await saveAtGateway(gateway, { made, accountId, form });
    const id = `pm_${made}`;
    const createdAt = `2027-01-01T00:00:00.${String(made).padStart(3, '0')}Z`;
    await billing.read((trx) =>
      savePaymentMethod(trx, { id, accountId, gateway: 'sandbox', ...method, createdAt }),
    );
    return id;
  }

  return {
    billing,
    carrier,
    gateway,
    signals,
    activities,
    activitiesOn: (on, now) => createPhoneNumberActivities(dependenciesOn(on, now)),
    open,
    async rent(accountId, terms) {
      const id = await open(accountId, terms);
      await attempt(id);
      return id;
    },
    attempt,
    noteUnanswered,
    due,
    advanceTo,
    tell,
    async topUp(accountId, amount, at) {
      await billing.topUp(accountId, amount);
      await billing.read((trx) => markWaiting(trx, { accountId, at }));
    },
    keepMethod,
    writeNote: (accountId, words) =>
      billing.read((trx) => insertCommandNote(trx, { accountId, words, createdAt: RECORDED_AT })),
    record,
    get,
    async show(id) {
      const { status, ...rest } = await get(id);
      const next = decideNextAction({ status, ...rest });
      return `${status}, ${next.kind}${isDueAction(next) ? ` ${next.at}` : ''}`;
    },
    story: async (id) => (await events(id)).map(({ type }) => type.replace('phone_number.', '')),
    reasons: async (id) => (await events(id)).map(({ reason }) => reason),
    async leases(id) {
      const { leased, ended } = await carrier.readState();
      const own = [...leased, ...ended].filter(({ reference }) => reference === id);
      return own.map(({ status }) => status);
    },
    async item(id) {
      const { orderId } = await get(id);
      const found = await billing.read((trx) => orders.find(trx, orderId));
      const [item] = found === null ? [] : purchaseOf(found.state).items;
      if (item?.kind !== 'phone_number') throw new Error(`${orderId} has no number`);
      return item;
    },
    async close() {
      await carrier.stop();
      await gateway.stop();
      await billing.close();
    },
  };
}

function buildPaidOrder(
  place: number,
  accountId: string,
  { number, rent = '500.00', capabilities = ['sms', 'voice'] }: NumberTermsOnDesk,
): Purchase {
  const id = `ord_${place}`;
  const price = parseMoney({ amount: rent, currency: 'INR' });
  const item: NumberItem = {
    id: `itm_${place}`,
    kind: 'phone_number',
    deliveryId: `num_${String(place).padStart(3, '0')}`,
    name: number,
    number,
    country: 'IN',
    capabilities,
    requiredCapabilities: capabilities,
    price,
    upFrontFee: parseMoney({ amount: '0.00', currency: 'INR' }),
    status: 'ordered',
    settledAt: null,
    failureReason: null,
    refundId: null,
  };
  const line = { description: number, quantity: 1n, unitAmount: price, amount: price };
  const sale = computeTax(UNTAXED, [line]);
  return {
    id,
    accountId,
    kind: 'purchase',
    items: [item],
    total: sale.total,
    sale,
    taxation: UNTAXED,
    gateway: 'sandbox',
    mode: 'wallet',
    status: 'paid',
    placedAt: BOUGHT_AT,
    payAskedAt: BOUGHT_AT,
    expiresAt: '2027-02-01T10:00:00.000Z',
    checkoutId: null,
    checkoutUrl: null,
    checkoutAttempts: 0,
    checksMade: 0,
    asksUnanswered: 0,
    paidAt: BOUGHT_AT,
    itemChecksMade: 0,
    failureReason: null,
  };
}

/** The account's owner pays a small amount on the hosted page and keeps the method. */
async function saveAtGateway(
  { gateway, settle }: RunningSandbox,
  facts: {
    readonly made: number;
    readonly accountId: string;
    readonly form: Readonly<Record<string, string>>;
  },
) {
  const money = parseMoney({ amount: '1.00', currency: 'INR' });
  const { checkoutId, url } = await gateway.createCheckout({
    idempotencyKey: `checkout ${facts.made}`,
    reference: `top_${facts.made}`,
    customerReference: facts.accountId,
    money,
    modes: ['card', 'upi'],
    orderDetails: { merchant: 'Tollgate', lines: [{ description: 'Top-up', amount: money }] },
    returnUrl: 'http://127.0.0.1/back',
  });
  await payCheckout(url, { ...facts.form, save: 'on' });
  await settle();
  const [payment] = (await gateway.getCheckout(checkoutId)).payments;
  const methodReference = payment?.method.reference;
  if (!payment || !methodReference) throw new Error('the method was not kept');
  const { kind, brand, lastFour } = payment.method;
  return { methodReference, kind, brand, lastFour };
}
