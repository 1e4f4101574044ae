//! Decodes one input, from its first byte to its last.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use kakashi_std::wire::{Item, Reader, SYNC};

use super::blocks::{BlockFinder, Front};
use super::stall_timer::StallTimer;
use crate::elf_sites::{BuildId, GivenSites};
use crate::input::{Input, Step};
use crate::missing_sites::{MissingSites, SkipReason};
use crate::output::{LineBudget, MAX_GROWTH, Printer, RecordFilter};
use crate::report::{Content, Notice, Warning};

/// How many bytes one read asks for.
const READ_LEN: usize = 128 << 10;

/// How an input is decoded.
#[derive(Debug)]
pub(crate) struct DecodeSettings<'s> {
    /// Which records are shown.
    pub(crate) filter: &'s RecordFilter,
    /// For a live stream: how long a block that has begun may hold up whole ones
    /// behind it. Without it, until the stream ends.
    pub(crate) stall_timeout: Option<Duration>,
    /// Call sites of the builds whose blocks hold none.
    pub(crate) sites: GivenSites<'s>,
}

/// Takes the messages that are no lines of records.
pub(crate) trait Reporter {
    /// Reports something that was not shown.
    fn warning(&mut self, warning: &Warning);
    /// Reports an event that lost nothing.
    fn notice(&mut self, notice: &Notice);
}

/// Writes the records of an input that pass the filter, and reports what was not
/// shown.
///
/// # Errors
/// When the output fails. A failure of the input is reported instead.
pub(crate) fn decode<W: Write>(
    input: &mut dyn Input,
    settings: &DecodeSettings<'_>,
    printer: &mut Printer<W>,
    reporter: &mut dyn Reporter,
) -> io::Result<()> {
    let mut decoder = Decoder {
        printer,
        reporter,
        settings,
        position: Position::default(),
        missing: MissingSites::default(),
        losses: Losses::default(),
    };
    let mut timer = StallTimer::new(settings.stall_timeout);
    let mut piece = vec![0; READ_LEN];
    let mut bytes = Vec::new();
    let mut wanted = 1;
    loop {
        match input.step(&mut piece, timer.read_timeout(decoder.is_undecided(&bytes))) {
            Step::Bytes(len) => {
                decoder.position.keep_front(&piece[..len]);
                keep_room(&mut bytes, len, wanted);
                bytes.extend_from_slice(&piece[..len]);
                if bytes.len() >= wanted {
                    let blocks = decoder.position.blocks;
                    wanted = decoder.decode_front(&mut bytes)?;
                    if decoder.position.blocks > blocks {
                        timer.restart();
                    }
                }
            }
            Step::Quiet => {}
            Step::Notice(notice) => decoder.notice(&notice)?,
            Step::Restart(notice) => {
                decoder.finish(&bytes)?;
                decoder.notice(&notice)?;
                decoder.position = Position::default();
                bytes.clear();
                wanted = 1;
            }
            Step::End => {
                decoder.finish(&bytes)?;
                return decoder.report_sums();
            }
            // The undecided bytes may be the beginning of a whole block: they are no damage.
            Step::Stopped => {
                decoder.report_all_damage()?;
                return decoder.report_sums();
            }
            Step::OutputClosed => return Err(ErrorKind::BrokenPipe.into()),
            Step::Failed(error) => {
                decoder.finish(&bytes)?;
                decoder.report_sums()?;
                return decoder.warn(&Warning::ReadFailed(error));
            }
        }
        if timer.is_expired(decoder.is_undecided(&bytes), Instant::now()) {
            wanted = decoder.resolve_stall(&mut bytes, wanted)?;
        }
    }
}

struct Decoder<'s, W> {
    printer: &'s mut Printer<W>,
    reporter: &'s mut dyn Reporter,
    settings: &'s DecodeSettings<'s>,
    position: Position,
    /// Counted for the whole input, over all files that took its name.
    missing: MissingSites,
    losses: Losses,
}

/// How many places with damage are reported one by one; a stream of noise has thousands.
const MOST_PLACES: u64 = 10;

