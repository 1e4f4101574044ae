//! Thresholds as operators write them: `info,shop::db=debug,hyper=warn`.
//!
//! It is what `env_logger` and tracing's `EnvFilter` have in common, with the levels of
//! this crate. It takes no patterns, of messages or values: those two read them differently.
//!
//! ```text
//! directives = [ directive ] *( ( "," / newline ) [ directive ] )
//! directive  = level                                      all loggers
//!            / name [ "=" [ level ] ]                     a logger and those below it
//!            / [ name ] "[" [ span ] [ "{" fields "}" ] "]" [ "=" [ level ] ]
//! fields     = field [ "=" value ] *( "," field [ "=" value ] )
//! ```
//!
//! Without a level everything is let through. Blanks around each part are passed over, and so is
//! what stands between `#` at the beginning of a directive and the end of the line. A value may
//! stand in quotes, within which `\"` is a quote and `\\` a backslash.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::level::LevelFilter;
use crate::logger::directive_error::{DirectiveError, Mistake};
use crate::logger::directive_text::{Part, Scan};
use crate::logger::prefix::{covers, is_wrong_prefix};

/// Thresholds by the names of loggers, as they are written in an environment variable.
///
/// A name means the logger of that name and those below it, as `level_of` does: `shop` is
/// also `shop::db`, not `shopping`. Of several that mean a logger the most specific one
/// holds, of equal ones the last.
///
/// ```
/// use kakashi_core::{Directives, LogLevel};
///
/// let directives: Directives = "info, shop::db=debug, hyper=30".parse()?;
/// assert_eq!(directives.levels().count(), 3);
///
/// let wrong = "info,shop=verbose".parse::<Directives>().unwrap_err();
/// assert_eq!((wrong.column(), wrong.text()), (11, "verbose"));
/// assert!(wrong.to_string().starts_with("column 11: \"verbose\" is no level: use trace, debug, "));
/// # Ok::<(), kakashi_core::DirectiveError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directives {
    levels: Vec<(Box<str>, LevelFilter)>,
    spans: Vec<SpanDirective>,
}

/// The threshold for what happens inside of certain spans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanDirective {
    target: Box<str>,
    span: Option<Box<str>>,
    fields: Vec<SpanField>,
    level: LevelFilter,
    /// Where it stands, and its text.
    line: usize,
    column: usize,
    text: Box<str>,
}

/// A field that a span must have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanField {
    /// Its name.
    pub name: Box<str>,
    /// Its value as text; none means any.
    pub value: Option<Box<str>>,
}

impl Directives {
    /// Reads directives; what is not understood is reported, and the rest holds.
    pub fn parse_valid(text: &str, report: &mut dyn FnMut(DirectiveError)) -> Self {
        let mut directives = Self::default();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let end = directive_len(rest);
            let directive = Part { text, from: at, to: at + end }.trimmed();
            if !directive.is_comment()
                && let Err(error) = directives.add(directive)
            {
                report(error);
            }
            // The comma or newline.
            at += end + 1;
        }
        directives
    }

    /// Returns names and their thresholds, in the order in which they were written; the
    /// empty name means all loggers.
    pub fn levels(&self) -> impl Iterator<Item = (&str, LevelFilter)> {
        self.levels.iter().map(|(name, level)| (&**name, *level))
    }

    /// Returns the directives about spans.
    pub fn spans(&self) -> &[SpanDirective] {
        &self.spans
    }

    /// Returns an error for each directive that this build can't obey: those about spans, without
    /// the feature `tracing`.
    pub fn without_effect(&self) -> impl Iterator<Item = DirectiveError> {
        let spans = if cfg!(feature = "tracing") { &[][..] } else { &self.spans };
        spans.iter().map(SpanDirective::needs_tracing)
    }

    fn add(&mut self, directive: Part<'_>) -> Result<(), DirectiveError> {
        if let Some(open) = directive.as_str().find('[') {
            let (target, rest) = directive.split(open);
            self.spans.push(span_directive(directive, target.trimmed(), rest)?);
        } else if let Some(brace) = directive.as_str().find('{') {
            return Err(directive.split(brace).1.error(Mistake::FieldsWithoutBracket));
        } else if let Some(equals) = directive.as_str().find('=') {
            let (name, level) = directive.split(equals);
            if level.without(1).as_str().contains('=') {
                return Err(directive.error(Mistake::TwoLevels));
            }
            let level = level_of(level)?;
            let name = name.trimmed();
            if name.as_str().is_empty() {
                return Err(directive.error(Mistake::NoName));
            }
            self.levels.push((checked_name(name)?, level));
        } else if !directive.as_str().is_empty() {
            self.levels.push(bare(directive)?);
        }
        Ok(())
    }
}

