//! URLs that a program gives; they may contain passwords and keys.

use ureq::http::Uri;

/// Tells whether a text is a URL of http or https with a host.
pub(crate) fn is_http_url(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// Leaves out what stands before the `@` of a URL, and its query.
pub(crate) fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let between = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{between}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_queries_are_left_out() {
        for (url, shown) in [
            ("http://user:secret@host:1/path", "http://host:1/path"),
            ("http://user:secret@host", "http://host"),
            ("http://host/path?key=secret", "http://host/path"),
            ("http://host?key=secret@x", "http://host"),
            ("http://user:se@cret@host/a@b", "http://host/a@b"),
            ("user:secret@host", "host"),
            ("", ""),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
