/**
 * Owns: the two offices of the demo's customer and every figure their year must come to, written out.
 * Does not own: how the year goes (year.ts).
 * Each office starts on 31 January at 10:00 on its own wall, so that renewals fall on the last day
 * of each month there. The first top-up pays three periods, so the fourth finds the wallet dry; the
 * second one is there for the fourth to the eighth.
 */
import type { Address, NewAccount, PaymentForm } from './billing-calls';
import { CARD_THAT_PAYS, UPI_THAT_PAYS } from './billing-calls';

export interface Office {
  readonly name: string;
  readonly account: Omit<NewAccount, 'test_clock_id'>;
  readonly address: Address;
  /** 10:00 on the office's wall, as a time in UTC; neither zone has summer time. */
  readonly openingTime: string;
  readonly payment: PaymentForm;
  readonly price: string;
  /** What a month takes from the wallet: in Turkey with tax, in India the top-up bore it. */
  readonly priceFromWallet: string;
  readonly firstTopUp: string;
  readonly secondTopUp: string;
  /** What the wallet holds once the month of that number is paid. After the third it is too little. */
  readonly walletAfterMonth: Readonly<Record<number, string>>;
  /** The year's money by ledger account: top-ups from clearing, eight months to revenue, their tax. */
  readonly yearEnd: Readonly<Record<string, string>>;
}

export const PLAN_CODE = 'demo_growth';

const ISTANBUL: Office = {
  name: 'Istanbul',
  account: {
    name: 'Deniz Travel, Istanbul',
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
  openingTime: '07:00:00Z',
  payment: CARD_THAT_PAYS,
  price: '499.00',
  priceFromWallet: '598.80',
  firstTopUp: '2000.00',
  secondTopUp: '3000.00',
  walletAfterMonth: {
    1: '1401.20',
    2: '802.40',
    3: '203.60',
    4: '2604.80',
    5: '2006.00',
    6: '1407.20',
    7: '808.40',
    8: '209.60',
  },
  yearEnd: {
    'clearing/TRY': '-5000.00',
    'revenue/TRY': '3992.00',
    'tax_payable/TRY': '798.40',
    'wallet/additional': '209.60',
  },
};

const MUMBAI: Office = {
  name: 'Mumbai',
  account: {
    name: 'Deniz Travel, Mumbai',
    country: 'IN',
    currency: 'INR',
    time_zone: 'Asia/Kolkata',
  },
  address: {
    business_name: 'Deniz Travel India Pvt Ltd',
    address_line1: '7 Marine Drive',
    city: 'Mumbai',
    state: 'MH',
    postal_code: '400020',
    country: 'IN',
    tax_id: '27AAPFU0939F1ZV',
    tax_id_type: 'gstin',
    email: 'accounts@deniz.example',
  },
  openingTime: '04:30:00Z',
  payment: UPI_THAT_PAYS,
  price: '999.00',
  priceFromWallet: '999.00',
  firstTopUp: '3500.00',
  secondTopUp: '5000.00',
  walletAfterMonth: {
    1: '2501.00',
    2: '1502.00',
    3: '503.00',
    4: '4504.00',
    5: '3505.00',
    6: '2506.00',
    7: '1507.00',
    8: '508.00',
  },
  yearEnd: {
    'clearing/INR': '-10030.00',
    'revenue/INR': '7992.00',
    'tax_payable/INR': '1530.00',
    'wallet/additional': '508.00',
  },
};

export const OFFICES: readonly Office[] = [ISTANBUL, MUMBAI];