impl FromStr for Directives {
    type Err = DirectiveError;

    /// Reads directives, all of which must be right.
    fn from_str(text: &str) -> Result<Self, DirectiveError> {
        let mut first = None;
        let directives = Self::parse_valid(text, &mut |error| first = first.take().or(Some(error)));
        first.map_or(Ok(directives), Err)
    }
}

impl SpanDirective {
    /// Tells whether it is about spans of this target.
    pub fn covers(&self, target: &str) -> bool {
        covers(&self.target, target)
    }

    /// Returns the target of the spans that it is about, which is also those below it; empty means
    /// all.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the name of the span; none means any.
    pub fn span(&self) -> Option<&str> {
        self.span.as_deref()
    }

    /// Returns the fields that the span must have, all of them.
    pub fn fields(&self) -> &[SpanField] {
        &self.fields
    }

    /// Returns the threshold inside of the span.
    pub fn level(&self) -> LevelFilter {
        self.level
    }

    /// Tells whether both are about the same spans.
    #[cfg(feature = "tracing")]
    pub(super) fn is_about_same(&self, other: &Self) -> bool {
        self.target == other.target && self.span == other.span && self.fields == other.fields
    }

    /// Makes the error of a program that knows no spans.
    fn needs_tracing(&self) -> DirectiveError {
        DirectiveError::new(self.line, self.column, &self.text, Mistake::NeedsTracing)
    }
}

/// Returns the length of the first directive: to a comma outside of brackets and quotes, at
/// most to the end of the line. What is not closed ends at its first comma, so that the rest holds.
fn directive_len(text: &str) -> usize {
    // No look at the whole line: there may be very many directives in it.
    if text.trim_start_matches([' ', '\t']).starts_with('#') {
        return text.find('\n').unwrap_or(text.len());
    }
    let mut scan = Scan::default();
    let end = text.char_indices().find(|&(_, character)| {
        let is_outside = scan.is_outside(character);
        character == '\n' || is_outside && character == ','
    });
    let (end, last) = end.unwrap_or((text.len(), '\n'));
    if last == ',' || scan.is_closed() {
        return end;
    }
    text.get(..end).and_then(|line| line.find(',')).unwrap_or(end)
}

/// Reads the level behind `=`; none lets everything through.
fn level_of(from_equals: Part<'_>) -> Result<LevelFilter, DirectiveError> {
    let level = from_equals.without(1).trimmed();
    match level.as_str() {
        "" => Ok(LevelFilter::ALL),
        text if has_message_pattern(text) => Err(level.error(Mistake::MessagePattern)),
        text => text.parse().map_err(|_| level.error(Mistake::Level)),
    }
}

/// Reads a directive without `=`: a level, or a name.
fn bare(directive: Part<'_>) -> Result<(Box<str>, LevelFilter), DirectiveError> {
    let text = directive.as_str();
    if let Ok(level) = text.parse() {
        return Ok(("".into(), level));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(directive.error(Mistake::Level));
    }
    if has_message_pattern(text) {
        return Err(directive.error(Mistake::MessagePattern));
    }
    Ok((checked_name(directive)?, LevelFilter::ALL))
}

fn has_message_pattern(text: &str) -> bool {
    text.split_once('/').is_some_and(|(level, _)| level.trim().parse::<LevelFilter>().is_ok())
}

