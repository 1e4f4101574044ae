//! The house's rules, read from its sources: who may import whom, and what may stand only once.
//!
//! `table.rs` has each crate's order of folders. `fixtures.rs` breaks each rule once,
//! so that none of them is known from green alone.

mod fixtures;
mod import;
mod once;
mod rule;
mod rust_imports;
mod rust_source;
mod table;
mod text;
mod typescript;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_source::{Crate, Sources};
use table::Listing;

/// Returns the top of the repository.
fn top() -> PathBuf {
    let tests = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&tests).join("..")
}

/// Folders that are made, or whose code is not ours.
const NOT_OURS: [&str; 7] = ["target", "node_modules", "pkg", "dist", "corpus", "artifacts", "__pycache__"];

/// Reads the files with one of these endings below a folder, by their path from it.
fn read(folder: &Path, endings: &[&str]) -> Sources {
    fn walk(folder: &Path, within: &str, endings: &[&str], found: &mut Sources) {
        let entries =
            std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let entry = entry.expect("a folder's entry");
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            let path = format!("{within}{name}");
            if entry.file_type().expect("a type").is_dir() {
                if !NOT_OURS.contains(&name.as_str()) && !name.starts_with('.') {
                    walk(&entry.path(), &format!("{path}/"), endings, found);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(entry.path()).expect("a text in UTF-8");
                found.insert(path, text);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", endings, &mut found);
    found
}

fn rust_sources(listing: &Listing) -> Sources {
    let mut sources = read(&top().join(listing.sources), &[".rs"]);
    // A command is a crate of its own.
    sources.retain(|path, _| !path.starts_with("bin/"));
    sources
}

fn parsed(listing: &Listing) -> Crate {
    Crate::new(&rust_sources(listing), listing.roots[0])
}

/// Returns what is wrong with a Rust crate's imports.
fn judge_rust(listing: &Listing, sources: &Sources) -> Vec<String> {
    let parsed = Crate::new(sources, listing.roots[0]);
    let mut wrong: Vec<String> =
        parsed.faults.iter().map(|fault| format!("{}/{fault}", listing.sources)).collect();
    let files = parsed.files.iter().filter(|file| !file.is_test).map(|file| file.path.as_str());
    wrong.extend(rule::judge(listing, files, &rust_imports::imports(&parsed, listing)));
    wrong
}

/// Returns what is wrong with the imports of TypeScript.
fn judge_typescript(listing: &Listing, sources: &Sources) -> Vec<String> {
    let files = sources.keys().map(String::as_str);
    rule::judge(listing, files, &typescript::imports(sources, listing))
}

/// Fails with everything that is wrong, a line each.
#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} are wrong:\n  {}\n", wrong.len(), wrong.join("\n  "));
}

#[test]
fn core_imports_upward_only() {
    assert_none(&judge_rust(&table::CORE, &rust_sources(&table::CORE)));
}

#[test]
fn std_imports_upward_only() {
    assert_none(&judge_rust(&table::STD, &rust_sources(&table::STD)));
}

#[test]
fn the_command_imports_upward_only() {
    assert_none(&judge_rust(&table::COMMAND, &rust_sources(&table::COMMAND)));
}

#[test]
fn wasm_imports_upward_only() {
    assert_none(&judge_rust(&table::WASM, &rust_sources(&table::WASM)));
}

#[test]
fn javascript_imports_upward_only() {
    assert_none(&judge_typescript(&table::JS, &read(&top().join(table::JS.sources), &[".ts"])));
}

#[test]
fn the_tests_support_imports_upward_only() {
    assert_none(&judge_rust(&table::SUPPORT, &rust_sources(&table::SUPPORT)));
}

#[test]
fn the_page_has_no_circle() {
    assert_none(&judge_typescript(&table::PAGE, &read(&top().join(table::PAGE.sources), &[".ts"])));
}

#[test]
fn std_and_wasm_do_not_depend_on_each_other() {
    let manifest =
        |name: &str| std::fs::read_to_string(top().join(name).join("Cargo.toml")).expect("a manifest");
    let needs = |text: &str, name: &str| text.lines().any(|line| line.starts_with(name));
    assert!(!needs(&manifest("kakashi-std"), "kakashi-wasm"));
    assert!(!needs(&manifest("kakashi-wasm"), "kakashi-std"));
    assert!(
        !needs(&manifest("kakashi-core"), "kakashi-std") && !needs(&manifest("kakashi-core"), "kakashi-wasm")
    );
}

#[test]
fn no_two_types_share_a_name() {
    let types: Vec<once::Declared> =
        table::RUST.iter().flat_map(|listing| once::types(&parsed(listing), listing.sources)).collect();
    assert!(types.len() > 100, "only {} types are found", types.len());
    assert_none(&once::shared_names(&types));
}

#[test]
fn no_two_types_of_javascript_share_a_name() {
    let mut types = Vec::new();
    for (path, text) in read(&top().join(table::JS.sources), &[".ts"]) {
        types.extend(typescript::types(&text).into_iter().map(|(line, name)| once::Declared {
            name,
            file: format!("{}/{path}", table::JS.sources),
            line,
            is_conditional: false,
        }));
    }
    assert!(types.len() > 20, "only {} types are found", types.len());
    assert_none(&once::shared_names(&types));
}

#[test]
fn std_and_wasm_have_no_lines_in_common() {
    let lines = |listing: &Listing| -> Vec<(String, once::Lines)> {
        let parsed = parsed(listing);
        let code = parsed.files.iter().filter(|file| !file.is_test).map(|file| file.path.clone());
        let sources = rust_sources(listing);
        code.map(|path| (format!("{}/{path}", listing.sources), once::lines(&sources[&path]))).collect()
    };
    let (std, wasm) = (lines(&table::STD), lines(&table::WASM));
    let mut wrong = Vec::new();
    for (left, one) in &std {
        for (right, other) in &wasm {
            wrong.extend(once::copies((left, one), (right, other)));
        }
    }
    assert_none(&wrong);
}

/// Reads all that is written by hand, by its path from the top of the repository.
fn written(endings: &[&str]) -> Sources {
    let mut found = read(&top(), endings);
    found.retain(|path, _| !path.contains("/seed/"));
    found
}

#[test]
fn a_long_file_says_why() {
    let code = written(&[".rs", ".ts", ".mjs", ".js", ".cjs", ".py", ".css", ".sh", "tests/run"]);
    assert!(code.len() > 200, "only {} files are found", code.len());
    let wrong: Vec<String> = code.iter().filter_map(|(path, text)| text::length(path, text)).collect();
    assert_none(&wrong);
}

#[test]
fn long_unit_tests_stand_beside_their_file() {
    let code = written(&[".rs"]);
    let wrong: Vec<String> = code.iter().flat_map(|(path, text)| text::inline_tests(path, text)).collect();
    assert_none(&wrong);
}

/// Not written out: this file is searched too.
const BANNED: &str = concat!("ro", "ad");

#[test]
fn a_word_that_nobody_can_search_for_is_gone() {
    let texts = written(&[
        ".rs", ".ts", ".mjs", ".js", ".cjs", ".py", ".css", ".html", ".md", ".toml", ".json", ".svg", ".x",
        "run",
    ]);
    let wrong: Vec<String> = texts
        .iter()
        // History says what things were called.
        .filter(|(path, _)| *path != "CHANGELOG.md" && !path.ends_with("package-lock.json"))
        .flat_map(|(path, text)| text::word(path, text, BANNED))
        .collect();
    assert_none(&wrong);
}

#[test]
fn files_that_are_named_are_there() {
    let texts = written(&[".rs", ".ts", ".mjs", ".py", ".html", ".md", ".toml", "run"]);
    // What the npm package is imported by is the name of a module.
    let is_entry = |path: &str| {
        let entry = path.strip_prefix("kakashi-wasm/").unwrap_or_default();
        ["js", "js/entries"]
            .iter()
            .any(|place| top().join(format!("kakashi-wasm/{place}/{entry}.ts")).exists())
    };
    let exists = |path: &str| top().join(path).exists() || is_entry(path);
    let wrong: Vec<String> = texts
        .iter()
        .filter(|(path, _)| *path != "CHANGELOG.md")
        .flat_map(|(path, text)| text::missing_files(path, text, &exists))
        .collect();
    assert_none(&wrong);
}

/// The names that a table's rows begin with, between backquotes.
fn rows(table: &str) -> Vec<&str> {
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    cells.flat_map(|cell| cell.split(['`', ' ']).filter(|name| !name.is_empty())).collect()
}

#[test]
fn every_suite_is_in_the_readme_and_no_other() {
    let list = |arguments: &[&str]| -> Vec<String> {
        let run = std::process::Command::new("bash").arg(top().join("tests/run")).args(arguments).output();
        let names = String::from_utf8(run.expect("bash runs").stdout).expect("names in UTF-8");
        names.lines().map(str::to_owned).collect()
    };
    let readme = std::fs::read_to_string(top().join("tests/README.md")).expect("it is there");
    let (_, suites) = readme.split_once("\n## Suites\n").expect("it has suites");
    let (suites, _) = suites.split_once("\n## ").expect("more follows");
    let (suites, long) = suites.split_once("`--long`").expect("it has long suites");
    assert_eq!(rows(suites), list(&["--list"]));
    assert_eq!(rows(long), list(&["--long", "--list"]));
}

/// Blocks of Rust in guides that no test compiles, each with its reason.
const IGNORED: [(&str, &str); 1] =
    [("kakashi-core/docs/devices.md", "a build script of firmware, which names a file of the firmware's")];

#[test]
fn each_guide_is_a_page_whose_rust_is_tested() {
    let guides = written(&[".md"]);
    let guides: Vec<_> = guides.iter().filter(|(path, _)| path.contains("/docs/")).collect();
    let mut wrong = Vec::new();
    let mut ignored = Vec::new();
    for (path, text) in &guides {
        let Some((place, name)) = path.split_once("/docs/") else { continue };
        let pages = std::fs::read_to_string(top().join(place).join("src/_guides.rs")).unwrap_or_default();
        let has_rust = text.lines().any(|line| line.starts_with("```rust"));
        if has_rust && !pages.contains(&format!("include_str!(\"../docs/{name}\")")) {
            wrong.push(format!("{path} has Rust that no test runs: include it in {place}/src/_guides.rs"));
        }
        let blocks = text.lines().filter(|line| line.starts_with("```rust") && line.contains("ignore"));
        ignored.extend(blocks.map(|_| path.as_str()));
    }
    assert_none(&wrong);
    assert_eq!(
        ignored,
        IGNORED.map(|(path, _)| path),
        "a block is ignored only for a reason: say it in IGNORED"
    );
}
