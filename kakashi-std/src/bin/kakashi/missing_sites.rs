//! Counts the bytes that can't be decoded because no given ELF file has the call
//! sites of their build.
//!
//! A device sends thousands of blocks, and none of them can be decoded without its
//! ELF file: a build is reported twice, when its first block is read and, with the
//! counts, at the end of the input.

use crate::elf_sites::BuildId;

/// How many builds are counted at a time. No installation has so many: whoever sends
/// more made them up, and must not fill memory.
const MAX_BUILDS: usize = 1000;

/// Counts undecoded bytes and blocks by build.
#[derive(Debug, Default)]
pub(crate) struct MissingSites {
    builds: Vec<UndecodedBuild>,
    /// The build of the current block if its sites are missing, and whether the block
    /// has been counted.
    current: Option<(BuildId, bool)>,
}

/// How much of one build was not decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UndecodedBuild {
    pub(crate) build: BuildId,
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
}

/// Why bytes of a block were skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SkipReason {
    /// They are malformed.
    Malformed,
    /// The sites of this build are missing; it has not been reported yet.
    NewBuild(BuildId),
    /// The sites of a build that has been reported are missing.
    ReportedBuild,
}

impl MissingSites {
    /// Begins a block.
    pub(crate) fn begin_block(&mut self) {
        self.current = None;
    }

    /// Sets the build whose sites the rest of the current block needs.
    pub(crate) fn set_build(&mut self, build: BuildId) {
        self.current = Some((build, false));
    }

    /// Counts skipped bytes of the current block; returns why they were skipped.
    pub(crate) fn skip(&mut self, bytes: usize) -> SkipReason {
        let Some((build, counted)) = &mut self.current else { return SkipReason::Malformed };
        let new_block = u64::from(!std::mem::replace(counted, true));
        let build = *build;
        if let Some(undecoded) = self.builds.iter_mut().find(|undecoded| undecoded.build == build) {
            undecoded.bytes += bytes as u64;
            undecoded.blocks += new_block;
            return SkipReason::ReportedBuild;
        }
        self.builds.push(UndecodedBuild { build, bytes: bytes as u64, blocks: 1 });
        SkipReason::NewBuild(build)
    }

    /// Tells whether the limit of builds is reached: take the counts before the next.
    pub(crate) fn is_full(&self) -> bool {
        self.builds.len() >= MAX_BUILDS
    }

    /// Takes all counts; each build is reported anew afterwards.
    pub(crate) fn take(&mut self) -> Vec<UndecodedBuild> {
        std::mem::take(&mut self.builds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_for_the_build_of_their_block() {
        let [one, two] = [b"one", b"two"].map(|id| BuildId::new(id));
        let mut missing = MissingSites::default();
        assert_eq!(missing.skip(9), SkipReason::Malformed);
        for (build, reason) in [
            (one, SkipReason::NewBuild(one)),
            (two, SkipReason::NewBuild(two)),
            (one, SkipReason::ReportedBuild),
        ] {
            missing.begin_block();
            missing.set_build(build);
            assert_eq!((missing.skip(3), missing.skip(4)), (reason, SkipReason::ReportedBuild));
        }
        missing.begin_block();
        assert_eq!(missing.skip(9), SkipReason::Malformed);
        let undecoded = [(one, 14, 2), (two, 7, 1)];
        let undecoded = undecoded.map(|(build, bytes, blocks)| UndecodedBuild { build, bytes, blocks });
        assert_eq!(missing.take(), undecoded);
        assert_eq!(missing.take(), []);
    }

    #[test]
    fn any_number_of_builds_takes_little_memory() {
        let mut missing = MissingSites::default();
        for number in 0..10_000_u32 {
            missing.set_build(BuildId::new(&number.to_le_bytes()));
            assert!(matches!(missing.skip(1), SkipReason::NewBuild(_)));
            if missing.is_full() {
                assert_eq!(missing.take().len(), MAX_BUILDS);
            }
        }
        assert_eq!(missing.take(), []);
    }
}
