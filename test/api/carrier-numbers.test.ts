import { startApi, type ApiUnderTest } from './api-under-test';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterEach(() => api.carrier.clearFaults());
afterAll(() => api.close());

function look(query: string) {
  return api.call('GET', `/v1/carrier_numbers?${query}`, { key: api.operatorKey });
}

describe('the numbers on offer', () => {
  test('R2.13 tell the one-time and the recurring cost', async () => {
    const { status, body } = await look('country=IN&limit=1');
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        items: [
          {
            number: '+918000000001',
            country: 'IN',
            type: 'local',
            capabilities: ['sms', 'voice'],
            up_front_fee: { amount: '100.00', currency: 'INR' },
            monthly_price: { amount: '500.00', currency: 'INR' },
          },
        ],
        next_cursor: null,
      },
    });
  });

  test.each([
    ['country=TR', 20],
    ['country=TR&limit=100', 22],
    ['country=TR&type=mobile', 6],
    ['country=TR&capabilities=sms,voice&limit=100', 16],
    ['country=TR&capabilities=mms', 6],
    ['country=TR&type=toll_free', 0],
    ['country=DE', 0],
  ])('R2.10 with %s are %s', async (query, count) => {
    const { status, body } = await look(query);
    expect({ status, count: (body.items as unknown[]).length }).toEqual({ status: 200, count });
  });

  test.each([
    ['', 'country'],
    ['country=Turkey', 'country'],
    ['country=TR&type=fax', 'type'],
    ['country=TR&capabilities=', 'capabilities'],
    ['country=TR&capabilities=sms,fax', 'capabilities'],
    ['country=TR&limit=101', 'limit'],
    ['country=TR&cursor=abc', 'cursor'],
  ])('with %j are refused for their %s', async (query, field) => {
    const { status, body } = await look(query);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('of a silent carrier are 503 with Retry-After, and the reason is in the log only', async () => {
    await api.carrier.addFault({ kind: 'timeout_before', operation: 'number.search' });
    const { status, headers, body } = await look('country=IN');
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(headers.get('retry-after')).toBe('2');
    expect(body.detail).toBe('The carrier of phone numbers does not answer.');
    expect(api.logLines.join('')).toContain('the number carrier does not answer');
    expect((await look('country=IN')).status).toBe(200);
  });
});
