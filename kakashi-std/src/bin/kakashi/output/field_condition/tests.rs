//! Conditions: their grammar, and what they say of values of all kinds.

use std::time::Duration;

use kakashi_std::{Bytes, List, Map, ToValue};

use super::*;

#[test]
fn a_condition_is_a_key_and_a_comparison() {
    use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};

    let wanted = WantedValue::new;
    for (text, key, test) in [
        ("user", "user", FieldTest::Present),
        ("user!", "user!", FieldTest::Present),
        ("\"a=b\"", "a=b", FieldTest::Present),
        ("\"\"", "", FieldTest::Present),
        ("user=42", "user", FieldTest::Is(wanted("42"))),
        ("user = 42", "user", FieldTest::Is(wanted("42"))),
        ("user=", "user", FieldTest::Is(wanted(""))),
        ("user= x", "user", FieldTest::Is(wanted(" x"))),
        ("user=!x", "user", FieldTest::Is(wanted("!x"))),
        ("user=\">5\"", "user", FieldTest::Is(wanted("\">5\""))),
        ("user!=42", "user", FieldTest::IsNot(wanted("42"))),
        ("query=a=b!=c>=d", "query", FieldTest::Is(wanted("a=b!=c>=d"))),
        ("\"a>b\">=5", "a>b", FieldTest::Compares(GreaterOrEqual, wanted("5"))),
        ("status>=500", "status", FieldTest::Compares(GreaterOrEqual, wanted("500"))),
        ("status <= 5e2", "status", FieldTest::Compares(LessOrEqual, wanted("5e2"))),
        ("took>1.5", "took", FieldTest::Compares(Greater, wanted("1.5"))),
        ("t<-3", "t", FieldTest::Compares(Less, wanted("-3"))),
        ("t<inf", "t", FieldTest::Compares(Less, wanted("inf"))),
        ("path~/orders?a=b", "path", FieldTest::Contains("/orders?a=b".into())),
        ("path~\"a b\"", "path", FieldTest::Contains("a b".into())),
    ] {
        assert_eq!(text.parse(), Ok(FieldCondition { key: key.into(), test }), "{text}");
    }
}

#[test]
fn what_is_no_condition_says_what_one_is() {
    for (text, reason) in [
        ("", "it names no field"),
        ("=x", "it names no field"),
        ("!=x", "it names no field"),
        (">=5", "it names no field"),
        ("~x", "it names no field"),
        (" =x", "it names no field"),
        ("status>=abc", "`>=` compares numbers, and abc is none"),
        ("status>NaN", "`>` compares numbers, and NaN is none"),
        ("status<", "`<` needs a number"),
        ("status==500", "`==` is no comparison"),
        ("status=>500", "`=>` is no comparison"),
        ("status=<500", "`=<` is no comparison"),
        ("status=~5", "`=~` is no comparison"),
        ("status!==5", "`!==` is no comparison"),
        ("status<>5", "`<>` is no comparison"),
        ("status>>5", "`>>` is no comparison"),
        ("status~=5", "`~=` is no comparison"),
        ("status!~5", "`!~` is no comparison"),
        ("status!>5", "`!>` is no comparison"),
        ("status~", "`~` needs a text"),
        ("status~\"\"", "`~` needs a text"),
        ("\"status>5", "a key in quotes ends with one"),
        ("\"status\"5", "a key in quotes ends with one"),
    ] {
        let error = text.parse::<FieldCondition>().unwrap_err().to_string();
        assert!(error.starts_with(reason) && error.ends_with(GRAMMAR), "{text}: {error}");
    }
}

