//! Breaks each rule once: sources in strings, and what must be said of them.

use crate::rust_source::{Crate, Sources};
use crate::table::Listing;
use crate::{judge_rust, judge_typescript, once, text};

const HOUSE: Listing = Listing {
    sources: "house/src",
    order: &["low", "mid", "high", "macros"],
    roots: &["lib.rs"],
    strangers: &["neighbour"],
    macros: &["macros"],
};

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// What is wrong with a crate of these files, beside empty ones so that every place exists.
fn wrong(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = sources(&[
        ("lib.rs", "mod low; mod mid; mod high; mod macros; pub use low::Low; pub fn of_root() {}"),
        ("low.rs", "pub struct Low;"),
        ("mid/mod.rs", "mod one; mod two; pub use one::One; pub use two::*;"),
        ("mid/one.rs", "pub struct One;"),
        ("mid/two.rs", "pub struct Two; pub fn two() {}"),
        ("high.rs", "pub struct High; pub fn call() {}"),
        ("macros/mod.rs", ""),
    ]);
    all.extend(sources(files));
    judge_rust(&HOUSE, &all)
}

#[track_caller]
fn assert_says(wrong: &[String], expected: &[&str]) {
    assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
    for (said, expected) in wrong.iter().zip(expected) {
        assert!(said.contains(expected), "{said}\ndoes not say\n{expected}");
    }
}

#[test]
fn a_house_in_order_is_not_complained_of() {
    let files = [
        ("mid/one.rs", "use crate::low::Low; pub struct One(Low);"),
        ("high.rs", "use crate::mid::{One, Two}; fn f() { crate::mid::two(); } struct High(One, Two);"),
    ];
    assert_says(&wrong(&files), &[]);
}

#[test]
fn an_upward_import_is_found() {
    let said = "house/src/mid/one.rs:2 imports high (crate::high::High), but mid stands above high: \
                move what it needs above mid, or pass it in";
    assert_says(&wrong(&[("mid/one.rs", "pub struct One;\nuse crate::high::High;")]), &[said]);
    let twice = "pub struct One;\nuse crate::{low, high::{self, High}};";
    assert_says(
        &wrong(&[("mid/one.rs", twice)]),
        &["mid/one.rs:2 imports high (crate::high), but mid stands above high: \
        move what it needs above mid, or pass it in (and 1 more)"],
    );
}

#[test]
fn an_inline_path_is_an_import() {
    for text in [
        "pub struct One; fn f() { crate::high::call(); }",
        "pub struct One; fn f(it: &super::super::high::High) {}",
        "pub struct One; impl crate::high::High {}",
        "pub struct One; fn f() { println!(\"{}\", crate::high::call()); }",
        "pub struct One; macro_rules! m { () => { $crate::high::call() }; }",
        "pub struct One; fn f() { matches!(1, crate::high::HIGH) }",
        "pub struct One; mod inner { fn f() { crate::high::call() } }",
        "pub struct One; fn f() { use crate::high::{call}; }",
        "pub struct One; m! { use $crate::high::{call}; }",
    ] {
        let wrong = wrong(&[("mid/one.rs", text)]);
        assert_eq!(wrong.len(), 1, "{text}: {wrong:#?}");
        assert!(wrong[0].contains("house/src/mid/one.rs:1 imports high ("), "{wrong:#?}");
    }
}

