//! The black box, as it is written: `[black_box]`.

#[cfg(not(feature = "black-box"))]
pub(super) use self::elsewhere::BlackBoxTable;
#[cfg(feature = "black-box")]
pub(super) use self::with_feature::BlackBoxTable;

#[cfg(feature = "black-box")]
mod with_feature {
    use std::path::PathBuf;

    use serde::Deserialize;

    use crate::config::values::with;
    use crate::configure::Configure;
    use crate::segment::black_box::BlackBox;

    /// Where the buffers lie that outlive the process, and how much they may take.
    #[derive(Clone, Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub(in crate::config) struct BlackBoxTable {
        directory: Option<PathBuf>,
        max_bytes: Option<usize>,
    }

    impl BlackBoxTable {
        fn black_box(self) -> BlackBox {
            let black_box = self.directory.map_or_else(BlackBox::in_memory, BlackBox::new);
            with(black_box, self.max_bytes, BlackBox::max_bytes)
        }

        /// Sets it.
        pub(in crate::config) fn set(self, change: Configure) -> Configure {
            change.black_box(self.black_box())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_table_says_what_a_black_box_can_say() {
            let read = |text| toml::from_str::<BlackBoxTable>(text).map(BlackBoxTable::black_box);
            let expected = BlackBox::new("/run/shop").max_bytes(2 << 20);
            assert_eq!(read("directory = '/run/shop'\nmax_bytes = 2_097_152").unwrap(), expected);
            assert_eq!(read("").unwrap(), BlackBox::in_memory());
            for wrong in ["path = '/run/shop'", "directory = 7", "max_bytes = -1"] {
                assert!(read(wrong).is_err(), "{wrong}");
            }
        }
    }
}

#[cfg(not(feature = "black-box"))]
mod elsewhere {
    use serde::de::{Deserialize, Deserializer, Error as _};

    use crate::configure::Configure;

    /// There is none: to read one is an error.
    #[derive(Clone, Debug)]
    pub(in crate::config) enum BlackBoxTable {}

    impl BlackBoxTable {
        pub(in crate::config) fn set(self, _: Configure) -> Configure {
            match self {}
        }
    }

    impl<'de> Deserialize<'de> for BlackBoxTable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("black_box needs kakashi-std's feature \"black-box\""))
        }
    }
}
