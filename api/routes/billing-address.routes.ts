import { getAccount } from '../../db/repositories/account.repository';
import {
  findBillingAddress,
  saveBillingAddress,
} from '../../db/repositories/billing-address.repository';
import { BillingError } from '../../domain/billing-error';
import { ok } from '../answer';
import { toApiBillingAddress } from '../presenters/billing-address.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { billingAddressInput, billingAddressSchema } from '../schemas/billing-address.schema';
import { toStoredTaxId } from '../schemas/tax-id.schema';

const tag = 'Accounts';

const saveAddress = writeRoute({
  method: 'put',
  path: '/v1/accounts/{account_id}/billing_address',
  operation: 'saveBillingAddress',
  summary: 'Save the billing address',
  description: 'Replaces the one before as a whole. Needed before the first top-up.',
  tag,
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  body: billingAddressInput,
  responses: { 200: { description: 'The address as saved.', schema: billingAddressSchema } },
  async handler({ params, body, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const address = {
      accountId: account.id,
      businessName: body.business_name,
      addressLine1: body.address_line1,
      addressLine2: body.address_line2 ?? null,
      city: body.city,
      state: body.state ?? null,
      postalCode: body.postal_code,
      country: body.country,
      taxId: toStoredTaxId(body.tax_id ?? null, body.tax_id_type ?? null),
      taxIdType: body.tax_id_type ?? null,
      taxOffice: body.tax_office ?? null,
      isInSez: body.is_in_sez,
      email: body.email,
      phone: body.phone ?? null,
      updatedAt: receivedAt,
    };
    await saveBillingAddress(trx, address);
    return ok(toApiBillingAddress(address));
  },
});

const showAddress = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/billing_address',
  operation: 'getBillingAddress',
  summary: 'Show the billing address',
  tag,
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  responses: { 200: { description: 'The address.', schema: billingAddressSchema } },
  async handler({ params }, trx) {
    const account = await getAccount(trx, params.account_id);
    const address = await findBillingAddress(trx, account.id);
    if (address === null) {
      throw new BillingError('not_found', 'This account has no billing address yet.');
    }
    return ok(toApiBillingAddress(address));
  },
});

export const billingAddressRoutes: readonly Route[] = [saveAddress, showAddress];