#[test]
fn an_import_through_a_re_export_counts_to_the_file_that_defines_the_item() {
    let low = |text: &'static str| wrong(&[("low.rs", text)]);
    assert_says(
        &low("pub struct Low; use crate::mid::One;"),
        &["low.rs:1 imports mid::one (crate::mid::One)"],
    );
    assert_says(
        &low("pub struct Low; use crate::mid::Two;"),
        &["low.rs:1 imports mid::two (crate::mid::Two)"],
    );
    assert_says(
        &low("pub struct Low; use crate::mid::*; fn f() { two(); }"),
        &["low.rs:1 imports mid (crate::mid)", "low.rs:1 imports mid::two (two)"],
    );
    // A function and a module may share a name: what follows says which is meant.
    let both = [
        ("lib.rs", "mod low; mod mid; mod high; mod macros; fn mid() {}"),
        ("high.rs", "use crate::mid::One;"),
    ];
    assert_says(&wrong(&both), &[]);
    // What the root re-exports from other crates is theirs.
    let outside = [
        (
            "lib.rs",
            "mod low; mod mid; mod high; mod macros; pub use other::{self as inner, Thing}; pub use more::*;",
        ),
        ("low.rs", "use crate::{Thing, Unseen}; type A = crate::inner::B;"),
    ];
    assert_says(&wrong(&outside), &[]);
    // Through the root: Low is low's own.
    assert_says(&wrong(&[("mid/one.rs", "pub struct One; use crate::Low;")]), &[]);
    assert_says(
        &wrong(&[
            ("lib.rs", "mod low; mod mid; mod high; mod macros; pub use high::*;"),
            ("low.rs", "use crate::High;"),
        ]),
        &["low.rs:1 imports high (crate::High)"],
    );
}

#[test]
fn what_the_root_defines_is_nobodys() {
    let said = "mid/one.rs:1 imports crate::of_root out of lib.rs, which stands below everything";
    assert_says(&wrong(&[("mid/one.rs", "pub struct One; fn f() { crate::of_root(); }")]), &[said]);
}

#[test]
fn a_circle_of_files_in_one_folder_is_found() {
    let files = [
        ("mid/one.rs", "use super::Two;\npub struct One(Two);"),
        ("mid/two.rs", "pub struct Two;\nfn two(one: super::one::One) {}"),
    ];
    assert_says(
        &wrong(&files),
        &[
            "house/src/mid/one.rs is in a circle of 2: cut one, or move what both need to a file above them:\n      \
         house/src/mid/one.rs:1 imports super::Two (mid/two.rs)\n      \
         house/src/mid/two.rs:2 imports super::one::One (mid/one.rs)",
        ],
    );
}

#[test]
fn a_folders_own_code_counts_and_its_re_exports_do_not() {
    let child = ("mid/one.rs", "pub struct One; fn f() { super::of_folder() }");
    let re_exports = "mod one; mod two; pub use one::One; pub use two::Two; pub fn of_folder() {}";
    assert_says(&wrong(&[child, ("mid/mod.rs", re_exports)]), &[]);
    let uses = "mod one; mod two; pub use one::One; pub use two::Two; pub fn of_folder(one: One) {}";
    assert_says(&wrong(&[child, ("mid/mod.rs", uses)]), &["house/src/mid/mod.rs is in a circle of 2"]);
}

#[test]
fn a_circle_of_folders_inside_a_folder_is_found() {
    let files = [
        ("mid/mod.rs", "mod one; mod two; pub mod sub; pub use one::One; pub use two::Two;"),
        ("mid/sub/mod.rs", "pub mod a; pub mod b;"),
        ("mid/sub/a.rs", "use crate::mid::one::One; pub struct A(One);"),
        ("mid/sub/b.rs", "pub struct B;"),
        ("mid/one.rs", "use super::sub::b::B; pub struct One(B);"),
    ];
    assert_says(&wrong(&files), &["house/src/mid/one.rs is in a circle of 2"]);
}

#[test]
fn tests_may_import_anything() {
    let text = "pub struct One; #[cfg(test)] use crate::high::High; #[cfg(all(test, unix))] mod tests { use crate::high::*; }";
    assert_says(&wrong(&[("mid/one.rs", text)]), &[]);
    assert_says(
        &wrong(&[("mid/one.rs", "pub struct One; #[cfg(not(test))] use crate::high::High;")]),
        &["mid/one.rs:1"],
    );
    let files = [
        ("mid/one.rs", "pub struct One; #[cfg(test)] mod tests;"),
        ("mid/one/tests.rs", "use crate::high::High;"),
    ];
    assert_says(&wrong(&files), &[]);
}

