import ipaddr from 'ipaddr.js'

/** An address in its one spelling, and whom it stands for: whoever has an address of IPv6 has its network, 2^64 of them. */
export function readAddress(text: string): { address: string; subscriber: string } {
  // IPv4, which is nearly all, is spelled in one way.
  if (!text.includes(':') || !ipaddr.isValid(text)) return { address: text, subscriber: text }
  const ip = ipaddr.process(text)
  const address = ip.toString()
  if (ip.kind() === 'ipv4') return { address, subscriber: address }
  const network = (ip as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16))
  return { address, subscriber: `${network.join(':')}::/64` }
}
