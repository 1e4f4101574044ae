//! Ids of requests: those that come with them, and new ones.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::process;
use std::time::SystemTime;

use http::HeaderValue;

use crate::sync::fork_epoch::ForkEpoch;

/// The longest id that is taken from a header.
pub(super) const MAX_LEN: usize = 128;

/// The id of a request, as an extension of it: to send it on, or to show it.
///
/// ```
/// use kakashi_std::tower::RequestId;
///
/// async fn handle(request: http::Request<()>) -> String {
///     let id = request.extensions().get::<RequestId>().map_or("", RequestId::as_str);
///     format!("Please name {id} when you write to us")
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Returns the id.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Returns the id as the value of a header.
    pub fn header_value(&self) -> &HeaderValue {
        &self.0
    }

    /// Takes an id of a header if it is short, and of characters that do no harm anywhere.
    pub(super) fn of_header(value: &HeaderValue) -> Option<Self> {
        let is_harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@~".contains(byte);
        let is_valid = (1..=MAX_LEN).contains(&value.len()) && value.as_bytes().iter().all(is_harmless);
        is_valid.then(|| Self(value.clone()))
    }

    /// Makes one that no other request has: 128 bits in hexadecimal.
    pub(super) fn make() -> Self {
        let mut digits = [0; 32];
        put_hex(&mut digits, next_number());
        Self(HeaderValue::from_bytes(&digits).unwrap_or_else(|_| HeaderValue::from_static("none")))
    }
}

fn put_hex(digits: &mut [u8; 32], number: u128) {
    for (digit, shift) in digits.iter_mut().zip((0..32).rev()) {
        *digit = b"0123456789abcdef"[(number >> (4 * shift)) as usize & 15];
    }
}

/// The numbers of a thread: a random half that no other thread has, and a count that is
/// scattered over the other.
#[derive(Clone, Copy)]
struct Numbers {
    epoch: ForkEpoch,
    own: u64,
    count: u64,
}

impl Numbers {
    fn begin() -> Self {
        // The state is random; a forked child has the parent's, so what differs goes in, too.
        let differs = (process::id(), SystemTime::now());
        let random = || RandomState::new().hash_one(differs);
        Self { epoch: ForkEpoch::current(), own: random(), count: random() }
    }
}

fn next_number() -> u128 {
    thread_local! {
        static NUMBERS: Cell<Option<Numbers>> = const { Cell::new(None) };
    }
    let numbers = NUMBERS.get().filter(|numbers| !numbers.epoch.is_past()).unwrap_or_else(Numbers::begin);
    NUMBERS.set(Some(Numbers { count: numbers.count.wrapping_add(1), ..numbers }));
    u128::from(numbers.own) << 64 | u128::from(scatter(numbers.count))
}

/// Maps each number to another one, by splitmix64 (Steele, Lea, Flood 2014).
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_one_id() {
        let ids = || (0..1000).map(|_| RequestId::make().as_str().to_owned()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(ids)).collect();
        let all: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert!(all.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4000);
    }

    #[test]
    fn an_id_that_is_long_or_could_do_harm_is_not_taken() {
        let taken = |text: &[u8]| RequestId::of_header(&HeaderValue::from_bytes(text).unwrap()).is_some();
        assert!(taken(b"r-1") && taken(b"01JD:x/y.z_+=@~") && taken(&[b'a'; MAX_LEN]));
        assert!(!taken(b"") && !taken(&[b'a'; MAX_LEN + 1]));
        for text in [&b"a b"[..], b"a\"b", b"a\tb", b"a\xff", b"a,b", b"a;b", b"<a>", b"a\\b", b"a%b"] {
            assert!(!taken(text), "{text:?}");
        }
    }
}
