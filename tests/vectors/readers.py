"""Strict readers of kakashi's text line, JSON line and wire, to check vectors.

They are written from the same specs as the encoders in `generate.py`, but
apart from them, and share no code. What a writer must not do (needless
quotes, other escapes, longer forms) they refuse.

Over 400 lines because it is three readers that share what they refuse.
"""

import base64
import binascii
import calendar
import json
import re
import struct
from dataclasses import dataclass
from decimal import Decimal

INTEGERS = ("u64", "i64", "u128", "i128")
FLOATS = ("f64_bits", "f32_bits")
TEXTS = ("str", "char", "bytes_hex")


def require(truth, *what):
    if not truth:
        raise AssertionError("refused: " + ", ".join(map(repr, what)))


def split(value):
    return next(iter(value.items()))


# Text


def code_points(*ranges):
    return {chr(code) for first, last in ranges for code in range(first, last + 1)}


CONTROLS = code_points(
    (0x00, 0x1F), (0x7F, 0x9F), (0x61C, 0x61C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069)
)  # fmt: skip
SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

# The Unicode Standard, table 3-7.
UTF8_CHARACTER = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)


def pieces_of_bytes(raw):
    """Splits bytes into characters and, as integers, bytes of no character."""
    pieces, position = [], 0
    while position < len(raw):
        found = UTF8_CHARACTER.match(raw, position)
        pieces.append(found[0].decode() if found else raw[position])
        position = found.end() if found else position + 1
    return pieces


def pieces_of(value):
    """Gives the characters, and stray bytes, of a value that is text."""
    kind, content = split(value)
    return pieces_of_bytes(bytes.fromhex(content)) if kind == "bytes_hex" else list(content)


class Scanner:
    """Reads a line from left to right."""

    def __init__(self, line):
        self.line, self.position = line, 0

    def at_end(self):
        return self.position == len(self.line)

    def peek(self):
        return self.line[self.position : self.position + 1]

    def take(self, expected):
        require(self.line.startswith(expected, self.position), expected, self.line[self.position :][:40])
        self.position += len(expected)

    def until(self, stop):
        """Takes what stands before `stop`, or the rest of the line."""
        end = self.line.find(stop, self.position)
        return self.up_to(len(self.line) if end < 0 else end)

    def up_to(self, end):
        taken, self.position = self.line[self.position : end], end
        return taken

    def pattern(self, expression):
        found = re.compile(expression).match(self.line, self.position)
        require(found, expression, self.line[self.position :][:40])
        return self.up_to(found.end())

    def json(self):
        parsed, end = JSON.raw_decode(self.line, self.position)
        require_canonical_json(self.up_to(end))
        return parsed

    def quoted(self):
        """Takes a quoted string apart into characters and, as integers, bytes."""
        self.take('"')
        pieces = []
        while self.peek() != '"':
            one = self.pattern(r'\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\["\\nrt]|[^\\"]')
            if one.startswith("\\x"):
                pieces.append(int(one[2:], 16))
            elif one.startswith("\\"):
                pieces.append(unescaped(one))
            else:
                require(one not in CONTROLS, "raw control", one)
                pieces.append(one)
        self.take('"')
        return pieces

    def word(self, stop):
        """Takes a logger, key or value: its pieces, and whether it was quoted."""
        if self.peek() == '"':
            return self.quoted(), True
        return list(self.until(stop)), False


def unescaped(escape):
    """Undoes one of the escapes that text and JSON share."""
    if escape[1] in SHORT_ESCAPES:
        return SHORT_ESCAPES[escape[1]]
    character = chr(int(escape[2:], 16))
    require(character in CONTROLS and character not in "\n\r\t", "needless escape", escape)
    return character


def breaks_bare(pieces):
    return not pieces or any(isinstance(p, int) or p in CONTROLS or p in '"=\\' for p in pieces)


def word_needs_quotes(pieces):
    return breaks_bare(pieces) or " " in pieces


def message_needs_quotes(pieces):
    return breaks_bare(pieces) or " " in (pieces[0], pieces[-1]) or "  " in "".join(pieces)


def value_needs_quotes(pieces):
    if word_needs_quotes(pieces) or pieces[0] in "[{":
        return True
    whole = "".join(pieces)
    if whole in ("null", "true", "false", "NaN", "inf", "-inf"):
        return True
    try:
        JSON.decode(whole)
    except (ValueError, AssertionError):
        return False
    return True


