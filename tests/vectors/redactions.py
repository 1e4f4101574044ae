"""Records of which parts must not be written, and an independent redaction.

A path is keys with dots between, looked for at any depth; `*` in a key stands for any
characters, `[*]` after one for nothing; ASCII letters match in any case; lists are looked
through; what lies below a named key is redacted too, in a key with dots as well.
"""

import re
import string

import cases
from cases import NULL, f64, items, pairs, raw, text, u64

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
REDACTED = {"str": "[REDACTED]"}


def pattern(path):
    """One regular expression for a path, on keys joined by dots."""
    parts = [re.sub(r"\[\*\]$", "", part).translate(LOWER) for part in path.split(".")]
    keys = [".*".join(re.escape(piece) for piece in part.split("*")).replace(".*", "[^.]*") for part in parts]
    return re.compile(r"(?:^|\.)" + r"\.".join(keys) + r"(?:\Z|(?=\.))", re.DOTALL)


def is_named(patterns, outer, key):
    """Whether a key, or what stands before a dot in it, ends a match."""
    start = len(outer)
    whole = (outer + key).translate(LOWER)
    ends = [at for at in range(start, len(whole)) if whole[at] == "."] + [len(whole)]
    return any(
        each.fullmatch(whole, begin, end)
        for end in ends
        for each in patterns
        for begin in [0] + [at for at in range(end) if whole[at] == "."]
    )


def redact(patterns, value, outer):
    (kind, content), = value.items()
    if kind == "list":
        return {"list": [redact(patterns, item, outer) for item in content]}
    if kind == "map":
        return {"map": redact_pairs(patterns, content, outer)}
    return value


def redact_pairs(patterns, all_pairs, outer=""):
    return [
        [key, REDACTED if is_named(patterns, outer, key) else redact(patterns, value, f"{outer}{key}.")]
        for key, value in all_pairs
    ]


def redacted(record):
    """The record as it may be written."""
    patterns = [pattern(path) for path in record["paths"]]
    parts = {part: redact_pairs(patterns, record[part]) for part in ("fields", "context")}
    return {**record, **parts}


def all_redactions():
    def case(name, paths, fields, context=None):
        record = cases.literal(name, "Redacted", fields, context=context or {})
        return {**record, "paths": paths}

    user = pairs(["name", text("ann")], ["card", text("4111")], ["password", pairs(["hash", text("x")])])
    return [
        case("a path names a field", ["password"], {"password": text("x"), "passwords": text("y"), "pass": u64(1)}),
        case("a path names a key in a map", ["password"], {"user": user}),
        case("a path of two keys needs both", ["user.card"], {"user": user, "card": text("no")}),
        case("all of a named map is redacted", ["user"], {"user": user, "users": items(user)}),
        case("a value of any kind is redacted", ["a", "b", "c", "d", "e"],
             {"a": NULL, "b": f64(1.5), "c": raw(b"\x00\xff"), "d": items(u64(1)), "e": pairs(["k", u64(1)])}),
        case("ascii letters match in any case", ["Password", "Ä"],
             {"PASSWORD": u64(1), "passWord": u64(2), "ä": u64(3), "Ä": u64(4), "paſſword": u64(5)}),
        case("lists are looked through", ["cards.number"],
             {"cards": items(pairs(["number", text("1")], ["kind", text("x")]), items(pairs(["number", text("2")])))}),
        case("a star for the items of a list says the same", ["items[*].pin", "tags[*]"],
             {"items": items(pairs(["pin", u64(1)], ["id", u64(2)])), "tags": items(text("a")), "pin": u64(3)}),
        case("a star stands for any characters of one key", ["*_token", "x*y*z", "*.secret"],
             {"api_token": u64(1), "_token": u64(2), "token": u64(3), "xyz": u64(4), "x-y-y-z": u64(5), "xz": u64(6),
              "x.yz": u64(7), "secret": u64(8), "db": pairs(["secret", u64(9)])}),
        case("a star alone names every field", ["*"], {"a": u64(1), "b": pairs(["c", u64(2)])}),
        case("a key with dots is several parts", ["user.card", "a.b.c"],
             {"user.card": u64(1), "user.card.number": u64(2), "a.b": pairs(["c", u64(3)], ["d", u64(4)]),
              "a": pairs(["b.c", u64(5)]), "super.user.card": u64(6), "superuser.card": u64(7)}),
        case("what lies below a named key in a key with dots is redacted", ["password"],
             {"password.hash": text("x"), "db.password.salt": text("y"), "passwords.hash": text("z")}),
        case("context is redacted as fields are", ["user_id", "user.card"], {"a": u64(1)}, {"user_id": text("u-1"), "user": user}),
        case("odd keys are keys", ["a b", "a\"b"], {"a b": u64(1), "a\"b": u64(2), "ab": u64(3), ".": u64(4)}),
        case("a hyphen and brackets in a key are no pattern", ["x-api-key", "a[b]", "a+"],
             {"x-api-key": u64(1), "a[b]": u64(2), "a+": u64(3), "aa": u64(4), "headers": pairs(["X-Api-Key", text("k")])}),
    ]
