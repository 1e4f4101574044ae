"""The records of the vectors: each one promise about text, JSON and wire.

A record is a dict in the form that README.md describes. Nothing here knows
how anything is written.

Over 400 lines because it is a list: one case after the other.
"""

import struct
from datetime import datetime

# Typed values


def u64(number):
    return {"u64": str(number)}


def i64(number):
    return {"i64": str(number)}


def u128(number):
    return {"u128": str(number)}


def i128(number):
    return {"i128": str(number)}


def f64(number):
    return {"f64_bits": struct.pack(">d", number).hex()}


def f32(number):
    return {"f32_bits": struct.pack(">f", number).hex()}


def f64_bits(bits):
    return {"f64_bits": f"{bits:016x}"}


def f32_bits(bits):
    return {"f32_bits": f"{bits:08x}"}


def boolean(truth):
    return {"bool": truth}


def char(character):
    return {"char": character}


def text(content):
    return {"str": content}


def raw(content):
    return {"bytes_hex": content.hex()}


def duration(seconds, nanoseconds=0):
    return {"duration_ns": str(seconds * 10**9 + nanoseconds)}


def items(*values):
    return {"list": list(values)}


def pairs(*entries):
    return {"map": [list(entry) for entry in entries]}


NULL = {"null": None}
YES, NO = boolean(True), boolean(False)
NAN, INFINITY = f64(float("nan")), f64(float("inf"))

# Records

NOON = 1_795_342_320_123_456_789  # 2026-11-22T10:12:00.123456789Z


def wall(nanoseconds):
    return {"wall_ns": str(nanoseconds)}


def uptime(nanoseconds):
    return {"uptime_ns": str(nanoseconds)}


def location(file="src/orders.rs", line=42, module="app::orders"):
    return {"module": module, "file": file, "line": line}


AT_NOON, IN_ORDERS = wall(NOON), location()


def fields_of(mapping):
    entries = mapping.items() if isinstance(mapping, dict) else mapping
    return [[key, value] for key, value in entries]


def literal(
    name, message="Order placed", fields=(), context=(), level="INFO", logger="app::orders",
    time=AT_NOON, sequence=None, at=None,
):  # fmt: skip
    """Makes a record of a function call: its message means itself. With a place, of another's macro."""
    record = {
        "name": name, "timestamp": time, "level": level, "logger": logger, "message": message,
        "fields": fields_of(fields), "context": fields_of(context),
    }  # fmt: skip
    if at is not None:
        record["location"] = at
    return record if sequence is None else record | {"sequence": str(sequence)}


def site(
    name, template="Order placed", fields=(), extra=(), context=(), level="INFO",
    logger="app::orders", time=AT_NOON, sequence=None, at=IN_ORDERS,
):  # fmt: skip
    """Makes a record of a macro's call site: its message is a template."""
    own = fields_of(fields)
    record = {
        "name": name, "timestamp": time, "level": level, "logger": logger,
        "template": template, "keys": [key for key, _ in own], "fields": own,
        "extra": fields_of(extra), "context": fields_of(context), "location": at,
    }  # fmt: skip
    return record if sequence is None else record | {"sequence": str(sequence)}


def numbered(values):
    """Names values v0, v1, … in order."""
    return [[f"v{index}", value] for index, value in enumerate(values)]


# Groups


def plain():
    yield literal("a message without fields is the whole rest of the line", "Application started")
    yield literal(
        "fields follow the message in the order given",
        "Application started",
        {"version": text("1.0.0"), "user_id": u64(42), "cached": NO, "ratio": f64(0.5)},
    )
    yield literal(
        "fields are not sorted", fields={"zeta": u64(1), "alpha": u64(2), "Mid": u64(3), "1": u64(4)}
    )
    yield site("a call site without fields has an empty list of keys", "Application started")
    yield site(
        "a call site's values are those of its keys", "Order placed", {"id": u64(7), "who": text("Zoë")}
    )
    yield literal("context follows the fields", fields={"a": u64(1)}, context={"b": u64(2)})
    yield site(
        "extra fields stand between a site's own and the context",
        fields={"own": u64(1)},
        extra={"extra": u64(2)},
        context={"context": u64(3)},
        sequence=4,
    )
    yield literal("context alone is enough", context={"service": text("shop"), "version": text("1.0.0")})
    for sequence in (0, 127, 128, 2**64 - 1):
        yield literal(f"sequence {sequence} is in the wire and in no line", sequence=sequence)


def levels():
    for level in ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        yield literal(f"level {level} has its name in lines and its number in a record", level=level)
        yield site(f"level {level} has its number in a site", level=level)


