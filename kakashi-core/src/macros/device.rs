//! How the macros' calls are made on a device (`target_os = "none"`).
//!
//! Flash decides. A call is the test of the level and the call of a function that
//! is made once for each logger and types of values: with fat LTO what it is given
//! by reference comes in registers, and the logger, if it is always the same
//! `static`, not at all. It knows the kinds of the values, so that a program holds
//! code only for those it logs. An array of values at each call would cost two to
//! three times as much.

use crate::level::LogLevel;
use crate::logger::log::Log;
use crate::site::linked::Linked;
use crate::value::arguments::Typed;
use crate::value::{ToValue, Value};

macro_rules! calls {
    ($($name:ident($($value:ident)*);)*) => {$(
        #[doc(hidden)]
        #[inline(never)]
        #[allow(non_snake_case, clippy::too_many_arguments)]
        pub fn $name<const FORM: u8, L: Log, $($value: ToValue + ?Sized),*>(
            logger: &L, level: LogLevel, site: Linked, $($value: &$value),*
        ) {
            logger.call(level, site, &Typed::<FORM, _>(($($value,)*)));
        }
    )*};
}

calls! {
    call0();
    call1(A);
    call2(A B);
    call3(A B C);
    call4(A B C D);
    call5(A B C D E);
    call6(A B C D E F);
    call7(A B C D E F G);
    call8(A B C D E F G H);
}

#[doc(hidden)]
#[inline(never)]
pub fn call_many<const FORM: u8, L: Log>(logger: &L, level: LogLevel, site: Linked, values: &[Value<'_>]) {
    logger.call(level, site, &Typed::<FORM, _>(values));
}

#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    (plain $value:expr) => {
        &$value
    };
    (display $value:expr) => {
        &$crate::value::Displayed(&$value)
    };
    (debug $value:expr) => {
        &$crate::value::Debugged(&$value)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __as_value {
    ($value:expr) => {
        $crate::ToValue::to_value($value)
    };
}

/// Puts a site into the section of all sites.
#[doc(hidden)]
#[macro_export]
macro_rules! __linked_site {
    ($name:ident $form:ident $level:expr, $message:expr, [$($key:expr),* $(,)?]) => {
        const __KAKASHI_SOURCE: $crate::site::Source<'static> = $crate::site::Source {
            level: $level,
            message: $message,
            keys: &[$($key),*],
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        };
        #[unsafe(link_section = "kakashi_sites")]
        static $name: [u8; $crate::site::len(&__KAKASHI_SOURCE)] = $crate::site::build(&__KAKASHI_SOURCE);
        const $form: u8 = $crate::site::form(&__KAKASHI_SOURCE);
    };
}

/// Puts one level's site into the section.
#[doc(hidden)]
#[macro_export]
macro_rules! __site_of_bytes {
    ($bytes:ident $len:ident $level:ident) => {{
        #[unsafe(link_section = "kakashi_sites")]
        static __KAKASHI_SITE: [u8; $len] = $crate::site::with_level($bytes, $crate::LogLevel::$level);
        $crate::Linked::new(&__KAKASHI_SITE[0])
    }};
}

/// Tells the form of a site, whatever its level.
#[doc(hidden)]
#[macro_export]
macro_rules! __form {
    ($message:expr, [$($key:expr),* $(,)?]) => {
        $crate::site::form(&$crate::site::Source {
            level: $crate::LogLevel::Info,
            message: $message,
            keys: &[$($key),*],
            module: "",
            file: "",
            line: 0,
        })
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __emit {
    ((($logger:expr) (any $level:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {
        match (&$logger, $level) {
            (logger, level) => {
                if $crate::Log::enabled(logger, level) {
                    const __KAKASHI_FORM: u8 = $crate::__form!($message, [$($crate::__key!($key)),*]);
                    $crate::__sites! { $message, [$($crate::__key!($key)),*] }
                    let site = $crate::__site_of_level!(level);
                    $crate::__call!((__KAKASHI_FORM) (logger, level, site) $($value,)*);
                }
            }
        }
    };
    ((($logger:expr) ($level:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {{
        $crate::__linked_site!(__KAKASHI_SITE __KAKASHI_FORM $level, $message, [$($crate::__key!($key)),*]);
        match &$logger {
            logger => {
                if $crate::Log::enabled(logger, $level) {
                    $crate::__call!((__KAKASHI_FORM) (logger, $level, $crate::Linked::new(&__KAKASHI_SITE[0])) $($value,)*);
                }
            }
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __exception {
    ((($logger:expr) ($error:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {{
        $crate::__linked_site!(
            __KAKASHI_SITE __KAKASHI_FORM $crate::LogLevel::Error, $message, [$($crate::__key!($key)),*]);
        match &$logger {
            logger => {
                if $crate::Log::enabled(logger, $crate::LogLevel::Error) {
                    let _ = __KAKASHI_FORM;
                    match &$error {
                        error => $crate::Log::exception(
                            logger, $crate::Linked::new(&__KAKASHI_SITE[0]).site($crate::LogLevel::Error),
                            &[$($crate::ToValue::to_value($value)),*], &$crate::__exception_of!(error)),
                    }
                }
            }
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __call {
    (($form:expr) ($($head:expr),*)) => { $crate::macros::device::call0::<{ $form }, _>($($head),*) };
    (($form:expr) ($($head:expr),*) $a:expr,) => { $crate::macros::device::call1::<{ $form }, _, _>($($head),*, $a) };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr,) => {
        $crate::macros::device::call2::<{ $form }, _, _, _>($($head),*, $a, $b)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr,) => {
        $crate::macros::device::call3::<{ $form }, _, _, _, _>($($head),*, $a, $b, $c)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr, $d:expr,) => {
        $crate::macros::device::call4::<{ $form }, _, _, _, _, _>($($head),*, $a, $b, $c, $d)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr, $d:expr, $e:expr,) => {
        $crate::macros::device::call5::<{ $form }, _, _, _, _, _, _>($($head),*, $a, $b, $c, $d, $e)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr,) => {
        $crate::macros::device::call6::<{ $form }, _, _, _, _, _, _, _>($($head),*, $a, $b, $c, $d, $e, $f)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr,) => {
        $crate::macros::device::call7::<{ $form }, _, _, _, _, _, _, _, _>($($head),*, $a, $b, $c, $d, $e, $f, $g)
    };
    (($form:expr) ($($head:expr),*) $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr,) => {
        $crate::macros::device::call8::<{ $form }, _, _, _, _, _, _, _, _, _>($($head),*, $a, $b, $c, $d, $e, $f, $g, $h)
    };
    (($form:expr) ($($head:expr),*) $($value:expr,)*) => {
        $crate::macros::device::call_many::<{ $form }, _>($($head),*, &[$($crate::ToValue::to_value($value)),*])
    };
}
