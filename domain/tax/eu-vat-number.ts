/**
 * Owns: the member states of the EU, and whether a VAT number of one of them can exist.
 * Does not own: whether it is in force (VIES knows), what follows from having one (resolve-taxation.ts).
 * Rules: the form of each state's number (VAT Directive art. 215: two letters of the state, EL for Greece),
 * and its check digits where their rule is published and short. BG, CZ, ES, LT and LV have rules of many
 * cases, and old Irish and lettered French numbers others still: there only the form is checked.
 * Example: `findEuMember('DE811569869') === 'DE'`, `findEuMember('DE811569868') === null`.
 */
interface Member {
  /** What follows the two letters. */
  readonly form: RegExp;
  readonly check?: (number: string) => boolean;
}

/** By the letters before the number, which are the ISO code of the state except in Greece. */
const MEMBERS: Readonly<Record<string, Member>> = {
  AT: { form: /^U\d{8}$/, check: isAustrian },
  BE: { form: /^[01]\d{9}$/, check: (number) => Number(number) > 97 && isBelgian(number) },
  BG: { form: /^\d{9,10}$/ },
  CY: { form: /^\d{8}[A-Z]$/, check: isCypriot },
  CZ: { form: /^\d{8,10}$/ },
  DE: { form: /^[1-9]\d{8}$/, check: hasIso7064Check },
  DK: { form: /^[1-9]\d{7}$/, check: isMultiple([2, 7, 6, 5, 4, 3, 2, 1], 11) },
  EE: { form: /^\d{9}$/, check: isMultiple([3, 7, 1, 3, 7, 1, 3, 7, 1], 10) },
  EL: { form: /^\d{9}$/, check: isGreek },
  ES: { form: /^(?:[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z])$/ },
  FI: { form: /^\d{8}$/, check: isMultiple([7, 9, 10, 5, 8, 4, 2, 1], 11) },
  FR: { form: /^[A-HJ-NP-Z0-9]{2}\d{9}$/, check: isFrench },
  HR: { form: /^\d{11}$/, check: hasIso7064Check },
  HU: { form: /^\d{8}$/, check: isMultiple([9, 7, 3, 1, 9, 7, 3, 1], 10) },
  IE: { form: /^(?:\d{7}[A-W][A-IW]?|\d[A-Z+*]\d{5}[A-W])$/, check: isIrish },
  IT: {
    form: /^\d{7}(?:0\d\d|100|12[01]|888|999)\d$/,
    check: (number) => luhnSum(number) % 10 === 0,
  },
  LT: { form: /^(?:\d{9}|\d{12})$/ },
  LU: { form: /^\d{8}$/, check: (number) => rest(number.slice(0, 6), 89) === tail(number, 2) },
  LV: { form: /^\d{11}$/ },
  MT: { form: /^[1-9]\d{7}$/, check: isMultiple([3, 4, 6, 7, 8, 9, 10, 1], 37) },
  NL: { form: /^\d{9}B(?!00)\d{2}$/, check: isDutch },
  PL: { form: /^\d{10}$/, check: isMultiple([6, 5, 7, 2, 3, 4, 5, 6, 7, -1], 11) },
  PT: { form: /^[1-9]\d{8}$/, check: isPortuguese },
  RO: { form: /^[1-9]\d{1,9}$/, check: isRomanian },
  SE: { form: /^\d{10}01$/, check: (number) => luhnSum(number.slice(0, 10)) % 10 === 0 },
  SI: { form: /^[1-9]\d{7}$/, check: isSlovenian },
  SK: { form: /^\d{10}$/, check: (number) => rest(number, 11) === 0 },
};

/** Whether a country, by its ISO code, is in the EU's VAT territory. Its special territories are not told apart. */
export function isEuMember(country: string): boolean {
  return Object.hasOwn(MEMBERS, country === 'GR' ? 'EL' : country);
}

