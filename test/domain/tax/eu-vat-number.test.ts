import { findEuMember, isEuMember } from '../../../domain/tax/eu-vat-number';
import { isTaxId } from '../../../domain/tax/tax-id';

describe('a VAT number of the EU', () => {
  it.each([
    ['AT', 'ATU13585627'],
    ['BE', 'BE0428759497'],
    ['BG', 'BG175074752'],
    ['CY', 'CY10259033P'],
    ['CZ', 'CZ25123891'],
    ['DE', 'DE136695976'],
    ['DE', 'DE811569869'],
    ['DK', 'DK13585628'],
    ['EE', 'EE100931558'],
    ['ES', 'ESB58378431'],
    ['FI', 'FI20774740'],
    ['FR', 'FR40303265045'],
    ['FR', 'FRK7399859412'],
    ['GR', 'EL094259216'],
    ['HR', 'HR33392005961'],
    ['HU', 'HU12892312'],
    ['IE', 'IE6433435F'],
    ['IE', 'IE6433435OA'],
    ['IE', 'IE8D79739I'],
    ['IT', 'IT00743110157'],
    ['LT', 'LT119511515'],
    ['LU', 'LU15027442'],
    ['LV', 'LV40003521600'],
    ['MT', 'MT11679112'],
    ['NL', 'NL004495445B01'],
    ['NL', 'NL123456789B13'],
    ['PL', 'PL8567346215'],
    ['PT', 'PT501964843'],
    ['RO', 'RO18547290'],
    ['SE', 'SE123456789701'],
    ['SI', 'SI50223054'],
    ['SK', 'SK2022749619'],
  ])('of %s: %s can exist', (country, number) => {
    expect(findEuMember(number)).toBe(country);
    expect(isTaxId('eu_vat', number)).toBe(true);
    expect(isEuMember(country)).toBe(true);
  });

  it.each([
    ['ATU13585626', 'another check digit'],
    ['BE0428759498', 'another check digit'],
    ['CY10259033Z', 'another check letter'],
    ['DE136695978', 'another check digit'],
    ['DK13585627', 'another check digit'],
    ['EE100931557', 'another check digit'],
    ['EL094259215', 'another check digit'],
    ['FI20774741', 'another check digit'],
    ['FR41303265045', 'another key'],
    ['FR40303265046', 'another SIREN'],
    ['HR33392005962', 'another check digit'],
    ['HU12892313', 'another check digit'],
    ['IE6433435E', 'another check letter'],
    ['IT00743110158', 'another check digit'],
    ['IT00743999157', 'a province that is none'],
    ['LU15027443', 'another check digit'],
    ['MT11679113', 'another check digit'],
    ['NL004495446B01', 'another check digit'],
    ['NL004495445B00', 'a sub-number of nothing'],
    ['PL8567346216', 'another check digit'],
    ['PT501964842', 'another check digit'],
    ['RO18547291', 'another check digit'],
    ['SE123456789101', 'another check digit'],
    ['SE123456789702', 'another ending'],
    ['SI50223055', 'another check digit'],
    ['SK2022749618', 'another check digit'],
    ['GR094259216', 'the ISO code of Greece'],
    ['GB980780684', 'a country that left'],
    ['136695976', 'no letters'],
    ['de136695976', 'small letters'],
    ['DE13669597', 'too short'],
    ['', 'nothing'],
  ])('%s cannot: %s', (number) => {
    expect(findEuMember(number)).toBeNull();
    expect(isTaxId('eu_vat', number)).toBe(false);
  });

  it('is given by the 27 member states only', () => {
    expect(['GB', 'NO', 'CH', 'TR', 'XI'].filter(isEuMember)).toEqual([]);
  });
});
