import { missingCapabilities } from '../../domain/number-capability';

describe('R2.10 the capabilities a number lacks', () => {
  it.each([
    [['voice'], ['sms', 'voice'], ['sms']],
    [['sms', 'voice'], ['voice'], []],
    [[], ['mms', 'sms'], ['mms', 'sms']],
    [['sms'], [], []],
  ] as const)('offered %j, required %j: %j', (offered, required, missing) => {
    expect(missingCapabilities({ offered, required })).toEqual(missing);
  });
});
