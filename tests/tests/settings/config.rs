//! Settings from a file. Each program is a child process (`support/bin/child`).

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::fs;
use std::process::{Command, Stdio};

use kakashi_std::config::LoggingConfig;
use kakashi_tests::harness::process::{TestFolder, start_command};

/// Runs a program with these settings and variables; returns what it printed, and what it wrote
/// to `log` in the folder.
fn run(config: &str, variables: &[(&str, &str)]) -> (String, String, String) {
    let folder = TestFolder::new();
    let (file, log) = (folder.file("kakashi.toml"), folder.file("log"));
    fs::write(&file, config.replace("LOG", log.to_str().unwrap())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command.arg("configure_from").arg(&file).env_remove("KAKASHI_LOG").env_remove("RUST_LOG");
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    assert!(ended.status.success(), "{ended:?}");
    let printed = ended.stdout.replace(file.to_str().unwrap(), "kakashi.toml");
    (printed, ended.stderr, fs::read_to_string(log).unwrap_or_default())
}

/// Returns what follows the time.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.split_once("Z ").unwrap().1).collect()
}

const CONFIG: &str = r#"
format = "text"
level = "warning"
redact = ["password"]
redact_card_numbers = true
panic_text = true
batch_bytes = 4096
flush_after_millis = 50
backlog_bytes = 100_000
stall_timeout_millis = 100
urgent_timeout_millis = 200

[service]
name = "shop"
environment = "test"

[levels]
shop = 20
"shop::db" = "debug"

[async]
threads = 2
thread_name = "writer"
ring_bytes = 8192
overflow = "drop_oldest"
nap_micros = 100
park_after_millis = 5
wait_for_errors = true

[sampling]
per_second = 100_000
burst = 200_000

[sampling_of."shop::loop"]
first_of_site = 0
then_every = 0
window_millis = 60_000
spare_from = "off"

[[destinations]]
file = "LOG"
name = "all"
format = "json"

[[destinations]]
stream = "stderr"
threshold = "warning"
without_fields = ["environment"]
fold_repeated_millis = 30_000
"#;