def is_hidden(layers, layer, index):
    """Tells whether a pair's key was met before, in its layer or one above."""
    key = layers[layer][index][0]
    above = [pair[0] for pairs in layers[:layer] for pair in pairs]
    return key in above or key in [pair[0] for pair in layers[layer][:index]]


def expected_fields(record):
    layers = [record["fields"], record.get("extra", []), record["context"]]
    return [
        pair
        for layer, pairs in enumerate(layers)
        for index, pair in enumerate(pairs)
        if not is_hidden(layers, layer, index)
    ]


def check_time(written, timestamp):
    if "uptime_ns" in timestamp:
        found = re.fullmatch(r"\+(0|[1-9][0-9]*)\.([0-9]{6})s", written)
        require(found, written)
        micros, nanos = int(found[1] + found[2]), int(timestamp["uptime_ns"])
    else:
        found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z", written, re.ASCII)
        require(found, written)
        *civil, fraction = map(int, found.groups())
        micros, nanos = calendar.timegm(tuple(civil)) * 10**6 + fraction, int(timestamp["wall_ns"])
    require(micros * 1000 <= nanos < micros * 1000 + 1000, written, timestamp)


def check_float(literal, kind, bits):
    """Requires the one decimal that the spec allows for a finite float."""
    integer, floating = (">Q", ">d") if kind == "f64_bits" else (">I", ">f")
    wanted = bytes.fromhex(bits)
    (exact,) = struct.unpack(floating, wanted)
    require(reads_back(literal, floating) == wanted, literal, bits)
    if exact == 0:
        return require(literal == ("-0.0" if bits[0] == "8" else "0.0"), literal)
    decimal = Decimal(literal)
    digits = "".join(map(str, decimal.as_tuple().digits)).strip("0")
    smallest, end = ("1e-5", "1e16") if kind == "f64_bits" else ("1e-6", "1e13")
    small_or_large = not Decimal(smallest) <= abs(decimal) < Decimal(end)
    form = (
        r"-?[1-9](\.[0-9]*[1-9])?e[+-][1-9][0-9]*" if small_or_large else r"-?(0|[1-9][0-9]*)\.([0-9]*[1-9]|0)"
    )
    require(re.fullmatch(form, literal), literal, "form")
    if kind == "f64_bits":
        best = "".join(map(str, Decimal(repr(exact)).as_tuple().digits)).strip("0")
        return require(digits == best, literal, best)
    require_shortest_f32(literal, digits, Decimal(exact), wanted)


def require_shortest_f32(literal, digits, exact, wanted):
    """Tries the two nearest decimals that are one digit shorter, or as long."""
    for count in (len(digits) - 1, len(digits)):
        for step in (-1, 0, 1):
            unit = Decimal(1).scaleb(exact.adjusted() - count + 1)
            other = (exact / unit).to_integral_value() * unit + step * unit
            if count == 0 or reads_back(str(other), ">f") != wanted:
                continue
            require(count == len(digits), literal, "has a shorter form", other)
            far, other_far = abs(Decimal(literal) - exact), abs(other - exact)
            require(far <= other_far, literal, "is not nearest", other)
            tie = far == other_far and other != Decimal(literal)
            require(not tie or digits[-1] in "2468", literal, "is as near, but odd", other)


def reads_back(literal, floating):
    try:
        return struct.pack(floating, float(literal))
    except OverflowError:
        return None


def non_finite_name(kind, bits, infinity):
    """Names a NaN or an infinity; None if the float is finite."""
    (exact,) = struct.unpack(">d" if kind == "f64_bits" else ">f", bytes.fromhex(bits))
    if exact != exact:
        return "NaN"
    return {float("inf"): infinity, float("-inf"): "-" + infinity}.get(exact)


def check_seconds(literal, nanoseconds):
    require(re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]{0,8}[1-9])?", literal), literal)
    whole, _, fraction = literal.partition(".")
    require(int(whole + fraction.ljust(9, "0")) == int(nanoseconds), literal, nanoseconds)


def check_plain_value(written, value):
    """Checks a value that is neither text nor a list nor a map, in a text line."""
    kind, content = split(value)
    if kind == "null":
        require(written == "null", written)
    elif kind == "bool":
        require(written == str(content).lower(), written)
    elif kind in INTEGERS:
        require(re.fullmatch("0|-?[1-9][0-9]*", written) and int(written) == int(content), written)
    elif kind in FLOATS:
        name = non_finite_name(kind, content, "inf")
        require(written == name, written) if name else check_float(written, kind, content)
    else:
        require(kind == "duration_ns" and written.endswith("s"), written, value)
        check_seconds(written[:-1], content)


