import { findUrlFault, isAllowedAddress } from '../../gateways/webhooks/webhook-target';

const LIVE = { allowsLoopback: false };
const LOCAL = { allowsLoopback: true };

describe('S9 where webhooks may go', () => {
  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://１２７.0.0.1/',
    'https://0.0.0.0/',
    'https://0/',
    'https://10.0.0.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[::127.0.0.1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:1::1]/',
    'https://[2001:db8::1]/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'https://user:word@hooks.example.com/',
    'hooks.example.com',
  ])('refuses %s', (url) => {
    expect(findUrlFault(url, LIVE)).not.toBeNull();
  });

  it.each([
    'https://hooks.example.com/a?b=c',
    'https://8.8.8.8:8443/',
    'https://172.15.0.1/',
    'https://172.32.0.1/',
    'https://100.128.0.1/',
    'https://[2606:4700::1111]/',
  ])('takes %s', (url) => {
    expect(findUrlFault(url, LIVE)).toBeNull();
  });

  it('reaches its own machine in development, and nothing else that is private', () => {
    for (const url of ['http://127.0.0.1:3000/', 'http://[::1]:3000/', 'http://localhost:3000/']) {
      expect(findUrlFault(url, LOCAL)).toBeNull();
    }
    for (const url of [
      'http://10.0.0.1/',
      'http://[::ffff:127.0.0.1]/',
      'http://169.254.169.254/',
    ]) {
      expect(findUrlFault(url, LOCAL)).not.toBeNull();
    }
  });

  it('takes no address that it cannot read', () => {
    expect(isAllowedAddress('hooks.example.com', LOCAL)).toBe(false);
    expect(isAllowedAddress('fe80::1%eth0', LIVE)).toBe(false);
  });
});
