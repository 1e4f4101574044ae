//! Any bytes are safe as the answer of a bulk request; what is read of one that is JSON is what
//! serde_json reads.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz bulk_answer -- -max_total_time=60

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../kakashi-std/src/sinks/http/bulk_answer.rs"]
mod bulk_answer;
#[path = "../../../kakashi-std/src/sinks/http_client/json_reader.rs"]
mod json_reader;

/// What a status means is not what is tested.
mod verdict {
    pub(crate) struct ItemVerdict {
        pub(crate) status: Option<u16>,
        pub(crate) reason: Option<Reason>,
    }

    #[expect(non_upper_case_globals, reason = "it stands for a variant")]
    impl ItemVerdict {
        pub(crate) const Taken: Self = Self { status: None, reason: None };
    }

    pub(crate) struct Reason {
        pub(crate) kind: String,
        pub(crate) text: String,
    }

    pub(crate) fn verdict_of_item(status: u16, reason: impl FnOnce() -> Reason) -> ItemVerdict {
        ItemVerdict { status: Some(status), reason: Some(reason()) }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((records, answer)) = bytes.split_first() else { return };
    let Some(verdicts) = bulk_answer::read_verdicts(answer, usize::from(*records)) else { return };
    assert_eq!(verdicts.len(), usize::from(*records));
    for reason in verdicts.iter().filter_map(|verdict| verdict.reason.as_ref()) {
        assert!(reason.kind.len() <= 400 && reason.text.len() <= 900, "{:?}", reason.text);
    }
    // Ours is lenient in what harms nobody, and a key that comes twice is any of them.
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(answer) else { return };
    let Some(items) = answer["items"].as_array().filter(|items| items.len() == verdicts.len()) else {
        return;
    };
    for (item, verdict) in items.iter().zip(&verdicts) {
        let inner = item.as_object().filter(|item| item.len() == 1).and_then(|item| item.values().next());
        if let Some(status) = inner.and_then(|inner| inner["status"].as_u64())
            && String::from_utf8_lossy(bytes).matches("status").count() == verdicts.len()
        {
            assert_eq!(verdict.status.map(u64::from), Some(status), "{answer}");
        }
    }
});
