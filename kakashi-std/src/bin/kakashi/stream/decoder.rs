//! One input, from its first byte to its last.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use kakashi_std::wire::{Item, Reader, SYNC};

use super::blocks::{Blocks, Front};
use super::stall_timer::Patience;
use crate::elf_sites::{BuildId, Sites};
use crate::input::{Input, Step};
use crate::missing_sites::{Told, Unexplained};
use crate::output::{Filter, Printer, TooLong};
use crate::report::{Notice, Trouble};

/// How much is read at once.
const PIECE: usize = 128 << 10;

/// How an input is read.
#[derive(Debug)]
pub(crate) struct Settings<'s> {
    /// What of it is shown.
    pub(crate) filter: &'s Filter,
    /// For a live stream: how long a block that has begun may hold up whole ones
    /// that came behind it. Without it, it does so until the stream ends.
    pub(crate) patience: Option<Duration>,
    /// What explains the blocks of devices that keep no words.
    pub(crate) sites: Sites<'s>,
}

/// Hears of what the lines don't say.
pub(crate) trait Tell {
    /// Something was not shown.
    fn trouble(&mut self, trouble: &Trouble);
    /// Something happened, and nothing is lost.
    fn notice(&mut self, notice: &Notice);
}

/// Writes the records of an input that are to be shown, and tells what of it was
/// passed over.
///
/// # Errors
/// When the output fails; what is wrong with the input is told instead.
pub(crate) fn decode<W: Write>(
    input: &mut dyn Input,
    settings: &Settings<'_>,
    printer: &mut Printer<W>,
    tell: &mut dyn Tell,
) -> io::Result<()> {
    let mut stream = Stream {
        printer,
        tell,
        settings,
        progress: Progress::default(),
        unexplained: Unexplained::default(),
    };
    let mut patience = Patience::new(settings.patience);
    let mut piece = vec![0; PIECE];
    let mut bytes = Vec::new();
    let mut wanted = 1;
    loop {
        let undecided = !bytes.is_empty() || stream.progress.damaged > 0;
        match input.step(&mut piece, patience.left(undecided)) {
            Step::Bytes(len) => {
                bytes.extend_from_slice(&piece[..len]);
                if bytes.len() >= wanted {
                    let blocks = stream.progress.blocks;
                    wanted = stream.pass_front(&mut bytes)?;
                    if stream.progress.blocks > blocks {
                        patience.restart();
                    }
                }
            }
            Step::Quiet => {}
            Step::Tell(notice) => stream.notice(&notice)?,
            Step::Anew(notice) => {
                stream.finish(&bytes)?;
                stream.notice(&notice)?;
                stream.progress = Progress::default();
                bytes.clear();
                wanted = 1;
            }
            Step::End => {
                stream.finish(&bytes)?;
                return stream.tell_unexplained();
            }
            // What is undecided may be whole but for what we do not wait for.
            Step::Stopped => {
                stream.tell_all_damage()?;
                return stream.tell_unexplained();
            }
            Step::Unread => return Err(ErrorKind::BrokenPipe.into()),
            Step::Failed(error) => {
                stream.finish(&bytes)?;
                stream.tell_unexplained()?;
                return stream.tell(&Trouble::Unreadable(error));
            }
        }
        let undecided = !bytes.is_empty() || stream.progress.damaged > 0;
        if patience.is_over(undecided, Instant::now()) {
            wanted = stream.decide(&mut bytes, wanted)?;
        }
    }
}

struct Stream<'s, W> {
    printer: &'s mut Printer<W>,
    tell: &'s mut dyn Tell,
    settings: &'s Settings<'s>,
    progress: Progress,
    /// Of all that the input has been, whatever has replaced it.
    unexplained: Unexplained,
}

/// How far a stream has been read.
#[derive(Debug, Default)]
struct Progress {
    front: Blocks,
    /// Bytes of the input that lie behind.
    offset: u64,
    /// How many of the last of them are damaged and not told yet.
    damaged: u64,
    /// How many blocks were shown.
    blocks: u64,
    /// There was a block, or the input begins as one does.
    any: bool,
    /// It has been told that there was none yet.
    doubted: bool,
}

