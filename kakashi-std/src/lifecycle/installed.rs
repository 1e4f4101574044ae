//! Whether the handlers are installed, which a fork must know too.

use std::sync::Once;

pub(super) static INSTALLED: Once = Once::new();
