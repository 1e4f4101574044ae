//! Lines for people on terminals: what they look like, that they leave nothing out, that nothing a
//! record says can look like a record, and that a folded line is always true.

mod folding;
mod looks;
mod random;