impl<W: Write> Stream<'_, W> {
    /// Passes what can be told, and takes it away; returns how many bytes there must
    /// be to tell what comes next.
    fn pass_front(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let (passed, wanted) = self.pass(bytes, false)?;
        bytes.drain(..passed);
        // The next piece may be long in coming.
        self.printer.flush()?;
        Ok(wanted)
    }

    /// Passes all blocks and all damage; returns how many bytes that were, and
    /// how many there must be to tell what comes next.
    fn pass(&mut self, bytes: &[u8], at_end: bool) -> io::Result<(usize, usize)> {
        self.progress.any |= self.progress.offset == 0 && bytes.starts_with(&SYNC);
        let mut at = 0;
        while at < bytes.len() {
            match self.progress.front.front(&bytes[at..], at_end) {
                Front::Block(len) => {
                    self.tell_damage()?;
                    self.progress.any = true;
                    self.progress.blocks += 1;
                    self.block(&bytes[at..at + len])?;
                    at += len;
                    self.progress.offset += len as u64;
                }
                Front::Damage(len) => {
                    at += len;
                    self.pass_damage(len);
                }
                Front::Unknown(wanted) => return Ok((at, wanted)),
            }
        }
        Ok((at, 1))
    }

    fn pass_damage(&mut self, len: usize) {
        self.progress.offset += len as u64;
        self.progress.damaged += len as u64;
    }

    /// Passes what is left, of which no more will come.
    fn finish(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pass(bytes, true)?;
        self.tell_all_damage()
    }

    /// Decides what has been undecided for long: a block that is not whole, but
    /// whole ones came behind it, is damage; returns as [`Stream::pass_front`] does.
    fn decide(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        if let Some(later) = Blocks::later(bytes) {
            self.pass_damage(later);
            bytes.drain(..later);
            return self.pass_front(bytes);
        }
        if self.progress.any {
            self.tell_damage()?;
        } else if self.progress.damaged > 0 && !self.progress.doubted {
            self.progress.doubted = true;
            self.notice(&Notice::NoBlockYet { bytes: self.progress.damaged })?;
        }
        Ok(wanted)
    }

    fn block(&mut self, block: &[u8]) -> io::Result<()> {
        let Settings { filter, sites, .. } = self.settings;
        self.unexplained.begin_block();
        for item in Reader::new(block).with_sites(sites.tables) {
            let printed = match item {
                Item::Record(record) if filter.shows(&record) => self.printer.record(&record)?,
                Item::Dropped(report) if filter.shows_drops() => self.printer.dropped(&report)?,
                Item::NeedsSites(id) => {
                    self.unexplained.needs(BuildId::new(id));
                    Ok(())
                }
                Item::Skipped(bytes) => {
                    self.tell_skipped(bytes)?;
                    Ok(())
                }
                // Not to be shown, or not an item of version 1.
                _ => Ok(()),
            };
            if let Err(TooLong(bytes)) = printed {
                self.tell(&Trouble::TooLong { block: self.progress.offset, bytes })?;
            }
        }
        Ok(())
    }

    fn tell_skipped(&mut self, bytes: usize) -> io::Result<()> {
        let block = self.progress.offset;
        match self.unexplained.pass(bytes) {
            Told::No => self.tell(&Trouble::WrongItem { block, bytes }),
            Told::First(build) => {
                let given = self.settings.sites.given.iter().map(ToString::to_string).collect();
                self.tell(&Trouble::NeedsSites { block, build, given })?;
                if self.unexplained.is_full() { self.tell_unexplained() } else { Ok(()) }
            }
            Told::Already => Ok(()),
        }
    }

    fn tell_unexplained(&mut self) -> io::Result<()> {
        self.unexplained.take().into_iter().try_for_each(|passed| self.tell(&Trouble::Unexplained(passed)))
    }

    fn tell_damage(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.progress.damaged) {
            0 => Ok(()),
            bytes => self.tell(&Trouble::Damaged { offset: self.progress.offset - bytes, bytes }),
        }
    }

    /// Tells what is known to be damaged where nothing more is read.
    fn tell_all_damage(&mut self) -> io::Result<()> {
        if !self.progress.any && self.progress.damaged > 0 {
            let bytes = std::mem::take(&mut self.progress.damaged);
            return self.tell(&Trouble::NoBlock { bytes });
        }
        self.tell_damage()
    }

    /// Tells it after the lines that came before it.
    fn tell(&mut self, trouble: &Trouble) -> io::Result<()> {
        self.printer.flush()?;
        self.tell.trouble(trouble);
        Ok(())
    }

    fn notice(&mut self, notice: &Notice) -> io::Result<()> {
        self.printer.flush()?;
        self.tell.notice(notice);
        Ok(())
    }
}
