//! How far a recovery has come with a destination, as the process's file says: who recovers may be
//! killed, and the next one goes on.

use crate::segment::layout::{DestinationSlot, SLOT_RECOVERY, WriteUnderWay};

/// The state of one destination.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum SlotState {
    /// No recovery has written anything.
    #[default]
    Untouched,
    /// A recovery may have written any of its records, from this place on; where it has none, to
    /// what has no position.
    UnderWay(Option<WriteUnderWay>),
    /// All of its records are where they belong.
    Done,
}

/// The bytes of a state: device, inode, and a position or one of the words below.
pub(crate) const STATE_BYTES: usize = SLOT_RECOVERY.end - SLOT_RECOVERY.start;
/// In the upper bits of the last word: noise is no state.
const MAGIC: u64 = 0x6b6b << 48;
const DONE: u64 = MAGIC | ((1 << 48) - 1);
const NO_POSITION: u64 = DONE - 1;

impl SlotState {
    /// Reads the state in a slot; untouched if there is none.
    pub(crate) fn decode(slot: &[u8]) -> Self {
        let word = |at: usize| {
            let at = SLOT_RECOVERY.start + 8 * at;
            slot.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
        };
        match (word(0), word(1), word(2)) {
            (Some(_), Some(_), Some(DONE)) => Self::Done,
            (Some(_), Some(_), Some(NO_POSITION)) => Self::UnderWay(None),
            (Some(device), Some(inode), Some(word)) if word >> 48 == MAGIC >> 48 => {
                Self::UnderWay(Some(WriteUnderWay { device, inode, position: word & !MAGIC }))
            }
            _ => Self::Untouched,
        }
    }

    /// Returns the bytes for a slot.
    pub(crate) fn encode(self) -> [u8; STATE_BYTES] {
        let words = match self {
            Self::Untouched => [0; 3],
            Self::Done => [0, 0, DONE],
            Self::UnderWay(None) => [0, 0, NO_POSITION],
            Self::UnderWay(Some(write)) => {
                [write.device, write.inode, MAGIC | write.position.min((1 << 48) - 3)]
            }
        };
        let mut bytes = [0; STATE_BYTES];
        for (word, place) in words.iter().zip(bytes.chunks_exact_mut(8)) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Returns where the state of a slot stands in the process's file.
    pub(crate) fn at(number: u16) -> u64 {
        (DestinationSlot::at(usize::from(number)) + SLOT_RECOVERY.start) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let write = |position| Some(WriteUnderWay { device: 3, inode: u64::MAX, position });
        let states = [
            SlotState::Untouched,
            SlotState::Done,
            SlotState::UnderWay(None),
            SlotState::UnderWay(write(0)),
            SlotState::UnderWay(write(1 << 40)),
        ];
        for state in states {
            let mut slot = vec![0xee; SLOT_RECOVERY.end];
            slot[SLOT_RECOVERY].copy_from_slice(&state.encode());
            assert_eq!(SlotState::decode(&slot), state);
        }
        for noise in [&[1; 39][..], &[0xff; 40], &[0xff; 100], &[0; 100]] {
            assert_eq!(SlotState::decode(noise), SlotState::Untouched);
        }
    }
}