def check_text_value(scanner, value):
    kind, _ = split(value)
    if kind in ("list", "map"):
        require(scanner.peek() == ("[" if kind == "list" else "{"), kind)
        return check_json_value(scanner.json(), value)
    pieces, was_quoted = scanner.word(" ")
    if kind not in TEXTS:
        require(not was_quoted, "quoted", kind)
        return check_plain_value("".join(pieces), value)
    require(pieces == pieces_of(value), pieces, value)
    require(was_quoted == value_needs_quotes(pieces), "quotes", pieces)


def read_text_message(scanner):
    """Reads the message as the spec says: quoted, or up to a certain space."""
    if scanner.peek() == '"':
        return scanner.quoted(), True
    marks = [scanner.line.find(mark, scanner.position) for mark in '="']
    first = min((mark for mark in marks if mark >= 0), default=None)
    end = len(scanner.line) if first is None else scanner.line.rindex(" ", scanner.position, first)
    return list(scanner.up_to(end)), False


PLAIN_IN_MESSAGE = {
    "null": "null", "bool": "true|false", "duration_ns": r"[0-9.]+s",
    **dict.fromkeys(INTEGERS, "-?[0-9]+"),
    **dict.fromkeys(FLOATS, r"-?inf|NaN|-?[0-9]+\.?[0-9]*(e[+-][0-9]+)?"),
}  # fmt: skip


def check_message(message, record):
    """Walks a template and what was made of it side by side."""
    if "message" in record:
        return require(message == record["message"], message)
    template, made, own = Scanner(record["template"]), Scanner(message), dict(record["fields"])
    while not template.at_end():
        mark = template.pattern(r"\{\{|\}\}|\{|[^{}]+")
        if mark != "{":
            made.take(mark[0] if mark in ("{{", "}}") else mark)
            continue
        value = own[template.until("}")]
        template.take("}")
        kind, _ = split(value)
        if kind in TEXTS:
            made.take("".join("\ufffd" if isinstance(p, int) else p for p in pieces_of(value)))
        elif kind in ("list", "map"):
            check_json_value(made.json(), value)
        else:
            check_plain_value(made.pattern(PLAIN_IN_MESSAGE[kind]), value)
    require(made.at_end(), made.line)


def check_text(line, record):
    require(not CONTROLS & set(line), "raw controls")
    scanner = Scanner(line)
    check_time(scanner.until(" "), record["timestamp"])
    scanner.take(" ")
    require(scanner.until(" ") == record["level"], line)
    scanner.take(" ")
    logger, was_quoted = scanner.word(" ")
    require("".join(logger) == record["logger"], logger)
    require(was_quoted == word_needs_quotes(logger), "quotes", logger)
    scanner.take(" ")
    message, was_quoted = read_text_message(scanner)
    check_message("".join(message), record)
    require(was_quoted == message_needs_quotes(message), "quotes", message)
    for key, value in expected_fields(record):
        scanner.take(" ")
        written, was_quoted = scanner.word("=")
        require("".join(written) == key, written, key)
        require(was_quoted == word_needs_quotes(written), "quotes", written)
        scanner.take("=")
        check_text_value(scanner, value)
    require(scanner.at_end(), "more than the fields", line)


# JSON


@dataclass
class Number:
    literal: str


@dataclass
class Object:
    pairs: list


def unique_object(pairs):
    keys = [key for key, _ in pairs]
    require(len(set(keys)) == len(keys), "a key twice", keys)
    return Object(pairs)


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


JSON = json.JSONDecoder(
    object_pairs_hook=unique_object, parse_float=Number, parse_int=Number, parse_constant=refuse_constant
)
JSON_STRING = re.compile(r'"((?:[^"\\]|\\["\\nrt]|\\u[0-9a-f]{4})*)"')


def require_canonical_json(line):
    """Requires compact JSON in which all and only what must be is escaped."""
    for content in JSON_STRING.findall(line):
        for escape in re.findall(r"\\(?:u....|.)", content):
            unescaped(escape)
    require(not CONTROLS & set(line), "raw controls", line)
    require(re.fullmatch(r"[][{},:0-9a-z.+-]*", JSON_STRING.sub("", line)), "not compact", line)


