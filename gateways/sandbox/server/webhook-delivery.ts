/**
 * Owns: sending the recorded events to the merchant, signed, until it answers 2xx or the tries run out.
 * Does not own: what is told (webhook-outbox.ts) or the signature's scheme (gateways/webhook-signature.ts).
 * At least once and in no promised order, as with every gateway: an event may come twice, also after
 * a restart in the middle of a try.
 * Example: the merchant is down for a minute; the tries come after 0.5, 1, 2, 4 … s (at most 60 s
 * apart, 20 in all, about a quarter of an hour), then the event is `gave_up` and only a look-up tells.
 */
import { addSeconds, toEpochMs, type Instant } from '../../../domain/instant';
import { earliest, type DueSource } from './agenda';
import type { Books, Delivery, EventRow } from './books';
import { forgeMessage, sign, type SignedMessage } from './forgeries';
import { SIGNATURE_HEADER } from '../wire';

const ATTEMPTS_MAX = 20;
const RETRY_FIRST_SECONDS = 0.5;
const RETRY_MAX_SECONDS = 60;
const ANSWER_TIMEOUT_MS = 5_000;
const IN_FLIGHT_MAX = 8;

export interface WebhookDelivery {
  readonly source: DueSource;
  /** Sends this event now, whatever its state, and resolves when its receiver answered. */
  readonly sendNow: (event: EventRow) => Promise<void>;
  /** Ends the tries under way and waits for them; they are made again after a restart. */
  readonly stop: () => Promise<void>;
}

export interface DeliveryOptions {
  readonly books: Books;
  /** Where to send to; null: nobody listens, nothing is sent. */
  readonly url: () => string | null;
  readonly secret: string;
  readonly now: () => Instant;
  /** The first wait between tries; each is twice the one before. */
  readonly retryFirstSeconds?: number;
}

export function createWebhookDelivery(options: DeliveryOptions): WebhookDelivery {
  const { books, now } = options;
  const retryFirstSeconds = options.retryFirstSeconds ?? RETRY_FIRST_SECONDS;
  const inFlight = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  function isFree(eventId: string): boolean {
    return options.url() !== null && !inFlight.has(eventId) && !stopping.signal.aborted;
  }

  async function deliver(event: EventRow): Promise<void> {
    const sent = await sendAll(options, event, stopping.signal);
    // Before saving: saving wakes the agenda, which must see the event as free for its next try.
    inFlight.delete(event.id);
    if (stopping.signal.aborted) return;
    const current = books.find('event', event.id) ?? event;
    books.atomically(() => {
      books.save('event', noteAttempt(current, { sent, now: now(), retryFirstSeconds }));
      releaseHeldFor(books, event.id, now());
    });
  }

  function start(event: EventRow): Promise<void> {
    const running = deliver(event);
    inFlight.set(event.id, running);
    return running;
  }

  function nextDueAtMs(): number | null {
    if (options.url() === null || inFlight.size >= IN_FLIGHT_MAX) return null;
    const free = [...books.waiting('event')].filter(([eventId]) => isFree(eventId));
    return earliest(free.map(([, dueAtMs]) => dueAtMs));
  }

  function runDue(): void {
    const due = books.due('event', toEpochMs(now())).filter((event) => isFree(event.id));
    for (const event of due.slice(0, IN_FLIGHT_MAX - inFlight.size)) void start(event);
  }

  return {
    source: { nextDueAtMs, runDue },
    sendNow: async (event) => {
      await inFlight.get(event.id);
      if (isFree(event.id)) await start(event);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(inFlight.values());
    },
  };
}

/** Events the reorder knob held back for the one that was just tried. */
function releaseHeldFor(books: Books, eventId: string, now: Instant): void {
  for (const held of books.heldEvents()) {
    if (held.hold === null || !('untilSent' in held.hold)) continue;
    if (held.hold.untilSent === eventId) books.save('event', { ...held, hold: null, dueAt: now });
  }
}

/** The forged message first, so that it meets the receiver before the truth; then all copies at once. */
async function sendAll(
  options: DeliveryOptions,
  event: EventRow,
  stopSignal: AbortSignal,
): Promise<readonly Delivery[]> {
  const { secret, now } = options;
  const { body, forgery } = event;
  const forged: Delivery[] = [];
  // A retry is for a receiver that was away; it is not another attack.
  if (forgery !== null && event.attemptsMade === 0) {
    const message = forgeMessage({ forgery, body, secret, now: now() });
    const httpStatus = await send(options, message, stopSignal);
    forged.push({ at: now(), httpStatus, forgery });
  }
  const genuine = Array.from({ length: event.copies }, async (): Promise<Delivery> => {
    const httpStatus = await send(options, sign(body, secret, now()), stopSignal);
    return { at: now(), httpStatus, forgery: null };
  });
  return [...forged, ...(await Promise.all(genuine))];
}

/** The HTTP status of the receiver's answer, or null when it gave none in time. */
async function send(
  options: DeliveryOptions,
  message: SignedMessage,
  stopSignal: AbortSignal,
): Promise<number | null> {
  const url = options.url();
  if (url === null) return null;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: message.signature },
      body: new Uint8Array(message.rawBody),
      redirect: 'manual',
      signal: AbortSignal.any([stopSignal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    // A receiver that is away is the ordinary case here; the delivery record shows it.
    return null;
  }
}

/** The event after one try. One genuine copy that was taken is enough. */
function noteAttempt(
  event: EventRow,
  result: {
    readonly sent: readonly Delivery[];
    readonly now: Instant;
    readonly retryFirstSeconds: number;
  },
): EventRow {
  const attemptsMade = event.attemptsMade + 1;
  const tried: EventRow = {
    ...event,
    hold: null,
    attemptsMade,
    deliveries: [...event.deliveries, ...result.sent],
  };
  if (result.sent.some(isTaken)) return { ...tried, status: 'delivered' };
  if (event.status !== 'pending') return tried;
  if (attemptsMade >= ATTEMPTS_MAX) return { ...tried, status: 'gave_up' };
  const waitSeconds = Math.min(
    result.retryFirstSeconds * 2 ** (attemptsMade - 1),
    RETRY_MAX_SECONDS,
  );
  return { ...tried, dueAt: addSeconds(result.now, waitSeconds) };
}

function isTaken({ httpStatus, forgery }: Delivery): boolean {
  return forgery === null && httpStatus !== null && httpStatus >= 200 && httpStatus < 300;
}