#[test]
fn numbers_of_all_kinds_are_compared_exactly() {
    let huge = u128::MAX;
    let values: &[(&dyn ToValue, &[&str], &[&str])] = &[
        (&500, &[">=500", "<=500", ">499", "<501", ">499.5", "<5.01e2"], &[">500", "<500", ">=500.5"]),
        (&-7_i64, &["<0", ">-8", "<=-7"], &[">0", "<-7"]),
        (&u64::MAX, &[">=18446744073709551615", ">18446744073709551614"], &[">18446744073709551615"]),
        (&i128::MIN, &["<0", "<-1e38"], &[">0"]),
        (&huge, &[">170141183460469231731687303715884105727", ">1", "<inf"], &["<1"]),
        (&0.1_f32, &["<=0.1", ">=0.1", "<0.11"], &["<0.1", ">0.1"]),
        (&1.5, &[">1", "<2", ">=1.5", ">-inf"], &[">1.5", "<1"]),
        (&f64::NAN, &[], &[">0", "<0", ">=0", "<inf"]),
        (&f64::INFINITY, &[">1e308"], &["<inf"]),
        (&Duration::from_millis(1500), &[">=1.5", "<2"], &[">1.5"]),
        (&"500", &[], &[">=500", "<=500"]),
        (&true, &[], &[">0"]),
        (&(), &[], &["<1"]),
    ];
    for (value, hold, others) in values {
        let value = value.to_value();
        for (texts, expected) in [(hold, true), (others, false)] {
            for text in texts.iter() {
                let FieldTest::Compares(comparison, wanted) =
                    format!("k{text}").parse::<FieldCondition>().unwrap().test
                else {
                    panic!("{text}");
                };
                let holds = wanted.ordering_of(&value).is_some_and(|ordering| comparison.holds(ordering));
                assert_eq!(holds, expected, "{value:?} {text}");
            }
        }
    }
}

#[test]
fn a_part_is_one_of_the_value_s_text() {
    for (value, part, expected) in [
        (&"GET /orders/7" as &dyn ToValue, "/orders", true),
        (&"GET /orders/7", "/Orders", false),
        (&1042, "04", true),
        (&List([1, 2]), ",2", true),
        (&Duration::from_millis(1500), "5s", true),
        (&"a\nb", "a\nb", true),
    ] {
        assert_eq!(has_part(&value.to_value(), part), expected, "{part}");
    }
}

#[test]
fn a_value_is_what_the_line_shows_and_a_number_is_its_value() {
    let list = List([1, 2]);
    let map = Map([("a", "b c")]);
    let long = "x".repeat(5000) + "\n";
    let values: &[(&dyn ToValue, &[&str], &[&str])] = &[
        (&"Al", &["Al"], &["al", "A", "Al ", "\"Al\"", ""]),
        (&"", &["", "\"\""], &["x", "null"]),
        (&"a b", &["a b", "\"a b\""], &["a", "'a b'"]),
        (&"a\nb", &["a\nb", "a\\nb", "\"a\\nb\""], &["anb"]),
        (&"C:\\x", &["C:\\x", "C:\\\\x"], &["C:x"]),
        (&"42", &["42", "\"42\""], &["42.0", "\"43\""]),
        (&42, &["42", "42.0", "042", "4.2e1"], &["42.5", "4", "\"42\"", ""]),
        (&-7_i64, &["-7", "-7.0"], &["7"]),
        (&u64::MAX, &["18446744073709551615"], &["18446744073709551614", "-1"]),
        (&i128::MIN, &["-170141183460469231731687303715884105728"], &["0"]),
        (&u128::MAX, &["340282366920938463463374607431768211455"], &["-1"]),
        (&1.5, &["1.5", "1.50", "15e-1"], &["1.51", "1,5", "1"]),
        (&1.0, &["1", "1.0"], &["1.1"]),
        (&0.1_f32, &["0.1", "0.10"], &["0.2"]),
        (&f64::NAN, &["NaN"], &["0"]),
        (&f64::NEG_INFINITY, &["-inf"], &["inf"]),
        (&true, &["true"], &["1", "True", "false"]),
        (&(), &["null"], &["", "0"]),
        (&'x', &["x"], &["y"]),
        (&Duration::from_millis(1500), &["1.5s"], &["1.5", "1500ms"]),
        (&Bytes(b"\xf5k"), &["\\xf5k", "\"\\xf5k\""], &["k"]),
        (&Bytes(b"a b"), &["a b", "\"a b\""], &["ab"]),
        (&Bytes(b"a\nb"), &["a\nb", "a\\nb"], &["ab"]),
        (&list, &["[1,2]"], &["[1, 2]", "1"]),
        (&map, &["{\"a\":\"b c\"}"], &["{}"]),
        (&long, &[&long], &["x"]),
    ];
    for (value, same, others) in values {
        for text in *same {
            assert!(WantedValue::new(text).is(&value.to_value()), "{text} is {:?}", value.to_value());
        }
        for text in *others {
            assert!(!WantedValue::new(text).is(&value.to_value()), "{text} is not {:?}", value.to_value());
        }
    }
}