def check_json_value(parsed, value):
    kind, content = split(value)
    if kind in ("null", "bool"):
        require(parsed is content, parsed, value)
    elif kind in ("str", "char"):
        require(parsed == content, parsed, value)
    elif kind == "bytes_hex":
        require(base64.b64decode(parsed, validate=True).hex() == content, parsed, value)
        require(len(parsed) % 4 == 0, "padding", parsed)
    elif kind == "list":
        require(isinstance(parsed, list) and len(parsed) == len(content), parsed)
        for one, item in zip(parsed, content):
            check_json_value(one, item)
    elif kind == "map":
        require([key for key, _ in parsed.pairs] == [key for key, _ in content], parsed)
        for (_, one), (_, item) in zip(parsed.pairs, content):
            check_json_value(one, item)
    elif kind in FLOATS and (name := non_finite_name(kind, content, "Infinity")):
        require(parsed == name, parsed, value)
    elif kind == "duration_ns":
        check_seconds(parsed.literal, content)
    else:
        check_plain_value(parsed.literal, value)


HEAD = ("timestamp", "level", "logger", "message")


def json_name(key):
    stem = key.rstrip("_")
    return key + "_" if stem in (*HEAD, "file", "line") else key


def check_json(line, record, with_location):
    parsed = JSON.decode(line)
    require_canonical_json(line)
    names, values = zip(*parsed.pairs)
    expected = expected_fields(record)
    with_location = with_location and record["location"]["line"] > 0
    place = ("file", "line") if with_location else ()
    require(names == (*HEAD, *place, *(json_name(key) for key, _ in expected)), names)
    check_time(values[0], record["timestamp"])
    require(values[1:3] == (record["level"], record["logger"]), values)
    check_message(values[3], record)
    if with_location:
        location = record["location"]
        require(values[4:6] == (location["file"], Number(str(location["line"]))), values)
    for one, (_, value) in zip(values[4 + len(place) :], expected):
        check_json_value(one, value)


# The wire


class Cursor:
    """Reads bytes from left to right."""

    def __init__(self, content):
        self.content, self.position = content, 0

    def rest(self):
        return len(self.content) - self.position

    def take(self, count):
        require(count <= self.rest(), "cut short")
        self.position += count
        return self.content[self.position - count : self.position]

    def byte(self):
        return self.take(1)[0]

    def little(self, count):
        return int.from_bytes(self.take(count), "little")

    def leb(self, width=None):
        """Reads a `leb` of `width` bytes, or else of as few as it needs."""
        number = 0
        for index in range(10):
            byte = self.byte()
            number |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                require(width == index + 1 if width else byte or index == 0, "leb", index + 1)
                return number
        raise AssertionError("a leb of more than ten bytes")

    def text(self):
        return self.take(self.leb()).decode()

    def counted(self, count):
        """Reads an integer of `count` bytes, none of them needless."""
        require(count <= 8, count)
        number = self.little(count)
        require(number.bit_length() > 8 * (count - 1), "needless bytes")
        return number

    def sized(self):
        return Cursor(self.take(self.little(4)))

    def pairs(self):
        found = []
        while self.rest():
            found.append([self.text(), self.value()])
        return found

    def values(self):
        found = []
        while self.rest():
            found.append(self.value())
        return found

    def value(self):
        """Reads a typed value; an integer of the short form has the type "int"."""
        tag = self.byte()
        if tag >= 0x80:
            return {"str": self.take(tag - 0x80).decode()}
        if 0x10 <= tag <= 0x18:
            return {"int": self.counted(tag - 0x10)}
        if 0x20 <= tag <= 0x28:
            return {"int": -1 - self.counted(tag - 0x20)}
        return self.tagged(tag)

    def tagged(self, tag):
        match tag:
            case 0x00:
                return {"null": None}
            case 0x01 | 0x02:
                return {"bool": tag == 0x02}
            case 0x03:
                return {"f64_bits": f"{self.little(8):016x}"}
            case 0x04:
                return {"f32_bits": f"{self.little(4):08x}"}
            case 0x05:
                return {"char": chr(self.leb())}
            case 0x06:
                string = self.text()
                require(len(string.encode()) > 127, "a long form", string)
                return {"str": string}
            case 0x07:
                return {"bytes_hex": self.take(self.leb()).hex()}
            case 0x08:
                seconds, nanos = self.leb(), self.leb()
                require(seconds < 2**64 and nanos < 10**9, seconds, nanos)
                return {"duration_ns": str(seconds * 10**9 + nanos)}
            case 0x09:
                return {"list": self.sized().values()}
            case 0x0A:
                return {"map": self.sized().pairs()}
            case 0x0B:
                return {"i128": str(int.from_bytes(self.take(16), "little", signed=True))}
            case 0x0C:
                return {"u128": str(self.little(16))}
        raise AssertionError(f"unknown tag {tag:#x}")

    def time(self):
        head = self.byte()
        number = self.counted(head & 0x0F)
        match head >> 4:
            case 0:
                return {"wall_ns": str(number)}
            case 1:
                return {"wall_ns": str(-1 - number)}
            case 2:
                return {"uptime_ns": str(number)}
        raise AssertionError(f"unknown time {head:#x}")


