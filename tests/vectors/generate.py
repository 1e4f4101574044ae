"""Writes `records.json`: records, and what every encoder must make of them.

The Rust encoders and this file were written apart, both from the written
specs (the module docs of `kakashi_core::{codec, wire, encode}`): where they
agree, the specs are enough to read kakashi's output without reading its code.
Each line and block is read back by `readers.py`, which shares no code with
the encoders here, before it is believed.

Over 400 lines because it is the whole grammar, a function each rule, in one sight.

    python3 generate.py            writes records.json
    python3 generate.py --check    compares, and fails if it would change
"""

import argparse
import base64
import json
import re
import struct
import sys
import zlib
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

sys.dont_write_bytecode = True

import cases  # noqa: E402
import otlp  # noqa: E402
import readers  # noqa: E402
import redactions  # noqa: E402

RECORDS = Path(__file__).with_name("records.json")
REDACTIONS = Path(__file__).with_name("redactions.json")
OTLP = Path(__file__).with_name("otlp.json")

LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


def untag(value):
    """Splits a typed value such as {"u64": "1"} into its type and content."""
    ((kind, content),) = value.items()
    return kind, content


# Escaping

ESCAPED = (
    '"\\\\\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
    "\\udc80-\\udcff"  # a stray byte, as Python's `surrogateescape` holds it
)
TO_ESCAPE = re.compile(f"[{ESCAPED}]")
SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|-?inf")


def bytes_as_text(content):
    """Keeps UTF-8; a byte that is no part of any becomes U+DC80 to U+DCFF."""
    return content.decode("utf-8", errors="surrogateescape")


def escape(character):
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if code >= 0xDC80 else f"\\u{code:04x}"


def quoted(text):
    return '"' + TO_ESCAPE.sub(lambda found: escape(found[0]), text) + '"'


def is_bare(text):
    return text != "" and "=" not in text and not TO_ESCAPE.search(text)


def bare_or_quoted_word(text):
    return text if is_bare(text) and " " not in text else quoted(text)


def bare_or_quoted_message(text):
    spaced = text.startswith(" ") or text.endswith(" ") or "  " in text
    return text if is_bare(text) and not spaced else quoted(text)


def bare_or_quoted_value(text):
    if NUMBER.fullmatch(text) or text in ("null", "true", "false") or text[:1] in ("[", "{"):
        return quoted(text)
    return bare_or_quoted_word(text)


# Numbers

# The powers of ten that the first digit may stand for.
WITHOUT_EXPONENT = {"f32_bits": range(-6, 13), "f64_bits": range(-5, 16)}
FLOATS = {"f32_bits": (">I", ">f", 0x7F800000), "f64_bits": (">Q", ">d", 0x7FF0000000000000)}


