//! JSON with the names of platforms: each against the list of fields that its platform
//! publishes (the sources stand in kakashi-core's `encode/profile.rs`), and whatever a record says.

mod platforms;
mod random;
