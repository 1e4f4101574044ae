//! Debian's rsyslog and syslog-ng: hostile records over every transport, TLS by rsyslog's GnuTLS
//! and OpenSSL and by syslog-ng, read back from the files that they write.
//!
//! `tests/run syslog` installs the one and unpacks the other, whose packages exclude each other,
//! and says where it is. Both run as whoever runs the tests, on ports of their own.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use kakashi_std::sinks::{Facility, Syslog};
use kakashi_std::{LevelFilter, LogLevel, configure, critical, flush, get_logger, info, trace, warning};
use kakashi_tests::harness::certificates::{IssuedCertificate, TestCa};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, spawn};
use kakashi_tests::harness::wait::eventually;
use serde_json::Value as Json;

/// A daemon that writes what it gets to a file, a JSON object a line.
struct Daemon {
    child: Child,
    folder: TestFolder,
    port: u16,
    tls: TlsPorts,
}

/// Ports at which a daemon speaks TLS, and who may.
struct TlsPorts {
    ca: TestCa,
    client: IssuedCertificate,
    /// Whoever comes, by each library that it has.
    open: Vec<u16>,
    /// Who shows a certificate of the CA.
    closed: Vec<u16>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a port that is free for TCP and for UDP.
fn free_port() -> u16 {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl TlsPorts {
    fn new(count: usize) -> Self {
        let ca = TestCa::new();
        let client = ca.issue("DNS:client");
        let ports = || (0..count).map(|_| free_port()).collect();
        Self { ca, client, open: ports(), closed: ports() }
    }

    /// Each receiver that a daemon is by TLS.
    fn receivers(&self) -> impl Iterator<Item = Syslog> {
        let tls = |port| Syslog::tls(format!("127.0.0.1:{port}")).ca_certificate(self.ca.file());
        let with_client =
            move |syslog: Syslog| syslog.client_certificate(&self.client.certificate, &self.client.key);
        let open = self.open.iter().map(tls);
        open.chain(self.closed.iter().map(move |port| with_client(tls(port))))
    }
}

impl Daemon {
    fn start(folder: TestFolder, port: u16, tls: TlsPorts, command: &mut Command, local: &str) -> Self {
        let output = fs::File::create(folder.file("daemon.output")).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut daemon = Self { child: spawn(command), folder, port, tls };
        let local = daemon.folder.file(local);
        let is_up = || {
            let has_ended = daemon.child.try_wait().unwrap().is_some();
            let is_local = UnixDatagram::unbound().unwrap().connect(&local).is_ok();
            has_ended || (is_local && TcpStream::connect(("127.0.0.1", port)).is_ok())
        };
        assert!(eventually(is_up), "it does not come up");
        assert!(daemon.child.try_wait().unwrap().is_none(), "{}", daemon.output());
        daemon
    }

    fn rsyslog() -> Self {
        let (folder, port, tls) = (TestFolder::new(), free_port(), TlsPorts::new(2));
        let path = |name: &str| folder.file(name).display().to_string();
        let server = tls.ca.issue("IP:127.0.0.1");
        // GnuTLS and OpenSSL.
        let tls_inputs = |ports: &[u16], mode: &str| {
            let input = |(driver, port): (&&str, &u16)| {
                format!(
                    r#"input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all" StreamDriver.Name="{driver}" StreamDriver.Mode="1" StreamDriver.AuthMode={mode})"#
                )
            };
            ["gtls", "ossl"].iter().zip(ports).map(input).collect::<Vec<_>>().join("\n")
        };
        let property = |name: &str| format!(r#"property(name="{name}" format="jsonf")"#);
        let names = ["pri", "hostname", "app-name", "procid", "msgid", "structured-data", "msg"];
        let comma = r#" constant(value=",") "#;
        let config = format!(
            r#"
            global(workDirectory="{folder}" maxMessageSize="64k" DefaultNetstreamDriverCAFile="{ca}"
              DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{key}")
            module(load="imudp") module(load="imtcp") module(load="imuxsock" SysSock.Use="off")
            template(name="fields" type="list") {{
              constant(value="{{") {properties} {comma}
              property(name="timereported" dateFormat="rfc3339" format="jsonf") constant(value="}}\n")
            }}
            ruleset(name="all") {{ action(type="omfile" file="{out}" template="fields") }}
            input(type="imudp" address="127.0.0.1" port="{port}" ruleset="all")
            input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")
            {open}
            {closed}
            input(type="imuxsock" socket="{plain}" ruleset="all" ratelimit.interval="0")
            input(type="imuxsock" socket="{by_rfc}" UseSpecialParser="off" ruleset="all" ratelimit.interval="0")
            "#,
            folder = path(""),
            ca = tls.ca.file().display(),
            certificate = server.certificate.display(),
            key = server.key.display(),
            open = tls_inputs(&tls.open, r#""anon""#),
            closed = tls_inputs(&tls.closed, r#""x509/name" PermittedPeer="client""#),
            properties = names.map(property).join(comma),
            out = path("out"),
            plain = path("log"),
            by_rfc = path("log5424"),
        );
        fs::write(folder.file("conf"), config).unwrap();
        let mut command = Command::new("rsyslogd");
        command.args(["-n", "-f"]).arg(folder.file("conf")).arg("-i").arg(folder.file("pid"));
        Self::start(folder, port, tls, &mut command, "log5424")
    }

    fn syslog_ng() -> Self {
        let place = env::var_os("SYSLOG_NG").expect("tests/run syslog unpacks syslog-ng and says where");
        let place = PathBuf::from(place);
        let (folder, port, tls) = (TestFolder::new(), free_port(), TlsPorts::new(1));
        let server = tls.ca.issue("IP:127.0.0.1");
        let tls_source = |port: u16, verify: &str| {
            let [ca, certificate, key] =
                [&tls.ca.file(), &server.certificate, &server.key].map(|path| path.display().to_string());
            format!(
                r#"syslog(ip("127.0.0.1") port({port}) transport("tls")
                     tls(key-file("{key}") cert-file("{certificate}") ca-file("{ca}") peer-verify({verify})));"#
            )
        };
        let path = |name: &str| folder.file(name).display().to_string();
        let config = format!(
            r#"@version: 3.38
            options {{ log-msg-size(65536); keep-hostname(yes); use-dns(no); stats-freq(0); frac-digits(6);
                       time-reap(0); flush-lines(1); }};
            source all {{
              syslog(ip("127.0.0.1") port({port}) transport("udp"));
              syslog(ip("127.0.0.1") port({port}) transport("tcp"));
              {open}
              {closed}
              unix-dgram("{plain}");
              unix-dgram("{by_rfc}" flags(syslog-protocol));
              unix-stream("{stream}" flags(syslog-protocol));
            }};
            destination file {{
              file("{out}" template("$(format-json --key .SDATA.* pri=$PRI hostname=$HOST app-name=$PROGRAM procid=$PID msgid=$MSGID structured-data=$SDATA msg=$MSG timereported=$ISODATE)\n"));
            }};
            log {{ source(all); destination(file); }};
            "#,
            plain = path("log"),
            by_rfc = path("log5424"),
            stream = path("stream"),
            out = path("out"),
            open = tls_source(tls.open[0], "optional-untrusted"),
            closed = tls_source(tls.closed[0], "required-trusted"),
        );
        fs::write(folder.file("conf"), config).unwrap();
        let library = place.join("usr/lib/syslog-ng");
        let modules = fs::read_dir(&library).unwrap().map(|entry| entry.unwrap().path());
        let modules =
            modules.into_iter().find(|path| path.join("libaffile.so").exists()).expect("it has modules");
        let mut command = Command::new(place.join("usr/sbin/syslog-ng"));
        command.args(["--foreground", "--no-caps", "--stderr"]).env("LD_LIBRARY_PATH", libraries(&place));
        command.arg("--module-path").arg(modules).arg("--cfgfile").arg(folder.file("conf"));
        command.arg("--persist-file").arg(folder.file("persist"));
        command.arg("--pidfile").arg(folder.file("pid")).arg("--control").arg(folder.file("control"));
        Self::start(folder, port, tls, &mut command, "log5424")
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.file("daemon.output")).unwrap()).into_owned()
    }

    /// Waits for so many lines more than `before`.
    fn lines(&self, before: usize, count: usize) -> Vec<Json> {
        let mut lines = Vec::new();
        let read = || {
            let text = fs::read(self.folder.file("out")).unwrap_or_default();
            let text = String::from_utf8(text).expect("it is UTF-8");
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            lines = whole.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
            lines.len() >= before + count
        };
        assert!(eventually(read), "{} lines came; {}", lines.len(), self.output());
        assert_eq!(lines.len(), before + count);
        lines.split_off(before)
    }
}

fn libraries(place: &Path) -> std::ffi::OsString {
    let mut folders = vec![place.join("usr/lib/syslog-ng")];
    for parent in ["usr/lib", "lib"] {
        let entries = fs::read_dir(place.join(parent)).into_iter().flatten();
        folders.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
    }
    env::join_paths(folders).unwrap()
}

/// What daemons and terminals read in another way than others.
const HOSTILE: &[(&str, &str)] = &[
    ("plain", "plain"),
    ("ä € 𝄞 漢字", "ä € 𝄞 漢字"),
    (r#"say "no" to C:\temp]"#, r#"say "no" to C:\temp]"#),
    ("two\nlines\r\n\tand a tab", r"two\nlines\r\n\tand a tab"),
    ("\u{1b}[2J\0\u{7f}\u{9b}\u{202e}", r"\u001b[2J\u0000\u007f\u009b\u202e"),
    (r#"" x="y"] <0>1 - - - - - - forged"#, r#"" x="y"] <0>1 - - - - - - forged"#),
    ("<165>1 2003-10-11T22:14:15.003Z a b c d - x", "<165>1 2003-10-11T22:14:15.003Z a b c d - x"),
    ("#012 %s %n $MSG ${MSG} @x", "#012 %s %n $MSG ${MSG} @x"),
    ("]]]\"\"\"\\\\\\", "]]]\"\"\"\\\\\\"),
];

fn send_to(receiver: Syslog) -> StatsSince {
    let receiver = receiver.facility(Facility::Local2).app_name("shop").host_name("web-1").proc_id("42");
    let destination = receiver.destination().unwrap();
    configure().reset().level(LevelFilter::ALL).destination(destination.named("daemon")).apply();
    StatsSince::now()
}

/// Logs each hostile text as message and as field, and compares what the daemon has made of it.
fn check_hostile(daemon: &Daemon, receiver: Syslog, before: usize) -> usize {
    let sent = send_to(receiver);
    let logger = get_logger("shop::orders");
    for (text, _) in HOSTILE {
        info!(logger, "{text}", text = *text, id = 7, share = 0.5);
    }
    assert!(eventually(|| flush().is_complete()));
    let lines = daemon.lines(before, HOSTILE.len());
    for (line, (_, shown)) in lines.iter().zip(HOSTILE) {
        let of = |name: &str| line[name].as_str().unwrap_or_default();
        assert_eq!(line["pri"].to_string().trim_matches('"'), "150", "{line}");
        assert_eq!(
            (of("hostname"), of("app-name"), of("msgid")),
            ("web-1", "shop", "shop::orders"),
            "{line}"
        );
        assert_eq!(line["procid"].to_string().trim_matches('"'), "42", "{line}");
        assert_eq!(of("msg"), *shown, "{line}");
        let escaped = shown.replace('\\', r"\\").replace('"', "\\\"").replace(']', "\\]");
        let data = of("structured-data");
        assert!(data.starts_with("[kakashi@32473 ") && data.ends_with(']'), "{line}");
        for param in [format!(" text=\"{escaped}\""), r#" id="7""#.into(), r#" share="0.5""#.into()] {
            assert!(data.contains(&param), "{param} in {line}");
        }
        let time = of("timereported");
        assert!(time.starts_with("20") && time.len() >= 26, "it has microseconds: {line}");
    }
    assert_eq!((sent.written(), sent.dropped().total()), (HOSTILE.len(), 0));
    before + HOSTILE.len()
}

fn check_levels(daemon: &Daemon, receiver: Syslog, before: usize) -> usize {
    send_to(receiver);
    let logger = get_logger("levels");
    trace!(logger, "T");
    info!(logger, "I");
    warning!(logger, "W");
    critical!(logger, "C");
    assert!(eventually(|| flush().is_complete()));
    let priorities: Vec<_> = daemon
        .lines(before, 4)
        .iter()
        .map(|line| line["pri"].to_string().trim_matches('"').parse::<u8>().unwrap())
        .collect();
    assert_eq!(priorities, [18 * 8 + 7, 18 * 8 + 6, 18 * 8 + 4, 18 * 8 + 2]);
    before + 4
}

/// A thousand records, each once and in order, with one in between that is cut.
fn check_many(daemon: &Daemon, receiver: Syslog, before: usize) -> usize {
    let sent = send_to(receiver);
    let (logger, large) = (get_logger("many"), "ä\n".repeat(10_000));
    for n in 0..1000 {
        match n {
            500 => info!(logger, "{large}", n, large = &*large),
            _ => info!(logger, "Counted", n),
        }
    }
    assert!(eventually(|| flush().is_complete()));
    for (n, line) in daemon.lines(before, 1000).iter().enumerate() {
        let data = line["structured-data"].as_str().unwrap();
        assert!(data.contains(&format!("n=\"{n}\"")), "{n}: {line}");
        if n == 500 {
            assert!(data.contains("left_out=\"1\""), "{line}");
            assert!(line["msg"].as_str().unwrap().ends_with('…'), "{line}");
        }
    }
    assert_eq!((sent.written(), sent.dropped().total()), (1000, 0));
    before + 1000
}

/// RFC 3164: the line of text is the message.
fn check_old(daemon: &Daemon, receiver: Syslog, is_local: bool, before: usize) -> usize {
    send_to(receiver);
    let logger = get_logger("shop::orders");
    info!(logger, "Order {id} \u{1b}taken", id = 7, text = "two\nlines");
    assert!(eventually(|| flush().is_complete()));
    let line = daemon.lines(before, 1).remove(0);
    let of = |name: &str| line[name].as_str().unwrap_or_default().trim();
    assert_eq!(of("app-name"), "shop", "{line}");
    assert_eq!(line["procid"].to_string().trim_matches('"'), "42", "{line}");
    assert!(is_local || of("hostname") == "web-1", "{line}");
    assert_eq!(of("msg"), r#"INFO shop::orders "Order 7 \u001btaken" id=7 text="two\nlines""#);
    before + 1
}

fn check_daemon(daemon: &Daemon, stream: Option<&str>) {
    let host = format!("127.0.0.1:{}", daemon.port);
    let local = |name: &str| Syslog::local_at(daemon.folder.file(name));
    let mut lines = 0;
    for receiver in [Syslog::udp(&host), Syslog::tcp(&host), local("log5424").rfc5424()] {
        lines = check_hostile(daemon, receiver.clone(), lines);
        lines = check_levels(daemon, receiver.clone(), lines);
    }
    lines = check_many(daemon, Syslog::tcp(&host), lines);
    for receiver in daemon.tls.receivers() {
        lines = check_hostile(daemon, receiver.clone(), lines);
        lines = check_many(daemon, receiver, lines);
    }
    if let Some(stream) = stream {
        lines = check_hostile(daemon, local(stream).rfc5424(), lines);
        lines = check_many(daemon, local(stream).rfc5424(), lines);
    }
    check_old(daemon, local("log"), true, lines);
}

#[test]
fn rsyslog_reads_what_was_logged() {
    let _alone = alone();
    let daemon = Daemon::rsyslog();
    check_daemon(&daemon, None);
    // Its parsers are asked in turn, on the network too.
    let host = format!("127.0.0.1:{}", daemon.port);
    let lines = 3 * (HOSTILE.len() + 4) + 1001 + 4 * (HOSTILE.len() + 1000);
    let lines = daemon.lines(0, lines).len();
    let lines = check_old(&daemon, Syslog::udp(&host).rfc3164(), false, lines);
    check_old(&daemon, Syslog::tcp(&host).rfc3164(), false, lines);
    assert_eq!(LogLevel::ALL.len(), 6);
}

#[test]
fn syslog_ng_reads_what_was_logged() {
    let _alone = alone();
    check_daemon(&Daemon::syslog_ng(), Some("stream"));
}
