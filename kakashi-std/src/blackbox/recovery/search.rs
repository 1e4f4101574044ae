//! Which records stand in files already.

use std::borrow::Cow;
use std::io;

use kakashi_core::BatchBuilder;

use super::block_matcher::{BlockMatcher, with_record};
use super::left_record::{LeftRecord, RecordBody};
use super::line_matcher::LineMatcher;
use super::written_files::{FileId, WrittenFiles};
use crate::segment::layout::WrittenForm;

/// What a search has found.
#[derive(Debug)]
pub(crate) struct SearchResult {
    /// For each record whether it stands there.
    pub(crate) found: Vec<bool>,
    pub(crate) torn: Option<TornEnd>,
    /// What was not found is not there.
    pub(crate) is_certain: bool,
}

/// The last file ends within a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TornEnd {
    /// Which record.
    pub(crate) record: usize,
    pub(crate) file: FileId,
    /// Where the file ends.
    pub(crate) end: u64,
    /// What it lacks.
    pub(crate) rest: Vec<u8>,
}

/// Looks for records, in the form that they were written in, in files.
pub(crate) fn search(
    records: &[&LeftRecord<'_>],
    form_of: impl Fn(WrittenForm) -> WrittenForm,
    files: &WrittenFiles,
) -> io::Result<SearchResult> {
    let expected: Vec<Option<Cow<'_, [u8]>>> =
        records.iter().map(|record| expected(record, form_of(record.form))).collect();
    let of_kind = |wire: bool| {
        let is_it = |at: &usize| (form_of(records[*at].form) == WrittenForm::Wire) == wire;
        let places: Vec<usize> =
            (0..records.len()).filter(|at| expected[*at].is_some() && is_it(at)).collect();
        let bytes: Vec<&[u8]> =
            places.iter().map(|at| expected[*at].as_deref().unwrap_or_default()).collect();
        (places, bytes)
    };
    let ((lines, line_bytes), (blocks, block_bytes)) = (of_kind(false), of_kind(true));
    let (mut line_matcher, mut block_matcher) =
        (LineMatcher::new(&line_bytes), BlockMatcher::new(&block_bytes));
    let mut torn = None;
    for file in &files.files {
        let end = file.read(|piece| {
            line_matcher.push(piece);
            if !blocks.is_empty() {
                block_matcher.push(piece);
            }
        })?;
        block_matcher.end();
        torn = line_matcher.end().map(|torn| TornEnd {
            record: lines[torn.record],
            file: file.id,
            end,
            rest: line_bytes[torn.record][torn.written..].to_vec(),
        });
    }
    let mut found = vec![false; records.len()];
    for (places, matched) in [(&lines, line_matcher.found()), (&blocks, block_matcher.found())] {
        places.iter().zip(matched).for_each(|(at, matched)| found[*at] = *matched);
    }
    let is_certain = files.is_certain && expected.iter().all(Option::is_some);
    Ok(SearchResult { found, torn, is_certain })
}

/// Returns what a record looks like in a file; none if only its process knew.
fn expected<'r>(record: &'r LeftRecord<'_>, form: WrittenForm) -> Option<Cow<'r, [u8]>> {
    match (&record.body, form) {
        (RecordBody::Whole(bytes), _) => Some(Cow::Borrowed(bytes)),
        (RecordBody::Block(block), WrittenForm::Wire) => Some(Cow::Borrowed(block)),
        (RecordBody::Block(block), WrittenForm::Text | WrittenForm::Json) => {
            let mut batch = BatchBuilder::new(form.encoder(), block.len());
            with_record(block, |record| batch.put(record).is_ok())?
                .then(|| batch.close().bytes().to_vec().into())
        }
        // Lines may say more than the record does: the process's number.
        (RecordBody::Block(_), _) => None,
    }
}
