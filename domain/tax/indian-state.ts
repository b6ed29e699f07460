/**
 * Owns: the states and union territories of India as GST counts them.
 * Does not own: the tax of a sale between them (resolve-taxation.ts).
 * Source: the state codes of GSTIN, 01 to 38 and 97. 25 was merged into 26, 28 was Andhra Pradesh
 * before Telangana left it; both still begin old numbers.
 * Example: `findIndianState('karnataka')` is `{ code: '29', name: 'Karnataka', … }`, and so is 'KA'.
 */

export interface IndianState {
  /** Two digits, the beginning of a GSTIN. */
  readonly code: string;
  readonly name: string;
  /** A union territory without a legislature takes UTGST where a state takes SGST. */
  readonly takesUtgst: boolean;
}

/** Code, the two letters of a postal address, name. */
const STATES: readonly (readonly [code: string, letters: string, name: string])[] = [
  ['01', 'JK', 'Jammu and Kashmir'],
  ['02', 'HP', 'Himachal Pradesh'],
  ['03', 'PB', 'Punjab'],
  ['04', 'CH', 'Chandigarh'],
  ['05', 'UK', 'Uttarakhand'],
  ['06', 'HR', 'Haryana'],
  ['07', 'DL', 'Delhi'],
  ['08', 'RJ', 'Rajasthan'],
  ['09', 'UP', 'Uttar Pradesh'],
  ['10', 'BR', 'Bihar'],
  ['11', 'SK', 'Sikkim'],
  ['12', 'AR', 'Arunachal Pradesh'],
  ['13', 'NL', 'Nagaland'],
  ['14', 'MN', 'Manipur'],
  ['15', 'MZ', 'Mizoram'],
  ['16', 'TR', 'Tripura'],
  ['17', 'ML', 'Meghalaya'],
  ['18', 'AS', 'Assam'],
  ['19', 'WB', 'West Bengal'],
  ['20', 'JH', 'Jharkhand'],
  ['21', 'OD', 'Odisha'],
  ['22', 'CG', 'Chhattisgarh'],
  ['23', 'MP', 'Madhya Pradesh'],
  ['24', 'GJ', 'Gujarat'],
  ['25', 'DD', 'Daman and Diu'],
  ['26', 'DH', 'Dadra and Nagar Haveli and Daman and Diu'],
  ['27', 'MH', 'Maharashtra'],
  ['28', '', 'Andhra Pradesh (before 2014)'],
  ['29', 'KA', 'Karnataka'],
  ['30', 'GA', 'Goa'],
  ['31', 'LD', 'Lakshadweep'],
  ['32', 'KL', 'Kerala'],
  ['33', 'TN', 'Tamil Nadu'],
  ['34', 'PY', 'Puducherry'],
  ['35', 'AN', 'Andaman and Nicobar Islands'],
  ['36', 'TS', 'Telangana'],
  ['37', 'AP', 'Andhra Pradesh'],
  ['38', 'LA', 'Ladakh'],
  ['97', '', 'Other Territory'],
];

/** Delhi, Puducherry and Jammu and Kashmir have legislatures, so they take SGST. */
const UTGST_CODES: ReadonlySet<string> = new Set(['04', '25', '26', '31', '35', '38', '97']);

/** The state of a GST code ("29"), two letters ("KA", "IN-KA") or a name in any case; null: none such. */
export function findIndianState(text: string): IndianState | null {
  const wanted = text.trim().toLowerCase().replace(/^in-/, '').replaceAll('&', 'and');
  const row = STATES.find(
    ([code, letters, name]) =>
      code === wanted ||
      (letters !== '' && letters.toLowerCase() === wanted) ||
      name.toLowerCase() === wanted,
  );
  if (row === undefined) return null;
  const [code, , name] = row;
  return { code, name, takesUtgst: UTGST_CODES.has(code) };
}