def times():
    def at(name, moment):
        return literal(name, "Tick", time=moment)

    def seconds(*civil):
        return int((datetime(*civil) - datetime(1970, 1, 1)).total_seconds())

    yield at("the epoch has a time of no bytes", wall(0))
    yield at("less than a microsecond is cut off", wall(999))
    yield at("a microsecond is the last digit", wall(1000))
    yield at("a second of nines is cut, not rounded up", wall(10**9 - 1))
    yield at("a nanosecond before the epoch is in the microsecond before it", wall(-1))
    yield at("a microsecond before the epoch is exact", wall(-1000))
    yield at("before the epoch times are cut towards the past", wall(-1001))
    yield at("a time of -256 ns fits one byte", wall(-256))
    yield at("a time of -257 ns needs two bytes", wall(-257))
    yield at("a time of 255 ns fits one byte", wall(255))
    yield at("a time of 256 ns needs two bytes", wall(256))
    yield at("the first time is in 1677", wall(-(2**63)))
    yield at("the last time is in 2262", wall(2**63 - 1))
    yield at("a leap day is a day", wall(seconds(2024, 2, 29, 23, 59, 59) * 10**9 + 999_999_999))
    yield at("2000 has a leap day", wall(seconds(2000, 2, 29) * 10**9))
    yield at("1900 has no leap day", wall(seconds(1900, 3, 1) * 10**9 - 1))
    yield at("2100 has no leap day", wall(seconds(2100, 3, 1) * 10**9 - 1))
    yield at("1700 has no leap day", wall(seconds(1700, 3, 1) * 10**9 - 1))
    yield at("a year ends in its last nanosecond", wall(seconds(2000, 1, 1) * 10**9 - 1))
    yield at("an uptime of zero is written", uptime(0))
    yield at("an uptime is cut to the microsecond", uptime(1_999))
    yield at("an uptime's seconds are not padded", uptime(12_345_678_901))
    yield at("an uptime below ten seconds is not padded", uptime(1_000_000_000))
    yield at("an uptime of many seconds keeps them all", uptime(2**63 - 1))
    yield at("the largest uptime takes eight bytes", uptime(2**64 - 1))
    yield site("a call site on a device has an uptime", "Tick", time=uptime(5_000_001))


def simple_values():
    yield literal("null, true and false are words", fields={"n": NULL, "t": YES, "f": NO})
    yield literal(
        "unsigned integers take as many bytes as they need",
        fields=numbered(u64(n) for width in range(0, 64, 8) for n in (2**width - 1, 2**width)),
    )
    yield literal(
        "negative integers take as many bytes as they need",
        fields=numbered(i64(-n) for width in range(0, 64, 8) for n in (2**width, 2**width + 1)),
    )
    yield literal(
        "integers of every width keep all digits of their limits",
        fields=numbered(
            [i64(-(2 ** (n - 1))) for n in (8, 16, 32, 64)]
            + [i64(2 ** (n - 1) - 1) for n in (8, 16, 32, 64)]
            + [u64(2**n - 1) for n in (8, 16, 32, 64)]
        ),
    )
    yield literal(
        "integers beyond 2^53 stay integers",
        fields=numbered([u64(2**53), u64(2**53 + 1), i64(-(2**53) - 1), u64(10**19)]),
    )
    yield literal(
        "128-bit integers keep all digits of their limits",
        fields=numbered([i128(-(2**127)), i128(2**127 - 1), u128(2**128 - 1)]),
    )
    yield literal(
        "128-bit integers that fit take the short form",
        fields=numbered([i128(0), i128(-1), u128(0), u128(2**64 - 1), i128(2**64 - 1), i128(-(2**63) - 1)]),
    )
    yield literal("-2^64 is the least integer of the short form", fields={"n": i128(-(2**64))})
    yield literal("-2^64-1 takes sixteen signed bytes", fields={"n": i128(-(2**64) - 1)})
    yield literal("an unsigned 2^64 takes sixteen unsigned bytes", fields={"n": u128(2**64)})
    yield literal("a signed 2^64 takes sixteen signed bytes", fields={"n": i128(2**64)})
    yield literal(
        "the same number is the same bytes whatever type it had",
        fields=numbered([u64(7), i64(7), u128(7), i128(7)]),
    )
    yield literal(
        "durations have the decimals they need",
        fields=numbered(
            [
                duration(0),
                duration(0, 1),
                duration(0, 1_000),
                duration(0, 1_000_000),
                duration(0, 100_000_000),
                duration(0, 999_999_999),
                duration(1, 500_000_000),
                duration(3),
                duration(10),
                duration(100),
                duration(127),
                duration(128),
                duration(86_400, 1),
            ]
        ),
    )
    yield literal(
        "the longest duration keeps every digit",
        fields={"whole": duration(2**64 - 1), "cut": duration(2**64 - 1, 999_999_999)},
    )