#[test]
fn macros_name_what_their_users_need() {
    assert_says(&wrong(&[("macros/mod.rs", "macro_rules! m { () => { $crate::of_root() }; }")]), &[]);
    let user = "pub struct One; fn f() { m!(); }";
    let files = [("macros/mod.rs", "#[macro_export] macro_rules! m { () => {}; }"), ("mid/one.rs", user)];
    assert_says(&wrong(&files), &["mid/one.rs:1 imports macros (m)"]);
}

#[test]
fn a_name_without_a_place_is_found() {
    let files = [
        ("lib.rs", "mod low; mod mid; mod high; mod macros; mod other; mod word;"),
        ("other/mod.rs", ""),
        ("word.rs", ""),
    ];
    assert_says(
        &wrong(&files),
        &[
            "house/src/other/mod.rs:1 is in other, which has no place: add it to the table",
            "house/src/word.rs:1 is in word, which has no place: add it to the table",
        ],
    );
    assert_says(&wrong(&[("stray.rs", "")]), &["house/src/stray.rs:1 is no part of the crate"]);
    let lib = [("lib.rs", "mod low; mod mid; mod macros;")];
    assert_says(
        &wrong(&lib),
        &["high.rs:1 is no part of the crate", "house/src: there is no high: take it out of the table"],
    );
}

#[test]
fn a_stranger_is_found() {
    assert_says(
        &wrong(&[("mid/one.rs", "pub struct One; use neighbour::Thing;")]),
        &["mid/one.rs:1 imports neighbour (neighbour::Thing): neither crate knows the other"],
    );
}

#[test]
fn typescript_is_read_too() {
    const SHOP: Listing = Listing {
        sources: "shop/js",
        order: &["low", "high"],
        roots: &["index.ts"],
        strangers: &[],
        macros: &[],
    };
    let judge = |low: &str, high: &str| {
        judge_typescript(
            &SHOP,
            &sources(&[("index.ts", "export * from './low/a.js';"), ("low/a.ts", low), ("high.ts", high)]),
        )
    };
    assert_says(&judge("", "import { a } from './low/a.js';\nimport fs from 'node:fs';"), &[]);
    assert_says(&judge("// import './high.js'\nconst a = \"import './high.js'\";", ""), &[]);
    let said = "shop/js/low/a.ts:2 imports high.ts (../high.js), but low stands above high";
    for text in [
        "\nimport type { High } from '../high.js';",
        "\nimport {\n High } from '../high.js';",
        "\nexport * from '../high.js';",
        "\nconst high = await import('../high.js');",
        "\nimport '../high.js';",
    ] {
        let wrong = judge(text, "");
        assert_says(&wrong, &[if text.contains("{\n") { "shop/js/low/a.ts:3" } else { said }]);
    }
    assert_says(
        &judge("import '../index.js';", ""),
        &["imports ../index.js out of index.ts, which stands below everything"],
    );
    let page = Listing { order: &[], ..SHOP };
    let files = [("index.ts", ""), ("a.ts", "import './b.js';"), ("b.ts", "import './a.js';")];
    assert_says(&judge_typescript(&page, &sources(&files)), &["shop/js/a.ts is in a circle of 2"]);
}

#[test]
fn two_types_of_one_name_are_found() {
    let of = |crate_name: &str, files: &[(&str, &str)]| {
        once::types(&Crate::new(&sources(files), "lib.rs"), &format!("{crate_name}/src"))
    };
    let says = |types: Vec<once::Declared>| once::shared_names(&types);
    let two = of("kakashi-core", &[("lib.rs", "mod a; struct Line;"), ("a.rs", "\nenum Line {}")]);
    assert_says(
        &says(two),
        &["kakashi-core/src/lib.rs:1 declares Line, a name that kakashi-core/src/a.rs:2 has too"],
    );
    // One concept for two platforms; one type for two configurations; one of tests.
    let mut twins = of("kakashi-std", &[("lib.rs", "struct Logger;")]);
    twins.extend(of("kakashi-wasm", &[("lib.rs", "struct Logger;")]));
    assert_says(&says(twins), &[]);
    assert_says(&says(of("a", &[("lib.rs", "#[cfg(unix)] struct A; #[cfg(windows)] struct A;")])), &[]);
    assert_says(&says(of("a", &[("lib.rs", "mod a; type A = a::A<u8>;"), ("a.rs", "struct A<T>(T);")])), &[]);
    assert_says(&says(of("a", &[("lib.rs", "struct A; #[cfg(test)] mod tests { struct A; }")])), &[]);
}

