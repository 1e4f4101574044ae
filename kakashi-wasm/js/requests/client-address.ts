// The client's address: the connection's, or what a proxy says that is trusted.

/** An address as 128 bits; those of version 4 are mapped (RFC 4291, 2.5.5.2). */
type Bits = bigint;

interface AddressRange {
  readonly first: Bits;
  readonly mask: Bits;
}

const ALL = (1n << 128n) - 1n;

function bitsOf(address: string): Bits | undefined {
  const four = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (four) {
    const bytes = four.slice(1).map(Number);
    return bytes.every((byte) => byte < 256) ? bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0xffffn) : undefined;
  }
  if (!/^[\da-f:]+$/i.test(address)) return undefined;
  const [head, tail, ...more] = address.split('::').map((half) => (half ? half.split(':') : []));
  const given = head!.length + (tail?.length ?? 0);
  if (more.length > 0 || (tail ? given > 7 : given !== 8)) return undefined;
  const groups = tail ? [...head!, ...new Array<string>(8 - given).fill('0'), ...tail] : head!;
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** Reads networks; throws a RangeError that names what is none. @internal */
export function rangesOf(networks: readonly string[]): AddressRange[] {
  return networks.map((network) => {
    const [address, prefix, ...more] = network.split('/') as [string, string | undefined, ...string[]];
    const bits = bitsOf(address);
    const width = address.includes(':') ? 128 : 32;
    const length = prefix === undefined ? width : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
    if (bits === undefined || more.length > 0 || !(length <= width)) {
      throw new RangeError(`${JSON.stringify(network)} is no network: an address like 10.0.0.7 or ::1, or one with a prefix, 10.0.0.0/8`);
    }
    const mask = ALL ^ ((1n << BigInt(width - length)) - 1n);
    return { first: bits & mask, mask };
  });
}

/** An address without its port, brackets and mapping. */
function plain(text: string): string | undefined {
  const unquoted = text.trim().replace(/^"(.*)"$/, '$1');
  const address = /^\[(.*)\](?::\d+)?$/.exec(unquoted)?.[1] ?? /^([\d.]+):\d+$/.exec(unquoted)?.[1] ?? unquoted;
  return bitsOf(address) === undefined ? undefined : address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}

/**
 * The client's address: that of the other end, unless it is a trusted proxy. Then the last address
 * that no trusted proxy has; what stands before it the client may have written. @internal
 */
export function clientAddress(peer: string | undefined, forwarded: string | undefined, isRfc7239: boolean, trusted: readonly AddressRange[]): string | undefined {
  let client = peer === undefined ? undefined : plain(peer);
  const isTrusted = (address: string) => trusted.some(({ first, mask }) => (bitsOf(address)! & mask) === first);
  if (client === undefined || !isTrusted(client)) return client;
  for (const element of (forwarded ?? '').split(',').reverse()) {
    const named = isRfc7239 ? element.split(';').map((pair) => /^\s*for\s*=(.*)$/i.exec(pair)?.[1]).find((value) => value !== undefined) : element;
    const address = plain(named ?? '');
    // A name, or nothing that is known: who came before it is not known either.
    if (address === undefined) return client;
    client = address;
    if (!isTrusted(client)) return client;
  }
  return client;
}