#[test]
fn a_file_says_what_configure_can_say() {
    let (printed, stderr, log) = run(CONFIG, &[]);
    assert_eq!(printed, "");
    assert_eq!(lines(&stderr), ["WARNING hyper Slow service_name=shop"]);
    let records: Vec<_> = log.lines().map(|line| line.split_once("Z\",").unwrap().1).collect();
    let service = r#""service_name":"shop","environment":"test"}"#;
    assert_eq!(
        records,
        [
            format!(r#""level":"INFO","logger":"shop","message":"Served","password":"[REDACTED]",{service}"#),
            format!(r#""level":"DEBUG","logger":"shop::db","message":"Asked",{service}"#),
            format!(r#""level":"WARNING","logger":"hyper","message":"Slow",{service}"#),
        ]
    );
}

#[test]
fn the_environment_goes_over_the_file() {
    let variables = [
        ("KAKASHI_FORMAT", "json"),
        ("KAKASHI_LEVEL", "off"),
        ("KAKASHI_SERVICE_NAME", "till"),
        ("KAKASHI_REDACT", "card, pin"),
        ("KAKASHI_LOG", "shop=debug"),
    ];
    let config =
        "format = 'text'\ndirectives = 'shop=error'\nservice = { version = '1' }\nredact = ['password']";
    let (printed, stderr, _) = run(config, &variables);
    assert_eq!(printed, "");
    let records: Vec<_> = stderr.lines().map(|line| line.split_once("Z\",").unwrap().1).collect();
    let service = r#""service_name":"till","version":"1"}"#;
    assert_eq!(
        records,
        [
            format!(r#""level":"INFO","logger":"shop","message":"Served","password":"secret",{service}"#),
            format!(r#""level":"DEBUG","logger":"shop::db","message":"Asked",{service}"#),
        ]
    );
}

#[test]
fn patterns_stand_in_a_file_for_all_destinations_and_for_one_and_in_the_environment() {
    const LEVELS: &str = "level = 'info'\n";
    let of_all = format!("pattern = '{{level:8}}{{logger}} {{message}} {{fields}}'\n{LEVELS}");
    let (printed, stderr, _) = run(&of_all, &[]);
    assert_eq!(
        (printed.as_str(), stderr.as_str()),
        ("", "INFO    shop Served password=secret\nWARNING hyper Slow\n")
    );
    let of_one = of_all
        + "[[destinations]]\nfile = 'LOG'\npattern = '[{logger}] {message}'\n\
           [[destinations]]\nstream = 'stdout'\n[[destinations]]\nstream = 'stderr'\nformat = 'logfmt'\n";
    let (printed, stderr, log) = run(&of_one, &[]);
    assert_eq!(printed, "INFO    shop Served password=secret\nWARNING hyper Slow\n");
    assert!(stderr.contains(" level=warning logger=hyper msg=Slow\n"), "{stderr}");
    assert_eq!(log, "[shop] Served\n[hyper] Slow\n");
    // Either variable goes over either key.
    let (_, stderr, _) = run("format = 'json'", &[("KAKASHI_PATTERN", "{level}:{message}")]);
    assert_eq!(stderr, "INFO:Served\nWARNING:Slow\n");
    let (_, stderr, _) = run("pattern = '{level}'", &[("KAKASHI_FORMAT", "json")]);
    assert!(stderr.starts_with("{\"timestamp\""), "{stderr}");
}

#[test]
fn a_file_says_how_lines_for_people_look() {
    let config = "format = 'pretty'\n[pretty]\nwidth = 40\ncolour = true\nbackground = 'light'\ndate = true\n\
                  local_time = true\nlocation = true\nfold = false\n";
    let (printed, stderr, _) = run(config, &[("TZ", "Asia/Kolkata")]);
    assert_eq!(printed, "");
    let line = stderr.lines().next().unwrap();
    assert!(line.starts_with("\u{1b}[38;5;242m2") && line.contains("+05:30\u{1b}[0m "), "{line:?}");
    assert!(stderr.contains("\n    Served  ") && stderr.contains("tests/support/bin/child/"), "{stderr:?}");
}

#[test]
fn directives_of_a_file_hold_where_the_environment_has_none() {
    let (_, stderr, _) = run("directives = 'off,hyper=info'\nlevels = { shop = 'info' }", &[]);
    assert_eq!(lines(&stderr).len(), 2, "{stderr}");
}

#[test]
fn what_is_wrong_is_an_error_with_line_and_column_and_what_would_be_right() {
    let levels =
        "TRACE, DEBUG, INFO, WARNING (WARN), ERROR or CRITICAL (FATAL), OFF, ALL or a number from 0 to 255";
    for (config, error) in [
        ("\nfromat = 'json'", "2:1: unknown field `fromat`, expected one of `format`, `pattern`, `pretty`,"),
        (
            "format = 'jason'",
            "1:10: unknown format \"jason\": use auto, text, json, pretty, wire, logfmt, ecs, gcp, datadog, opentelemetry, pino or bunyan",
        ),
        (
            "pattern = '{time} {mesage}'",
            "1:11: in pattern, character 9: unknown placeholder \"mesage\": use time, level, logger,",
        ),
        ("pattern = '{message}'\nformat = 'text'", "1:11: a pattern is a format of its own: leave one of"),
        (
            "[[destinations]]\nstream = 'stdout'\npattern = '{line'",
            "3:11: in pattern, character 1: a placeholder",
        ),
        (
            "[[destinations]]\nstream = 'stdout'\npattern = '{line}'\nformat = 'json'",
            "1:1: a pattern is a format of its own: leave one of them out",
        ),
        ("[[destinations]]\nwire_file = 'x'\npattern = '{line}'", "1:1: a wire_file has the binary form:"),
        ("[[destinations]]\nsyslog = { receiver = 'local' }\npattern = 'x'", "1:1: messages for syslog have"),
        (
            "[pretty]\nwidht = 80",
            "2:1: unknown field `widht`, expected one of `width`, `colour`, `background`,",
        ),
        ("pretty = { background = 'red' }", "1:25: unknown variant `red`, expected `dark` or `light`"),
        ("level = 'loud'", &*format!("1:9: unknown level \"loud\": use {levels}")),
        ("levels = { a = 300 }", &*format!("1:16: unknown level \"300\": use {levels}")),
        (
            "level = true",
            "1:9: invalid type: boolean `true`, expected a level's name or a number from 0 to 255",
        ),
        (
            "levels = { 'a::*' = 'info' }",
            "1:12: level_of(\"a::*\"): names a logger and all below it, as \"a\" does",
        ),
        ("batch_bytes = 'many'", "1:15: invalid type: string \"many\", expected usize"),
        ("redact = ['a', 'b..c']", "1:10: redact(\"b..c\"): "),
        (
            "directives = 'info,a=loud'",
            "1:14: in directives, column 8: \"loud\" is no level: use trace, debug,",
        ),
        (
            "[async]\noverflow = 'drop'",
            "2:12: unknown policy \"drop\": use block, drop_newest or drop_oldest",
        ),
        ("[async]\nthread = 1", "2:1: unknown field `thread`, expected one of `threads`, `thread_name`,"),
        ("[service]\nname = 1", "2:8: invalid type: integer `1`, expected a string"),
        ("[[destinations]]\nstream = 'out'", "2:10: unknown stream \"out\": use stderr or stdout"),
        (
            "[[destinations]]\npath = 'x'",
            "2:1: unknown field `path`, expected one of `stream`, `file`, `wire_file`,",
        ),
        (
            "[[destinations]]\nname = 'x'",
            "1:1: a destination is one of stream = \"stderr\", stream = \"stdout\", file = \"path\", \
             wire_file = \"path\", journald = {}, syslog = { receiver = \"udp://host:514\" }, \
             otlp = { endpoint = \"http://host:4318\" }, http = { url = \"https://host/path\" }, \
             loki = { url = \"http://host:3100\" } and \
             elasticsearch = { url = \"http://host:9200\", index = \"logs\" }",
        ),
        (
            "[[destinations]]\nsyslog = { receiver = 'local' }\nformat = 'json'",
            "1:1: messages for syslog have a form",
        ),
        ("[[destinations]]\nsyslog = { facility = 'user' }", "2:10: missing field `receiver`"),
        (
            "[[destinations]]\nsyslog = { receiver = 'host:514' }",
            "2:10: unknown receiver \"host:514\": use udp://",
        ),
        ("[[destinations]]\nsyslog = { receiver = 'local', rfc = 1 }", "2:10: rfc is 1: use 5424 or 3164"),
        (
            "[[destinations]]\nsyslog = { receiver = 'local', facility = 'x' }",
            "2:10: unknown facility \"x\": use one of kern, user,",
        ),
        (
            "[[destinations]]\nsyslog = { receiver = 'local', max_message_bytes = 1 }",
            "2:10: max_message_bytes is 1: give a number from 480 to 65507",
        ),
        ("[[destinations]]\nwire_file = 'x'\nformat = 'json'", "1:1: a wire_file has the binary form:"),
        ("level = ", "1:9: "),
        (
            "[[destinations]]\nstream = 'stderr'\n[[destinations]]\nfile = '/proc/none/x'",
            "4:8: the destination \"/proc/none/x\" can't be opened: ",
        ),
        ("[[destinations]]\nthreshold = 0\nwire_file = '/'", "3:13: the destination \"/\" can't be opened: "),
        (
            "[[destinations]]\nstream = 'stderr'\nname = 'a'\n[[destinations]]\nstream = 'stdout'\nname = 'a'",
            "6:8: two destinations are named \"a\": ",
        ),
        (
            "destinations = [{ stream = 'stdout' }, { stream = 'stdout' }]",
            "1:51: two destinations are named \"stdout\": ",
        ),
        ("[async]\nthreads = 1\ncpu = 4096", "3:7: cpu(4096): this process may use no such core"),
        #[cfg(target_os = "linux")]
        (
            "[black_box]\nmax_bytes = 7\ndirectory = '/dev/null'",
            "3:13: black_box: /dev/null: it is no directory",
        ),
        ("[black_box]\npath = '/run/shop'", "2:1: unknown field `path`, expected `directory` or `max_bytes`"),
    ] {
        let (printed, stderr, _) = run(config, &[]);
        assert!(printed.starts_with(&format!("kakashi.toml:{error}")), "{config}: {printed}");
        assert_eq!(stderr, "");
    }
    let (printed, ..) = run("", &[("KAKASHI_BATCH_BYTES", "64k")]);
    assert!(
        printed.starts_with("KAKASHI_BATCH_BYTES=\"64k\": invalid digit found in string: use digits only")
    );
    let (printed, ..) = run("", &[("KAKASHI_FORMAT", "jason")]);
    assert!(
        printed.starts_with("KAKASHI_FORMAT=\"jason\": unknown format \"jason\": use auto,"),
        "{printed}"
    );
    let (printed, ..) = run("", &[("KAKASHI_PATTERN", "{time} {mesage}")]);
    assert!(
        printed
            .starts_with("KAKASHI_PATTERN=\"{time} {mesage}\": in pattern, character 9: unknown placeholder"),
        "{printed}"
    );
    let (printed, ..) = run("", &[("KAKASHI_PATTERN", "{message}"), ("KAKASHI_FORMAT", "text")]);
    assert!(
        printed.contains("a pattern is a format of its own: leave it or KAKASHI_FORMAT out"),
        "{printed}"
    );
    let missing = kakashi_std::configure_from("/nowhere/kakashi.toml").map(drop).unwrap_err();
    assert!(missing.to_string().starts_with("/nowhere/kakashi.toml: can't be read: "), "{missing}");
    assert_eq!(missing.line(), None);
    let folder = TestFolder::new();
    let file = folder.file("latin1.toml");
    fs::write(&file, b"level = 'info'\n# \xc3\xa4 caf\xe9\n").unwrap();
    let latin1 = kakashi_std::configure_from(&file).map(drop).unwrap_err();
    assert_eq!((latin1.line(), latin1.column()), (Some(2), Some(8)), "{latin1}");
}

#[test]
fn settings_are_a_part_of_any_file_that_serde_reads() {
    #[derive(serde::Deserialize)]
    struct MyConfig {
        logging: LoggingConfig,
    }
    let config: MyConfig = serde_json::from_str(r#"{"logging": {"level": 25, "format": "json"}}"#).unwrap();
    assert!(format!("{:?}", config.logging).contains("25"));
    let wrong = serde_json::from_str::<MyConfig>(r#"{"logging": {"level": "loud"}}"#).map(drop).unwrap_err();
    assert_eq!((wrong.line(), wrong.column()), (1, 28));
}
