import { usageBody, type ToldUsage } from '../../api/schemas/usage.schema';
import { createUsageDigest, toEventKey } from '../../api/usage/digest';
import { toUsageEvent } from '../../api/usage/to-usage-event';
import { DIGEST_KEY } from './api-under-test';

const RECEIVED_AT = '2026-11-20T12:00:00.000Z';
const COMMON = { id: 'wamid.1', account_id: 'acct_1', occurred_at: '2026-11-20T10:00:00Z' };
const MESSAGE = { ...COMMON, type: 'wa_message', category: 'utility', to: '+628912345678' };
const INBOUND = { ...COMMON, type: 'wa_inbound', from: '628912345678' };

function tell(event: object): ToldUsage {
  const [told] = usageBody.parse({ events: [event] }).events;
  if (told === undefined) throw new Error('one event was told');
  return told;
}

function take(event: object, key = DIGEST_KEY) {
  return toUsageEvent(tell(event), {
    digest: createUsageDigest(key),
    receivedAt: RECEIVED_AT,
  });
}

function contactOf(event: object): string | null {
  const { facts } = take(event);
  return facts.type === 'wa_message' || facts.type === 'wa_inbound' ? facts.contact : null;
}

test('an event is found by its id under every key, and told apart under its own', () => {
  const [one, other] = [take(MESSAGE), take(MESSAGE, 'another key, of more than 32 characters')];
  expect(one.key).toBe('da2f7f8d-6171-c4b3-7c6b-bbfa87c9126b');
  expect([toEventKey('wamid.1'), other.key]).toEqual([one.key, one.key]);
  // Written out: with another fingerprint, what was told before an update would be a conflict after it.
  expect(one.fingerprint).toBe('d8503b68-be0b-52cf-2ed9-a9ebbca92e08');
  expect(other.fingerprint).not.toBe(one.fingerprint);
});

test('R3.29 who writes and who is written to are one customer, with and without "+"', () => {
  const number = '+628577700001';
  const contact = contactOf({ ...INBOUND, number });
  expect(contactOf({ ...MESSAGE, number: '628577700001' })).toBe(contact);
  expect(contactOf(MESSAGE)).toBe(contactOf(INBOUND));
  const others = [
    contactOf(MESSAGE),
    contactOf({ ...MESSAGE, number, to: '628912345679' }),
    contactOf({ ...MESSAGE, number: '628577700002' }),
    contactOf({ ...MESSAGE, number, account_id: 'acct_2' }),
  ];
  expect(new Set([contact, ...others]).size).toBe(5);
});

test('R3.12 a person is a visitor once on each channel, and writing is visiting', () => {
  const visit = { ...COMMON, type: 'visitor' };
  const on = (channel: string) =>
    take({ ...visit, visitor: { channel, id: '+628912345678' } }).visitor;
  expect(take(INBOUND).visitor).toBe(on('whatsapp'));
  expect(on('instagram')).not.toBe(on('whatsapp'));
  expect(take(MESSAGE).visitor).toBeNull();
  const told = { channel: 'web', id: 'cookie' };
  expect(take({ ...INBOUND, visitor: told }).visitor).toBe(
    take({ ...visit, visitor: told }).visitor,
  );
});

test('R3.30 a group is told by how many it reached, or by whom', () => {
  const { to: _to, ...group } = MESSAGE;
  const members = ['+6281111111111', '6281111111112'];
  const of = (event: object) => take(event).facts;
  expect(of({ ...MESSAGE, group_members: 6 })).toMatchObject({
    to: '628912345678',
    group: { quantity: 6n, members: null },
  });
  expect(of({ ...group, members })).toMatchObject({
    to: null,
    contact: null,
    group: { quantity: 2n, members: ['6281111111111', '6281111111112'] },
  });
});

test('a message that was read was delivered', () => {
  const read = take({ ...MESSAGE, status: 'read' });
  expect(read.facts).toMatchObject({ status: 'delivered' });
  expect(read.fingerprint).toBe(take({ ...MESSAGE, status: 'delivered' }).fingerprint);
});
