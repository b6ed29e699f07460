import { findIndianState } from '../../../domain/tax/indian-state';
import { isTaxId, isTaxIdType, normalizeTaxId } from '../../../domain/tax/tax-id';

describe('a GSTIN', () => {
  it.each([
    '27AAPFU0939F1ZV',
    '29AAGCB7383J1Z4',
    '29AABCT1234F1ZM',
    '27AABCT1234F1ZQ',
    '07AABCT1234F1ZS',
    '33AABCT1234F2ZW',
    '38AABCT1234F1ZN',
    '97AABCT1234F1ZJ',
  ])('%s can exist', (gstin) => {
    expect(isTaxId('gstin', gstin)).toBe(true);
  });

  it.each([
    ['27AAPFU0939F1ZW', 'another check character'],
    ['29AAPFU0939F1ZV', 'another state'],
    ['00AABCT1234F1ZM', 'a state that is none'],
    ['39AABCT1234F1ZM', 'a state after the last'],
    ['27AAPXU0939F1ZR', 'a holder that is none'],
    ['27AAPFU0939F0ZV', 'an entity of 0'],
    ['27AAPFU0939F1YV', 'no Z'],
    ['27aapfu0939f1zv', 'small letters'],
    ['27AAPFU0939F1Z', 'too short'],
    ['27AAPFU0939F1ZVV', 'too long'],
    ['', 'nothing'],
  ])('%s cannot: %s', (gstin) => {
    expect(isTaxId('gstin', gstin)).toBe(false);
  });

  it('has exactly one check character that fits', () => {
    const fitting = Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ').filter((check) =>
      isTaxId('gstin', `29AAGCB7383J1Z${check}`),
    );
    expect(fitting).toEqual(['4']);
  });
});

describe('a Turkish number', () => {
  it.each(['1234567890', '4567890128', '7290000004'])('VKN %s can exist', (vkn) => {
    expect(isTaxId('vkn', vkn)).toBe(true);
  });

  it.each(['1234567891', '123456789', '12345678900', '123456789A'])('VKN %s cannot', (vkn) => {
    expect(isTaxId('vkn', vkn)).toBe(false);
  });

  it('TCKN 10000000146 can exist', () => {
    expect(isTaxId('tckn', '10000000146')).toBe(true);
  });

  it.each(['10000000147', '10000000156', '00000000146', '1000000014', '1000000014A'])(
    'TCKN %s cannot',
    (tckn) => {
      expect(isTaxId('tckn', tckn)).toBe(false);
    },
  );
});

describe('an NPWP', () => {
  it.each([
    ['013000666091000', 'of fifteen digits'],
    ['0013000666091000', 'of sixteen, with a zero before the old one'],
    ['3171234101850001', 'of sixteen, the number of a person'],
    ['3171235401850001', 'of sixteen, the number of a woman born on the 14th'],
  ])('%s can exist: %s', (npwp) => {
    expect(isTaxId('npwp', npwp)).toBe(true);
  });

  it.each([
    ['013000667091000', 'another check digit'],
    ['0013000667091000', 'another check digit'],
    ['3171237201850001', 'a birth day that is none'],
    ['3171234113850001', 'a birth month that is none'],
    ['01300066609100', 'too short'],
    ['01.300.066.6-091.000', 'points'],
  ])('%s cannot: %s', (npwp) => {
    expect(isTaxId('npwp', npwp)).toBe(false);
  });
});

describe('the way people write numbers', () => {
  it('is brought to capitals without points and blanks', () => {
    expect(normalizeTaxId(' 27 aapfu0939f1zv')).toBe('27AAPFU0939F1ZV');
    expect(normalizeTaxId('01.300.066.6-091.000')).toBe('013000666091000');
  });

  it('knows four types', () => {
    expect(['gstin', 'vkn', 'tckn', 'npwp'].map(isTaxIdType)).toEqual([true, true, true, true]);
    expect(isTaxIdType('ssn')).toBe(false);
  });
});

describe('a state of India', () => {
  it.each(['29', 'KA', 'in-ka', 'karnataka', ' KARNATAKA '])('%j is Karnataka', (text) => {
    expect(findIndianState(text)).toEqual({ code: '29', name: 'Karnataka', takesUtgst: false });
  });

  it('may be written with an ampersand', () => {
    expect(findIndianState('Jammu & Kashmir')?.code).toBe('01');
  });

  it.each(['', '98', 'Bavaria'])('%j is none', (text) => {
    expect(findIndianState(text)).toBeNull();
  });
});
