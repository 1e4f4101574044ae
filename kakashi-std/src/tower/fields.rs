//! Fields of which some may be left out, without a heap.

use kakashi_core::{Field, Value};

/// The fields of a list that are there.
pub(super) struct Fields<'a, const N: usize> {
    fields: [Field<'a>; N],
    len: usize,
}

impl<'a, const N: usize> Fields<'a, N> {
    pub(super) fn of(all: [Option<Field<'a>>; N]) -> Self {
        let mut fields = [Field { key: "", value: Value::Null }; N];
        let mut len = 0;
        for (place, field) in fields.iter_mut().zip(all.into_iter().flatten()) {
            *place = field;
            len += 1;
        }
        Self { fields, len }
    }

    pub(super) fn as_slice(&self) -> &[Field<'a>] {
        &self.fields[..self.len]
    }
}
