/** A seller in Karnataka and buyers in India: within the state GST is two taxes of 9 %, across a border one of 18 %. */
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { insertTaxRegistration } from '../../db/repositories/tax-registration.repository';
import { RECORDED_AT, type BillingUnderTest } from './billing-under-test';

/** From `validFrom` on the seller is registered in Karnataka. */
export async function registerInIndia(
  billing: BillingUnderTest,
  change: {
    readonly taxPoint: 'top_up' | 'consumption';
    readonly pricesIncludeTax?: boolean;
    readonly validFrom: string;
  },
): Promise<void> {
  const registration = {
    country: 'IN',
    state: '29',
    taxId: '29AABCT1234F1ZM',
    taxIdType: 'gstin',
    taxOffice: null,
    legalName: 'Tollgate Test Private Limited',
    addressLine1: '1 MG Road',
    addressLine2: null,
    city: 'Bengaluru',
    postalCode: '560001',
    email: null,
    pricesIncludeTax: false,
    timeZone: 'Asia/Kolkata',
    isHome: true,
    hasLut: true,
    isTelecomOperator: false,
    createdAt: RECORDED_AT,
  };
  await billing.read((trx) => insertTaxRegistration(trx, { ...registration, ...change }));
}

/** The account's billing address from now on. */
export async function liveIn(
  billing: BillingUnderTest,
  accountId: string,
  state: 'KA' | 'MH',
): Promise<void> {
  const [city, postalCode] = state === 'KA' ? ['Bengaluru', '560001'] : ['Mumbai', '400001'];
  await billing.read((trx) =>
    saveBillingAddress(trx, {
      accountId,
      businessName: 'Deniz Travel',
      addressLine1: '12 Church Street',
      addressLine2: null,
      city,
      state,
      postalCode,
      country: 'IN',
      taxId: null,
      taxIdType: null,
      taxOffice: null,
      isInSez: false,
      email: 'billing@deniz.example',
      phone: null,
      updatedAt: RECORDED_AT,
    }),
  );
}
