//! Any bytes are safe as the answer of an OTLP receiver, and what it says it has refused is read
//! whatever text it adds.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz otlp_answer -- -max_total_time=60

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../kakashi-std/src/sinks/http_client/json_reader.rs"]
mod json_reader;
#[path = "../../../kakashi-std/src/sinks/otlp/partial_success.rs"]
mod partial_success;

use partial_success::{rejected_in_json, rejected_in_protobuf};

fuzz_target!(|bytes: &[u8]| {
    rejected_in_protobuf(bytes);
    let rejected = rejected_in_json(bytes);
    if let Ok(answer) = serde_json::from_slice::<serde_json::Value>(bytes) {
        let said = &answer["partialSuccess"]["rejectedLogRecords"];
        if let Some(number) = said.as_u64().filter(|_| rejected == 0) {
            // But where another has that name too, the name is escaped, or nobody goes so deep.
            let text = String::from_utf8_lossy(bytes);
            let is_plain =
                text.matches("\"rejectedLogRecords\"").count() == 1 && text.contains(&number.to_string());
            let is_plain = is_plain && text.matches(['[', '{']).count() < 64;
            assert!(number == 0 || !is_plain, "{number}: {text}");
        }
    }
    let Some((number, text)) = bytes.split_first_chunk::<8>() else { return };
    let number = i64::from_le_bytes(*number);
    let expected = usize::try_from(number).unwrap_or(0);
    let message = String::from_utf8_lossy(text);
    let json = serde_json::json!({
        "partialSuccess": { "errorMessage": message, "rejectedLogRecords": number.to_string() }
    });
    assert_eq!(rejected_in_json(json.to_string().as_bytes()), expected, "{json}");
    let mut partial = vec![0x12];
    put_number(&mut partial, text.len() as u64);
    partial.extend(text);
    partial.push(0x08);
    put_number(&mut partial, number as u64);
    let mut answer = vec![0x0a];
    put_number(&mut answer, partial.len() as u64);
    answer.extend(partial);
    assert_eq!(rejected_in_protobuf(&answer), expected, "{answer:?}");
});

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
