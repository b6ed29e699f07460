/**
 * Owns: the seller and the two customers of the story of changing subscriptions, with the figures their
 * story must come to, written out.
 * Does not own: how it goes (tell-subscriptions.ts).
 */
import {
  CARD_THAT_PAYS,
  UPI_THAT_PAYS,
  type Address,
  type NewAccount,
  type PaymentForm,
} from './billing-calls';

export interface Customer {
  readonly name: string;
  readonly account: Omit<NewAccount, 'test_clock_id'>;
  readonly address: Address;
  readonly payment: PaymentForm;
  readonly topUp: string;
  /** What the hosted page collects for it. */
  readonly topUpWithTax: string;
  /** What Growth to Enterprise costs with 14 of 28 days left. */
  readonly changeDue: string;
  readonly taxes: readonly string[];
}

/**
 * In India wallet money is taxed as it comes in, in Turkey as it is used. An establishment in both: the
 * newer one is home to everybody else.
 */
export const SELLERS = [
  {
    country: 'IN',
    state: 'Karnataka',
    tax_id: '29AAGCB7383J1Z4',
    tax_id_type: 'gstin',
    legal_name: 'Tollgate India Pvt Ltd',
    address_line1: '1 Residency Road',
    city: 'Bengaluru',
    postal_code: '560025',
    time_zone: 'Asia/Kolkata',
    valid_from: '2030-01-01T00:00:00Z',
  },
  {
    country: 'TR',
    tax_id: '1234567890',
    tax_id_type: 'vkn',
    tax_office: 'Beyoğlu',
    legal_name: 'Tollgate Yazılım A.Ş.',
    address_line1: 'İstiklal Caddesi 1',
    city: 'Istanbul',
    postal_code: '34433',
    time_zone: 'Europe/Istanbul',
    valid_from: '2029-12-31T00:00:00Z',
  },
] as const;

export const CUSTOMERS: readonly Customer[] = [
  {
    name: 'Bengaluru',
    account: {
      name: 'Asha Textiles',
      country: 'IN',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
    },
    address: {
      business_name: 'Asha Textiles',
      address_line1: '12 Mill Road',
      city: 'Bengaluru',
      state: 'Karnataka',
      postal_code: '560001',
      country: 'IN',
      email: 'accounts@asha.example',
    },
    payment: UPI_THAT_PAYS,
    topUp: '20000.00',
    topUpWithTax: '23600.00',
    changeDue: '4500.00',
    taxes: ['CGST', 'SGST'],
  },
  {
    name: 'Istanbul',
    account: {
      name: 'Deniz Travel',
      country: 'TR',
      currency: 'TRY',
      time_zone: 'Europe/Istanbul',
    },
    address: {
      business_name: 'Deniz Seyahat A.Ş.',
      address_line1: 'Meşrutiyet Caddesi 12',
      city: 'Istanbul',
      postal_code: '34430',
      country: 'TR',
      tax_id: '1234567890',
      tax_id_type: 'vkn',
      tax_office: 'Beyoğlu',
      email: 'muhasebe@deniz.example',
    },
    payment: CARD_THAT_PAYS,
    topUp: '10000.00',
    topUpWithTax: '10000.00',
    changeDue: '2700.00',
    taxes: ['KDV'],
  },
];
