//! The fields of an error on a platform that has backtraces.
//!
//! Of a backtrace those frames are written that lie between the runtime's, which starts the
//! thread, and kakashi's, which captures it; `RUST_BACKTRACE=full` asks for all. The frames are
//! told apart by their names, in the text that std makes: it has no other way to read them.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::env;
use std::fmt::{self, Write};

use kakashi_core::{Exception, Field, Value, with_joined};

/// Hands over `fields`, those of the error, and a backtrace where
/// `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` asks for one.
pub(crate) fn fields_of(exception: &Exception<'_>, fields: &[Field<'_>], then: impl FnOnce(&[Field<'_>])) {
    let backtrace = CallersBacktrace::capture();
    let mut own = exception.fields();
    if let Some(backtrace) = &backtrace {
        // The third of three: there is room.
        let _ = own.push(Field { key: "exception.stacktrace", value: Value::Display(backtrace) });
    }
    with_joined(fields, &own, then);
}

/// A backtrace without the frames of kakashi and of the runtime.
pub(crate) struct CallersBacktrace(Backtrace);

impl CallersBacktrace {
    /// Captures one where `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` asks for it.
    pub(crate) fn capture() -> Option<Self> {
        let backtrace = Backtrace::capture();
        (backtrace.status() == BacktraceStatus::Captured).then_some(Self(backtrace))
    }
}

impl fmt::Display for CallersBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = env::var_os("RUST_LIB_BACKTRACE").or_else(|| env::var_os("RUST_BACKTRACE"));
        if asked.is_some_and(|asked| asked == "full") {
            return self.0.fmt(f);
        }
        let mut frames = CallersFrames::new(f);
        write!(frames, "{}", self.0)?;
        // Without names there are no frames to be told apart.
        if frames.count == 0 { self.0.fmt(f) } else { Ok(()) }
    }
}

/// Whose a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FrameOwner {
    Caller,
    Kakashi,
    /// Of the standard library: left out unless a caller's comes before and after it.
    Library,
    /// All that follow are of the runtime.
    Start,
}

impl FrameOwner {
    fn of(name: &str) -> Self {
        if name.contains("__rust_begin_short_backtrace") {
            return Self::Start;
        }
        let path = name.trim_start_matches(['<', '&', '*']);
        let path = path.trim_start_matches("mut ").trim_start_matches("dyn ");
        match path.split_once("::").map_or(path, |(root, _)| root) {
            "kakashi_core" | "kakashi_std" => Self::Kakashi,
            "core" | "alloc" | "std" | "__rustc" | "rust_begin_unwind" => Self::Library,
            _ => Self::Caller,
        }
    }
}

/// Takes std's text of a backtrace, and passes on the frames of callers.
struct CallersFrames<'f, W> {
    out: &'f mut W,
    /// The beginning of a line.
    line: String,
    /// Frames of the library that may stand between two of callers.
    held: Vec<String>,
    count: usize,
    owner: FrameOwner,
}

impl<'f, W: Write> CallersFrames<'f, W> {
    fn new(out: &'f mut W) -> Self {
        Self { out, line: String::new(), held: Vec::new(), count: 0, owner: FrameOwner::Kakashi }
    }

    /// Takes a line: a frame's number and name, or the place of the one before.
    fn take(&mut self, line: &str) -> fmt::Result {
        let text = line.trim_start();
        if self.owner == FrameOwner::Start {
            return Ok(());
        }
        if text.starts_with("at ") {
            return match (self.owner, self.held.last_mut()) {
                (FrameOwner::Caller, _) => write!(self.out, "\n{line}"),
                (FrameOwner::Library, Some(held)) => write!(held, "\n{line}"),
                _ => Ok(()),
            };
        }
        let digits = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let name = digits.strip_prefix(": ").unwrap_or(text);
        self.owner = FrameOwner::of(name);
        match self.owner {
            FrameOwner::Caller => {
                for held in std::mem::take(&mut self.held) {
                    self.write_frame(&held)?;
                }
                self.write_frame(name)
            }
            FrameOwner::Library if self.count > 0 => {
                self.held.push(name.to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn write_frame(&mut self, frame: &str) -> fmt::Result {
        let newline = if self.count == 0 { "" } else { "\n" };
        write!(self.out, "{newline}{:4}: {frame}", self.count)?;
        self.count += 1;
        Ok(())
    }
}

impl<W: Write> Write for CallersFrames<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive('\n') {
            self.line.push_str(part);
            if part.ends_with('\n') {
                let line = std::mem::take(&mut self.line);
                self.take(line.trim_end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(text: &str) -> String {
        let mut out = String::new();
        let mut frames = CallersFrames::new(&mut out);
        // In pieces, as std writes it.
        for piece in text.split_inclusive(' ') {
            frames.write_str(piece).unwrap();
        }
        out
    }

    #[test]
    fn frames_of_kakashi_and_of_the_runtime_are_left_out() {
        let text = "   0: kakashi_std::backtrace::fields_of\n             at /k/backtrace.rs:10:21
   1: <kakashi_std::loggers::logger::Logger as kakashi_core::logger::log::Log>::exception\n             at /k/l.rs:1:1
   2: core::result::Result<T,E>::map_err\n             at /rustc/x/result.rs:2:2
   3: shop::load::{{closure}}\n             at ./src/main.rs:56:5
   4: core::option::Option<T>::map\n             at /rustc/x/option.rs:3:3
   5: <shop::Config as core::str::FromStr>::from_str\n             at ./src/main.rs:50:5
   6: <alloc::boxed::Box<F> as core::ops::function::FnOnce<()>>::call_once\n             at /rustc/x/boxed.rs:1:1
   7: kakashi_core::context::scoped::poll
   8: kakashi_tests::main
   9: core::ops::function::FnOnce::call_once\n             at /rustc/x/function.rs:250:5
  10: std::sys::backtrace::__rust_begin_short_backtrace\n             at /rustc/x/backtrace.rs:166:18
  11: shop::is_not_asked\n  12: main\n";
        let expected = "   0: shop::load::{{closure}}\n             at ./src/main.rs:56:5
   1: core::option::Option<T>::map\n             at /rustc/x/option.rs:3:3
   2: <shop::Config as core::str::FromStr>::from_str\n             at ./src/main.rs:50:5
   3: <alloc::boxed::Box<F> as core::ops::function::FnOnce<()>>::call_once\n             at /rustc/x/boxed.rs:1:1
   4: kakashi_tests::main";
        assert_eq!(callers(text), expected);
    }

    #[test]
    fn a_backtrace_without_names_is_written_as_it_is() {
        assert_eq!(callers("   0: <unknown>\n   1: <unknown>\n"), "   0: <unknown>\n   1: <unknown>");
        assert_eq!(callers(""), "");
    }
}
