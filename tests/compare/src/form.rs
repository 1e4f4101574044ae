//! What a contender's file holds.

/// Says how a file is read back, and in which tables its contender stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// Nothing at all.
    Nothing,
    /// A line a record, whatever it looks like.
    Text,
    /// A JSON object a line.
    Json,
    /// kakashi's binary blocks.
    Wire,
}
