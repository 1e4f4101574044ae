//! Makes Rust of the conformance vectors, and tells the linker what it must know.
//!
//! `tests/vectors/README.md` says what a vector is. Only the records go on the chip:
//! what must be made of them stays with the host, which compares.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

const VECTORS: &str = "../../vectors/records.json";
/// What leaves call sites in the ELF file; the host asks for it by `SITES=exported`.
const EXPORT: &str = "../../../kakashi-core/kakashi.x";

/// The vectors that fit into a chip's memory.
struct Limits {
    /// Bytes of a line, a block or the pairs of a context.
    bytes: usize,
    /// Fields of a kind in a record.
    fields: usize,
}

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={VECTORS}");
    println!("cargo:rerun-if-changed={EXPORT}");
    println!("cargo:rerun-if-env-changed=SITES");
    let is_exported = env::var("SITES").is_ok_and(|sites| sites == "exported");
    for kind in ["bins", "examples"] {
        println!("cargo:rustc-link-arg-{kind}=--nmagic");
        println!("cargo:rustc-link-arg-{kind}=-Tlink.x");
        if is_exported {
            let folder = env!("CARGO_MANIFEST_DIR");
            println!("cargo:rustc-link-arg-{kind}=-T{folder}/{EXPORT}");
            println!("cargo:rustc-link-arg-{kind}=--build-id");
        }
    }
    let limits = match env::var("TARGET")?.as_str() {
        // 16 KB of RAM, most of it for the stack.
        "thumbv6m-none-eabi" => Limits { bytes: 2048, fields: 24 },
        _ => Limits { bytes: 20_000, fields: 150 },
    };
    let code = table(&fs::read_to_string(VECTORS)?, &limits)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("vectors.rs"), code)?;
    Ok(())
}

fn table(file: &str, limits: &Limits) -> Result<String> {
    let vectors: Vec<Value> = serde_json::from_str(file)?;
    let (mut sites, mut table, mut count) = (String::new(), String::new(), 0);
    for (index, vector) in vectors.iter().enumerate().filter(|(_, vector)| fits(vector, limits)) {
        put_vector(&mut sites, &mut table, index, vector).with_context(|| format!("in {vector}"))?;
        count += 1;
    }
    Ok(format!(
        "const ROOM: usize = {};\nconst FIELDS: usize = {};\n{sites}static VECTORS: [Vector; {count}] = [\n{table}];\n",
        limits.bytes, limits.fields
    ))
}

fn fits(vector: &Value, limits: &Limits) -> bool {
    let len = |name: &str| vector[name].as_str().map_or(0, str::len);
    let longest = [len("text"), len("json"), len("json_with_location"), len("wire_block_hex") / 2];
    let count = |name: &str| vector[name].as_array().map_or(0, Vec::len);
    // A device has no words of another crate's macro.
    let has_site_or_no_place = vector.get("template").is_some() || vector.get("location").is_none();
    // One more for the end of a line.
    has_site_or_no_place
        && longest.into_iter().all(|len| len < limits.bytes)
        && ["fields", "extra", "context"].into_iter().all(|name| count(name) <= limits.fields)
}

fn put_vector(sites: &mut String, table: &mut String, index: usize, vector: &Value) -> Result<()> {
    let level = level(text(&vector["level"])?)?;
    let time = &vector["timestamp"];
    let timestamp = match time.get("wall_ns") {
        Some(nanos) => format!("Timestamp::Wall({})", text(nanos)?),
        None => format!("Timestamp::Uptime({})", text(&time["uptime_ns"])?),
    };
    let sequence = match vector.get("sequence") {
        Some(number) => format!("Some({})", text(number)?),
        None => "None".to_owned(),
    };
    let fields = &vector["fields"];
    let (words, own, extra) = match vector.get("template") {
        None => (format!("Words::Literal({:?})", text(&vector["message"])?), String::new(), pairs(fields)?),
        Some(template) => {
            put_site(sites, index, &level, text(template)?, vector)?;
            let own = list(fields)?.iter().map(|pair| Ok(fixed(&pair[1])? + ", ")).collect::<Result<_>>()?;
            (format!("Words::Site(SITE_{index})"), own, pairs(&vector["extra"])?)
        }
    };
    writeln!(
        table,
        "    Vector {{ index: {index}, timestamp: {timestamp}, level: {level}, logger: {:?}, words: {words}, \
         own: &[{own}], extra: {extra}, context: {}, sequence: {sequence} }},",
        text(&vector["logger"])?,
        pairs(&vector["context"])?,
    )?;
    Ok(())
}

/// Makes the site as the macros do.
fn put_site(sites: &mut String, index: usize, level: &str, template: &str, vector: &Value) -> Result<()> {
    let place = &vector["location"];
    let keys = list(&vector["keys"])?.iter().map(text).collect::<Result<Vec<_>>>()?;
    writeln!(
        sites,
        "const SOURCE_{index}: Source<'static> = Source {{ level: {level}, message: {template:?}, keys: &{keys:?}, \
         module: {:?}, file: {:?}, line: {} }};\n\
         const SITE_{index}: Site<'static> = Site::new(&site::build::<{{ site::len(&SOURCE_{index}) }}>(&SOURCE_{index}));",
        text(&place["module"])?,
        text(&place["file"])?,
        place["line"],
    )?;
    Ok(())
}

fn level(name: &str) -> Result<String> {
    let Some((first, rest)) = name.split_at_checked(1) else { bail!("no level: {name:?}") };
    Ok(format!("LogLevel::{first}{}", rest.to_lowercase()))
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("not a string: {value}"))
}

fn list(value: &Value) -> Result<&[Value]> {
    Ok(value.as_array().with_context(|| format!("not a list: {value}"))?)
}

fn pairs(value: &Value) -> Result<String> {
    let mut code = String::from("&[");
    for pair in list(value)? {
        write!(code, "({:?}, {}), ", text(&pair[0])?, fixed(&pair[1])?)?;
    }
    Ok(code + "]")
}

fn fixed(typed: &Value) -> Result<String> {
    let entry = typed.as_object().and_then(|typed| typed.iter().next());
    let (kind, value) = entry.with_context(|| format!("not a value: {typed}"))?;
    Ok(match kind.as_str() {
        "null" => "Fixed::Null".to_owned(),
        "bool" => format!("Fixed::Bool({value})"),
        "u64" => format!("Fixed::U64({})", text(value)?),
        "i64" => format!("Fixed::I64({})", text(value)?),
        "u128" => format!("Fixed::U128({})", text(value)?),
        "i128" => format!("Fixed::I128({})", text(value)?),
        "f64_bits" => format!("Fixed::F64(f64::from_bits(0x{}))", text(value)?),
        "f32_bits" => format!("Fixed::F32(f32::from_bits(0x{}))", text(value)?),
        "char" => format!("Fixed::Char({:?})", text(value)?.parse::<char>()?),
        "str" => format!("Fixed::Str({:?})", text(value)?),
        "bytes_hex" => format!("Fixed::Bytes(&{:?})", hex(text(value)?)?),
        "duration_ns" => {
            let nanos: u128 = text(value)?.parse()?;
            format!("Fixed::Duration(Duration::new({}, {}))", nanos / 1_000_000_000, nanos % 1_000_000_000)
        }
        "list" => {
            let items =
                list(value)?.iter().map(|item| Ok(fixed(item)? + ", ")).collect::<Result<String>>()?;
            format!("Fixed::List(&[{items}])")
        }
        "map" => format!("Fixed::Map({})", pairs(value)?),
        other => bail!("no type of value: {other}"),
    })
}

fn hex(digits: &str) -> Result<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).context("hex digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}
