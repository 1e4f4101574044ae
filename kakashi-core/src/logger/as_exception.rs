//! What can be logged as an error: errors, and what holds one without being one.
//!
//! `anyhow::Error` and `Box<dyn Error>` are no errors themselves, but lead to one. The macros
//! try the first of two traits on a reference to what they are [given](Given), and where that is not
//! implemented the second: the compiler looks for methods in this order.

use core::error::Error;
use core::ops::Deref;

use super::log::Exception;

/// Is logged as an error: every error, and `dyn Error`.
#[diagnostic::on_unimplemented(message = "`{Self}` is no error")]
pub trait AsException {
    /// Returns the error, and the name of its type where that is known.
    fn as_exception(&self) -> Exception<'_>;
}

impl<E: Error> AsException for E {
    fn as_exception(&self) -> Exception<'_> {
        Exception::new(self)
    }
}

macro_rules! dynamic {
    ($($error:ty;)*) => {$(
        impl AsException for $error {
            fn as_exception(&self) -> Exception<'_> {
                Exception { type_name: None, error: self }
            }
        }

        impl LeadsToError for $error {
            fn error(&self) -> &(dyn Error + '_) {
                self
            }
        }
    )*};
}
dynamic! {
    dyn Error;
    dyn Error + Send;
    dyn Error + Sync;
    dyn Error + Send + Sync;
}

/// Leads to a `dyn Error`, through a box, say.
#[doc(hidden)]
pub trait LeadsToError {
    fn error(&self) -> &(dyn Error + '_);
}

impl<T: Deref<Target: LeadsToError>> LeadsToError for T {
    fn error(&self) -> &(dyn Error + '_) {
        (**self).error()
    }
}

/// What a macro was given.
#[doc(hidden)]
#[derive(Debug)]
pub struct Given<'a, T: ?Sized>(pub &'a T);

/// The first trait that the macros try.
#[doc(hidden)]
pub trait ExceptionOfError<'a> {
    fn exception_of(&self) -> Exception<'a>;
}

impl<'a, E: AsException + ?Sized> ExceptionOfError<'a> for &Given<'a, E> {
    fn exception_of(&self) -> Exception<'a> {
        self.0.as_exception()
    }
}

/// The second.
#[doc(hidden)]
pub trait ExceptionOfHolder<'a> {
    fn exception_of(&self) -> Exception<'a>;
}

impl<'a, T: Deref<Target: LeadsToError>> ExceptionOfHolder<'a> for Given<'a, T> {
    fn exception_of(&self) -> Exception<'a> {
        Exception { type_name: None, error: (**self.0).error() }
    }
}
