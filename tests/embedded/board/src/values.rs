//! Values that the compiler cannot know, as those of a sensor are.

/// Three values, each read anew whenever it is asked for.
#[derive(Debug)]
pub struct Values {
    temperature: u32,
    raw: i32,
    ok: bool,
}

static VALUES: Values = Values { temperature: 2315, raw: -40, ok: true };

#[inline(always)]
#[allow(unsafe_code, reason = "the compiler may not know what is read")]
fn read<T: Copy>(value: &T) -> T {
    // SAFETY: a reference is valid to read.
    unsafe { core::ptr::from_ref(value).read_volatile() }
}

/// Does nothing with a number that the compiler could leave out.
#[inline(never)]
pub fn mark(number: u32) {
    core::hint::black_box(number);
}

impl Values {
    /// Returns the values; where they are is not known either.
    pub fn get() -> &'static Self {
        core::hint::black_box(&VALUES)
    }

    /// Returns 2315.
    #[inline(always)]
    pub fn temperature(&self) -> u32 {
        read(&self.temperature)
    }

    /// Returns −40.
    #[inline(always)]
    pub fn raw(&self) -> i32 {
        read(&self.raw)
    }

    /// Returns true.
    #[inline(always)]
    pub fn ok(&self) -> bool {
        read(&self.ok)
    }
}
