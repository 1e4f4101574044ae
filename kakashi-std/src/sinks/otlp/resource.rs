//! The attributes of a resource, from all who have a say in it.

use std::env;
use std::path::Path;

use super::entry::SERVICE_FIELDS;

/// What the variables and the program say of the resource.
#[derive(Clone, Debug)]
pub(crate) struct ResourceSettings {
    pub(super) by_variables: Vec<(String, String)>,
    pub(super) own: Vec<(String, String)>,
}

impl ResourceSettings {
    /// Returns the attributes for a service: the variables' before the records', these before
    /// the program's.
    pub(crate) fn attributes(&self, service: [Option<&str>; SERVICE_FIELDS.len()]) -> Vec<(String, String)> {
        let mut attributes = self.by_variables.clone();
        let own = self.own.iter().map(|(key, value)| (&**key, &**value));
        let of_records =
            SERVICE_FIELDS.iter().zip(service).filter_map(|((_, key), text)| Some((*key, text?)));
        let of_us = [
            ("telemetry.sdk.name", "kakashi"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
            // What the conventions demand where nobody knows.
            ("service.name", &*unknown_service()),
        ];
        for (key, value) in of_records.chain(own).chain(of_us) {
            if !attributes.iter().any(|(known, _)| known == key) {
                attributes.push((key.to_owned(), value.to_owned()));
            }
        }
        attributes
    }
}

fn unknown_service() -> String {
    let program = env::args_os().next();
    let name = program.as_deref().and_then(|path| Path::new(path).file_name());
    match name {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}
