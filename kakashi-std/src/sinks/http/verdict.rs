//! What answers mean for records.

use crate::sinks::http_client::cause_of_status;

/// What became of one record.
pub(super) enum ItemVerdict {
    Taken,
    /// It is to be sent again, and why.
    Again(u16),
    /// It would be refused again; what the receiver says of it.
    Refused(Reason),
}

/// Why a record was refused.
pub(super) struct Reason {
    /// What is told once.
    pub(super) kind: String,
    /// What is told of it then.
    pub(super) text: String,
}

/// What a status means for all records of a request, or for an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StatusClass {
    Taken,
    /// The receiver can't take them now.
    Busy,
    /// It is about the address, the credentials or the form: an operator must put it right.
    Setup,
    TooLarge,
    /// It is about the records.
    Refused,
}

impl StatusClass {
    pub(super) fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Taken,
            408 | 425 | 429 | 500.. => Self::Busy,
            300..=399 | 401..=407 | 410 | 415 | 421 | 431 | 451 => Self::Setup,
            413 => Self::TooLarge,
            _ => Self::Refused,
        }
    }
}

/// Returns the verdict of an item's status.
pub(super) fn verdict_of_item(status: u16, reason: impl FnOnce() -> Reason) -> ItemVerdict {
    match StatusClass::of(status) {
        StatusClass::Taken => ItemVerdict::Taken,
        // There is one with its id: ours, of a request whose answer did not come.
        _ if status == 409 => ItemVerdict::Taken,
        StatusClass::Busy | StatusClass::Setup => ItemVerdict::Again(status),
        StatusClass::TooLarge | StatusClass::Refused => {
            let Reason { kind, text } = reason();
            let cause = cause_of_status(status);
            ItemVerdict::Refused(Reason { text: if text.is_empty() { cause.to_owned() } else { text }, kind })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_meaning() {
        for (statuses, class) in [
            (&[200, 201, 202, 204][..], StatusClass::Taken),
            (&[408, 425, 429, 500, 502, 503, 504, 507, 599], StatusClass::Busy),
            (&[301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 407, 410, 415, 431], StatusClass::Setup),
            (&[413], StatusClass::TooLarge),
            (&[100, 400, 409, 411, 412, 414, 422, 499], StatusClass::Refused),
        ] {
            for status in statuses {
                assert_eq!(StatusClass::of(*status), class, "{status}");
            }
        }
    }
}