def as_wire_has_it(value):
    """Gives up what the wire does not keep: the type of a short integer."""
    kind, content = split(value)
    if kind == "list":
        return {"list": [as_wire_has_it(item) for item in content]}
    if kind == "map":
        return {"map": pairs_as_wire_has_them(content)}
    if kind in INTEGERS and abs(2 * int(content) + 1) < 2**65:
        return {"int": int(content)}
    return value


def pairs_as_wire_has_them(pairs):
    return [[key, as_wire_has_it(value)] for key, value in pairs]


def opened(block):
    """Opens a block: requires it whole, returns its items."""
    cursor = Cursor(block)
    require(cursor.take(6) == bytes.fromhex("f56b6bfa0100"), "head")
    content = cursor.take(cursor.little(4))
    require(cursor.little(4) == binascii.crc32(block[4 : 10 + len(content)]), "CRC")
    require(cursor.rest() == 0, "bytes after the block")
    return Cursor(content)


def item(items, kind):
    require(items.byte() == kind, "kind", kind)
    if kind != 0x04:
        return Cursor(items.take(items.leb()))
    # Its padding depends on its length: 2 bytes end with one below 0x80.
    width = 2 if items.content[items.position + 1] < 0x80 else 5
    body = Cursor(items.take(items.leb(width)))
    require((width == 2) == (body.rest() < 16384), width, body.rest())
    return body


LEVEL_NUMBERS = {5: "TRACE", 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}


def check_site(body, record):
    require(body.leb() == 1, "id")
    require(LEVEL_NUMBERS[body.byte()] == record["level"], "level")
    require(body.text() == record["template"], "template")
    keys = [body.text() for _ in range(body.leb())]
    require(keys == record["keys"] == [key for key, _ in record["fields"]], keys)
    check_place(body, record)
    require(body.rest() == 0, "bytes after the place")


def check_place(body, record):
    location = {"line": body.leb(), "module": body.text(), "file": body.text()}
    require(location == record["location"], location)


def check_named(body, record):
    require(body.leb() == 1 and body.text() == record["logger"] and body.rest() == 0, "logger")


def check_context(body, record):
    require(body.leb() == 1, "id")
    require(body.pairs() == pairs_as_wire_has_them(record["context"]), "context")


def check_record(body, record):
    has_site, flags = "template" in record, body.byte()
    pairs = record["extra"] if has_site else record["fields"]
    has_place = "location" in record and not has_site
    present = (has_site, True, record["context"], pairs, "sequence" in record, has_place)
    require(flags == sum(1 << bit for bit, there in enumerate(present) if there), "flags", flags)
    require(body.time() == record["timestamp"], "time")
    if has_site:
        require(body.leb() == 1, "site")
    else:
        require(LEVEL_NUMBERS[body.byte()] == record["level"], "level")
        require(body.text() == record["message"], "message")
    if flags & 0x20:
        check_place(body, record)
    require(body.leb() == 1, "logger")
    if flags & 0x04:
        require(body.leb() == 1, "context")
    if flags & 0x10:
        require(body.leb() == int(record["sequence"]), "sequence")
    for key, value in record["fields"] if has_site else ():
        require(body.value() == as_wire_has_it(value), key, value)
    require(body.pairs() == pairs_as_wire_has_them(pairs), "pairs")


def check_wire(block, record):
    items = opened(block)
    if "template" in record:
        check_site(item(items, 0x01), record)
    check_named(item(items, 0x02), record)
    if record["context"]:
        check_context(item(items, 0x03), record)
    check_record(item(items, 0x04), record)
    require(items.rest() == 0, "more items")


def verify(vectors):
    """Reads every expected output back; raises AssertionError at the first fault."""
    names = [vector["name"] for vector in vectors]
    require(len(set(names)) == len(names), "a name twice", {n for n in names if names.count(n) > 1})
    for vector in vectors:
        try:
            check_text(vector["text"], vector)
            check_json(vector["json"], vector, with_location=False)
            if "location" in vector:
                check_json(vector["json_with_location"], vector, with_location=True)
            check_wire(bytes.fromhex(vector["wire_block_hex"]), vector)
        except Exception as fault:
            fault.add_note(f"in the vector {vector['name']!r}")
            raise
