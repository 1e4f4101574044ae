//! What a change of the settings does to the black box.

#[cfg(feature = "black-box")]
use super::black_box::BlackBox;
use super::live;

/// What becomes of the black box.
#[derive(Clone, Default, Debug)]
pub(crate) enum BlackBoxChange {
    #[default]
    Keep,
    Off,
    #[cfg(feature = "black-box")]
    On(BlackBox),
}

impl BlackBoxChange {
    /// Tells why it makes no sense, if so.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            #[cfg(feature = "black-box")]
            Self::On(settings) => live::check(settings),
            Self::Keep | Self::Off => Ok(()),
        }
    }

    /// Returns the directory that is begun with, if one is.
    /// Off Linux there is none.
    #[cfg(all(feature = "black-box", unix))]
    pub(crate) fn directory(&self) -> Option<std::path::PathBuf> {
        match self {
            #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
            Self::On(settings) => Some(settings.path()),
            _ => None,
        }
    }

    /// Makes the change, for the destinations that are made from now on.
    pub(crate) fn make(self) {
        match self {
            Self::Keep => {}
            Self::Off => live::turn_off(),
            #[cfg(feature = "black-box")]
            Self::On(settings) => live::begin(settings),
        }
    }
}