def floats():
    def of(name, *values):
        return literal(name, "Measured", numbered(values))

    yield of("integral floats keep .0", f64(0.0), f64(1.0), f64(-1.0), f64(100.0), f64(123456789.0))
    yield of("negative zero keeps its sign", f64(-0.0), f32(-0.0))
    yield of("NaN is NaN whatever its sign and payload", NAN, f64_bits(0xFFF8000000000000),
             f64_bits(0x7FF8000000000001), f32(float("nan")), f32_bits(0xFFC00000))  # fmt: skip
    yield of("infinities are words", INFINITY, f64(float("-inf")), f32(float("inf")), f32(float("-inf")))
    yield of("floats have the shortest digits", f64(0.1), f64(0.1 + 0.2), f64(1 / 3), f64(-2.5),
             f64(4.35), f64(1e23), f64(1e22), f64(9.999999999999999e22), f64(5e-7))  # fmt: skip
    yield of("floats below 1e16 have no exponent", f64(1e15), f64(9999999999999998.0),
             f64(1234567890123456.0), f64(-(2.0**53)), f64(4503599627370496.5))  # fmt: skip
    yield of("floats from 1e16 on have an exponent", f64(1e16), f64(-1e16), f64(10000000000000002.0),
             f64(1.5e16), f64(123456789012345678.0), f64(1e100))  # fmt: skip
    yield of("floats from 1e-5 on have no exponent", f64(1e-5), f64(1.5e-5), f64(-0.00012345),
             f64(1.0000000000000001e-5), f64(0.001))  # fmt: skip
    yield of("floats below 1e-5 have an exponent", f64(9.9e-6), f64(9.999999999999999e-6),
             f64(-9.9e-6), f64(1e-6), f64(1.5e-7), f64(1e-7))  # fmt: skip
    yield of("the limits of 64-bit floats are exact", f64(1.7976931348623157e308),
             f64(-1.7976931348623157e308), f64(2.2250738585072014e-308),
             f64_bits(0x000FFFFFFFFFFFFF), f64_bits(1), f64_bits(1 << 63 | 1))  # fmt: skip
    yield of("powers of two, where neighbours are unevenly far, have the shortest digits",
             *(f64(2.0**n) for n in (-1074, -1022, -44, -24, -17, 54, 60, 89, 1023)),
             *(f32(2.0**n) for n in (-149, -126, -103, -96, -27, 24, 33, 90, 127)))  # fmt: skip
    yield of("32-bit floats have the shortest digits that a 32-bit float needs", f32(0.1), f32(0.2),
             f32(1 / 3), f32(3.14159274), f32(16777216.0), f32(33554432.0), f32(1.5))  # fmt: skip
    yield of("the same number has other digits as another type", f32(0.1), f64(struct.unpack("f",
             struct.pack("f", 0.1))[0]))  # fmt: skip
    yield of("of two shortest decimals as near the even one is written", f32(4184704.75), f32(4184704.25),
             f32(-197246.875), f64(1125899906842624.25), f64(1125899906842624.75))  # fmt: skip
    yield of("the limits of 32-bit floats are exact", f32_bits(0x7F7FFFFF), f32_bits(0xFF7FFFFF),
             f32_bits(0x00800000), f32_bits(0x007FFFFF), f32_bits(1))  # fmt: skip
    yield of("32-bit floats around 1e13 change form with their digits", f32_bits(0x551184E6),
             f32(1e13), f32_bits(0x551184E8))  # fmt: skip
    yield of("a 32-bit 1e-6 has no exponent though it is a little less", f32_bits(0x358637BD))
    yield of("32-bit floats around 1e-6 change form with their digits", f32_bits(0x358637BC),
             f32_bits(0x358637BE), f32(1.5e-7))  # fmt: skip
    yield of("floats of both widths change form at limits of their own", f32(1e15), f64(1e15), f32(1e16),
             f64(1e16), f32(5e-6), f64(5e-6), f32(-1e13), f64(-1e13), f32(1e-6), f64(1e-6))  # fmt: skip


