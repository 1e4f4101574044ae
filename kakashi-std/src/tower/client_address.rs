//! The client's address: the connection's, or what a proxy says that is trusted.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap, header};

use super::networks::Networks;

/// The header in which the trusted proxies name the client.
///
/// Only what the proxies themselves write: the other may be the client's own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: client, proxy`.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=client;proto=https, for=proxy` (RFC 7239).
    Forwarded,
}

/// The other end of the connection, as an extension of a request.
///
/// A program that serves with hyper itself inserts it. axum's `ConnectInfo<SocketAddr>` is known
/// (feature `axum`); for others there is
/// [`RequestLayer::peer_address`](super::RequestLayer::peer_address).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerAddress(pub SocketAddr);

/// Returns the address of the other end, if an extension has it.
pub(super) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    if let Some(peer) = extensions.get::<PeerAddress>() {
        return Some(peer.0.ip());
    }
    #[cfg(feature = "axum")]
    if let Some(axum::extract::ConnectInfo(peer)) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>()
    {
        return Some(peer.ip());
    }
    None
}

/// Returns the client's address: that of the other end, unless it is a trusted proxy. Then the
/// last address that no trusted proxy has; what stands before it the client may have written.
pub(super) fn client(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    header: ForwardedHeader,
    trusted: &Networks,
) -> Option<IpAddr> {
    let mut client = peer?.to_canonical();
    if trusted.are_none() || !trusted.contain(client) {
        return Some(client);
    }
    let name = match header {
        ForwardedHeader::XForwardedFor => const { http::HeaderName::from_static("x-forwarded-for") },
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    for line in headers.get_all(name).iter().rev() {
        let Ok(line) = line.to_str() else { break };
        for element in line.rsplit(',') {
            let address = match header {
                ForwardedHeader::XForwardedFor => Some(element),
                ForwardedHeader::Forwarded => element.split(';').find_map(forwarded_for),
            };
            // A name, or nothing that is known: who came before it is not known either.
            let Some(address) = address.and_then(parse) else { return Some(client) };
            client = address;
            if !trusted.contain(client) {
                return Some(client);
            }
        }
    }
    Some(client)
}

/// Returns the value of `for=`, without quotes.
fn forwarded_for(pair: &str) -> Option<&str> {
    let (key, value) = pair.split_once('=')?;
    key.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
}

/// Parses an address, with a port or without.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, header: ForwardedHeader, lines: &[&str]) -> String {
        let mut trusted = Networks::default();
        ["10.0.0.0/8", "fd00::/8"].iter().for_each(|network| trusted.add(network).unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = match header {
                ForwardedHeader::XForwardedFor => "x-forwarded-for",
                ForwardedHeader::Forwarded => "forwarded",
            };
            headers.append(name, line.parse().unwrap());
        }
        client(peer.parse().ok(), &headers, header, &trusted).unwrap().to_string()
    }

    #[test]
    fn only_a_trusted_proxy_names_the_client() {
        let cases: [(&str, &[&str], &str); 11] = [
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["6.6.6.6", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("fd00::1", &["[2001:db8::1]:80, [fd00::2]"], "2001:db8::1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ];
        for (peer, lines, client) in cases {
            assert_eq!(client_of(peer, ForwardedHeader::XForwardedFor, lines), client, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_where_the_proxies_write_it() {
        let cases: [(&[&str], &str); 4] = [
            (&["for=6.6.6.6, For=\"203.0.113.7:80\";proto=http;by=10.0.0.1"], "203.0.113.7"),
            (&["proto=https;for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
            (&["for=_hidden"], "10.0.0.1"),
            (&["proto=https"], "10.0.0.1"),
        ];
        for (lines, client) in cases {
            assert_eq!(client_of("10.0.0.1", ForwardedHeader::Forwarded, lines), client, "{lines:?}");
        }
    }
}
