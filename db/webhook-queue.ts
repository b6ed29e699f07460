/**
 * Owns: the queue of webhooks as a worker sees it: claim what is due, note how a try went, forget what is old.
 * Does not own: what owners see and do (db/repositories/webhook-delivery.repository.ts).
 * Everything here needs the system scope.
 */
import type { Instant } from '../domain/instant';
import type { DeliveryAttempt } from './repositories/webhook-delivery.repository';
import type { Transaction } from './transaction';

/** A delivery that this worker alone tries until `claimedUntil`, with what it takes to try. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly subjectId: string;
  readonly ordinal: bigint | null;
  /** Null before the first try. */
  readonly body: string | null;
  readonly tries: number;
  readonly claimedUntil: Instant;
  readonly url: string;
  readonly secretSealed: string;
  readonly previousSecretSealed: string | null;
  readonly previousSecretUntil: Instant | null;
}

interface ClaimedRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly subject_id: string;
  readonly ordinal: bigint | null;
  readonly body: string | null;
  readonly tries: number;
  readonly claimed_until: Instant;
  readonly url: string;
  readonly secret_sealed: string;
  readonly previous_secret_sealed: string | null;
  readonly previous_secret_until: Instant | null;
}

/** Of each enabled endpoint the longest due; of each subject only the first that is not settled. */
const CLAIM = `
  update webhook_deliveries d
     set claimed_until = :until
    from webhook_endpoints o
   where o.id = d.endpoint_id
     and d.id in (
       select due.id
         from webhook_endpoints e
        cross join lateral (
          select w.id, w.next_try_at
            from webhook_deliveries w
           where w.endpoint_id = e.id
             and w.status = 'pending'
             and w.next_try_at <= :now
             and (w.claimed_until is null or w.claimed_until <= :now)
             and not exists (
               select from webhook_deliveries p
                where p.endpoint_id = w.endpoint_id
                  and p.subject_id = w.subject_id
                  and p.status = 'pending'
                  and p.ordinal < w.ordinal)
           order by w.next_try_at, w.ordinal
           limit greatest(0, :perEndpoint - coalesce(cast(cast(:trying as jsonb) ->> e.id as int), 0))
             for update skip locked
        ) due
        where e.status = 'enabled'
        order by due.next_try_at
        limit :limit)
  returning d.id, d.endpoint_id, d.message_id, d.subject_id, d.ordinal, d.body, d.tries, d.claimed_until,
            o.url, o.secret_sealed, o.previous_secret_sealed, o.previous_secret_until`;

/** Claims what is due, `limit` at most, and so many of an endpoint that no more than `perEndpoint` are under way. */
export async function claimDeliveries(
  trx: Transaction,
  query: {
    readonly now: Instant;
    readonly until: Instant;
    readonly limit: number;
    readonly perEndpoint: number;
    /** How many of each endpoint this worker is trying. */
    readonly trying: Readonly<Record<string, number>>;
  },
): Promise<ClaimedDelivery[]> {
  const { rows } = await trx.raw<{ rows: ClaimedRow[] }>(CLAIM, {
    ...query,
    trying: JSON.stringify(query.trying),
  });
  return rows.map(fromRow);
}

/** Keeps the bytes of the first try for all that follow. */
export async function keepBody(trx: Transaction, id: string, body: string): Promise<void> {
  await trx('webhook_deliveries').where({ id }).update({ body });
}

/** What a try comes to: settled, or again at an instant. */
export type NotedTry = {
  readonly claimed: ClaimedDelivery;
  readonly attempt: DeliveryAttempt;
} & (
  | { readonly status: 'delivered' | 'failed' }
  | { readonly status: 'pending'; readonly nextTryAt: Instant }
);

const ATTEMPTS_KEPT = 50;

/**
 * Writes down how a try went; false when the claim had ended, so that another worker's word counts. Those behind it of
 * the same subject wait with it, and come with it.
 */
export async function noteTry(trx: Transaction, noted: NotedTry): Promise<boolean> {
  const { claimed, attempt, status } = noted;
  const isSettled = status !== 'pending';
  const written = await trx('webhook_deliveries')
    .where({ id: claimed.id, status: 'pending', claimed_until: claimed.claimedUntil })
    .update({
      status,
      tries: claimed.tries + 1,
      attempts: trx.raw(
        `case when jsonb_array_length(attempts) < ? then attempts else attempts - 0 end || ?::jsonb`,
        [ATTEMPTS_KEPT, JSON.stringify([attempt])],
      ),
      claimed_until: null,
      settled_at: isSettled ? attempt.at : null,
      ...(noted.status === 'pending' && { next_try_at: noted.nextTryAt }),
    });
  if (written === 0) return false;
  const isAlone = claimed.ordinal === null || (isSettled && claimed.tries === 0);
  if (!isAlone) await moveFollowers(trx, noted);
  return true;
}

async function moveFollowers(trx: Transaction, noted: NotedTry): Promise<void> {
  const { claimed, attempt } = noted;
  await trx('webhook_deliveries')
    .where({ endpoint_id: claimed.endpointId, subject_id: claimed.subjectId, status: 'pending' })
    .whereRaw('ordinal > ?', [String(claimed.ordinal)])
    .update({ next_try_at: noted.status === 'pending' ? noted.nextTryAt : attempt.at });
}

/** Gives a claim back, so that another worker need not wait for its end. */
export async function releaseClaim(trx: Transaction, claimed: ClaimedDelivery): Promise<void> {
  await trx('webhook_deliveries')
    .where({ id: claimed.id, status: 'pending', claimed_until: claimed.claimedUntil })
    .update({ claimed_until: null });
}

/** Forgets deliveries that were settled before an instant, `limit` at most; answers how many. */
export async function sweepDeliveries(
  trx: Transaction,
  { before, limit }: { readonly before: Instant; readonly limit: number },
): Promise<number> {
  return trx('webhook_deliveries')
    .whereIn(
      'id',
      trx('webhook_deliveries').where('settled_at', '<', before).limit(limit).select('id'),
    )
    .delete();
}

/** Since when the oldest delivery that is due waits for its try; null: none is due. */
export async function findOldestDue(trx: Transaction, now: Instant): Promise<Instant | null> {
  const { rows } = await trx.raw<{ rows: { oldest: Instant | null }[] }>(
    `select min(due.next_try_at) as oldest
       from webhook_endpoints e
      cross join lateral (
        select w.next_try_at
          from webhook_deliveries w
         where w.endpoint_id = e.id and w.status = 'pending' and w.next_try_at <= ?
         order by w.next_try_at
         limit 1) due
      where e.status = 'enabled'`,
    [now],
  );
  return rows[0]?.oldest ?? null;
}

function fromRow(row: ClaimedRow): ClaimedDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    messageId: row.message_id,
    subjectId: row.subject_id,
    ordinal: row.ordinal,
    body: row.body,
    tries: row.tries,
    claimedUntil: row.claimed_until,
    url: row.url,
    secretSealed: row.secret_sealed,
    previousSecretSealed: row.previous_secret_sealed,
    previousSecretUntil: row.previous_secret_until,
  };
}
