//! The libraries whose call sites are measured.
//!
//! To add one: give it an entry in [`ALL`].

/// How a program logs with one library.
pub struct Library {
    pub name: &'static str,
    /// Lines for `[dependencies]`.
    pub dependencies: &'static str,
    /// Statements at the start of `main` that set it up to log to stdout.
    pub setup: &'static str,
    /// An item that the module with the call sites needs, or nothing.
    pub prelude: &'static str,
    /// Statements at the start of a function with call sites, or nothing: what a
    /// function that logs is given anyway.
    pub enter: &'static str,
    /// A statement with one call site; `n`, `s` and `x` are in scope.
    pub site: fn(&Names) -> String,
    /// A statement at the end of `main`, or nothing.
    pub finish: &'static str,
}

/// The strings of one call site.
pub struct Names {
    pub message: String,
    /// For a u64, a str and an f64.
    pub keys: [String; 3],
}

impl Names {
    /// Every site has strings of its own, as long as those of all others.
    pub fn new(site: u32) -> Names {
        Names {
            message: format!("Order accepted at desk {site:04}"),
            keys: ["order_id", "symbol", "price"].map(|key| format!("{key}_{site:04}")),
        }
    }
}

pub static ALL: &[Library] = &[
    Library {
        name: "kakashi",
        dependencies: concat!(
            "kakashi-std = { path = \"",
            env!("CARGO_MANIFEST_DIR"),
            "/../../kakashi-std\" }"
        ),
        setup: "kakashi_std::configure().destination(kakashi_std::sinks::stdout()).apply();",
        prelude: "static LOGGER: std::sync::LazyLock<kakashi_std::Logger> = \
                  std::sync::LazyLock::new(|| kakashi_std::get_logger(\"app\"));",
        enter: "let logger = &*LOGGER;",
        site: |Names { message, keys: [a, b, c] }| {
            format!("kakashi_std::info!(logger, \"{message}\", {a} = n, {b} = s, {c} = x);")
        },
        finish: "kakashi_std::flush();",
    },
    Library {
        name: "tracing",
        dependencies: "tracing = \"0.1\"\ntracing-subscriber = \"0.3\"",
        setup: "tracing_subscriber::fmt().with_ansi(false).init();",
        prelude: "",
        enter: "",
        site: |Names { message, keys: [a, b, c] }| {
            format!("tracing::info!({a} = n, {b} = s, {c} = x, \"{message}\");")
        },
        finish: "",
    },
    Library {
        name: "log",
        dependencies: "log = { version = \"0.4\", features = [\"kv\"] }\n\
                       env_logger = { version = \"0.11\", default-features = false, \
                       features = [\"humantime\", \"kv\"] }",
        setup: "env_logger::Builder::new().filter_level(log::LevelFilter::Info)\
                .target(env_logger::Target::Stdout).init();",
        prelude: "",
        enter: "",
        site: |Names { message, keys: [a, b, c] }| {
            format!("log::info!({a} = n, {b} = s, {c} = x; \"{message}\");")
        },
        finish: "",
    },
    Library {
        name: "spdlog-rs",
        dependencies: "spdlog-rs = \"0.5\"",
        setup: "",
        prelude: "",
        enter: "",
        site: |Names { message, keys: [a, b, c] }| {
            format!("spdlog::info!(\"{message}\", kv: {{ {a} = n, {b} = s, {c} = x }});")
        },
        finish: "spdlog::default_logger().flush();",
    },
];