fn checked_name(name: Part<'_>) -> Result<Box<str>, DirectiveError> {
    match name.as_str() {
        text if is_wrong_prefix(text) => Err(name.error(Mistake::Name)),
        text => Ok(text.into()),
    }
}

/// Reads a directive with brackets; `rest` begins with the first.
fn span_directive(
    whole: Part<'_>,
    target: Part<'_>,
    rest: Part<'_>,
) -> Result<SpanDirective, DirectiveError> {
    let mut scan = Scan::default();
    let end = rest.as_str().char_indices().skip_while(|&(at, character)| {
        scan.is_outside(character);
        at == 0 || !scan.is_closed()
    });
    let Some((end, _)) = { end }.next() else {
        return Err(whole.error(Mistake::Unclosed(scan.closing())));
    };
    let (inside, after) = rest.split(end);
    let after = after.without(1).trimmed();
    let level = match after.as_str() {
        "" => LevelFilter::ALL,
        text if text.starts_with('=') => level_of(after)?,
        _ => return Err(after.error(Mistake::AfterBracket)),
    };
    let target = if target.as_str().is_empty() { "".into() } else { checked_name(target)? };
    let inside = inside.without(1).trimmed();
    let (span, fields) = match inside.as_str().find('{') {
        Some(open) => {
            let (span, braces) = inside.split(open);
            (span.trimmed(), span_fields(braces)?)
        }
        None => (inside, Vec::new()),
    };
    let span = Some(span.as_str()).filter(|span| !span.is_empty());
    if span.is_none() && fields.is_empty() {
        return Err(whole.error(Mistake::NoSpan));
    }
    let (line, column) = whole.place();
    Ok(SpanDirective {
        target,
        span: span.map(Box::from),
        fields,
        level,
        line,
        column,
        text: whole.as_str().into(),
    })
}

/// Reads the fields between braces.
fn span_fields(braces: Part<'_>) -> Result<Vec<SpanField>, DirectiveError> {
    let Some(inside) = braces.as_str().strip_suffix('}') else {
        return Err(braces.error(Mistake::AfterBracket));
    };
    let mut rest = Part { to: braces.from + inside.len(), ..braces }.without(1);
    let mut fields = Vec::new();
    while !rest.as_str().is_empty() {
        let end = field_len(rest.as_str());
        let (field, after) = rest.split(end);
        if !field.trimmed().as_str().is_empty() {
            fields.push(span_field(field.trimmed())?);
        }
        rest = if after.as_str().is_empty() { after } else { after.without(1) };
    }
    Ok(fields)
}

/// Returns the length up to a comma outside of quotes.
fn field_len(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.char_indices().find(|&(_, character)| {
        let was_escaped = escaped;
        escaped = quoted && character == '\\' && !was_escaped;
        if character == '"' && !was_escaped {
            quoted = !quoted;
        }
        character == ',' && !quoted
    });
    end.map_or(text.len(), |(comma, _)| comma)
}

fn span_field(field: Part<'_>) -> Result<SpanField, DirectiveError> {
    let Some(equals) = field.as_str().find('=') else {
        return Ok(SpanField { name: field.as_str().into(), value: None });
    };
    let (name, value) = field.split(equals);
    let (name, value) = (name.trimmed(), value.without(1).trimmed());
    if name.as_str().is_empty() {
        return Err(field.error(Mistake::NoFieldName));
    }
    let value = match value.as_str().strip_prefix('"') {
        Some(quoted) => unquoted(quoted).ok_or_else(|| value.error(Mistake::Unclosed('"')))?,
        None if value.as_str().contains(['*', '+', '?', '|', '^', '$', '(', ')', '\\']) => {
            return Err(value.error(Mistake::ValuePattern));
        }
        None => value.as_str().into(),
    };
    Ok(SpanField { name: name.as_str().into(), value: Some(value) })
}

/// Reads what follows an opening quote; none unless the closing one stands at the end.
fn unquoted(text: &str) -> Option<Box<str>> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return characters.as_str().is_empty().then(|| value.into()),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests;
