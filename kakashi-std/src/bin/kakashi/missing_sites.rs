//! What of an input can't be shown for want of the sites of its build.
//!
//! A device sends thousands of blocks, and none of them can be read without its
//! ELF file: that is told once, when it is first seen, and how much it was at the
//! end of the input.

use crate::elf_sites::BuildId;

/// How many builds are remembered: more are no devices, but somebody's work.
const MOST: usize = 1000;

/// Counts by build.
#[derive(Debug, Default)]
pub(crate) struct Unexplained {
    builds: Vec<Passed>,
    /// The build of the block that is being read, if its sites are not there.
    current: Option<(BuildId, bool)>,
}

/// What was passed over of one build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Passed {
    pub(crate) build: BuildId,
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
}

/// What to tell of bytes that were passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// All: they are no matter of a build.
    No,
    /// That the sites of this build are needed.
    First(BuildId),
    /// Nothing: it has been told.
    Already,
}

impl Unexplained {
    /// Begins a block.
    pub(crate) fn begin_block(&mut self) {
        self.current = None;
    }

    /// Learns that what comes in this block needs the sites of a build.
    pub(crate) fn needs(&mut self, build: BuildId) {
        self.current = Some((build, false));
    }

    /// Counts bytes of this block.
    pub(crate) fn pass(&mut self, bytes: usize) -> Told {
        let Some((build, counted)) = &mut self.current else { return Told::No };
        let new_block = u64::from(!std::mem::replace(counted, true));
        let build = *build;
        if let Some(passed) = self.builds.iter_mut().find(|passed| passed.build == build) {
            passed.bytes += bytes as u64;
            passed.blocks += new_block;
            return Told::Already;
        }
        self.builds.push(Passed { build, bytes: bytes as u64, blocks: 1 });
        Told::First(build)
    }

    /// Tells whether no more builds can be remembered.
    pub(crate) fn is_full(&self) -> bool {
        self.builds.len() >= MOST
    }

    /// Takes all counts; each build is new again.
    pub(crate) fn take(&mut self) -> Vec<Passed> {
        std::mem::take(&mut self.builds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_for_the_build_of_their_block() {
        let [one, two] = [b"one", b"two"].map(|id| BuildId::new(id));
        let mut unexplained = Unexplained::default();
        assert_eq!(unexplained.pass(9), Told::No);
        for (build, told) in [(one, Told::First(one)), (two, Told::First(two)), (one, Told::Already)] {
            unexplained.begin_block();
            unexplained.needs(build);
            assert_eq!((unexplained.pass(3), unexplained.pass(4)), (told, Told::Already));
        }
        unexplained.begin_block();
        assert_eq!(unexplained.pass(9), Told::No);
        let passed = [(one, 14, 2), (two, 7, 1)];
        let passed = passed.map(|(build, bytes, blocks)| Passed { build, bytes, blocks });
        assert_eq!(unexplained.take(), passed);
        assert_eq!(unexplained.take(), []);
    }

    #[test]
    fn any_number_of_builds_takes_little_memory() {
        let mut unexplained = Unexplained::default();
        for number in 0..10_000_u32 {
            unexplained.needs(BuildId::new(&number.to_le_bytes()));
            assert!(matches!(unexplained.pass(1), Told::First(_)));
            if unexplained.is_full() {
                assert_eq!(unexplained.take().len(), MOST);
            }
        }
        assert_eq!(unexplained.take(), []);
    }
}
