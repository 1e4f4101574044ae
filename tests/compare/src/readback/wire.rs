//! A file in kakashi's binary form.

use ::kakashi_std::{LogRecord, Value, wire};

use super::tally::Tally;
use crate::workload::fields;

/// Counts what is in a whole file.
pub fn read(bytes: &[u8], tally: &mut Tally) {
    tally.bytes(bytes.len() as u64);
    for item in wire::Reader::new(bytes) {
        match item {
            wire::Item::Record(record) => match id_of(&record) {
                Some(id) => tally.record(id),
                None => tally.foreign(),
            },
            wire::Item::Dropped(report) => tally.announced(report.total()),
            _ => tally.foreign(),
        }
    }
}

/// The id, if the other fields are those that belong to it.
fn id_of(record: &LogRecord<'_>) -> Option<u64> {
    let Some(Value::U64(id)) = record.field("order_id") else {
        return None;
    };
    let (_, symbol, price) = fields(id);
    let right = matches!(record.field("symbol"), Some(Value::Str(text)) if text == symbol)
        && matches!(record.field("price"), Some(Value::F64(number)) if number == price);
    right.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_block_is_foreign() {
        let mut tally = Tally::new(2, 1);
        read(b"no block at all", &mut tally);
        let found = tally.finish();
        assert_eq!((found.bytes, found.missing, found.foreign), (15, 2, 1));
    }
}
