//! Names of loggers that a record refers to by an id.

#[cfg(target_os = "none")]
use crate::site::linked::Linked;

/// Names a logger, by an id that a record carries; made by [`name!`](crate::name).
#[derive(Clone, Copy, Debug)]
pub struct LoggerName {
    #[cfg(target_os = "none")]
    linked: Linked,
    #[cfg(not(target_os = "none"))]
    text: &'static str,
}

impl LoggerName {
    /// Takes the first byte of what [`name!`](crate::name) put among the sites.
    #[cfg(target_os = "none")]
    #[doc(hidden)]
    pub const fn linked(first: &'static u8) -> Self {
        Self { linked: Linked::new(first) }
    }

    /// Takes the name.
    #[cfg(not(target_os = "none"))]
    #[doc(hidden)]
    pub const fn new(text: &'static str) -> Self {
        Self { text }
    }

    /// Returns the id.
    #[inline]
    pub(crate) fn id(self) -> u32 {
        #[cfg(target_os = "none")]
        return self.linked.id();
        #[cfg(not(target_os = "none"))]
        crate::site::interner::of_name(self.text)
    }
}

/// Makes a [`LoggerName`] of a string: `name!("can")`.
///
/// On a device the text lies among the call sites: in flash, or with `kakashi.x` in
/// the ELF file only.
#[cfg(not(target_os = "none"))]
#[macro_export]
macro_rules! name {
    ($name:expr) => {
        $crate::LoggerName::new($name)
    };
}

/// Makes a [`LoggerName`] of a string: `name!("can")`.
#[cfg(target_os = "none")]
#[macro_export]
macro_rules! name {
    ($name:expr) => {{
        #[unsafe(link_section = "kakashi_sites")]
        static __KAKASHI_NAME: [u8; $crate::site::name_len($name)] = $crate::site::build_name($name);
        $crate::LoggerName::linked(&__KAKASHI_NAME[0])
    }};
}
