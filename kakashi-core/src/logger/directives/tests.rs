use super::*;
use crate::LogLevel;
use proptest::prelude::*;
use std::{format, string::ToString, vec};

fn levels(text: &str) -> Vec<(String, LevelFilter)> {
    let directives: Directives = text.parse().unwrap();
    assert_eq!(directives.spans(), []);
    directives.levels().map(|(name, level)| (name.into(), level)).collect()
}

/// Returns what holds, and the errors.
fn held(text: &str) -> (String, Vec<String>) {
    let mut errors = Vec::new();
    let directives = Directives::parse_valid(text, &mut |error| errors.push(error.to_string()));
    let shown = directives.levels().map(|(name, level)| format!("{name}={level} "));
    (shown.collect::<String>().trim_end().into(), errors)
}

#[test]
fn levels_names_and_numbers_are_read_in_any_case_and_with_blanks() {
    let expected = [
        ("", LogLevel::Info.into()),
        ("shop::db", LogLevel::Debug.into()),
        ("hyper", LogLevel::Warning.into()),
        ("", LevelFilter::OFF),
    ];
    let expected: Vec<_> = expected.map(|(name, level)| (String::from(name), level)).into();
    assert_eq!(levels("info,shop::db=debug,hyper=warn,off"), expected);
    assert_eq!(levels(" INFO , shop::db = Debug,hyper=WARNING,,  ,OFF,"), expected);
    assert_eq!(levels("20,shop::db=10,hyper=30\n# all of it\n255"), expected);
    assert_eq!(levels(""), []);
}

#[test]
fn a_name_without_a_level_lets_everything_through() {
    let all = vec![("hyper".into(), LevelFilter::ALL), ("tower_http".into(), LevelFilter::ALL)];
    assert_eq!(levels("hyper,tower_http="), all);
}

#[test]
fn what_is_not_understood_is_reported_with_its_place_and_the_rest_holds() {
    let no_level = "is no level: use trace, debug, info, warning (warn), error, critical (fatal), off, all, or a \
                    number from 0 to 255";
    for (text, holds, error) in [
        (
            "info,shop=verbose,hyper=warn",
            "=INFO hyper=WARNING",
            &*format!("column 11: \"verbose\" {no_level}"),
        ),
        ("info,300", "=INFO", &*format!("column 6: \"300\" {no_level}")),
        (
            "info\n\n a=b\u{1b}\n,x=off",
            "=INFO x=OFF",
            &*format!("line 3, column 4: \"b\\u{{1b}}\" {no_level}"),
        ),
        ("é=loud", "", &*format!("column 3: \"loud\" {no_level}")),
        (
            "shop::=debug,x",
            "x=ALL",
            "column 1: \"shop::\" is no logger's name: \"shop\" means that one and all below it",
        ),
        (
            "shop::*=debug",
            "",
            "column 1: \"shop::*\" is no logger's name: \"shop\" means that one and all below it",
        ),
        (
            "*=debug",
            "",
            "column 1: \"*\" is no logger's name: a level alone holds for all, as \"debug\" does",
        ),
        (
            "info, =debug",
            "=INFO",
            "column 7: \"=debug\" has no name: write \"shop::db=debug\" for a logger and those below it, \"debug\" \
             for all",
        ),
        (
            "a=b=debug,c=info",
            "c=INFO",
            "column 1: \"a=b=debug\" has two `=`: write \"shop::db=debug\", with commas between",
        ),
        (
            "info/slow.*",
            "",
            "column 1: \"info/slow.*\" has a pattern of messages behind `/`: directives know loggers and levels \
             only; use a filter",
        ),
        (
            "a=debug/slow,warn",
            "=WARNING",
            "column 3: \"debug/slow\" has a pattern of messages behind `/`: directives know loggers and levels \
             only; use a filter",
        ),
        (
            "info,a{id=1,b}=debug,c=warn",
            "=INFO c=WARNING",
            "column 7: \"{id=1,b}=debug\" has fields outside of brackets: write \"shop[{field=value}]=debug\"",
        ),
        ("a[span=debug,c=warn", "c=WARNING", "column 1: \"a[span=debug\" has no ']' at its end"),
        ("a[{x=\"1}]=debug,c=warn", "c=WARNING", "column 1: \"a[{x=\\\"1}]=debug\" has no '\"' at its end"),
        (
            "a[span]debug",
            "",
            "column 8: \"debug\" follows a bracket: only `=` and a level do, as in \"shop[span]=debug\"",
        ),
        ("a[]=debug", "", "column 1: \"a[]=debug\" names no span and no field: write \"shop[span]=debug\""),
        ("[{=7}]=debug", "", "column 3: \"=7\" names no field: write \"[{field=value}]\" or \"[{field}]\""),
        (
            "[{path=/a.*}]=debug,info",
            "=INFO",
            "column 8: \"/a.*\" is a pattern: a field's value is compared as a whole; put it into quotes if it is \
             one",
        ),
    ] {
        assert_eq!(held(text), (holds.into(), vec![error.into()]), "{text}");
        assert_eq!(text.parse::<Directives>().unwrap_err().to_string(), error);
    }
}

#[test]
fn directives_about_spans_keep_target_name_fields_and_level() {
    let text = "info,shop::db[query{table=orders, late ,end=\"]}\",note=\"a, \\\"b\\\"\"}]=trace,[{user_id}]=debug,app[run]";
    let directives: Directives = text.parse().unwrap();
    assert_eq!(directives.levels().count(), 1);
    let [query, user, run] = directives.spans() else { panic!("{directives:?}") };
    assert_eq!(
        (query.target(), query.span(), query.level()),
        ("shop::db", Some("query"), LogLevel::Trace.into())
    );
    let fields: Vec<_> = query.fields().iter().map(|field| (&*field.name, field.value.as_deref())).collect();
    assert_eq!(
        fields,
        [("table", Some("orders")), ("late", None), ("end", Some("]}")), ("note", Some("a, \"b\""))]
    );
    assert!(query.covers("shop::db::pool") && !query.covers("shop::dbx"));
    assert_eq!((user.target(), user.span(), user.level()), ("", None, LogLevel::Debug.into()));
    assert!(user.covers("anything"));
    assert_eq!((run.span(), run.fields(), run.level()), (Some("run"), &[][..], LevelFilter::ALL));
    let left_out: Vec<_> = directives.without_effect().map(|error| error.to_string()).collect();
    if cfg!(feature = "tracing") {
        assert!(left_out.is_empty(), "{left_out:?}");
    } else {
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        assert_eq!(
            left_out[2],
            "column 92: \"app[run]\" is about spans, which kakashi's feature `tracing` brings: without it \
             LogContext::level sets a level, for a scope"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_safe_and_what_holds_is_what_stands_in_it(text in "[a-c\\[\\]{}=,\" \\\\/*#\ninfo:5]{0,40}") {
        let mut errors = 0;
        let directives = Directives::parse_valid(&text, &mut |error| {
            errors += 1;
            assert!(text.contains(error.text()), "{error}");
            let line = text.split('\n').nth(error.line() - 1).unwrap();
            let rest: String = line.chars().skip(error.column() - 1).collect();
            assert!(rest.starts_with(error.text()), "{error}");
        });
        for (name, _) in directives.levels() {
            assert!(text.contains(name) && (name.is_empty() || !is_wrong_prefix(name)));
        }
        assert_eq!(text.parse::<Directives>().is_ok(), errors == 0);
    }
}
