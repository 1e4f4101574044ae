//! The text of directives in parts that know where they stand, and what is closed in it.

use alloc::vec::Vec;

use crate::logger::directive_error::{DirectiveError, Mistake};

/// A part of the text, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> Part<'a> {
    pub(super) fn as_str(self) -> &'a str {
        self.text.get(self.from..self.to).unwrap_or_default()
    }

    pub(super) fn trimmed(self) -> Self {
        let from = self.to - self.as_str().trim_start().len();
        Self { from, to: from + self.as_str().trim().len(), ..self }
    }

    pub(super) fn split(self, at: usize) -> (Self, Self) {
        (Self { to: self.from + at, ..self }, Self { from: self.from + at, ..self })
    }

    /// Leaves out bytes at the beginning.
    pub(super) fn without(self, bytes: usize) -> Self {
        self.split(bytes).1
    }

    pub(super) fn is_comment(self) -> bool {
        self.as_str().starts_with('#')
    }

    /// Returns line and column, from 1 on.
    pub(super) fn place(self) -> (usize, usize) {
        let before = self.text.get(..self.from).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        (before.matches('\n').count() + 1, column + 1)
    }

    #[cold]
    pub(super) fn error(self, mistake: Mistake) -> DirectiveError {
        let (line, column) = self.place();
        DirectiveError::new(line, column, self.as_str(), mistake)
    }
}

/// Walks over brackets, braces and, within braces, quotes.
#[derive(Default)]
pub(super) struct Scan {
    open: Vec<char>,
    escaped: bool,
}

impl Scan {
    /// Takes a character; tells whether it stands outside of all brackets.
    pub(super) fn is_outside(&mut self, character: char) -> bool {
        let outside = self.open.is_empty();
        let innermost = self.open.last().copied();
        let escaped = core::mem::replace(&mut self.escaped, false);
        match (character, innermost) {
            (_, Some('"')) if escaped => {}
            ('\\', Some('"')) => self.escaped = true,
            ('"', Some('"')) | (']', Some('[')) | ('}', Some('{')) => {
                self.open.pop();
            }
            (_, Some('"')) => {}
            ('"', Some('{')) | ('[' | '{', _) => self.open.push(character),
            _ => {}
        }
        outside
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns what would close the innermost one.
    pub(super) fn closing(&self) -> char {
        match self.open.last() {
            Some('[') => ']',
            Some('{') => '}',
            _ => '"',
        }
    }
}
