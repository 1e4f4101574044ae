use crate::*;
use std::cell::RefCell;

/// Keeps what the macros hand over.
struct Recorder {
    level: LogLevel,
    calls: RefCell<Vec<String>>,
}

impl Log for Recorder {
    fn enabled(&self, level: LogLevel) -> bool {
        level >= self.level
    }

    fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
        let record = LogRecord::of_site(Timestamp::Wall(0), Name::new("t"), site, Values::Slice(values));
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        encode::Encoder::encode(&encode::Text, &record, &mut encode::EncoderCache::new(), &mut out);
        let line = String::from_utf8(out.written()[28..].to_vec()).unwrap();
        self.calls.borrow_mut().push(line.trim_end().into());
    }

    fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
        self.log(site, values);
        let note = format!("{:?} {}", exception.type_name, exception.error);
        self.calls.borrow_mut().push(note);
    }
}

fn recorder() -> Recorder {
    Recorder { level: LogLevel::Debug, calls: RefCell::default() }
}

#[test]
fn every_form_of_a_field_is_taken() {
    let recorder = recorder();
    let (id, path, list) = (7, "a/b", [1, 2]);
    info!(recorder, "plain");
    warning!(recorder, "trailing comma", id = 1,);
    error!(recorder, "{type} of {id}", r#type = "x", id = id + 1, "a key" = true);
    critical!(&recorder, "mixed", id, %path, ?list, shown = %path, debug = ?Some(1), late = 2);
    log!(recorder, LogLevel::Info, "by level", id);
    trace!(recorder, "off", id = unreachable());
    exception!(recorder, "x".parse::<u8>().unwrap_err(), "failed", id);
    assert_eq!(
        *recorder.calls.borrow(),
        [
            "INFO t plain",
            "WARNING t trailing comma id=1",
            r#"ERROR t x of 8 type=x id=8 "a key"=true"#,
            r#"CRITICAL t mixed id=7 path=a/b list="[1, 2]" shown=a/b debug=Some(1) late=2"#,
            "INFO t by level id=7",
            "ERROR t failed id=7",
            r#"Some("core::num::error::ParseIntError") invalid digit found in string"#,
        ]
    );
}

fn unreachable() -> u8 {
    panic!("the argument of a disabled call was evaluated")
}

#[test]
fn a_level_may_be_found_out_at_the_call() {
    let recorder = recorder();
    for level in LogLevel::ALL {
        log!(recorder, level, "a {n}", n = level.number());
    }
    assert_eq!(
        *recorder.calls.borrow(),
        [
            "DEBUG t a 10 n=10",
            "INFO t a 20 n=20",
            "WARNING t a 30 n=30",
            "ERROR t a 40 n=40",
            "CRITICAL t a 50 n=50",
        ]
    );
    let mut asked = 0;
    let mut ask = || {
        asked += 1;
        LogLevel::Trace
    };
    log!(recorder, ask(), "off", id = unreachable());
    assert_eq!(asked, 1);
}

#[test]
fn warn_is_warning() {
    let recorder = recorder();
    warn!(recorder, "{id} is late", id = 7);
    assert_eq!(*recorder.calls.borrow(), ["WARNING t 7 is late id=7"]);
}

#[test]
#[cfg(feature = "std")]
fn what_holds_a_logger_is_one() {
    use std::{boxed::Box, rc::Rc, sync::Arc, sync::LazyLock};
    static LOG: LazyLock<Shared> = LazyLock::new(|| Shared(LogLevel::Info));
    struct Shared(LogLevel);
    impl Log for Shared {
        fn enabled(&self, level: LogLevel) -> bool {
            level >= self.0
        }
        fn log(&self, _: Site<'static>, _: &[Value<'_>]) {
            TAKEN.with(|taken| taken.set(taken.get() + 1));
        }
        fn exception(&self, site: Site<'static>, values: &[Value<'_>], _: &Exception<'_>) {
            self.log(site, values);
        }
    }
    std::thread_local! {
        static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }
    let arc = Arc::new(Shared(LogLevel::Info));
    let dynamic: Arc<dyn Log + Send + Sync> = arc.clone();
    let held: Box<dyn Log> = Box::new(Shared(LogLevel::Info));
    info!(LOG, "m");
    info!(&LOG, "m");
    debug!(LOG, "off", id = unreachable());
    info!(arc, "m");
    info!(&arc, "m");
    info!(&*arc, "m");
    info!(dynamic, "m");
    info!(&held, "m");
    info!(Rc::new(&arc), "m");
    exception!(LOG, "x".parse::<u8>().unwrap_err(), "m");
    assert_eq!(TAKEN.with(std::cell::Cell::get), 9);
}

