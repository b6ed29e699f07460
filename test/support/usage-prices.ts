import type { Database } from '../../db/connection';
import { createRateCardCache } from '../../db/rate-card-cache';
import { createUsageRecorder, type UsageRecorder } from '../../db/record-usage';
import type { CurrencyCode } from '../../domain/currency';
import { makeRateCard, MESSAGE_RULE, publish } from './rate-cards';
import { rowOf } from './build-usage';

/** A recorder that remembers nothing yet, as in a process that has just started. */
export function recorderOf(database: Database): UsageRecorder {
  return createUsageRecorder(database, createRateCardCache());
}

/**
 * Default cards of a currency: the price of a message, or of a second of a call, by the first digits of `to`. In
 * 1e-10 of the currency; calls count by the second.
 */
export async function publishPrices(
  database: Database,
  currency: CurrencyCode,
  prices: Readonly<Record<string, bigint>>,
): Promise<void> {
  const firstMarkets = Object.keys(prices).map((prefix) => ({ prefix, market: `M${prefix}` }));
  for (const channel of ['message', 'call'] as const) {
    const ratePer = channel === 'call' ? 60n : 1n;
    const card = await makeRateCard(database, {
      code: `${channel}-${currency.toLowerCase()}`,
      channel,
      currency,
      firstMarkets,
      timeZone: 'UTC',
      isDefault: true,
    });
    await publish(database, card, {
      effectiveFrom: '2020-01-01',
      rule: {
        ...MESSAGE_RULE,
        unit: channel === 'call' ? 'minute' : 'message',
        rounding: { initialSeconds: 1, incrementSeconds: 1 },
      },
      rows: Object.entries(prices).map(([prefix, rate]) =>
        rowOf({ category: channel, market: `M${prefix}`, rate: rate * ratePer }),
      ),
    });
  }
}
