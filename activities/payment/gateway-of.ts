import { invariant } from '../../domain/invariant';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { ActivityDependencies } from '../dependencies';

/** The gateway of a row. One that is not set up any more is a mistake in our settings, for people. */
export function gatewayOf(
  { gateways }: Pick<ActivityDependencies, 'gateways'>,
  { gateway: name }: { readonly gateway: string },
): PaymentGateway {
  const gateway = gateways.get(name);
  invariant(gateway !== undefined, `no gateway called ${name}`);
  return gateway;
}