/// What was lost in an input, and not reported yet.
#[derive(Debug, Default)]
struct Losses {
    /// All places where bytes were passed over.
    places: u64,
    /// Those that were not reported, and their bytes.
    more_places: u64,
    more_bytes: u64,
    cut_lines: u64,
    cut_bytes: u64,
    unshown: u64,
}

/// How far an input has been decoded since its start, or since it was restarted.
#[derive(Debug, Default)]
struct Position {
    finder: BlockFinder,
    /// How many bytes of the input have been decided.
    offset: u64,
    /// How many of the last of them are damage that was not reported yet.
    damaged: u64,
    /// How many blocks were decoded.
    blocks: u64,
    /// Whether there was a block, or the input begins as one does.
    is_wire: bool,
    /// Whether [`Notice::NoBlockYet`] was reported.
    is_doubted: bool,
    /// The first bytes, by which an input without a block is named.
    front: Vec<u8>,
}

impl Position {
    fn keep_front(&mut self, piece: &[u8]) {
        let missing = Content::LEN - self.front.len();
        self.front.extend_from_slice(&piece[..missing.min(piece.len())]);
    }

    fn content(&self) -> Content {
        Content::of(&self.front)
    }
}

/// Makes room for a piece: as much as the block needs that has begun, but not before a
/// quarter of it has come, for its length may be damaged.
fn keep_room(bytes: &mut Vec<u8>, len: usize, wanted: usize) {
    if bytes.capacity() - bytes.len() < len && bytes.len() >= wanted / 4 {
        bytes.reserve_exact((wanted + READ_LEN).saturating_sub(bytes.len()).max(len));
    }
}

