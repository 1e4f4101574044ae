//! The one table: each crate's folders and top-level files, in their order.
//!
//! A name may import what stands above it in its crate's listing, and nothing
//! else. A new folder or top-level file gets its place here first.

/// Sources with an order of folders.
pub(crate) struct Listing {
    /// What messages call it: the path of its sources from the top of the repository.
    pub(crate) sources: &'static str,
    /// Folders and top-level files without their ending; each imports only what stands before it.
    /// Empty where only circles are forbidden.
    pub(crate) order: &'static [&'static str],
    /// Files that may import everything, and that nothing imports: the root and entry points.
    pub(crate) roots: &'static [&'static str],
    /// Crates of ours that it may not name.
    pub(crate) strangers: &'static [&'static str],
    /// Folders whose macros name what their users need: `$crate::…` there is no import.
    pub(crate) macros: &'static [&'static str],
}

pub(crate) const CORE: Listing = Listing {
    sources: "kakashi-core/src",
    order: &[
        "util", "level", "clock", "value", "stats", "codec", "site", "record", "context", "wire", "encode",
        "pipeline", "sink", "logger", "device", "macros", "bridges", "facade",
    ],
    roots: &["lib.rs", "_guides.rs"],
    strangers: &["kakashi_std", "kakashi_wasm"],
    macros: &["macros"],
};

pub(crate) const STD: Listing = Listing {
    sources: "kakashi-std/src",
    order: &[
        "sync",
        "reentrancy",
        "clock",
        "local_pattern",
        "context",
        "backtrace",
        "sampling",
        "sinks",
        "segment",
        "blackbox",
        "delivery",
        "dispatch",
        "queue",
        "flight_recorder",
        "submit",
        "threads",
        "flush",
        "lifecycle",
        "capture",
        "configure",
        "config",
        "loggers",
        "metrics",
        "task",
        "bridges",
        "tower",
    ],
    roots: &["lib.rs", "_guides.rs"],
    strangers: &["kakashi_wasm"],
    macros: &[],
};

pub(crate) const COMMAND: Listing = Listing {
    sources: "kakashi-std/src/bin/kakashi",
    order: &[
        "help",
        "elf_sites",
        "missing_sites",
        "report",
        "output",
        "options",
        "input",
        "stream",
        "recover",
    ],
    roots: &["main.rs"],
    strangers: &["kakashi_wasm"],
    macros: &[],
};

pub(crate) const WASM: Listing = Listing {
    sources: "kakashi-wasm/src",
    order: &[
        "host",
        "reentrancy",
        "delivery",
        "sinks",
        "dispatch",
        "submit",
        "flush",
        "lifecycle",
        "configure",
        "loggers",
        "bridges",
        "npm",
    ],
    roots: &["lib.rs", "_guides.rs"],
    strangers: &["kakashi_std"],
    macros: &[],
};

pub(crate) const JS: Listing = Listing {
    sources: "kakashi-wasm/js",
    order: &[
        "realm",
        "platform",
        "wire",
        "record",
        "options",
        "timers",
        "stats",
        "sinks",
        "engine",
        "plain",
        "settings",
        "loggers",
        "http",
        "files",
        "file",
        "opentelemetry",
        "otlp",
        "configure",
        "testing",
        "console",
        "pino-shape",
        "pino",
        "consola-shape",
        "consola",
        "logtape-shape",
        "logtape",
        "signals",
        "cloudflare",
        "requests",
        "express",
        "fastify",
        "hono",
        "next",
        "http-server",
    ],
    roots: &["index.ts", "entries"],
    strangers: &[],
    macros: &[],
};

pub(crate) const PAGE: Listing =
    Listing { sources: "www/src", order: &[], roots: &["main.ts"], strangers: &[], macros: &[] };

pub(crate) const SUPPORT: Listing = Listing {
    sources: "tests/support",
    order: &["model", "oracle", "harness"],
    roots: &["lib.rs"],
    strangers: &["kakashi_wasm"],
    macros: &[],
};

pub(crate) const RUST: [&Listing; 4] = [&CORE, &STD, &COMMAND, &WASM];
