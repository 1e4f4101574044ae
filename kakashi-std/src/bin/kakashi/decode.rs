//! One input, from its first byte to its last.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use kakashi_std::wire::{Item, Reader, SYNC};

use crate::blocks::{Blocks, Front};
use crate::filter::Filter;
use crate::input::{Input, Step};
use crate::notice::Notice;
use crate::patience::Patience;
use crate::printer::{Printer, TooLong};
use crate::sites::{BuildId, Sites};
use crate::trouble::Trouble;
use crate::unexplained::{Told, Unexplained};

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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use kakashi_core::Name;
    use kakashi_std::wire::{BlockWriter, RecordIds, SiteTable};
    use kakashi_std::{LogLevel, LogRecord, Output, Timestamp};

    use super::*;
    use crate::blocks::tests::block;
    use crate::filter::tests::filter;
    use crate::options::Form;

    /// Gives these steps, and with them these bytes.
    #[derive(Default)]
    struct Script(VecDeque<(Vec<u8>, Option<Step>)>);

    impl Script {
        /// Gives so many bytes a step.
        fn pieces(bytes: &[u8], piece: usize) -> Self {
            Self(bytes.chunks(piece).map(|piece| (piece.to_vec(), None)).collect())
        }

        fn then(mut self, step: Step) -> Self {
            self.0.push_back((vec![], Some(step)));
            self
        }

        fn bytes(mut self, bytes: &[u8]) -> Self {
            self.0.push_back((bytes.to_vec(), None));
            self
        }
    }

    impl Input for Script {
        fn step(&mut self, room: &mut [u8], _: Option<Duration>) -> Step {
            let Some((bytes, step)) = self.0.pop_front() else { return Step::End };
            room[..bytes.len()].copy_from_slice(&bytes);
            step.unwrap_or(Step::Bytes(bytes.len()))
        }
    }

    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Tell for Heard {
        fn trouble(&mut self, trouble: &Trouble) {
            self.0.push(trouble.to_string());
        }

        fn notice(&mut self, notice: &Notice) {
            self.0.push(format!("(it {notice})"));
        }
    }

    fn decoded_by(mut input: Script, settings: &Settings<'_>) -> (String, Vec<String>) {
        let (mut lines, mut heard) = (Vec::new(), Heard::default());
        let mut printer = Printer::new(Form::Text.encoder(false), &mut lines);
        decode(&mut input, settings, &mut printer, &mut heard).unwrap();
        drop(printer);
        (String::from_utf8(lines).unwrap(), heard.0)
    }

    fn settings(filter: &Filter, patience: Option<Duration>) -> Settings<'_> {
        Settings { filter, patience, sites: Sites::default() }
    }

    fn decoded(input: Script) -> (String, Vec<String>) {
        decoded_by(input, &settings(&filter("all", &[], &[]), None))
    }

    /// Decides at once what is undecided.
    fn decoded_live(input: Script) -> (String, Vec<String>) {
        let patience = Some(Duration::ZERO);
        decoded_by(input, &settings(&filter("all", &[], &[]), patience))
    }

    const LINE: &str = "1970-01-01T00:00:00.000000Z INFO t Said payload=";

    #[test]
    fn damage_is_told_once_with_its_place_whatever_the_pieces() {
        let one = block(b"one");
        let forged = block(&block(b"forged"));
        let len = one.len();
        let stream = [b"text\n", &one[..], &one[..20], &forged, b"\xf5", &one, &one[..len - 1]].concat();
        for piece in [1, 2, 3, 7, 64, 1000] {
            let (lines, told) = decoded(Script::pieces(&stream, piece));
            let inner = "\"\\xf5kk";
            assert!(lines.starts_with(&format!("{LINE}one\n{LINE}{inner}")), "{lines}");
            assert!(lines.ends_with(&format!("\n{LINE}one\n")) && lines.lines().count() == 3, "{lines}");
            let expected = [
                "5 damaged bytes at offset 0 were passed over".to_owned(),
                format!("20 damaged bytes at offset {} were passed over", 5 + len),
                format!("1 damaged byte at offset {} was passed over", 25 + len + forged.len()),
                format!(
                    "{} damaged bytes at offset {} were passed over",
                    len - 1,
                    26 + 2 * len + forged.len()
                ),
            ];
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn an_input_without_a_block_is_told_to_be_none() {
        assert_eq!(decoded(Script::pieces(b"", 9)), (String::new(), vec![]));
        let (lines, told) = decoded(Script::pieces(b"2026-11-22T10:12:00.123456Z INFO app Started\n", 9));
        assert_eq!((lines.as_str(), told.len()), ("", 1));
        assert_eq!(told[0], "no kakashi block is in it (45 bytes); is it text or JSON already?");
        // One that has at least begun is a wire.
        let (lines, told) = decoded(Script::pieces(&block(b"x")[..12], 5));
        assert_eq!(
            (lines.as_str(), told),
            ("", vec!["12 damaged bytes at offset 0 were passed over".into()])
        );
    }

    #[test]
    fn what_was_read_before_an_error_is_shown() {
        let one = block(b"one");
        let stream = [&one[..], &one[..9]].concat();
        let (lines, told) =
            decoded(Script::pieces(&stream, 1000).then(Step::Failed(ErrorKind::TimedOut.into())));
        assert_eq!(lines, format!("{LINE}one\n"));
        let damaged = format!("9 damaged bytes at offset {} were passed over", one.len());
        assert_eq!(told, [damaged, "can't be read: timed out".into()]);
    }

    #[test]
    fn an_item_that_makes_no_sense_costs_itself_only() {
        let one = block(b"one");
        // A context that ends in its middle, before the record.
        let items = [&[3, 2, 1, 9], &one[10..one.len() - 4]].concat();
        let mut head = one[..6].to_vec();
        head.extend_from_slice(&(items.len() as u32).to_le_bytes());
        let mut wrong = [head, items].concat();
        let crc = crc32fast::hash(&wrong[4..]);
        wrong.extend_from_slice(&crc.to_le_bytes());
        let stream = [&one[..], &wrong].concat();
        let (lines, told) = decoded(Script::pieces(&stream, 1000));
        assert_eq!(lines, format!("{LINE}one\n{LINE}one\n"));
        let expected =
            format!("4 bytes in the block at offset {} make no sense and were passed over", one.len());
        assert_eq!(told, [expected]);
    }

    /// A block of a build, with so many records of its site 1.
    fn block_of_build(id: &[u8], records: usize) -> Vec<u8> {
        let mut room = vec![0; 1024];
        let mut out = Output::new(&mut room);
        let block = BlockWriter::begin(&mut out);
        block.put_build(&mut out, id);
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new(""), "");
        for _ in 0..records {
            block.put_record(&mut out, &record, RecordIds { site: Some(1), ..RecordIds::default() });
        }
        block.finish(&mut out);
        out.written().to_vec()
    }

    #[test]
    fn each_build_is_explained_by_its_own_sites() {
        let sections = ["One", "Two"].map(|message| [b"\0\x10\x14\x03", message.as_bytes(), b"\0"].concat());
        let ids = [b"build one", b"build two"];
        let tables = [0, 1].map(|at| SiteTable::new(&sections[at], ids[at]).unwrap());
        let one = block_of_build(b"build on", 2);
        let stream = [&one[..], &block_of_build(b"build tw", 1), &one, &block(b"three")].concat();
        let filter = filter("all", &[], &[]);
        let sites = Sites { tables: &tables, given: &[] };
        let line = |said: &str| format!("1970-01-01T00:00:00.000000Z INFO \"\" {said}\n");
        for piece in [3, 1000] {
            let (lines, told) =
                decoded_by(Script::pieces(&stream, piece), &Settings { sites, ..settings(&filter, None) });
            let ones = line("One").repeat(2);
            assert_eq!(lines, format!("{ones}{}{ones}{LINE}three\n", line("Two")));
            assert!(told.is_empty(), "{told:?}");
        }
    }

    #[test]
    fn a_build_without_sites_is_told_once_and_counted_whatever_becomes_of_the_input() {
        let (one, two) = (block_of_build(b"build on", 2), block_of_build(b"build tw", 1));
        let input = || {
            Script::pieces(&[&block_of_build(b"nothing!", 0), &one[..], &two].concat(), 1000)
                .then(Step::Anew(Notice::Truncated))
                .bytes(&one)
        };
        // Of one record.
        let bytes = (one.len() - two.len()) as u64;
        let offset = block_of_build(b"", 0).len() + 8;
        let needs = |at: usize, build: &str| {
            format!(
                "the block at offset {at} needs the sites of build {build}: give its ELF file with --sites"
            )
        };
        let first = [needs(offset, "6275696c64206f6e"), needs(offset + one.len(), "6275696c64207477")];
        let anew = "(it was truncated; it is read again from its start)".to_owned();
        let counts = [
            format!(
                "{} bytes in 2 blocks of build 6275696c64206f6e were passed over for want of its sites",
                4 * bytes
            ),
            format!(
                "{bytes} bytes in 1 block of build 6275696c64207477 were passed over for want of its sites"
            ),
        ];
        let expected = [&first[..], &[anew], &counts].concat();
        for end in [Step::End, Step::Stopped] {
            assert_eq!(decoded(input().then(end)), (String::new(), expected.clone()));
        }
        let failed = decoded(input().then(Step::Failed(ErrorKind::TimedOut.into()))).1;
        assert_eq!(failed, [&expected[..], &["can't be read: timed out".to_owned()]].concat());
    }

    #[test]
    fn a_live_stream_is_not_held_up_by_a_block_that_never_gets_whole() {
        let (one, two) = (block(b"one"), block(b"two"));
        let mut torn = one.clone();
        // Its length is a quarter of a gigabyte.
        torn[9] = 0x0f;
        let input = || Script::pieces(&[&one[..], &torn, &two[..9]].concat(), 1000).bytes(&two[9..]);
        let (lines, told) = decoded_live(input().then(Step::Stopped));
        assert_eq!(lines, format!("{LINE}one\n{LINE}two\n"));
        assert_eq!(told, [format!("{} damaged bytes at offset {} were passed over", torn.len(), one.len())]);
        // One that is read to its end waits for it.
        assert_eq!(decoded(input().then(Step::Stopped)), (format!("{LINE}one\n"), vec![]));
        assert_eq!(decoded(input()).0, format!("{LINE}one\n{LINE}two\n"));
    }

    #[test]
    fn a_block_that_is_slow_is_waited_for() {
        let slow = block(b"slow");
        let (lines, told) = decoded_live(Script::pieces(&slow, 1).then(Step::Stopped));
        assert_eq!((lines, told), (format!("{LINE}slow\n"), vec![]));
    }

    #[test]
    fn damage_in_a_live_stream_is_told_although_nothing_comes_after_it() {
        let one = block(b"one");
        let input = Script::pieces(&one, 1000).bytes(b"noise").then(Step::Quiet).then(Step::Stopped);
        let damage = format!("5 damaged bytes at offset {} were passed over", one.len());
        assert_eq!(decoded_live(input), (format!("{LINE}one\n"), vec![damage]));
        // What was no block from the start is so once only.
        let input = Script::pieces(b"noise", 1000).bytes(b"noise").then(Step::Quiet).bytes(&one);
        let (lines, told) = decoded_live(input);
        assert_eq!(lines, format!("{LINE}one\n"));
        let doubt =
            "(it no kakashi block is among the first 5 bytes; is it text already, or the wrong --baud?)";
        assert_eq!(told, [doubt, "10 damaged bytes at offset 0 were passed over"]);
    }

    #[test]
    fn a_stream_that_begins_anew_loses_what_was_not_whole_and_counts_from_its_start() {
        let one = block(b"one");
        let input = Script::pieces(&[&one[..], &one[..7]].concat(), 1000)
            .then(Step::Tell(Notice::Gone))
            .then(Step::Anew(Notice::Replaced))
            .bytes(&[&one[7..], &one].concat());
        let (lines, told) = decoded_live(input);
        assert_eq!(lines, format!("{LINE}one\n{LINE}one\n"));
        let gone = "(it is gone; waiting until it is back)".to_owned();
        let torn = format!("7 damaged bytes at offset {} were passed over", one.len());
        let anew = "(it was replaced; the new file is read from its start)".to_owned();
        let rest = format!("{} damaged bytes at offset 0 were passed over", one.len() - 7);
        assert_eq!(told, [gone, torn, anew, rest]);
    }

    #[test]
    fn what_is_not_whole_when_we_are_stopped_is_no_damage() {
        let one = block(b"one");
        let input = Script::pieces(&[&one[..], &one[..20]].concat(), 1000).then(Step::Stopped).bytes(&one);
        assert_eq!(decoded(input), (format!("{LINE}one\n"), vec![]));
    }

    #[test]
    fn only_what_is_asked_for_is_shown_and_all_damage_is_told() {
        let stream = [&block(b"one")[..], b"noise", &block(b"two")].concat();
        let filter = filter("info", &["t"], &["payload=two"]);
        let settings = settings(&filter, None);
        let (lines, told) = decoded_by(Script::pieces(&stream, 9), &settings);
        assert_eq!((lines, told.len()), (format!("{LINE}two\n"), 1));
    }

    #[test]
    fn nobody_who_reads_is_an_error_of_the_output() {
        let mut printer = Printer::new(Form::Text.encoder(false), Vec::new());
        let filter = filter("all", &[], &[]);
        let settings = settings(&filter, None);
        let mut input = Script::default().then(Step::Unread);
        let error = decode(&mut input, &settings, &mut printer, &mut Heard::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}
