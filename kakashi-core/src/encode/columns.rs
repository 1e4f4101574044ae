//! Text in columns of a terminal: how wide it is, and lines that end where the terminal's do.

use crate::util::output::Output;

/// Returns how many columns a character takes.
#[cfg(feature = "unicode-width")]
pub(super) fn char_columns(character: char) -> usize {
    unicode_width::UnicodeWidthChar::width(character).unwrap_or_default()
}

/// Returns how many columns a character takes: of most scripts one, of East Asia's and emoji two,
/// of marks that join the one before none. The feature `unicode-width` knows all.
#[cfg(not(feature = "unicode-width"))]
pub(super) fn char_columns(character: char) -> usize {
    match u32::from(character) {
        0x300..=0x36f | 0x200b..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Returns how many columns text takes, none of which is escaped or ends a line.
pub(super) fn columns_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char_columns).sum() }
}

/// Writes lines that end within so many columns, the rest of a record indented below. It leaves
/// nothing out: what is longer than a line goes on in the next.
pub(super) struct Columns<'o, 'b> {
    out: &'o mut Output<'b>,
    /// Where lines end.
    width: usize,
    /// Where the second line of a record and those after it begin.
    indent: usize,
    column: usize,
}

impl<'o, 'b> Columns<'o, 'b> {
    pub(super) fn new(out: &'o mut Output<'b>, width: usize) -> Self {
        Self { out, width, indent: 0, column: 0 }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Begins further lines here.
    pub(super) fn set_indent(&mut self, indent: usize) {
        self.indent = indent;
    }

    /// Appends what takes no column.
    pub(super) fn put_colour(&mut self, colour: &str) {
        self.out.put_short(colour.as_bytes());
    }

    /// Appends text where it is, whatever the width.
    pub(super) fn put(&mut self, text: &str) {
        self.out.put(text.as_bytes());
        self.column += columns_of(text);
    }

    pub(super) fn put_spaces(&mut self, count: usize) {
        for _ in 0..count {
            self.out.put_byte(b' ');
        }
        self.column += count;
    }

    /// Ends the line, and begins another one of the same record.
    pub(super) fn break_line(&mut self) {
        self.out.put_byte(b'\n');
        self.column = 0;
        self.put_spaces(self.indent);
    }

    /// Ends the record.
    pub(super) fn end(self) {
        self.out.put_byte(b'\n');
    }

    fn is_at_begin(&self) -> bool {
        self.column <= self.indent
    }

    /// Puts so many spaces before what comes, or begins a line for it if it fits only there, or
    /// hardly any of it would fit here.
    pub(super) fn part(&mut self, spaces: usize, columns: usize) {
        const FEW: usize = 16;
        if self.is_at_begin() {
            return;
        }
        let left = self.width.saturating_sub(self.column + spaces);
        if columns <= left || (columns > self.width.saturating_sub(self.indent) && left >= FEW) {
            self.put_spaces(spaces);
        } else {
            self.break_line();
        }
    }

    /// Appends text, over as many lines as it needs, which end between words where they can.
    pub(super) fn put_wrapped(&mut self, text: &str) {
        if self.column + columns_of_most(text, self.width) <= self.width {
            return self.put(text);
        }
        let mut rest = text;
        while !rest.is_empty() {
            // A word with the spaces before it.
            let begin = rest.find(|character| character != ' ').unwrap_or(rest.len());
            let end = rest[begin..].find(' ').map_or(rest.len(), |len| begin + len);
            let (word, after) = rest.split_at(end);
            rest = after;
            let columns = columns_of_most(word, self.width);
            if self.column + columns <= self.width {
                self.put(word);
            } else if columns - begin <= self.width.saturating_sub(self.indent) && !self.is_at_begin() {
                self.break_line();
                // The first space is the end of the line.
                self.put(&word[usize::from(begin > 0)..]);
            } else {
                self.put_long(word);
            }
        }
    }

    /// Appends a word that is longer than a line.
    fn put_long(&mut self, word: &str) {
        let mut from = 0;
        for (at, character) in word.char_indices() {
            let columns = char_columns(character);
            if self.column + columns > self.width && !self.is_at_begin() {
                self.out.put(&word.as_bytes()[from..at]);
                self.break_line();
                from = at;
            }
            self.column += columns;
        }
        self.out.put(&word.as_bytes()[from..]);
    }
}

/// As [`columns_of`], but looks no further than is needed to see that text is wider than this.
fn columns_of_most(text: &str, width: usize) -> usize {
    if text.len() <= width || text.is_ascii() {
        return columns_of(text);
    }
    let mut columns = 0;
    for character in text.chars() {
        columns += char_columns(character);
        if columns > width {
            break;
        }
    }
    columns
}
