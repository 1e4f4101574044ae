//! Names of loggers and destinations that mean something to a format or a terminal.

/// Each of them is one name, whatever it looks like.
pub(crate) const HOSTILE: [&str; 14] = [
    "a\"b",
    "a\\",
    "a\\\"} 1\n# HELP x y\nx{a=\"b",
    "line\nline",
    "\r\n",
    "\\n",
    "tab\tnul\0bell\x07",
    "\x1b[31mred\x1b[0m",
    "\u{202e}rtl\u{feff}",
    "{}=,#",
    "日本語 \u{1f600}",
    "",
    " ",
    "other",
];
