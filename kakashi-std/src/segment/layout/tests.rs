//! The layout of a black box, there and back.

use kakashi_core::{Json, Profile};

use super::*;

fn header(replaces: Option<Replaced>) -> SegmentHeader {
    SegmentHeader {
        nonce: 0x0123_4567_89ab_cdef,
        number: 7,
        slot: 3,
        form: SegmentForm::Wire,
        written_form: WrittenForm::Json,
        capacity: 100,
        entry_capacity: 4,
        replaces,
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    for replaces in [None, Some(Replaced { segment: 5, records: 2..9 })] {
        let header = header(replaces);
        let mut file = vec![0xff; header.file_bytes()];
        header.encode(&mut file);
        assert_eq!(SegmentHeader::decode(&file), Some(header));
    }
    let process = ProcessHeader {
        nonce: 9,
        pid: 4711,
        uid: 1000,
        started: -1,
        program: format!("{}ß", "x".repeat(254)),
    };
    let mut file = vec![0; PROCESS_FILE_BYTES];
    process.encode(&mut file);
    let cut = ProcessHeader { program: "x".repeat(254), ..process };
    assert_eq!(ProcessHeader::decode(&file), Some(cut));
    assert!(!ProcessHeader::is_closed(&file));
    let last = DestinationSlot::at(SLOTS - 1);
    let slot = &mut file[last..];
    let paths = [None, Some(b"/var/log/a\xff.log".to_vec()), Some(vec![b'/'; PATH_BYTES])];
    for path in paths {
        let destination = DestinationSlot {
            kind: DestinationKind::RotatingFile,
            form: WrittenForm::Wire,
            name: "n".repeat(NAME_BYTES),
            path,
        };
        destination.encode(slot);
        assert_eq!(DestinationSlot::decode(slot), None, "not in use yet");
        slot[SLOT_STATE_AT] = 1;
        assert_eq!(DestinationSlot::decode(slot), Some(destination));
        slot[SLOT_STATE_AT] = 0;
    }
}

#[test]
fn a_damaged_header_is_none() {
    let mut file = vec![0; 1000];
    header(None).encode(&mut file);
    for at in 0..SEGMENT_FIXED_BYTES {
        file[at] ^= 0x10;
        assert_eq!(SegmentHeader::decode(&file), None, "{at}");
        file[at] ^= 0x10;
    }
    for len in 0..file.len() {
        assert_eq!(SegmentHeader::decode(&file[..len]).is_some(), len >= SEGMENT_FIXED_BYTES);
        let _ = (SegmentMarks::decode(&file[..len]), SegmentEntry::decode(&file[..len], 3));
    }
    assert_eq!(SegmentEntry::decode(&file, usize::MAX), None);
    assert_eq!(ProcessHeader::decode(&file), None);
    assert_eq!(DestinationSlot::decode(&file), None);
}

#[test]
fn marks_that_contradict_the_header_yield_nothing() {
    let unsettled = |published, in_flight, settled| {
        SegmentMarks { published, in_flight, settled, thread: 1 }.unsettled(&header(None))
    };
    assert_eq!(unsettled(4, 2, 1), Some((1..4, 2)));
    assert_eq!(unsettled(4, 0, 3), Some((3..4, 3)), "nothing is in flight");
    assert_eq!(unsettled(0, 2, 2), Some((0..0, 0)), "it returns to its pool");
    assert_eq!(unsettled(5, 0, 0), None);
    assert_eq!(unsettled(4, 5, 0), None);
}

#[test]
fn only_names_of_segments_have_a_number() {
    assert_eq!(segment_file_name(0xab), "00000000000000ab.segment");
    assert_eq!(number_of_segment("00000000000000ab.segment"), Some(0xab));
    for other in ["ab.segment", "+0000000000000ab.segment", "00000000000000ab", "lock", "process"] {
        assert_eq!(number_of_segment(other), None, "{other}");
    }
}

#[test]
fn a_form_that_anybody_can_make_is_known_by_its_encoder_and_by_its_number() {
    for form in WrittenForm::KNOWN {
        assert_eq!(WrittenForm::of_encoder(&*form.encoder()), form);
        assert_eq!(WrittenForm::of(form as u8), form);
    }
    let changed = Json::profile(Profile::Ecs).level(kakashi_core::LevelStyle::Number);
    assert_eq!(WrittenForm::of_encoder(&changed), WrittenForm::Lines);
    assert_eq!(WrittenForm::of_encoder(&kakashi_core::Pretty::terminal()), WrittenForm::Lines);
    assert_eq!(
        [WrittenForm::of(4), WrittenForm::of(0), WrittenForm::of(99)],
        [WrittenForm::Lines, WrittenForm::Foreign, WrittenForm::Foreign]
    );
}
