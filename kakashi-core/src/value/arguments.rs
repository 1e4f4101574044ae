//! A call's values while the compiler still knows their kinds.
//!
//! An array of [`Value`]s is looked at one by one when the program runs, so that
//! code for every kind is linked: floats, `Display`, maps. On a device a
//! call hands over references instead, and only the kinds that a program logs
//! cost it anything.

use crate::value::{ToValue, Value};

/// Takes the values of a call one after the other.
pub trait Visit {
    /// Takes the next value. What is made of it must be inlined to be small.
    fn value(&mut self, value: Value<'_>);
}

/// The values of one call, in the order of its keys.
pub trait Arguments {
    /// What the site's texts ask for: one of [`site::form`](crate::site::form)'s.
    const FORM: u8;

    /// Tells how many bytes they take on the wire at most.
    fn most_bytes(&self) -> usize;

    /// Hands over each value.
    fn each(&self, visit: &mut impl Visit);

    /// Hands over the value at a place, if there is one.
    fn nth(&self, place: usize, visit: &mut impl Visit);

    /// Hands over all values at once.
    fn with_values(&self, then: &mut dyn FnMut(&[Value<'_>]));
}

/// References to values, of a site whose form is `FORM`.
#[derive(Debug)]
pub struct Typed<const FORM: u8, A>(pub A);

macro_rules! arguments {
    ($(($($name:ident $place:literal)*))*) => {$(
        impl<const FORM: u8, $($name: ToValue + ?Sized),*> Arguments for Typed<FORM, ($(&$name,)*)> {
            const FORM: u8 = FORM;

            #[inline(always)]
            #[allow(non_snake_case)]
            fn most_bytes(&self) -> usize {
                let ($($name,)*) = self.0;
                0_usize$(.saturating_add($name.most_bytes()))*
            }

            #[inline(always)]
            #[allow(non_snake_case, unused_variables)]
            fn each(&self, visit: &mut impl Visit) {
                let ($($name,)*) = self.0;
                $(visit.value($name.to_value());)*
            }

            #[inline(always)]
            #[allow(non_snake_case, unused_variables)]
            fn nth(&self, place: usize, visit: &mut impl Visit) {
                let ($($name,)*) = self.0;
                match place {
                    $($place => visit.value($name.to_value()),)*
                    _ => {}
                }
            }

            #[inline(always)]
            #[allow(non_snake_case)]
            fn with_values(&self, then: &mut dyn FnMut(&[Value<'_>])) {
                let ($($name,)*) = self.0;
                then(&[$($name.to_value()),*]);
            }
        }
    )*};
}

arguments! {
    ()
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
}

/// More of them than a tuple has: code for every kind.
impl<const FORM: u8> Arguments for Typed<FORM, &[Value<'_>]> {
    const FORM: u8 = FORM;

    fn most_bytes(&self) -> usize {
        usize::MAX
    }

    fn each(&self, visit: &mut impl Visit) {
        self.0.iter().for_each(|value| visit.value(*value));
    }

    fn nth(&self, place: usize, visit: &mut impl Visit) {
        if let Some(value) = self.0.get(place) {
            visit.value(*value);
        }
    }

    fn with_values(&self, then: &mut dyn FnMut(&[Value<'_>])) {
        then(self.0);
    }
}
