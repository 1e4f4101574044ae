#!/usr/bin/env python3
"""Checks what `cargo package` makes of each published crate, and its pages on docs.rs.

    python3 tests/packages.py

Each package has the licence texts, a README, its sources and guides, and nothing else; it
compiles from its own archive; and its documentation, built as docs.rs builds it, marks what
needs a feature. It needs the nightly toolchain, which docs.rs has too.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TARGET = TOP / "target/packages"
LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"]
CARGO_FILES = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"]
# Beside licences and what cargo adds; what is in the repository and matches must be there.
FILES = {
    "kakashi-core": ["README.md", "kakashi.x", "src/*.rs", "docs/*.md"],
    "kakashi-std": ["src/*.rs", "docs/*.md", "examples/*.rs"],
    "kakashi-wasm": ["README.md", "src/*.rs", "docs/*.md"],
}
# A page of the documentation for each feature that adds something to it.
MARKS = {
    "kakashi-core": {
        "alloc": "struct.LogContext.html",
        "std": "trait.Scope.html",
        "serde": "struct.Serde.html",
        "ring": "struct.Ring.html",
        "log": "struct.LogBridge.html",
        "tracing": "struct.TracingBridge.html",
        "defmt": "enum.LogLevel.html",
    },
    "kakashi-std": {
        "black-box": "struct.BlackBox.html",
        "config": "config/fn.configure_from.html",
        "http": "sinks/fn.http.html",
        "gzip": "sinks/struct.RotatingFile.html",
        "local-time": "sinks/struct.RotatingFile.html",
        "journald": "sinks/fn.journald.html",
        "log": "bridges/log/fn.install.html",
        "tracing": "bridges/tracing/fn.install.html",
        "otlp": "sinks/fn.otlp.html",
        "rayon": "task/rayon/fn.spawn.html",
        "serde": "struct.Serde.html",
        "signals": "fn.flush_on_signals.html",
        "syslog": "sinks/struct.Syslog.html",
        "syslog-tls": "sinks/struct.Syslog.html",
        "tokio": "task/fn.spawn.html",
        "tower": "tower/struct.RequestLayer.html",
        "zstd": "sinks/struct.RotatingFile.html",
    },
    "kakashi-wasm": {
        "log": "bridges/log/fn.install.html",
        "loggers": "struct.Logger.html",
        "tracing": "bridges/tracing/fn.install.html",
    },
}
# Features without a mark, and why.
UNMARKED = {
    "kakashi-core": {
        "default": "no item's",
        "fast-crc": "changes how fast a sum is made",
        "kv-serde": "changes what values of log are",
        "location": "changes what a site keeps",
        "opentelemetry": "changes what spans have",
        "tokio": "changes where a context is set",
        "unicode-width": "changes how wide characters are",
    },
    "kakashi-std": {
        "axum": "changes what a layer knows",
        "cli": "the command's",
        "opentelemetry": "changes what spans have",
        "unicode-width": "changes how wide characters are",
    },
    "kakashi-wasm": {"default": "no item's", "npm": "exports for JavaScript, not for Rust"},
}

faults = []


def expect(holds, fault):
    if not holds:
        faults.append(fault)


def run(*command, **environment):
    done = subprocess.run(
        command, cwd=TOP, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def manifest(crate):
    return tomllib.loads((TOP / crate / "Cargo.toml").read_text())


def check_files(crate):
    """The licences, the README and what matches; nothing else."""
    listed = run("cargo", "package", "-p", crate, "--list", "--allow-dirty").split()
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TOP / crate, capture_output=True, text=True, check=False,
    )
    here = known.stdout.split() if known.returncode == 0 else []
    wanted = [path for path in here if any(fnmatch.fnmatch(path, each) for each in FILES[crate])]
    wanted = [path for path in wanted if (TOP / crate / path).exists()]
    # Of packages inside of it cargo takes nothing.
    inner = [path.removesuffix("Cargo.toml") for path in here if path.endswith("/Cargo.toml")]
    wanted = [path for path in wanted if not path.startswith(tuple(inner))]
    expected = {*LICENCES, *CARGO_FILES, "README.md", *wanted}
    for path in sorted(set(listed) - expected):
        expect(False, f"{crate}: {path} is in the package: `include` in Cargo.toml names too much")
    for path in sorted(expected - set(listed) - {".cargo_vcs_info.json"}):
        expect(False, f"{crate}: {path} is not in the package: add it to `include` in Cargo.toml")


def check_archives():
    """Each compiles out of the archives alone, and its texts are whole.

    Not by cargo's own verification: it takes what it unpacked of this version before.
    """
    run("cargo", "package", "-q", "--workspace", "--exclude", "kakashi-tests", "--allow-dirty",
        "--no-verify", "--target-dir", str(TARGET))
    version = tomllib.loads((TOP / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    unpacked = TARGET / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    for crate in FILES:
        readme = TOP / crate / manifest(crate)["package"]["readme"]
        with tarfile.open(TARGET / "package" / f"{crate}-{version}.crate") as archive:
            archive.extractall(unpacked, filter="data")
        for packed, source in {"README.md": readme, **{each: TOP / each for each in LICENCES}}.items():
            is_same = (unpacked / f"{crate}-{version}" / packed).read_bytes() == source.read_bytes()
            expect(is_same, f"{crate}: {packed} in the package is not {source.relative_to(TOP)}")
    folders = {crate: f"{crate}-{version}" for crate in FILES}
    workspace = ["[workspace]", 'resolver = "3"', f"members = {list(folders.values())}", "[patch.crates-io]"]
    workspace += [f'{crate} = {{ path = "{folder}" }}' for crate, folder in folders.items()]
    (unpacked / "Cargo.toml").write_text("\n".join(workspace) + "\n")
    shutil.copy(TOP / "Cargo.lock", unpacked)
    run("cargo", "check", "-q", "--workspace", "--all-features", "--lib", "--bins", "--examples",
        "--manifest-path", str(unpacked / "Cargo.toml"), "--target-dir", str(TARGET))


def check_marks():
    """What needs a feature says so, built with the flags that the manifest gives docs.rs.

    Warnings are the suite docs' business: those of nightly change from day to day.
    """
    for crate, marks in MARKS.items():
        settings = manifest(crate)["package"]["metadata"]["docs"]["rs"]
        expect(settings.get("all-features") is True, f"{crate}: docs.rs is to build all features")
        features = set(manifest(crate)["features"])
        expect(
            features == {*marks, *UNMARKED[crate]},
            f"{crate} has the features {sorted(features)}: say in tests/packages.py which page has whose mark",
        )
    flags = " ".join(manifest("kakashi-core")["package"]["metadata"]["docs"]["rs"]["rustdoc-args"])
    run("cargo", "+nightly", "doc", "-q", "--no-deps", "--all-features", "--target-dir", str(TARGET),
        *(f"-p{crate}" for crate in MARKS), RUSTDOCFLAGS=flags)
    for crate, marks in MARKS.items():
        for feature, page in marks.items():
            text = (TARGET / "doc" / crate.replace("-", "_") / page).read_text()
            mark = rf'class="stab portability">Available on (?:(?!only).)*<code>{feature}</code>'
            expect(re.search(mark, text), f"{crate}: {page} has no mark of the feature {feature}")


for each in FILES:
    check_files(each)
check_archives()
check_marks()
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