def strings():
    yield literal("an empty string is quoted", fields={"s": text("")})
    yield literal(
        "strings that read as numbers are quoted",
        fields=numbered(
            text(s)
            for s in "0 -0 42 -42 1.5 0.0 -1.5e-7 1e5 1E5 1e+5 1E-05 0e0 340282366920938463463374607431".split()
        ),
    )
    yield literal(
        "strings that read as a word are quoted",
        fields=numbered(text(s) for s in ("null", "true", "false", "NaN", "inf", "-inf")),
    )
    yield literal(
        "strings that only resemble numbers are bare",
        fields=numbered(
            text(s)
            for s in "+1 01 -01 00 - -- .5 5. -.5 1.e5 1e 1e+ e5 0x10 1_000 1,5 1.2.3 1-2 --1 +inf ∞ 1s ٣".split()
        ),
    )
    yield literal(
        "strings that only resemble a word are bare",
        fields=numbered(
            text(s)
            for s in "Null NULL True nan NAN -NaN Inf Infinity -Infinity infinity nulls true; none".split()
        ),
    )
    yield literal(
        "strings that begin as a list or map are quoted",
        fields=numbered(text(s) for s in ("[", "{", "{x", "[1]", '{"a":1}', "{}")),
    )
    yield literal(
        "brackets elsewhere are bare",
        fields=numbered(text(s) for s in ("]", "}", "a[0]", "a{b}", "(x)", "<x>")),
    )
    yield literal(
        "strings with a space, an equals sign, a quote or a backslash are quoted",
        fields=numbered(
            text(s) for s in (" ", "a b", " a", "a ", "a  b", "=", "a=b", '"', 'a"b', "\\", "C:\\new", "\\n")
        ),
    )
    yield literal(
        "other signs are bare",
        fields=numbered(
            text(s) for s in ("'", "`", "/a/b?c&d#e", "%20", ",", ";", ":", "$x", "~", "|", "@", "!", "*")
        ),
    )
    yield literal(
        "a short string holds up to 127 bytes, not characters",
        fields=numbered(text(s) for s in ("x" * 127, "x" * 128, "é" * 63, "é" * 64, "é" * 63 + "x")),
    )
    yield literal(
        "a string's length takes two bytes from 128 and three from 16384",
        fields={"small": text("y" * 129), "large": text("z" * 16384)},
    )
    yield literal(
        "characters are text like strings",
        fields=numbered(char(c) for c in ("x", " ", "=", '"', "\\", "5", "-", "[", "{", "]", "é", "€", "😀")),
    )
    yield literal(
        "hostile characters are escaped",
        fields=numbered(
            char(c) for c in "\0 \n \r \t \x08 \x0c \x1b \x7f \x80 \x85 \x9f \u2028 \u202e \u2066".split(" ")
        ),
    )
    yield literal(
        "characters at the edges of Unicode are whole",
        fields=numbered(
            char(c)
            for c in (
                "\x7e",
                "\xa0",
                "\u07ff",
                "\u0800",
                "\ud7ff",
                "\ue000",
                "\ufffd",
                "\uffff",
                "\U00010000",
                "\U0010ffff",
            )
        ),
    )


