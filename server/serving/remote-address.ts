import type { lookup, LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Problem } from '../problem.ts';

export interface AddressPolicy {
  /** Addresses of private networks too; of this machine only where the address says so itself. */
  privateNetworks: boolean;
  /** Without encryption beyond this machine. */
  plainHttp: boolean;
}

/** The address of a remote model, once it may be called at all. @throws Problem `config-invalid` */
export function checkRemoteUrl(text: string, { privateNetworks, plainHttp }: AddressPolicy): URL {
  const url = URL.canParse(text) ? new URL(text) : refuse(text, 'it is no URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse(text, 'it is neither https nor http');
  if (url.username !== '' || url.password !== '') refuse(`${url.protocol}//${url.host}`, 'it holds a user name or password; give them as a header');
  if (url.search !== '' || url.hash !== '') refuse(`${url.origin}${url.pathname}`, 'it has a query or a fragment');
  const host = hostOf(url);
  if (url.protocol === 'http:' && !isLoopbackName(host) && !plainHttp) refuse(text, 'http is not encrypted; use https, or allow it for this address');
  if (isIP(host) !== 0) {
    const wrong = refusalOf(host, isLoopbackName(host), privateNetworks);
    if (wrong !== null) refuse(text, wrong);
  }
  return url;
}

/**
 * Resolves names for one remote model and refuses addresses it must not reach. It runs when the connection is made: a name
 * that was checked before could mean another address by then.
 */
export function guardedLookup(url: URL, { privateNetworks }: AddressPolicy, resolve: typeof lookup): LookupFunction {
  const loopback = isLoopbackName(hostOf(url));
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.map(({ address }) => refusalOf(address, loopback, privateNetworks)).find((reason) => reason !== null);
      if (refused !== undefined || addresses.length === 0) return callback(new Problem('remote-failed', `${hostname} cannot be called: ${refused ?? 'it has no address'}`), '', 0);
      if (options.all === true) return (callback as unknown as (error: null, addresses: LookupAddress[]) => void)(null, addresses);
      callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

function refusalOf(address: string, loopback: boolean, privateNetworks: boolean): string | null {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (never.check(address, family)) return `${address} is a link-local, metadata or special address`;
  if (ownMachine.check(address, family)) return loopback ? null : `${address} is this machine, which the name does not say`;
  if (privateRanges.check(address, family) && !privateNetworks) return `${address} is in a private network, which is not allowed for this address`;
  return null;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function isLoopbackName(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && ownMachine.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
}

function refuse(text: string, why: string): never {
  throw new Problem('config-invalid', `The remote model ${text} cannot be used: ${why}`);
}

function ranges(...written: string[]): BlockList {
  const list = new BlockList();
  for (const range of written) {
    const [address, bits] = range.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Also those by which clouds tell their machines secrets. IPv4 ranges hold for the same addresses written as IPv6. */
const never = ranges('169.254.0.0/16', '100.100.100.200/32', '192.0.0.0/24', '0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'fe80::/10', 'fec0::/10', 'fd00:ec2::/32', 'ff00::/8');
const ownMachine = ranges('127.0.0.0/8', '::1/128');
/** With the forms of IPv6 that lead to an IPv4 address of anybody's choice. */
const privateRanges = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7', '64:ff9b::/96', '64:ff9b:1::/48', '2001::/32', '2002::/16', '::/96');