/** The member state, by its ISO code, whose VAT number this can be; null: it is none. Normalised before. */
export function findEuMember(vatNumber: string): string | null {
  const letters = vatNumber.slice(0, 2);
  const number = vatNumber.slice(2);
  const member = MEMBERS[letters];
  if (member?.form.test(number) !== true || member.check?.(number) === false) return null;
  return letters === 'EL' ? 'GR' : letters;
}

function isMultiple(weights: readonly number[], divisor: number): (number: string) => boolean {
  return (number) => weigh(number, weights) % divisor === 0;
}

function weigh(number: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, place) => sum + weight * Number(number[place]), 0);
}

function tail(number: string, digits: number): number {
  return Number(number.slice(-digits));
}

/** The remainder of a number too long for exact arithmetic, digit by digit; a letter counts from A = 10. */
function rest(number: string, divisor: number): number {
  return Array.from(number).reduce((sum, character) => {
    const value = parseInt(character, 36);
    return (sum * (value > 9 ? 100 : 10) + value) % divisor;
  }, 0);
}

/** Every second digit from the right counts twice, and a product of two digits by their sum. */
function luhnSum(number: string): number {
  return Array.from(number, Number)
    .reverse()
    .reduce((sum, digit, place) => {
      const counted = place % 2 === 1 ? 2 * digit : digit;
      return sum + (counted > 9 ? counted - 9 : counted);
    }, 0);
}

/** ISO/IEC 7064, MOD 11,10. */
function hasIso7064Check(number: string): boolean {
  const product = Array.from(number.slice(0, -1), Number).reduce((carried, digit) => {
    const sum = (digit + carried) % 10;
    return (2 * (sum === 0 ? 10 : sum)) % 11;
  }, 10);
  return (11 - product) % 10 === tail(number, 1);
}

function isAustrian(number: string): boolean {
  return (luhnSum(number.slice(1, -1)) + tail(number, 1)) % 10 === 6;
}

function isBelgian(number: string): boolean {
  return 97 - rest(number.slice(0, 8), 97) === tail(number, 2);
}

function isCypriot(number: string): boolean {
  const ofEvenPlaces = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
  const sum = Array.from(number.slice(0, 8), Number).reduce(
    (total, digit, index) => total + (index % 2 === 0 ? (ofEvenPlaces[digit] ?? 0) : digit),
    0,
  );
  return number.endsWith(String.fromCharCode('A'.charCodeAt(0) + (sum % 26)));
}

function isFrench(number: string): boolean {
  const key = number.slice(0, 2);
  const siren = number.slice(2);
  // Monaco's numbers begin with 000 and are no SIREN.
  if (!siren.startsWith('000') && luhnSum(siren) % 10 !== 0) return false;
  return !/^\d{2}$/.test(key) || rest(`${siren}12`, 97) === Number(key);
}

function isGreek(number: string): boolean {
  return (weigh(number, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === tail(number, 1);
}

const IRISH_LETTERS = 'WABCDEFGHIJKLMNOPQRSTUV';

function isIrish(number: string): boolean {
  if (!/^\d{7}/.test(number)) return true;
  const second = IRISH_LETTERS.indexOf(number.charAt(8));
  const sum = weigh(number, [8, 7, 6, 5, 4, 3, 2]) + 9 * second;
  return IRISH_LETTERS[sum % IRISH_LETTERS.length] === number[7];
}

/** A company's number, or since 2020 that of a sole trader. */
function isDutch(number: string): boolean {
  return weigh(number, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 || rest(`NL${number}`, 97) === 1;
}

function isPortuguese(number: string): boolean {
  const sum = weigh(number, [9, 8, 7, 6, 5, 4, 3, 2]);
  return ((11 - (sum % 11)) % 11) % 10 === tail(number, 1);
}

function isRomanian(number: string): boolean {
  const sum = weigh(number.padStart(10, '0'), [7, 5, 3, 2, 1, 7, 5, 3, 2]);
  return ((10 * sum) % 11) % 10 === tail(number, 1);
}

function isSlovenian(number: string): boolean {
  const check = 11 - (weigh(number, [8, 7, 6, 5, 4, 3, 2]) % 11);
  return check < 11 && check % 10 === tail(number, 1);
}
