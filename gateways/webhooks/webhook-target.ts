/**
 * Owns: where webhooks may go: public addresses over https, so that nobody makes our servers call inside our network.
 * Does not own: sending; send-webhook.ts asks for the address it connects to, after the name was resolved.
 * The source of the rule: OWASP, "Server Side Request Forgery Prevention"; the registries of special addresses of IANA.
 * Example: `http://2130706433/` is 127.0.0.1 in other clothes and refused; `URL` has undressed it before we look.
 */
import { BlockList, isIP } from 'node:net';

/** Development alone reaches receivers on its own machine, and without TLS. */
export interface TargetPolicy {
  readonly allowsLoopback: boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What IANA has set aside: private, shared, link-local (metadata services), documentation, multicast, reserved. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Within 2000::/3: protocols (Teredo among them), documentation, 6to4, which all may hide another address. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [network, bits] of SPECIAL_IPV4) special.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of SPECIAL_IPV6) special.addSubnet(network, bits, 'ipv6');

/** All that is public in IPv6: mapped and translated IPv4, ULA, link-local, multicast and `::` lie outside. */
const publicIpv6 = new BlockList();
publicIpv6.addSubnet('2000::', 3, 'ipv6');

/** Whether webhooks may be sent to an address, written as it was resolved. */
export function isAllowedAddress(address: string, { allowsLoopback }: TargetPolicy): boolean {
  const plain = address.replace(/%.*$/, '');
  const version = isIP(plain);
  if (version === 0) return false;
  if (version === 4) {
    return (allowsLoopback && loopback.check(plain, 'ipv4')) || !special.check(plain, 'ipv4');
  }
  if (allowsLoopback && loopback.check(plain, 'ipv6') && !isMapped(plain)) return true;
  return publicIpv6.check(plain, 'ipv6') && !special.check(plain, 'ipv6');
}

/** BlockList looks through `::ffff:127.0.0.1`; a mapped address is refused as what it is. */
function isMapped(address: string): boolean {
  return /^(0*:)*:?ffff:/i.test(address);
}

/** The host of a URL as `connect` takes it: an address without brackets, or a name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Why a URL can never be a target, as a sentence; null: as far as can be told without asking for its name, it can. */
export function findUrlFault(text: string, policy: TargetPolicy): string | null {
  if (!URL.canParse(text)) return 'This is not a URL.';
  const url = new URL(text);
  const isPlain = url.protocol === 'http:' && policy.allowsLoopback;
  if (url.protocol !== 'https:' && !isPlain) return 'A webhook goes to an https:// address.';
  if (url.username !== '' || url.password !== '') return 'Leave the user and password out.';
  return findHostFault(hostOf(url), policy);
}

function findHostFault(host: string, policy: TargetPolicy): string | null {
  if (isIP(host) !== 0) {
    if (isAllowedAddress(host, policy)) return null;
    return 'This address is not public: webhooks go to public addresses only.';
  }
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  if (!isLocal || policy.allowsLoopback) return null;
  return 'This names our own machine: webhooks go to public addresses only.';
}
