//! Networks by their prefixes.

use std::fmt;
use std::net::IpAddr;

/// Says that a text is no network; it is an address, or one with the length of a prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidNetwork {
    text: String,
}

impl InvalidNetwork {
    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no network: an address like 10.0.0.7 or ::1, or one with a prefix, 10.0.0.0/8",
            self.text
        )
    }
}

impl std::error::Error for InvalidNetwork {}

/// Addresses whose first bits are given.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Network {
    first_bits: u128,
    mask: u128,
}

/// A list of networks, of both versions.
#[derive(Clone, Default, Debug)]
pub(super) struct Networks(Vec<Network>);

/// Returns an address as one of version 6; those of version 4 are mapped (RFC 4291, 2.5.5.2).
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Networks {
    pub(super) fn add(&mut self, text: &str) -> Result<(), InvalidNetwork> {
        let network = parse(text).ok_or_else(|| InvalidNetwork { text: text.into() })?;
        self.0.push(network);
        Ok(())
    }

    pub(super) fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| bits(address) & network.mask == network.first_bits)
    }

    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

fn parse(text: &str) -> Option<Network> {
    let (address, prefix) =
        text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let prefix: u32 = prefix.map_or(Ok(width), str::parse).ok().filter(|prefix| *prefix <= width)?;
    let mask = u128::MAX.checked_shl(width - prefix).unwrap_or(0);
    // Of version 4 the bits above are those of a mapped address.
    let mask = if address.is_ipv4() { mask | !u128::from(u32::MAX) } else { mask };
    Some(Network { first_bits: bits(address) & mask, mask })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Networks {
        let mut networks = Networks::default();
        texts.iter().for_each(|text| networks.add(text).unwrap());
        networks
    }

    #[test]
    fn a_network_contains_the_addresses_with_its_prefix() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ];
        for (network, address, contains) in cases {
            assert_eq!(
                networks(&[network]).contain(address.parse().unwrap()),
                contains,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "proxy", "10.0.0.0/8 "]
        {
            let error = Networks::default().add(text).unwrap_err();
            assert_eq!(error.text(), text);
            assert!(error.to_string().contains("10.0.0.0/8"));
        }
    }
}
