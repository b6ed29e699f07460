/**
 * Owns: a version out of what an operator sent, in JSON or as a CSV file, and the refusal of one.
 * Does not own: what a version may hold (domain/rating), storing it (routes/rate-card.routes.ts).
 */
import type { z } from 'zod';
import { BillingError } from '../domain/billing-error';
import { startOfDay, type LocalDate } from '../domain/calendar';
import { toEpochMs } from '../domain/instant';
import { findDraftFaults } from '../domain/rating/draft-faults';
import { findVersion } from '../domain/rating/find-version';
import { hasSameMarkets } from '../domain/rating/market';
import { findRuleChanges } from '../domain/rating/rule-diff';
import type { RateCard, RateCardVersion, RateCardVersionDraft } from '../domain/rating/rate-card';
import { InvalidRequest, type FieldError } from './problem';
import { readPriceFile, toCsvFault } from './schemas/rate-card-csv';
import { fromApiMarkets, fromApiRow, fromApiRule } from './schemas/rate-card-input';
import type { csvPreviewQuery, newVersionSchema } from './schemas/rate-card.schema';

/** What was sent: a JSON body, or a file and the query it came with. */
export type SentVersion =
  | { readonly csv: null; readonly body: z.output<typeof newVersionSchema> }
  | { readonly csv: string; readonly query: z.output<typeof csvPreviewQuery> };

export interface DraftedVersion {
  readonly draft: RateCardVersionDraft;
  /** The version in force on the day it begins. */
  readonly follows: RateCardVersion | null;
}

interface DraftContext {
  readonly card: RateCard;
  /** All of the card, in the order they count. */
  readonly versions: readonly RateCardVersion[];
  /** In the card's zone: the start of a file that names none. */
  readonly today: LocalDate;
}

/** The version as it would be published. Throws InvalidRequest that names all that is wrong with it. */
export function draftVersion(sent: SentVersion, context: DraftContext): DraftedVersion {
  const { card, versions, today } = context;
  const effectiveFrom =
    sent.csv === null ? sent.body.effective_from : (sent.query.effective_from ?? today);
  const startsAtMs = toEpochMs(startOfDay(effectiveFrom, card.timeZone));
  const follows = findVersion(versions, startsAtMs);
  if (sent.csv === null) {
    const { body } = sent;
    const draft: RateCardVersionDraft = {
      effectiveFrom,
      corrects: body.corrects ?? null,
      note: body.note ?? null,
      rule: fromApiRule(body, card.channel),
      markets: body.markets ? fromApiMarkets(body.markets) : marketsOf(card, follows),
      rows: body.rows.map(fromApiRow),
    };
    refuseFaults(
      findDraftFaults(card.channel, draft).map(({ path, message }) => ({
        field: path.join('.'),
        code: 'invalid',
        message,
      })),
    );
    expectCorrection(draft, follows);
    return { draft, follows };
  }
  const imported = readPriceFile(sent.csv);
  const base = findBase(sent.query.rule_from, { versions, follows });
  const draft: RateCardVersionDraft = {
    effectiveFrom,
    corrects: sent.query.corrects ?? null,
    note: sent.query.note ?? null,
    rule: base.rule,
    markets: base.markets,
    rows: imported.map(({ row }) => row),
  };
  refuseFaults(findDraftFaults(card.channel, draft).map((fault) => toCsvFault(fault, imported)));
  expectCorrection(draft, follows);
  return { draft, follows };
}

/**
 * Throws for a correction that a re-rating could not follow: of a version that is not in force on its first day, or of
 * more than prices. What was free, and to which market a number belongs, is not decided again.
 */
function expectCorrection(draft: RateCardVersionDraft, follows: RateCardVersion | null): void {
  const { corrects, rule, markets } = draft;
  if (corrects === null) return;
  if (follows?.version !== corrects) {
    const inForce = follows === null ? 'no version' : `version ${follows.version}`;
    const message = `On ${draft.effectiveFrom} ${inForce} is in force, not version ${corrects}: correct that one.`;
    throw new BillingError('unprocessable', message, { field: 'corrects' });
  }
  if (findRuleChanges(follows.rule, rule).length > 0) {
    const message = `A correction changes prices and fees; its rule is that of version ${corrects}.`;
    throw new BillingError('unprocessable', message, { field: 'rule' });
  }
  if (!hasSameMarkets(follows.markets, markets)) {
    const message = `A correction changes prices and fees; its markets are those of version ${corrects}.`;
    throw new BillingError('unprocessable', message, { field: 'markets' });
  }
}

/** Why a version that begins on this day is refused, or null. What was rated is corrected, not priced otherwise. */
export function findRatedRefusal(
  { effectiveFrom, corrects }: Pick<RateCardVersionDraft, 'effectiveFrom' | 'corrects'>,
  ratedUntil: LocalDate | null,
): BillingError | null {
  if (corrects !== null || ratedUntil === null || effectiveFrom > ratedUntil) return null;
  const message =
    `Usage up to ${ratedUntil} was rated with this card; a version begins after that day. To mend prices of the past, ` +
    'publish a version that `corrects` the one in force then, and rate the usage again with ' +
    'POST /v1/accounts/{account_id}/reratings.';
  return new BillingError('usage_already_rated', message, {
    field: 'effective_from',
    rated_until: ratedUntil,
  });
}

function marketsOf(card: RateCard, follows: RateCardVersion | null) {
  return follows?.markets ?? card.firstMarkets;
}

/** Whose rule and markets a file takes. */
function findBase(
  ruleFrom: number | undefined,
  { versions, follows }: Pick<DraftContext, 'versions'> & Pick<DraftedVersion, 'follows'>,
): RateCardVersion {
  if (ruleFrom === undefined) {
    if (follows !== null) return follows;
    const message =
      'A file has prices and no rule, and the card has no version before this day to take one from. ' +
      'Publish the first version as JSON, or name one in `rule_from`.';
    throw new BillingError('unprocessable', message, { field: 'rule_from' });
  }
  const named = versions.find(({ version }) => version === ruleFrom);
  if (named !== undefined) return named;
  const message = `The card has no version ${ruleFrom}.`;
  throw new BillingError('unprocessable', message, { field: 'rule_from' });
}

function refuseFaults(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new InvalidRequest('invalid_request', errors);
}
