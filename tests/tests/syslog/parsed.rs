//! A strict reader of RFC 5424's messages.

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ParsedMessage {
    pub(crate) priority: u8,
    pub(crate) time: String,
    pub(crate) host: String,
    pub(crate) app: String,
    pub(crate) process: String,
    pub(crate) id: String,
    /// Of its one element.
    pub(crate) params: Vec<(String, String)>,
    pub(crate) text: String,
}

impl ParsedMessage {
    /// Reads a message, which must be one line of UTF-8 and keep to the grammar of section 6.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
        if let Some(control) = text.chars().find(|c| kakashi_tests::oracle::json::is_control(*c)) {
            return Err(format!("{control:?} in {text:?}"));
        }
        Self::of_text(text).ok_or_else(|| format!("not by RFC 5424: {text:?}"))
    }

    fn of_text(text: &str) -> Option<Self> {
        let (priority, rest) = text.strip_prefix('<')?.split_once(">1 ")?;
        let number: u8 = priority.parse().ok().filter(|number| *number <= 191)?;
        let mut parts = rest.splitn(6, ' ');
        let mut word = |most: usize| {
            let word = parts.next()?;
            let is_right = (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
            is_right.then(|| word.to_owned())
        };
        let (time, host, app, process, id) = (word(32)?, word(255)?, word(48)?, word(128)?, word(32)?);
        if number.to_string() != priority || !is_time(&time) {
            return None;
        }
        let (params, rest) = params_of(parts.next()?)?;
        let text = match rest {
            "" => "",
            _ => rest.strip_prefix(' ')?,
        };
        Some(Self { priority: number, time, host, app, process, id, params, text: text.to_owned() })
    }

    /// Returns the value of the first parameter of a name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| &**value)
    }

    /// Returns the number of a record and of its thread.
    pub(crate) fn number(&self) -> Option<(u64, u64)> {
        let number = |name| self.param(name)?.parse().ok();
        Some((number("thread")?, number("n")?))
    }
}

fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000000Z";
    text == "-"
        || text.len() == FORM.len()
            && text.bytes().zip(FORM).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                other => byte == *other,
            })
}

fn params_of(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some((Vec::new(), rest));
    }
    let mut rest = text.strip_prefix("[kakashi@32473")?;
    let mut params = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix(']') {
            return Some((params, rest));
        }
        let (name, value) = rest.strip_prefix(' ')?.split_once("=\"")?;
        let is_name = |b: u8| b.is_ascii_graphic() && !matches!(b, b'=' | b']' | b'"');
        if !(1..=32).contains(&name.len()) || !name.bytes().all(is_name) {
            return None;
        }
        let mut plain = String::new();
        let mut chars = value.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at + 1,
                (_, ']') => return None,
                (_, '\\') => plain.push(chars.next().map(|(_, c)| c).filter(|c| "\"\\]".contains(*c))?),
                (_, c) => plain.push(c),
            }
        };
        params.push((name.to_owned(), plain));
        rest = value.get(end..)?;
    }
}
