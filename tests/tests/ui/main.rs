//! Calls that must not compile, and what the compiler says of them.
//!
//! Each file in `tests/ui/programs` is a program; a call that must be refused is followed
//! by `//~` and words that its error has. No more errors may come, and none
//! elsewhere. (Not `trybuild`: it compares whole messages, and those of a
//! `const` name the length of a site's bytes, which has the path of the
//! checkout in it. Only the words that are ours count here, so any compiler
//! will do.)

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The line of an error in the program, and all that the compiler says of it.
type Errors = Vec<(usize, String)>;

/// Lists the programs by name.
fn programs() -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/programs");
    let entries = std::fs::read_dir(folder).expect("tests/ui/programs is in the repository");
    let paths = entries.map(|entry| entry.expect("a folder's entry").path());
    paths.map(|path| (path.file_stem().expect("a file").to_string_lossy().into_owned(), path)).collect()
}

/// Writes a package of all programs, so that what they stand on is built once.
fn package(programs: &BTreeMap<String, PathBuf>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let core = tests.join("../kakashi-core");
    let mut manifest = format!(
        "[package]\nname = \"ui\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nkakashi-core.path = {core:?}\n"
    );
    for (name, path) in programs {
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    std::fs::create_dir_all(&folder).expect("cargo's own folder can be written");
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("cargo's own folder can be written");
    // The versions that the workspace has: nothing is downloaded.
    std::fs::copy(tests.join("../Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file is there");
    folder
}

/// Compiles all programs and returns each one's errors.
fn compile(programs: &BTreeMap<String, PathBuf>) -> BTreeMap<String, Errors> {
    let folder = package(programs);
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs this test");
    let mut errors: BTreeMap<String, Errors> = BTreeMap::new();
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("cargo writes JSON");
        let diagnostic = &message["message"];
        if message["reason"] != "compiler-message" || diagnostic["level"] != "error" {
            continue;
        }
        let Some(span) = primary_span(diagnostic) else { continue };
        let program = message["target"]["name"].as_str().expect("a target has a name");
        let rendered = diagnostic["rendered"].as_str().expect("a message has a text");
        errors.entry(program.to_owned()).or_default().push((line_of(span), rendered.to_owned()));
    }
    errors
}

fn primary_span(diagnostic: &Value) -> Option<&Value> {
    diagnostic["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)
}

/// Finds the line in the program from which a macro's line came.
fn line_of(span: &Value) -> usize {
    match span["expansion"].get("span") {
        Some(outer) => line_of(outer),
        None => span["line_start"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line"),
    }
}

#[test]
fn a_wrong_call_does_not_compile_and_says_why() {
    let programs = programs();
    assert!(programs.len() >= 10);
    let mut errors = compile(&programs);
    let mut wrong = String::new();
    for (name, path) in &programs {
        let mut found = errors.remove(name).unwrap_or_default();
        let source = std::fs::read_to_string(path).expect("a program is text");
        for (at, line) in source.lines().enumerate() {
            let Some((_, words)) = line.split_once("//~ ") else { continue };
            let before = found.len();
            // What a macro uses twice is told twice.
            found.retain(|(line, text)| *line != at + 1 || !text.contains(words));
            if found.len() == before {
                let _ = writeln!(wrong, "{name}, line {}: no error says: {words}", at + 1);
            }
        }
        for (line, text) in found {
            let _ = writeln!(wrong, "{name}, line {line}: not expected: {text}");
        }
    }
    assert!(errors.is_empty(), "errors outside of the programs: {errors:?}");
    assert!(wrong.is_empty(), "\n{wrong}");
}
