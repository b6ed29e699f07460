import { BillingError } from '../../domain/billing-error';
import { CarrierUnavailable } from '../../gateways/number-carrier';
import { ok } from '../answer';
import { pageOf } from '../page';
import { toApiCarrierNumber } from '../presenters/carrier-number.presenter';
import { lookUpRoute, type Route } from '../route';
import { carrierNumberQuery, carrierNumberSchema } from '../schemas/carrier-number.schema';

const searchRoute = lookUpRoute({
  method: 'get',
  path: '/v1/carrier_numbers',
  operation: 'searchCarrierNumbers',
  summary: 'List phone numbers on offer',
  description:
    'Asked of the carrier now, so there are no further pages and nothing is reserved: a number may be ' +
    'gone when it is ordered. Every number has all capabilities that were asked for.',
  tag: 'Phone numbers',
  roles: ['operator', 'partner', 'account'],
  query: carrierNumberQuery,
  responses: { 200: { description: 'The numbers.', schema: pageOf(carrierNumberSchema) } },
  async handler({ query }, { numberCarrier, logger }) {
    const { country, type, capabilities = [], limit } = query;
    const asked = { country, capabilities, limit, ...(type === undefined ? {} : { type }) };
    try {
      const offered = await numberCarrier.search(asked);
      return ok({ items: offered.map(toApiCarrierNumber), next_cursor: null });
    } catch (error) {
      if (!(error instanceof CarrierUnavailable)) throw error;
      logger.warn({ err: error }, 'the number carrier does not answer');
      throw new BillingError('unavailable', 'The carrier of phone numbers does not answer.');
    }
  },
});

export const carrierNumberRoutes: readonly Route[] = [searchRoute];
