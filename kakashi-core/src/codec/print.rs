//! The text of a `Display`, a `Debug` or an error, which the program's own code makes.
//!
//! Such code may have no end: an error that is its own source, a `Debug` that goes round
//! in a circle. Its output is bounded, and so is its recursion: whoever writes is asked
//! how far the stack has grown since the text began. Code that neither writes nor ends
//! can't be stopped. Where there is no `std` (a device, the npm module, whose values have no
//! code) nobody knows how large a stack is, and none of this is linked.

use core::fmt;

#[cfg(feature = "std")]
use crate::value::MAX_SIZE;
use crate::value::{Value, scalar};

/// How many sources of an error are printed.
const MAX_SOURCES: usize = 64;

/// Runs the code that makes the text of a `Display`, a `Debug` or an error.
#[cfg(not(feature = "std"))]
pub(crate) fn print(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    print_unbounded(out, value)
}

/// Runs the code that makes the text of a `Display`, a `Debug` or an error, up to
/// [`MAX_SIZE`] bytes of text and [`bounded::MAX_STACK`] bytes of stack.
///
/// # Errors
/// When the code says so, or the text was cut.
#[cfg(feature = "std")]
pub(crate) fn print(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    let mut bounded = bounded::Bounded::new(out, MAX_SIZE);
    let result = print_unbounded(&mut bounded, value);
    // A `Display` may pass over the error, go on, and end well.
    if bounded.is_cut() { Err(fmt::Error) } else { result }
}

fn print_unbounded(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    match *value {
        Value::Display(text) => write!(out, "{text}"),
        Value::Debug(text) => write!(out, "{text:?}"),
        Value::Error(error) => write!(out, "{}", ErrorChain(error)),
        // Has no such code.
        scalar!()
        | Value::Char(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Composite(_) => Ok(()),
    }
}

/// Prints an error and, after `: `, each of its sources.
struct ErrorChain<'a>(&'a (dyn core::error::Error + 'a));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        // A source that leads back to itself must not print for ever.
        for _ in 0..MAX_SOURCES {
            let Some(error) = source else { return Ok(()) };
            write!(f, ": {error}")?;
            source = error.source();
        }
        if source.is_some() { f.write_str(": …") } else { Ok(()) }
    }
}

#[cfg(feature = "std")]
mod bounded {
    use core::fmt;
    use core::hint::black_box;

    /// How much stack code may use that prints itself. A thread has 2 MiB by default,
    /// 1 MiB in a browser; a level of a derived `Debug` takes some hundred bytes.
    pub(super) const MAX_STACK: usize = 128 << 10;

    /// Two addresses that lie further apart are not of one stack.
    const OTHER_STACK: usize = 64 << 20;

    /// Passes text on until there is too much of it, or the stack has grown too far.
    pub(super) struct Bounded<'w> {
        out: &'w mut dyn fmt::Write,
        left: usize,
        begin: usize,
    }

    impl<'w> Bounded<'w> {
        #[inline(always)]
        pub(super) fn new(out: &'w mut dyn fmt::Write, size: usize) -> Self {
            Self { out, left: size, begin: stack_address() }
        }

        pub(super) fn is_cut(&self) -> bool {
            self.left == 0
        }
    }

    impl fmt::Write for Bounded<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let grown = self.begin.abs_diff(stack_address());
            if text.len() >= self.left || (MAX_STACK < grown && grown < OTHER_STACK) {
                self.left = 0;
                return Err(fmt::Error);
            }
            self.left -= text.len();
            self.out.write_str(text)
        }
    }

    /// Returns where the stack of the caller ends, more or less.
    #[inline(always)]
    fn stack_address() -> usize {
        // Under Miri the addresses of locals are random.
        if cfg!(miri) {
            return 0;
        }
        let here = 0_u8;
        core::ptr::from_ref(black_box(&here)).addr()
    }
}