impl<W: Write> Decoder<'_, W> {
    /// Tells whether bytes wait for what comes behind them.
    fn is_undecided(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty() || self.position.damaged > 0
    }

    /// Decodes what is decided at the front of the bytes and removes it; returns how
    /// many bytes are needed to decide what comes next.
    fn decode_front(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let (decided, wanted) = self.decode_all(bytes, false)?;
        bytes.drain(..decided);
        // The next read may wait for long.
        self.printer.flush()?;
        Ok(wanted)
    }

    /// Decodes all blocks and counts all damage; returns how many bytes were decided,
    /// and how many are needed to decide what comes next.
    fn decode_all(&mut self, bytes: &[u8], at_end: bool) -> io::Result<(usize, usize)> {
        self.position.is_wire |= self.position.offset == 0 && bytes.starts_with(&SYNC);
        let mut at = 0;
        while at < bytes.len() {
            match self.position.finder.front(&bytes[at..], at_end) {
                Front::Block(len) => {
                    self.report_damage()?;
                    self.position.is_wire = true;
                    self.position.blocks += 1;
                    self.decode_block(&bytes[at..at + len])?;
                    at += len;
                    self.position.offset += len as u64;
                }
                Front::Damage(len) => {
                    at += len;
                    self.count_damage(len);
                }
                Front::Undecided(wanted) => return Ok((at, wanted)),
            }
        }
        Ok((at, 1))
    }

    fn count_damage(&mut self, len: usize) {
        self.position.offset += len as u64;
        self.position.damaged += len as u64;
    }

    /// Decodes the last bytes, behind which no more will come.
    fn finish(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.decode_all(bytes, true)?;
        self.report_all_damage()
    }

    /// Decides what was undecided for too long: an incomplete block with a whole one
    /// behind it is damage. Returns as [`Decoder::decode_front`] does.
    fn resolve_stall(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        if let Some(later) = BlockFinder::later(bytes) {
            self.count_damage(later);
            bytes.drain(..later);
            return self.decode_front(bytes);
        }
        if self.position.is_wire {
            self.report_damage()?;
        } else if self.position.damaged > 0 && !self.position.is_doubted {
            self.position.is_doubted = true;
            let content = self.position.content();
            self.notice(&Notice::NoBlockYet { bytes: self.position.damaged, content })?;
        }
        Ok(wanted)
    }

    fn decode_block(&mut self, block: &[u8]) -> io::Result<()> {
        let DecodeSettings { filter, sites, .. } = self.settings;
        let mut budget = LineBudget::new(block.len(), self.printer.max_line());
        self.missing.begin_block();
        for item in Reader::new(block).with_sites(sites.tables) {
            match item {
                Item::Record(record) if filter.may_show(&record) => {
                    if !budget.takes(&record) {
                        self.losses.unshown += 1;
                    } else if filter.fields_hold(&record) {
                        let line = self.printer.record(&record, budget.line_limit())?;
                        budget.charge(line.work);
                        self.losses.cut_lines += u64::from(line.cut > 0);
                        self.losses.cut_bytes += line.cut as u64;
                    }
                }
                Item::Dropped(report) if filter.shows_drops() => _ = self.printer.dropped(&report)?,
                Item::NeedsSites(id) => self.missing.set_build(BuildId::new(id)),
                Item::Skipped(bytes) => self.report_skipped(bytes)?,
                // Filtered out, or not an item of version 1.
                _ => {}
            }
        }
        Ok(())
    }

    fn report_skipped(&mut self, bytes: usize) -> io::Result<()> {
        let block = self.position.offset;
        match self.missing.skip(bytes) {
            SkipReason::Malformed => self.pass_over(bytes as u64, Warning::WrongItem { block, bytes }),
            SkipReason::NewBuild(build) => {
                let given = self.settings.sites.given.iter().map(ToString::to_string).collect();
                self.warn(&Warning::NeedsSites { block, build, given })?;
                if self.missing.is_full() { self.report_missing_sites() } else { Ok(()) }
            }
            SkipReason::ReportedBuild => Ok(()),
        }
    }

    fn report_missing_sites(&mut self) -> io::Result<()> {
        self.missing.take().into_iter().try_for_each(|build| self.warn(&Warning::MissingSites(build)))
    }

    /// Reports what was not reported piece by piece.
    fn report_sums(&mut self) -> io::Result<()> {
        self.report_missing_sites()?;
        self.report_more_places()?;
        let Losses { cut_lines, cut_bytes, unshown, .. } = std::mem::take(&mut self.losses);
        if cut_lines > 0 {
            self.warn(&Warning::Cut { lines: cut_lines, bytes: cut_bytes })?;
        }
        if unshown > 0 {
            self.warn(&Warning::Unshown { records: unshown, growth: MAX_GROWTH })?;
        }
        Ok(())
    }

    /// Reports bytes that were passed over, unless very many places were: then their sums
    /// are, after the hundredth, the thousandth and so on, and at the end.
    fn pass_over(&mut self, bytes: u64, warning: Warning) -> io::Result<()> {
        self.losses.places += 1;
        if self.losses.places <= MOST_PLACES {
            return self.warn(&warning);
        }
        self.losses.more_places += 1;
        self.losses.more_bytes += bytes;
        let places = self.losses.places;
        if places == 10_u64.pow(places.ilog10()) { self.report_more_places() } else { Ok(()) }
    }

    fn report_more_places(&mut self) -> io::Result<()> {
        match (std::mem::take(&mut self.losses.more_places), std::mem::take(&mut self.losses.more_bytes)) {
            (0, _) => Ok(()),
            (places, bytes) => self.warn(&Warning::MorePassedOver { places, bytes }),
        }
    }

    fn report_damage(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.position.damaged) {
            0 => Ok(()),
            bytes => {
                let offset = self.position.offset - bytes;
                self.pass_over(bytes, Warning::Damaged { offset, bytes })
            }
        }
    }

    /// Reports the damage, or the lack of any block, where nothing more is read.
    fn report_all_damage(&mut self) -> io::Result<()> {
        if !self.position.is_wire && self.position.damaged > 0 {
            let bytes = std::mem::take(&mut self.position.damaged);
            return self.warn(&Warning::NoBlock { bytes, content: self.position.content() });
        }
        self.report_damage()
    }

    /// Reports a warning after the lines that came before it.
    fn warn(&mut self, warning: &Warning) -> io::Result<()> {
        self.printer.flush()?;
        self.reporter.warning(warning);
        Ok(())
    }

    /// Reports a notice after the lines that came before it.
    fn notice(&mut self, notice: &Notice) -> io::Result<()> {
        self.printer.flush()?;
        self.reporter.notice(notice);
        Ok(())
    }
}