#[test]
fn a_format_is_written_as_the_field_says() {
    let (recorder, share) = (recorder(), 2.0 / 3.0);
    info!(recorder, "{share} of it", share = format_args!("{share:.2}"));
    assert_eq!(*recorder.calls.borrow(), ["INFO t 0.67 of it share=\"0.67\""]);
}

#[test]
fn fields_are_listed_for_functions() {
    let (id, path) = (7, "a");
    let fields: &[Field<'_>] = fields![r#type = 1, id, %path, "x y" = 2.5];
    let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
    assert_eq!(keys, ["type", "id", "path", "x y"]);
    assert!(fields![].is_empty());
}

#[test]
fn a_users_names_are_not_shadowed() {
    const SITE: u8 = 1;
    const SOURCE: u8 = 2;
    let logger = 3;
    let recorder = recorder();
    info!(recorder, "m", a = SITE, b = SOURCE, c = logger);
    assert_eq!(*recorder.calls.borrow(), ["INFO t m a=1 b=2 c=3"]);
}

#[test]
fn what_leads_to_an_error_is_logged_with_its_chain() {
    use std::error::Error;
    use std::{boxed::Box, fmt, sync::Arc};

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no port")
        }
    }
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    /// As `anyhow::Error` is: no error, and leads to one.
    struct Anyhow(Box<dyn Error + Send + Sync>);
    impl std::ops::Deref for Anyhow {
        type Target = dyn Error + Send + Sync;
        fn deref(&self) -> &Self::Target {
            &*self.0
        }
    }
    fn outer() -> Outer {
        Outer("x".parse::<u8>().unwrap_err())
    }

    let recorder = recorder();
    let boxed: Box<dyn Error> = Box::new(outer());
    let shared: Box<dyn Error + Send + Sync> = Box::new(outer());
    let dynamic: &dyn Error = &outer();
    let local = outer();
    let short: &(dyn Error + '_) = &local;
    exception!(recorder, outer(), "m");
    exception!(recorder, &outer(), "m");
    exception!(recorder, Box::new(outer()), "m");
    exception!(recorder, Arc::new(outer()), "m");
    exception!(recorder, boxed, "m");
    exception!(recorder, &boxed, "m");
    exception!(recorder, &shared, "m");
    exception!(recorder, dynamic, "m");
    exception!(recorder, short, "m");
    exception!(recorder, *dynamic, "m");
    exception!(recorder, Anyhow(Box::new(outer())), "m");
    exception!(recorder, &Anyhow(Box::new(outer())), "m");
    let calls = recorder.calls.borrow();
    let shown: Vec<&str> = calls.iter().skip(1).step_by(2).map(String::as_str).collect();
    let path = "kakashi_core::macros::tests::what_leads_to_an_error_is_logged_with_its_chain::Outer";
    assert_eq!(shown.len(), 12);
    assert_eq!(shown[..2], [format!("Some({path:?}) no port"), format!("Some({path:?}) no port")]);
    assert!(shown[4..].iter().all(|shown| *shown == "None no port"), "{shown:#?}");
}
