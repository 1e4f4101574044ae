//! One line, whichever logger wrote it.
//!
//! Text and JSON have in common that a value follows its key with at most four
//! characters of the line's format between them (`=`, `: "`). That is enough to
//! take the fields out and compare them with those that were logged: a line
//! torn in the middle, or two in one, does not pass.

use memchr::memmem::Finder;

use crate::workload::fields;

/// What kakashi says in place of records it dropped.
const DROPS: &str = "Records were dropped";

/// What a line holds.
#[derive(Debug, PartialEq)]
pub enum Line {
    /// A record with all its fields.
    Record { id: u64 },
    /// An announcement of this many dropped records.
    Dropped { count: u64 },
    /// Anything else.
    Other,
}

/// Reads lines; made once for all of them.
pub struct Lines {
    order_id: Finder<'static>,
    symbol: Finder<'static>,
    price: Finder<'static>,
    drops: Finder<'static>,
}

impl Lines {
    pub fn new() -> Lines {
        Lines {
            order_id: Finder::new("order_id"),
            symbol: Finder::new("symbol"),
            price: Finder::new("price"),
            drops: Finder::new(DROPS),
        }
    }

    /// Reads a line, which ends in a newline unless it was torn off.
    pub fn read(&self, line: &[u8]) -> Line {
        let Some(line) = line.strip_suffix(b"\n") else {
            return Line::Other;
        };
        if let Some(id) = self.record(line) {
            return Line::Record { id };
        }
        let dropped = self.drops.find(line).and_then(|at| {
            let rest = &line[at + DROPS.len()..];
            number(after(rest, &Finder::new("dropped"))?)
        });
        dropped.map_or(Line::Other, |count| Line::Dropped { count })
    }

    /// The id, if the other fields are those that belong to it.
    fn record(&self, line: &[u8]) -> Option<u64> {
        let id = number(after(line, &self.order_id)?)?;
        let (_, symbol, price) = fields(id);
        let right = after(line, &self.symbol)?.starts_with(symbol.as_bytes())
            && float(after(line, &self.price)?)? == price;
        right.then_some(id)
    }
}

/// What follows a key and the format's characters.
fn after<'l>(line: &'l [u8], key: &Finder<'_>) -> Option<&'l [u8]> {
    let rest = &line[key.find(line)? + key.needle().len()..];
    let start = rest.iter().take(5).position(u8::is_ascii_alphanumeric)?;
    (start > 0).then(|| &rest[start..])
}

fn number(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    str::from_utf8(&text[..end]).ok()?.parse().ok()
}

fn float(text: &[u8]) -> Option<f64> {
    let part = |byte: &u8| byte.is_ascii_digit() || b".+-eE".contains(byte);
    let end = text.iter().position(|byte| !part(byte)).unwrap_or(text.len());
    str::from_utf8(&text[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Line {
        Lines::new().read(line.as_bytes())
    }

    #[test]
    fn every_logger_s_form_of_the_fields() {
        // Number 17: GBPUSD, 1.0017.
        let seventeen = Line::Record { id: 17 };
        for line in [
            "t INFO l Order accepted order_id=17 symbol=GBPUSD price=1.0017\n",
            "t INFO l: Order accepted order_id=17 symbol=\"GBPUSD\" price=1.0017 tenant=\"acme\"\n",
            "t INFO Order accepted, price: 1.0017, symbol: GBPUSD, order_id: 17\n",
            "t [l] {order_id=17, symbol=\"GBPUSD\", price=1.0017} Order accepted\n",
            "{\"order_id\":17,\"symbol\":\"GBPUSD\",\"price\":1.0017}\n",
            "{\"order_id\": 17, \"price\": 1.0017, \"symbol\": \"GBPUSD\"}\n",
        ] {
            assert_eq!(read(line), seventeen, "{line}");
        }
    }

    #[test]
    fn damaged_lines_are_no_records() {
        for line in [
            "order_id=17 symbol=GBPUSD price=1.0017",
            "order_id=17 symbol=GBPUSD price=1.0\n",
            "order_id=17 symbol=EURUSD price=1.0017\n",
            "order_id=1 order_id=17 symbol=GBPUSD price=1.0017\n",
            "order_id=17 symbol=GBP\n",
            "order_id=99999999999999999999 symbol=GBPUSD price=1.0017\n",
            "\n",
        ] {
            assert_eq!(read(line), Line::Other, "{line}");
        }
    }

    #[test]
    fn drops_in_text_and_json() {
        let text = "t WARNING kakashi Records were dropped dropped=17 levels={\"INFO\":17}\n";
        assert_eq!(read(text), Line::Dropped { count: 17 });
        let json = "{\"message\":\"Records were dropped\",\"dropped\":17}\n";
        assert_eq!(read(json), Line::Dropped { count: 17 });
    }
}
