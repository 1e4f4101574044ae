//! What can be wrong with a directive.

use alloc::boxed::Box;
use core::fmt;

use crate::logger::prefix::better_prefix;

/// Reports a directive that is not understood: where it stands, what it is, and what would
/// be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectiveError {
    line: usize,
    column: usize,
    text: Box<str>,
    mistake: Mistake,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    /// No level, nor a number from 0 to 255.
    Level,
    /// No logger's name and no beginning of one.
    Name,
    /// `=debug`.
    NoName,
    /// `a=b=debug`.
    TwoLevels,
    /// A bracket, a brace or a quote that is not closed.
    Unclosed(char),
    /// Something between `]` and `=`.
    AfterBracket,
    /// `shop{user=7}=debug`.
    FieldsWithoutBracket,
    /// `[]`.
    NoSpan,
    /// `info/pattern`, as env_logger has it.
    MessagePattern,
    /// `[{path=/a.*/}]`, as EnvFilter has it.
    ValuePattern,
    /// `[{=7}]`.
    NoFieldName,
    /// A directive of spans, in a build that knows none.
    NeedsTracing,
}

impl DirectiveError {
    #[cold]
    pub(super) fn new(line: usize, column: usize, text: &str, mistake: Mistake) -> Self {
        Self { line, column, text: text.into(), mistake }
    }

    /// Returns the line, from 1 on.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in its line, in characters, from 1 on.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns what is not understood.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for DirectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(f, "line {}, ", self.line)?;
        }
        let text = &*self.text;
        write!(f, "column {}: {text:?} ", self.column)?;
        match self.mistake {
            Mistake::Level => f.write_str(
                "is no level: use trace, debug, info, warning (warn), error, critical (fatal), off, all, or a \
                 number from 0 to 255",
            ),
            Mistake::Name if text.trim_start().starts_with('*') => {
                f.write_str("is no logger's name: a level alone holds for all, as \"debug\" does")
            }
            Mistake::Name => {
                let better = better_prefix(text);
                write!(f, "is no logger's name: {better:?} means that one and all below it")
            }
            Mistake::NoName => f.write_str(
                "has no name: write \"shop::db=debug\" for a logger and those below it, \"debug\" for all",
            ),
            Mistake::TwoLevels => f.write_str("has two `=`: write \"shop::db=debug\", with commas between"),
            Mistake::Unclosed(closing) => write!(f, "has no {closing:?} at its end"),
            Mistake::AfterBracket => {
                f.write_str("follows a bracket: only `=` and a level do, as in \"shop[span]=debug\"")
            }
            Mistake::FieldsWithoutBracket => {
                f.write_str("has fields outside of brackets: write \"shop[{field=value}]=debug\"")
            }
            Mistake::NoSpan => f.write_str("names no span and no field: write \"shop[span]=debug\""),
            Mistake::MessagePattern => f.write_str(
                "has a pattern of messages behind `/`: directives know loggers and levels only; use a filter",
            ),
            Mistake::ValuePattern => f.write_str(
                "is a pattern: a field's value is compared as a whole; put it into quotes if it is one",
            ),
            Mistake::NoFieldName => f.write_str("names no field: write \"[{field=value}]\" or \"[{field}]\""),
            Mistake::NeedsTracing => f.write_str(
                "is about spans, which kakashi's feature `tracing` brings: without it LogContext::level sets a \
                 level, for a scope",
            ),
        }
    }
}

impl core::error::Error for DirectiveError {}