#[test]
fn a_copy_is_found() {
    let copied = "fn f() {\n    one();\n    two();\n    three();\n\n    four();\n    five();\n}\n";
    let one = once::lines(&format!("use a::b;\n{copied}"));
    let other = once::lines(&format!("// Not equal.\n{copied}fn g() {{}}\n"));
    assert_says(
        &once::copies(("one.rs", &one), ("other.rs", &other)),
        &["one.rs:2 has 6 lines that stand in other.rs:2 too"],
    );
    let shorter = once::lines(&copied.replace("    five();\n", "    six();\n"));
    assert_says(&once::copies(("one.rs", &one), ("other.rs", &shorter)), &[]);
    let used = once::lines("use a::{\n    b,\n    c,\n    d,\n    e,\n    f,\n    g,\n};\n");
    assert_says(&once::copies(("one.rs", &used), ("other.rs", &used)), &[]);
}

#[test]
fn a_long_file_without_a_reason_is_found() {
    let long = "let a = 1;\n".repeat(text::MAX_LINES + 1);
    assert!(text::length("a.rs", &long).is_some_and(|said| said.starts_with("a.rs:1 has 401 lines: cut it")));
    for header in [
        "//! A file.\n//! Over 400 lines because it is a table.\n",
        "/* A page.\n Over 400 lines because … */\n",
    ] {
        assert_eq!(text::length("a.rs", &format!("{header}{long}")), None);
    }
    assert!(text::length("a.rs", &format!("{long}// Over 400 lines because of nothing.\n")).is_some());
    assert!(text::length("a.rs", &format!("//! Over 400 lines because \n{long}")).is_some());
    assert_eq!(text::length("a.rs", &"\n".repeat(text::MAX_LINES)), None);
}

#[test]
fn long_unit_tests_inside_a_file_are_found() {
    let tests = |lines: usize| format!("struct A;\n#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(lines));
    assert_says(
        &text::inline_tests("a.rs", &tests(150)),
        &["a.rs:2 has unit tests of 153 lines: move them to a tests.rs"],
    );
    assert_says(&text::inline_tests("a.rs", &tests(140)), &[]);
}

#[test]
fn a_word_is_found_inside_identifiers_and_not_inside_words() {
    let says = |line: &str| !text::word("a.rs", line, crate::BANNED).is_empty();
    let word = crate::BANNED;
    let capital = format!("R{}", &word[1..]);
    for line in [
        format!("a {word}."),
        format!("{capital}s"),
        format!("local_{word}_of"),
        format!("Local{capital}"),
        format!("{capital}Map"),
    ] {
        assert!(says(&line), "{line}");
    }
    for line in [format!("b{word}cast"), format!("ab{word}"), format!("{word}ie")] {
        assert!(!says(&line), "{line}");
    }
}

#[test]
fn a_file_that_is_named_and_not_there_is_found() {
    let exists = |path: &str| path == "tests/run" || path == "guides/a.md";
    let says = |line: &str| text::missing_files("guides/b.md", line, &exists);
    assert_says(
        &says(
            "`tests/run`, [a](a.md#part), [b](../tests/run), `tests/*.rs`, [c](https://c.d/e.f), [d](path)",
        ),
        &[],
    );
    let gone = ["`tests/", "gone.rs` and [c](../c.md)"].concat();
    assert_says(
        &says(&gone),
        &[
            "guides/b.md:1 names tests/gone.rs, which is not there",
            "guides/b.md:1 names c.md, which is not there",
        ],
    );
}
