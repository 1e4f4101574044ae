//! Facilities and severities, by RFC 5424, section 6.2.1.

use std::str::FromStr;

use kakashi_core::LogLevel;

use super::error::SyslogError;

/// Names a part of the system, by which syslog receivers sort messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Facility {
    /// 0: the kernel.
    Kern = 0,
    /// 1: programs of users; what is taken where nothing is said.
    #[default]
    User = 1,
    /// 2: mail.
    Mail = 2,
    /// 3: services of the system.
    Daemon = 3,
    /// 4: security and logins.
    Auth = 4,
    /// 5: the syslog receiver itself.
    Syslog = 5,
    /// 6: printers.
    Lpr = 6,
    /// 7: network news.
    News = 7,
    /// 8: UUCP.
    Uucp = 8,
    /// 9: `cron`.
    Cron = 9,
    /// 10: security and logins, not for everybody.
    AuthPriv = 10,
    /// 11: FTP.
    Ftp = 11,
    /// 16: of local use.
    Local0 = 16,
    /// 17: of local use.
    Local1 = 17,
    /// 18: of local use.
    Local2 = 18,
    /// 19: of local use.
    Local3 = 19,
    /// 20: of local use.
    Local4 = 20,
    /// 21: of local use.
    Local5 = 21,
    /// 22: of local use.
    Local6 = 22,
    /// 23: of local use.
    Local7 = 23,
}

impl Facility {
    /// All facilities with a name.
    pub const ALL: &'static [Self] = &[
        Self::Kern,
        Self::User,
        Self::Mail,
        Self::Daemon,
        Self::Auth,
        Self::Syslog,
        Self::Lpr,
        Self::News,
        Self::Uucp,
        Self::Cron,
        Self::AuthPriv,
        Self::Ftp,
        Self::Local0,
        Self::Local1,
        Self::Local2,
        Self::Local3,
        Self::Local4,
        Self::Local5,
        Self::Local6,
        Self::Local7,
    ];

    /// Returns the name that syslog's own settings use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kern => "kern",
            Self::User => "user",
            Self::Mail => "mail",
            Self::Daemon => "daemon",
            Self::Auth => "auth",
            Self::Syslog => "syslog",
            Self::Lpr => "lpr",
            Self::News => "news",
            Self::Uucp => "uucp",
            Self::Cron => "cron",
            Self::AuthPriv => "authpriv",
            Self::Ftp => "ftp",
            Self::Local0 => "local0",
            Self::Local1 => "local1",
            Self::Local2 => "local2",
            Self::Local3 => "local3",
            Self::Local4 => "local4",
            Self::Local5 => "local5",
            Self::Local6 => "local6",
            Self::Local7 => "local7",
        }
    }

    /// Returns the number before a message: of the facility and a level's severity.
    pub(super) const fn priority(self, level: LogLevel) -> u8 {
        self as u8 * 8 + severity(level)
    }
}

impl FromStr for Facility {
    type Err = SyslogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|facility| facility.name().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|facility| facility.name()).collect();
            SyslogError(format!("unknown facility {text:?}: use one of {}", names.join(", ")))
        })
    }
}

const fn severity(level: LogLevel) -> u8 {
    match level {
        LogLevel::Critical => 2,
        LogLevel::Error => 3,
        LogLevel::Warning => 4,
        LogLevel::Info => 6,
        LogLevel::Debug | LogLevel::Trace => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_those_of_the_rfc() {
        // RFC 5424, section 6.2.1: "local use 4" (20) and Notice (5) would be 165.
        assert_eq!(Facility::Local4.priority(LogLevel::Info), 166);
        assert_eq!(Facility::Kern.priority(LogLevel::Critical), 2);
        assert_eq!(Facility::User.priority(LogLevel::Trace), 15);
        let severities = LogLevel::ALL.map(severity);
        assert_eq!(severities, [7, 7, 6, 4, 3, 2]);
    }

    #[test]
    fn each_facility_is_found_by_its_name_and_a_wrong_one_names_them() {
        for facility in Facility::ALL {
            assert_eq!(facility.name().to_uppercase().parse(), Ok(*facility));
        }
        let error = "local8".parse::<Facility>().unwrap_err().to_string();
        assert!(error.starts_with(r#"unknown facility "local8": use one of kern, user,"#), "{error}");
    }
}