def shortest_decimal(magnitude, floating, integer):
    """Finds digits and the power of ten of the first.

    Of the decimals that read back as the float, those between the middles
    towards its neighbours (and the middles if its last bit is 0), it is one of
    the fewest digits, of these the nearest, of two as near the even one.
    """

    def exact(bits):
        return Fraction(struct.unpack(floating, struct.pack(integer, bits))[0])

    x, below = exact(magnitude), exact(magnitude - 1)
    try:
        above = exact(magnitude + 1)
    except OverflowError:  # the largest float's neighbour is where one more would be
        above = 2 * x - below
    low, high, closed = (below + x) / 2, (x + above) / 2, magnitude % 2 == 0
    power = 0
    while Fraction(10) ** power > x:
        power -= 1
    while Fraction(10) ** (power + 1) <= x:
        power += 1
    for count in range(1, 18):
        unit = Fraction(10) ** (power - count + 1)
        near = [x // unit, x // unit + 1]
        inside = [n for n in near if low < n * unit < high or closed and n * unit in (low, high)]
        if inside:
            best = str(min(inside, key=lambda n: (abs(n * unit - x), n % 2)))
            return best.rstrip("0"), power + len(best) - count
    raise AssertionError("seventeen digits are always enough")


def float_text(kind, content, not_a_number, infinity):
    """Writes a float; an exponent stands where the decimal is large or small for its width."""
    integer, floating, exponent_mask = FLOATS[kind]
    bits, sign_bit = int(content, 16), 1 << 4 * len(content) - 1
    sign, magnitude = "-" if bits & sign_bit else "", bits & (sign_bit - 1)
    if magnitude > exponent_mask:
        return not_a_number
    if magnitude == exponent_mask:
        return sign + infinity
    if magnitude == 0:
        return sign + "0.0"
    digits, power = shortest_decimal(magnitude, floating, integer)
    if power not in WITHOUT_EXPONENT[kind]:
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{power:+}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    digits = digits.ljust(power + 2, "0")
    return f"{sign}{digits[: power + 1]}.{digits[power + 1 :]}"


def duration_seconds(nanoseconds):
    seconds, rest = divmod(int(nanoseconds), 10**9)
    return f"{seconds}.{rest:09}".rstrip("0").rstrip(".")


# The text line


def time_text(timestamp):
    if "uptime_ns" in timestamp:
        seconds, micros = divmod(int(timestamp["uptime_ns"]) // 1000, 10**6)
        return f"+{seconds}.{micros:06}s"
    micros = int(timestamp["wall_ns"]) // 1000
    moment = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds") + "Z"


def value_text(value):
    kind, content = untag(value)
    match kind:
        case "null":
            return "null"
        case "bool":
            return "true" if content else "false"
        case "u64" | "i64" | "u128" | "i128":
            return content
        case "f64_bits" | "f32_bits":
            return float_text(kind, content, "NaN", "inf")
        case "str" | "char":
            return bare_or_quoted_value(content)
        case "bytes_hex":
            return bare_or_quoted_value(bytes_as_text(bytes.fromhex(content)))
        case "duration_ns":
            return duration_seconds(content) + "s"
        case "list" | "map":
            return value_json(value)
    raise ValueError(f"unknown type {kind!r}")


def value_in_message(value):
    kind, content = untag(value)
    if kind in ("str", "char"):
        return content
    if kind == "bytes_hex":
        return re.sub("[\udc80-\udcff]", "\ufffd", bytes_as_text(bytes.fromhex(content)))
    return value_text(value)


def rendered_message(record):
    if "message" in record:
        return record["message"]
    values = dict(record["fields"])

    def expand(found):
        return found[0][0] if found[1] is None else value_in_message(values[found[1]])

    return re.sub(r"\{\{|\}\}|\{([^{}]*)\}", expand, record["template"])


def visible_fields(record):
    """Lists the fields that are written: own, extra, context, each key once."""
    first = {}
    for key, value in record["fields"] + record.get("extra", []) + record["context"]:
        first.setdefault(key, value)
    return list(first.items())


def text_line(record):
    words = [
        time_text(record["timestamp"]),
        record["level"],
        bare_or_quoted_word(record["logger"]),
        bare_or_quoted_message(rendered_message(record)),
    ]
    words += [f"{bare_or_quoted_word(k)}={value_text(v)}" for k, v in visible_fields(record)]
    return " ".join(words)


# The JSON line

RESERVED = re.compile("(timestamp|level|logger|message|file|line)_*")


def value_json(value):
    kind, content = untag(value)
    match kind:
        case "str" | "char":
            return quoted(content)
        case "bytes_hex":
            return quoted(base64.b64encode(bytes.fromhex(content)).decode())
        case "duration_ns":
            return duration_seconds(content)
        case "f64_bits" | "f32_bits":
            literal = float_text(kind, content, "NaN", "Infinity")
            return quoted(literal) if literal[-1].isalpha() else literal
        case "list":
            return "[" + ",".join(map(value_json, content)) + "]"
        case "map":
            return json_object((key, value_json(item)) for key, item in content)
    return value_text(value)


def json_object(pairs):
    return "{" + ",".join(f"{quoted(key)}:{written}" for key, written in pairs) + "}"


def json_line(record, with_location=False):
    pairs = [
        ("timestamp", quoted(time_text(record["timestamp"]))),
        ("level", quoted(record["level"])),
        ("logger", quoted(record["logger"])),
        ("message", quoted(rendered_message(record))),
    ]
    if with_location and record["location"]["line"]:
        location = record["location"]
        pairs += [("file", quoted(location["file"])), ("line", str(location["line"]))]
    for key, value in visible_fields(record):
        name = key + "_" if RESERVED.fullmatch(key) else key
        pairs.append((name, value_json(value)))
    return json_object(pairs)


# The wire


def leb(number, width=1):
    """Writes an unsigned LEB128 integer, padded to at least `width` bytes."""
    out = bytearray()
    while number > 0x7F or len(out) + 1 < width:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def wire_text(text):
    content = text.encode("utf-8")
    return leb(len(content)) + content


def low_bytes(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def signed_head(number, positive, negative):
    """Writes `number` as its non-zero low bytes behind a head that counts them."""
    content = low_bytes(number if number >= 0 else -1 - number)
    return bytes([(positive if number >= 0 else negative) + len(content)]) + content


def wire_integer(kind, number):
    if -(2**64) <= number < 2**64:
        return signed_head(number, 0x10, 0x20)
    signed = kind == "i128"
    return (b"\x0b" if signed else b"\x0c") + number.to_bytes(16, "little", signed=signed)


def wire_value(value):
    kind, content = untag(value)
    match kind:
        case "null":
            return b"\x00"
        case "bool":
            return b"\x02" if content else b"\x01"
        case "u64" | "i64" | "u128" | "i128":
            return wire_integer(kind, int(content))
        case "f64_bits" | "f32_bits":
            return (b"\x03" if kind == "f64_bits" else b"\x04") + bytes.fromhex(content)[::-1]
        case "char":
            return b"\x05" + leb(ord(content))
        case "str":
            utf8 = content.encode("utf-8")
            return bytes([0x80 + len(utf8)]) + utf8 if len(utf8) < 128 else b"\x06" + wire_text(content)
        case "bytes_hex":
            raw = bytes.fromhex(content)
            return b"\x07" + leb(len(raw)) + raw
        case "duration_ns":
            seconds, rest = divmod(int(content), 10**9)
            return b"\x08" + leb(seconds) + leb(rest)
        case "list":
            return b"\x09" + sized(b"".join(map(wire_value, content)))
        case "map":
            return b"\x0a" + sized(wire_pairs(content))
    raise ValueError(f"unknown type {kind!r}")


def sized(content):
    return struct.pack("<I", len(content)) + content


def wire_pairs(pairs):
    return b"".join(wire_text(key) + wire_value(value) for key, value in pairs)


def wire_time(timestamp):
    if "uptime_ns" in timestamp:
        return signed_head(int(timestamp["uptime_ns"]), 0x20, 0x20)
    return signed_head(int(timestamp["wall_ns"]), 0x00, 0x10)


def wire_place(location):
    return leb(location["line"]) + wire_text(location["module"]) + wire_text(location["file"])


def site_body(record):
    return b"".join(
        [
            leb(1),
            bytes([LEVELS[record["level"]]]),
            wire_text(record["template"]),
            leb(len(record["keys"])),
            *map(wire_text, record["keys"]),
            wire_place(record["location"]),
        ]
    )


def record_body(record):
    has_site = "template" in record
    extra = record["extra"] if has_site else record["fields"]
    flags = 0x02
    parts = [wire_time(record["timestamp"])]
    if has_site:
        flags |= 0x01
        parts.append(leb(1))
    else:
        parts += [bytes([LEVELS[record["level"]]]), wire_text(record["message"])]
        if "location" in record:
            flags |= 0x20
            parts.append(wire_place(record["location"]))
    parts.append(leb(1))  # the logger
    if record["context"]:
        flags |= 0x04
        parts.append(leb(1))
    if "sequence" in record:
        flags |= 0x10
        parts.append(leb(int(record["sequence"])))
    if has_site:
        parts += [wire_value(value) for _, value in record["fields"]]
    if extra:
        flags |= 0x08
        parts.append(wire_pairs(extra))
    return bytes([flags]) + b"".join(parts)


def wire_block(record):
    items = b""
    if "template" in record:
        items += wire_item(0x01, site_body(record))
    items += wire_item(0x02, leb(1) + wire_text(record["logger"]))
    if record["context"]:
        items += wire_item(0x03, leb(1) + wire_pairs(record["context"]))
    body = record_body(record)
    items += wire_item(0x04, body, width=2 if len(body) < 1 << 14 else 5)
    checked = b"\x01\x00" + sized(items)
    return b"\xf5kk\xfa" + checked + struct.pack("<I", zlib.crc32(checked))


def wire_item(kind, body, width=1):
    return bytes([kind]) + leb(len(body), width) + body


# The file


def vector(record):
    """Adds to a record what each encoder must write."""
    expected = {"text": text_line(record), "json": json_line(record)}
    if "location" in record:
        expected["json_with_location"] = json_line(record, with_location=True)
    expected["wire_block_hex"] = wire_block(record).hex()
    return record | expected


def redaction(record):
    """A record with its paths, and its lines as they may be written."""
    made = redactions.redacted(record)
    return {**record, "text": text_line(made), "json": json_line(made)}


def file_text(vectors):
    """Lays the array out with one member of a vector a line, in ASCII."""
    blocks = []
    for one in vectors:
        members = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in one.items())
        blocks.append("{\n" + ",\n".join(members) + "\n}")
    return "[\n" + ",\n".join(blocks) + "\n]\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    vectors = [vector(record) for record in cases.all_records()]
    readers.verify(vectors)
    redacted = [redaction(record) for record in redactions.all_redactions()]
    mapped = [otlp.mapped(one) for one in vectors]
    for file, made in ((RECORDS, vectors), (REDACTIONS, redacted), (OTLP, mapped)):
        text = file_text(made)
        if not arguments.check:
            file.write_text(text, encoding="ascii", newline="\n")
            print(f"{len(made)} vectors written to {file.name}")
        elif not file.exists() or file.read_text(encoding="ascii") != text:
            sys.exit(f"{file.name} is not what generate.py makes: run it without --check")
        else:
            print(f"{len(made)} vectors of {file.name} are as generated")


if __name__ == "__main__":
    main()