def byte_values():
    def of(name, *values):
        return literal(name, "Received", numbered(map(raw, values)))

    yield of("no bytes are an empty string", b"")
    yield of("bytes that are UTF-8 are text", b"GET", "naïve".encode(), "日本".encode(), "😀".encode())
    yield of(
        "bytes that read as something else are quoted", b"42", b"true", b"null", b"NaN", b"-inf", b"[", b"{x"
    )
    yield of("bytes with text that must be quoted are quoted", b"a b", b"a=b", b'a"b', b"a\\b", b"\\xff")
    yield of(
        "base64 is padded and has + and /", b"a", b"ab", b"abc", b"abcd", b"\xfb\xff\xfe", b"\xff\xff\xff\xff"
    )
    yield of(
        "bytes that are no UTF-8 are escaped one by one",
        b"\xff",
        b"\x80",
        b"a\xffb",
        b"\xfe\xfe\xff\xff",
        b"\xf5\x80\x80\x80",
        b"\x80\xbf",
    )
    yield of(
        "overlong forms are no UTF-8",
        b"\xc0\x80",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xe0\x9f\xbf",
        b"\xf0\x80\x80\xaf",
        b"\xf0\x8f\xbf\xbf",
    )
    yield of("surrogates are no UTF-8", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80")
    yield of(
        "numbers beyond U+10FFFF are no UTF-8",
        b"\xf4\x90\x80\x80",
        b"\xf7\xbf\xbf\xbf",
        b"\xf8\x88\x80\x80\x80",
    )
    yield of(
        "sequences cut short are no UTF-8", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xf0\x9f", b"a\xe2\x82"
    )
    yield of(
        "what follows a sequence cut short is kept",
        b"\xe2\x82A",
        b"\xf0\x9f\x98\xc3\xa9",
        b"\xc3\xc3\xa9",
        b"\xe1\x80\xe2\x82\xac",
        b"\xf0\x9f\x98\xff!",
    )
    yield of(
        "controls in bytes are escaped as in strings",
        b"\0",
        b"\n\r\t",
        b"\x1b[31m",
        b"\x7f",
        b"\xc2\x85",
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\x85",
    )
    yield of("every byte there is", bytes(range(256)))


def quoting():
    for name, logger in (
        ("empty", ""), ("of two words", "my app"), ("with a quote", 'app"x'),
        ("with an equals sign", "app=x"), ("with a backslash", "app\\x"), ("with a newline", "app\nx"),
        ("of one space", " "), ("with an escape sequence", "\x1b[2Japp"),
    ):  # fmt: skip
        yield literal(f"a logger {name} is quoted", logger=logger)
    for logger in ("null", "42", "[x", "日本", "a.b/c-d:e", "app\u00a0x"):
        yield literal(f"a logger named {logger!a} is bare", logger=logger)
    for name, message in (
        ("that is empty", ""), ("of one space", " "), ("with an edge space before", " Order"),
        ("with an edge space after", "Order "), ("with two spaces in a row", "Order  placed"),
        ("with an equals sign", "total=5"),
        ("with a quote", 'the "order"'), ("with a backslash", "C:\\orders"), ("with a newline", "one\ntwo"),
    ):  # fmt: skip
        yield literal(f"a message {name} is quoted", message, {"k": u64(1)})
    for message in (
        "42", "null", "[1, 2]", "{x", "a b c d", "Größe: 5 €", "it's 100%!", "a\u00a0\u00a0b", "\u3000",
    ):  # fmt: skip
        yield literal(f"message {message!a} is bare", message, {"k": u64(1)})
    yield literal("braces in a literal message mean themselves", "{k} {{ }} {", {"k": u64(1)})
    yield literal(
        "keys that are no bare word are quoted",
        fields=[["", u64(1)], [" ", u64(2)], ["a b", u64(3)], ["a=b", u64(4)], ['a"b', u64(5)],
                ["a\\b", u64(6)], ["a\nb", u64(7)], ["\x1b[0m", u64(8)], ["\u202e", u64(9)]],
    )  # fmt: skip
    yield literal(
        "keys that would be quoted as values are bare",
        fields={"null": u64(1), "true": u64(2), "42": u64(3), "NaN": u64(4), "[a]": u64(5), "{a}": u64(6)},
    )
    yield literal(
        "keys may be of any script", fields={"größe": u64(1), "名前": u64(2), "😀": u64(3), "a.b-c": u64(4)}
    )
    yield literal(
        "a message before a quoted key ends at the last space", "Order placed", {"a b": text("c d")}
    )
    yield literal("a bare message before nothing but a key is whole", "a", {"b": u64(1)})
    yield literal("everything at once may be quoted", "", {"": text("")}, {" ": text(" ")}, logger="")
    yield site(
        "quoting is the same at a call site",
        "a=b",
        {"a b": text("")},
        {"c=d": text("e f")},
        {'"': text('"')},
        logger="",
    )
    yield literal(
        "text that imitates fields stays one value",
        "Login failed",
        {"user": text('eve level=CRITICAL "x" admin=true'), "agent": text('", "admin": true')},
    )


HOSTILE = {
    "newlines cannot forge a line": "x\n2026-11-22T10:12:00.000000Z INFO app forged\r\ny",
    "carriage return, tab and NUL have escapes": "a\rb\tc\0d",
    "backspace and form feed have four digits": "a\bb\fc\vd",
    "terminal sequences never get through": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J",
    "C1 controls never get through": "\x9b31m \x80 \x85 \x90 \x9c \x9f",
    "DEL is escaped": "a\x7fb",
    "NEL and the Unicode line ends are escaped": "a\x85b\u2028c\u2029d",
    "bidirectional controls are escaped": "\u061c\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "neighbours of what is escaped are not": "\x20\x7e\xa0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a",
    "a byte order mark and zero-width characters are not escaped": "\ufeffa\u200bb\u200cc\u2060d\xad",
    "emoji and combining marks are not escaped": "👩‍👩‍👧‍👦🏳️‍🌈e\u0301n\u0303 ﷽ Z͑ͫ",
    "noncharacters and private use are not escaped": "\ue000\ufffe\uffff\U0001fffe\U0010ffff\U000e0001",
    "quotes and backslashes stay distinct": '\\" \\\\" \\n \\u0000 \\x41 "',
}


def hostile():
    for name, content in HOSTILE.items():
        yield literal(f"in a message, {name}", content, {"k": text(content)})
    everything = "".join(map(chr, range(0x100)))
    yield literal("every character of Latin-1", everything, {"all": text(everything)})
    yield literal(
        "every character of Latin-1 in a key and a logger", "x", {everything: u64(1)}, logger=everything
    )
    block = "".join(map(chr, range(0x2000, 0x2070)))
    yield literal("every character of the punctuation block", block, {"all": text(block)})
    yield site(
        "hostile text in a site is written as anywhere",
        "a\nb {key\u2028} {{",
        {"key\u2028": text("\x1b[2J")},
        context={"who\n": text("eve\u202e")},
        at=location('C:\\src\\"new"\n.rs', 2**32 - 1, "app\0"),
    )


EVERY_TYPE = [
    ["null", NULL], ["bool", YES], ["u64", u64(2**64 - 1)], ["i64", i64(-(2**63))],
    ["u128", u128(2**128 - 1)], ["i128", i128(-(2**127))], ["f64", f64(1.5e-7)], ["f32", f32(0.1)],
    ["nan", NAN], ["infinity", f64(float("-inf"))], ["char", char("=")], ["str", text("a b")],
    ["bytes", raw(b"a\xff\xfeb")], ["duration", duration(1, 500_000_000)],
    ["list", items(text("a b"), NAN, raw(b"x"))], ["map", pairs(["a b", duration(0, 1)])],
]  # fmt: skip


def templates():
    for key, value in EVERY_TYPE:
        yield site(f"a placeholder for {key} becomes its value", f"Got {{{key}}}!", [[key, value]])
    yield site(
        "a template may use every type at once", " ".join(f"{{{key}}}" for key, _ in EVERY_TYPE), EVERY_TYPE
    )
    one = {"k": u64(1)}
    yield site("doubled braces are braces", "{{}} {{k}} }}{{", one)
    yield site("braces may touch a placeholder", "{{{k}}} {k}}} {{{k}", one)
    yield site("a placeholder may stand alone", "{k}", one)
    yield site("placeholders may touch", "{a}{b}{a}", {"a": text("x"), "b": text("y")})
    yield site(
        "placeholders need not be in the order of the keys", "{b} before {a}", {"a": u64(1), "b": u64(2)}
    )
    yield site("a key need not be in the message", "Done in {took}", {"took": duration(2), "rows": u64(3)})
    yield site("a placeholder is the whole key", "{http.status} {user id} {größe}",
               {"http.status": u64(200), "user id": u64(5), "größe": f64(1.0), "http": u64(1)})  # fmt: skip
    yield site("braces in a value mean themselves", "{a} {b}", {"a": text("{b} {{"), "b": text("}}{a}")})
    yield site(
        "a value with spaces and no more leaves the message bare", "Hello {who}!", {"who": text("you two")}
    )
    yield site("an empty value can make a message quoted", "Hello {who} !", {"who": text("")})
    yield site("an empty value can make a message empty", "{who}", {"who": text("")})
    yield site("a value with an edge space makes a message quoted", "Hello {who}", {"who": text("you ")})
    yield site("a value with an equals sign makes a message quoted", "Hello {who}", {"who": text("a=b")})
    yield site("a value with a quote makes a message quoted", "Hello {who}", {"who": text('"you"')})
    yield site("a value with a newline cannot forge a line", "Hello {who}", {"who": text("you\nERROR")})
    yield site("a value with a terminal sequence cannot reach it", "Hello {who}", {"who": char("\x1b")})
    yield site(
        "a string that reads as a number is not quoted in a message",
        "{a} {b}",
        {"a": text("42"), "b": text("")},
    )
    yield site("bytes in a message have U+FFFD for each stray byte", "<{a}|{b}|{c}>",
               {"a": raw(b"\xe2\x82A"), "b": raw(b"\xed\xa0\x80"),
                "c": raw("é\x1b".encode() + b"\xf0\x9f\x98")})  # fmt: skip
    yield site(
        "a placeholder is a field of the call, not of the context", "{k}", one, {"k": u64(2)}, {"k": u64(3)}
    )
    yield site("a message with a list in it is quoted for its quotes only", "{a} {b}",
               {"a": items(u64(1), u64(2)), "b": items(text("x"))})  # fmt: skip


def nest(wrap, levels, core):
    for _ in range(levels):
        core = wrap(core)
    return core


def collections():
    yield literal(
        "empty lists and maps are compact", fields={"l": items(), "m": pairs(), "n": items(items(), pairs())}
    )
    yield literal(
        "lists and maps are compact JSON",
        fields={
            "l": items(u64(1), i64(-2), NULL, YES, NO, text("x")),
            "m": pairs(["a", u64(1)], ["b", items(text("c"), pairs(["d", NULL]))]),
        },
    )
    yield literal(
        "every type has its JSON form inside a list and a map",
        fields={"l": items(*(value for _, value in EVERY_TYPE)), "m": pairs(*EVERY_TYPE)},
    )
    yield literal(
        "floats inside lists are as in JSON",
        fields={
            "l": items(
                NAN,
                INFINITY,
                f64(float("-inf")),
                f64(-0.0),
                f64(1e16),
                f64(9.9e-6),
                f32(0.1),
                f32(float("inf")),
                f64(3.0),
            )
        },
    )
    yield literal(
        "durations inside lists are numbers",
        fields={
            "l": items(
                duration(0),
                duration(0, 1),
                duration(1, 500_000_000),
                duration(3),
                duration(2**64 - 1, 999_999_999),
            )
        },
    )
    yield literal(
        "bytes inside lists are base64",
        fields={"l": items(raw(b""), raw(b"\xff"), raw(b"ab"), raw(b"abc"), raw(b"\xfb\xff"))},
    )
    yield literal(
        "strings inside lists are always quoted and escaped",
        fields={
            "l": items(
                *(text(content) for content in HOSTILE.values()), text(""), text("42"), char("\n"), char("x")
            )
        },
    )
    yield literal(
        "keys inside maps are always quoted and escaped",
        fields={
            "m": pairs(
                ["", u64(1)],
                ["a b", u64(2)],
                ["a=b", u64(3)],
                ['a"b', u64(4)],
                ["\n\x1b\x85\u202e", u64(5)],
                ["\\", u64(6)],
            )
        },
    )
    yield literal(
        "keys inside maps are never renamed",
        fields={
            "m": pairs(
                ["message", u64(1)], ["level_", u64(2)], ["file", u64(3)], ["m", pairs(["timestamp", NULL])]
            )
        },
    )
    yield literal(
        "text inside a list cannot end it", "x", {"l": items(text("] k=v"), text('"] k=v')), "k": text("w")}
    )
    yield literal(
        "lists nest sixteen deep", fields={"deep": nest(items, 16, u64(1)), "empty": nest(items, 15, items())}
    )
    yield literal("maps nest sixteen deep", fields={"deep": nest(lambda v: pairs(["k", v]), 16, text("a b"))})
    yield literal(
        "lists and maps nest sixteen deep together",
        fields={"deep": nest(lambda v: pairs(["a", YES], ["k", items(v, raw(b"\0"))]), 8, NAN)},
    )
    yield literal(
        "a list of two hundred numbers has no other length than its bytes",
        fields={"l": items(*(u64(n) for n in range(200)))},
    )
    yield site(
        "lists and maps may be own, extra and context",
        "{l}",
        {"l": items(u64(1))},
        {"m": pairs(["a", items()])},
        {"c": items(pairs(["b", text("x y")]))},
    )


RESERVED = ("timestamp", "level", "logger", "message", "file", "line")


def reserved_keys():
    yield literal(
        "reserved keys get an underscore in JSON alone",
        fields={key: u64(n) for n, key in enumerate(RESERVED)},
    )
    yield literal(
        "reserved keys with underscores get one more",
        fields={key + "_" * count: u64(count) for key in RESERVED for count in (0, 1, 2)},
    )
    yield literal(
        "keys that only resemble reserved ones stay",
        fields={
            key: YES
            for key in (
                "Message",
                "messages",
                "_message",
                "message_x",
                "message _",
                "msg",
                "LEVEL",
                "lines",
                "module",
                "time",
                "_",
                "message-",
                "file__x",
            )
        },
    )
    yield site(
        "file and line are renamed whether the location is written or not",
        "Opened",
        {"file": text("a.txt"), "line": u64(1), "module": text("m")},
        {"file_": text("b.txt")},
        {"line_": u64(2), "message": text("c")},
    )
    yield literal(
        "renamed keys of fields and context never meet",
        fields={"level_": u64(1), "logger": u64(2)},
        context={"level": u64(3), "logger_": u64(4), "level__": u64(5)},
    )


def precedence():
    yield literal(
        "a field hides the same key of the context", fields={"k": u64(1)}, context={"k": u64(2), "c": u64(3)}
    )
    yield literal("a field that is null hides the context too", fields={"k": NULL}, context={"k": u64(2)})
    yield site(
        "a site's key hides the same key of the context",
        fields={"k": u64(1)},
        context={"c": u64(3), "k": u64(2)},
    )
    yield site(
        "a site's key hides the same key of the extra fields",
        fields={"k": u64(1)},
        extra={"k": u64(2), "e": u64(3)},
    )
    yield site(
        "an extra field hides the same key of the context",
        extra={"k": u64(1)},
        context={"k": u64(2), "c": u64(3)},
    )
    yield site(
        "own hides extra and both hide context",
        fields={"a": u64(1), "b": u64(2)},
        extra={"b": u64(3), "c": u64(4)},
        context={"a": u64(5), "b": u64(6), "c": u64(7), "d": u64(8)},
    )
    yield site(
        "of an extra key given twice the first counts", extra=[["k", u64(1)], ["e", u64(2)], ["k", u64(3)]]
    )
    yield literal(
        "of a field given twice the first counts",
        fields=[["k", u64(1)], ["k", u64(2)], ["l", u64(3)], ["k", NULL]],
    )
    yield literal(
        "everything may be hidden",
        fields={"a": u64(1), "b": u64(2)},
        context={"b": text("hidden"), "a": text("hidden")},
    )
    yield literal(
        "keys are the same only byte for byte",
        fields={"k": u64(1), "é": u64(2)},
        context={"K": u64(3), "e\u0301": u64(4), "k ": u64(5), "": u64(6)},
    )


def locations():
    for line in (1, 127, 128, 2**32 - 1):
        yield site(f"line {line} is a location", at=location(line=line))
    yield site("line 0 is no location", at=location(line=0))
    yield site("a location's texts may be empty", at=location("", 1, ""))
    yield site("a location may be empty", at=location("", 0, ""))
    yield site(
        "a file's path is escaped in JSON",
        at=location('C:\\src\\größe "x"\n.rs', 7, "app::größe"),
    )
    yield site(
        "the location stands before the fields",
        fields={"a": u64(1)},
        context={"b": u64(2)},
        at=location("src/é.rs", 9),
    )


def places_of_words():
    for line in (1, 127, 128, 2**32 - 1):
        yield literal(f"words may stand in line {line}", at=location(line=line))
    yield literal("line 0 is no place of words", at=location(line=0))
    yield literal("the texts of a place of words may be empty", at=location("", 1, ""))
    yield literal("a place of words may be empty", at=location("", 0, ""))
    yield literal("words of no length may have a place", "", at=IN_ORDERS)
    yield literal(
        "the file of words is escaped in JSON",
        at=location('C:\\src\\größe "x"\n.rs', 7, "app::größe"),
    )
    yield literal(
        "the place of words stands before all that is optional",
        "A {brace} means itself",
        fields={"a": u64(1), "file": text("own")},
        context={"b": u64(2)},
        sequence=300,
        at=location("src/é.rs", 9),
    )
    yield literal("words with a place may have an uptime", time=uptime(5), at=IN_ORDERS)


def sizes():
    hundred = {f"field_{n:02}": u64(n * n) for n in range(100)}
    yield literal("a hundred fields are all written", fields=hundred)
    yield site("a call site may have a hundred keys", "{field_99} of {field_00}", hundred)
    yield literal("a hundred context fields are all written", fields={"field_50": YES}, context=hundred)
    yield literal("a message of 10000 characters is whole", ("All is well and " * 625)[:-1] + ".")
    yield literal("a quoted message of 1000 characters is whole", 'é"\n' * 333 + "x")
    # What a RECORD needs besides its message: flags 1, time 9, level 1, length 2, logger 1.
    longest = 2**14 - 1 - 14
    yield literal("a body of 16383 bytes has a length of two bytes", "x" * longest)
    yield literal("a body of 16384 bytes has a length of five bytes", "x" * (longest + 1))


TRACE_ID = text("4bf92f3577b34da6a3ce929d0e0e4736")
SPAN_ID = text("00f067aa0ba902b7")
SHOP = {"service_name": text("shop"), "version": text("1.4.2"), "environment": text("production")}


def opentelemetry():
    """What OTLP has a place of its own for: the service, ids, exceptions."""
    exception = {
        "exception.type": text("TypeError"), "exception.message": text("no: gone"),
        "exception.stacktrace": text("    at pay (orders.js:1:2)\n"),
    }  # fmt: skip
    return [
        literal("a service in the context", context=SHOP | {"user_id": text("u-1")}),
        literal("a service without a version", context={"service_name": text("shop")}),
        literal("a version without a service", context={"version": text("2"), "environment": text("e")}),
        literal("a service's name that is no text", context={"service_name": u64(1), "version": text("2")}),
        literal("own fields named like the service's", fields={"version": text("own"), "service_name": u64(1)}, context=SHOP),
        literal("ids of a trace and a span", fields={"trace_id": TRACE_ID, "span_id": SPAN_ID}),
        literal("ids of a trace and a span in the context", fields={"a": u64(1)}, context={"trace_id": TRACE_ID, "span_id": SPAN_ID}),
        literal("ids in capital letters", fields={"trace_id": text("4BF92F3577B34DA6A3CE929D0E0E4736")}),
        literal("ids of zeros are none", fields={"trace_id": text("0" * 32), "span_id": text("0" * 16)}),
        literal("ids that are none", fields={"trace_id": text("4bf9"), "span_id": text("00f067aa0ba902bg")}),
        literal("ids that are no text", fields={"trace_id": u64(1), "span_id": NULL}),
        literal("own ids hide those of the context", fields={"trace_id": text("mine")}, context={"trace_id": TRACE_ID}),
        literal("an exception", fields=exception | {"id": u64(1)}, level="ERROR"),
        literal("more fields than OpenTelemetry takes", fields={f"k{at:03}": u64(at) for at in range(140)}),
        site("a template without placeholders", "Order {{id}} placed", fields={"id": u64(1)}),
    ]


def all_records():
    groups = (
        plain, levels, times, simple_values, floats, strings, byte_values, quoting, hostile,
        templates, collections, reserved_keys, precedence, locations, places_of_words, sizes, opentelemetry,
    )  # fmt: skip
    return [record for group in groups for record in group()]
