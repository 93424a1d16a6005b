//! The journal's file, whatever happens to it.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::file::{Opened, RecordBatch};
use super::*;

fn records() -> Vec<Record> {
    vec![
        Record::Beginning(Beginning::new(String::from("abc"), 42, 1_577_836_800_000)),
        Record::Call { at: 7, operation: String::from("CreateFleet"), input: json!({ "name": "a\nb" }) },
        Record::Seen { at: u64::MAX },
    ]
}

fn call(at: u64) -> Record {
    Record::Call { at, operation: String::from("CreateFleet"), input: json!({ "name": format!("fleet-{at}") }) }
}

fn open(folder: &Path) -> Result<(JournalFile, Vec<Record>, Opened), JournalError> {
    let mut records = Vec::new();
    let (file, opened) = JournalFile::open(folder, |record| {
        records.push(record);
        Ok(())
    })?;
    Ok((file, records, opened))
}

#[track_caller]
fn read(folder: &Path) -> Vec<Record> {
    open(folder).expect("a journal").1
}

fn add(file: &mut JournalFile, records: &[Record]) {
    let mut batch = RecordBatch::default();
    records.iter().for_each(|record| batch.add(record).expect("JSON"));
    file.add(&batch).expect("it is written");
}

fn write(folder: &Path, batches: &[&[Record]]) -> Vec<u8> {
    let (mut file, ..) = open(folder).expect("a journal");
    batches.iter().for_each(|batch| add(&mut file, batch));
    fs::read(folder.join("journal.jsonl")).expect("a file")
}

fn format_1(records: &[Record]) -> String {
    let json = serde_json::to_string(records).expect("JSON");
    let json = json.replace("\"format\":2,\"results_version\":2", "\"format\":1");
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = records();
    write(folder.path(), &[&records[..1], &records[1..]]);
    let (first, found, opened) = open(folder.path()).expect("a journal");
    assert_eq!(found, records);
    assert_eq!(opened, Opened { records: 3, torn: None, converted: false });
    assert!(matches!(open(folder.path()), Err(JournalError::InUse(_))));
    drop(first);
    write(folder.path(), &[&records[2..]]);
    assert_eq!(read(folder.path()).len(), 4);
}

/// Wherever the file is cut off, what is read are whole batches, and it can be added to.
#[test]
fn a_torn_end_is_taken_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = records();
    let whole = write(folder.path(), &[&records[..1], &records[1..2], &records[2..]]);
    let path = folder.path().join("journal.jsonl");
    let ends: Vec<usize> = (0..=whole.len()).filter(|end| *end == 0 || whole[end - 1] == b'\n').collect();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("it is written");
        let (mut file, found, opened) = open(folder.path()).expect("a journal");
        let batches = ends.iter().filter(|end| **end <= length).count() - 1;
        assert_eq!(found, records[..batches], "{length} bytes");
        let torn = (length - ends[batches]) as u64;
        assert_eq!(opened.torn, (torn > 0).then_some(torn));
        add(&mut file, &records[2..]);
        drop(file);
        assert_eq!(read(folder.path()).len(), batches + 1);
    }
}

#[test]
fn damage_is_an_error_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = records();
    let whole = write(folder.path(), &[&records[..1], &records[1..2], &records[2..]]);
    let path = folder.path().join("journal.jsonl");
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (damaged, line) in [
        (flipped(20), 1),
        // The last line was written whole, and so may have been answered.
        (flipped(whole.len() - 3), 3),
        (flipped(whole.len() - 1), 3),
        ([lines[0], lines[2]].concat(), 2),
        ([lines[0], lines[1], lines[1], lines[2]].concat(), 3),
        ([lines[0], lines[2], lines[1]].concat(), 2),
        ([lines[0], &lines[1][..9], lines[2]].concat(), 2),
    ] {
        fs::write(&path, &damaged).expect("it is written");
        let found = open(folder.path()).map(|(_, records, _)| records);
        assert!(matches!(&found, Err(JournalError::Damaged(_, found, _)) if *found == line), "{found:?}");
        assert_eq!(fs::read(&path).expect("a file"), damaged, "nothing is taken away");
    }
}

#[test]
fn a_journal_of_format_1_is_read_and_converted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.jsonl");
    let (records, later) = (records(), call(9));
    let batches = [format_1(&records[..1]), format_1(&[Record::Seen { at: 3 }]), format_1(&records[1..])];
    let whole = batches.concat();
    fs::write(&path, &whole).expect("it is written");
    let (mut file, found, opened) = open(folder.path()).expect("a journal");
    assert_eq!((found.len(), opened.records, opened.converted), (4, 4, true));
    add(&mut file, std::slice::from_ref(&later));
    drop(file);
    let (_, found, opened) = open(folder.path()).expect("a journal");
    assert_eq!(found, [&records[..], &[later]].concat());
    assert!(!opened.converted);
    // A torn end goes, and damage is told.
    fs::write(&path, &whole[..whole.len() - 5]).expect("it is written");
    let (_, found, opened) = open(folder.path()).expect("a journal");
    assert!(found.len() == 2 && opened.torn.is_some() && opened.converted, "{found:?}");
    fs::write(&path, whole.replacen("seen", "sewn", 1)).expect("it is written");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged(_, 2, _))));
    // What does not fit is not converted.
    fs::write(&path, &whole).expect("it is written");
    let refused = JournalFile::open(folder.path(), |_| Err(ReplayError::Unfit(String::from("no"))));
    assert!(matches!(refused, Err(JournalError::Unfit(_, 1, _))));
    assert_eq!(fs::read_to_string(&path).expect("a file"), whole);
}

#[test]
fn another_format_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let later = Beginning { format: 3, ..Beginning::new(String::from("abc"), 1, 2) };
    write(folder.path(), &[&[Record::Beginning(later)]]);
    let Err(error @ JournalError::Unfit(..)) = open(folder.path()) else { panic!("it is read") };
    let said = error.to_string();
    assert!(said.contains("line 1: it is of format 3") && said.contains("version of rollcast"), "{said}");
}

/// Of the instants that somebody has seen only the last is kept; calls all are, in order.
#[test]
fn what_is_spare_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut records = vec![records()[0].clone()];
    for at in 0..4000 {
        records.push(if at % 100 == 7 { call(at) } else { Record::Seen { at } });
    }
    let batches: Vec<&[Record]> = records.chunks(7).collect();
    let before = write(folder.path(), &batches).len();
    let (mut file, found, _) = open(folder.path()).expect("a journal");
    assert_eq!(found, records);
    assert!(!file.overgrown(), "so few stay");
    file.rewrite().expect("it is written");
    let kept: Vec<Record> = records[..records.len() - 1].iter().filter(|record| !record.is_seen()).cloned().collect();
    let kept = [&kept[..], &[Record::Seen { at: 3999 }]].concat();
    add(&mut file, &[call(5000)]);
    file.rewrite().expect("it is written");
    add(&mut file, &[call(5001)]);
    drop(file);
    let found = read(folder.path());
    assert_eq!(found, [&kept[..kept.len() - 1], &[call(5000), call(5001)]].concat());
    let after = fs::metadata(folder.path().join("journal.jsonl")).expect("a file").len();
    assert!(after * 10 < before as u64, "{before} bytes, then {after}");
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 2, "the journal and its lock");
}

/// A journal that is looked at all the time does not grow without end, and has what it is to have at any moment.
#[test]
fn it_is_rewritten_while_it_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, ..) = open(folder.path()).expect("a journal");
    let (mut journal, writer, durable) = Journal::new(file);
    std::thread::scope(|threads| {
        threads.spawn(|| writer.run(|trouble| panic!("{trouble}")).expect("it is written"));
        journal.add(records()[0].clone());
        for at in 0..3 * MOST_SPARE {
            journal.add(if at % 1000 == 0 { call(at) } else { Record::Seen { at } });
        }
        drop(journal);
    });
    assert_eq!(durable.counts().1, 3 * MOST_SPARE + 1);
    let found = read(folder.path());
    assert_eq!(found.iter().filter(|record| !record.is_seen()).count() as u64, 3 * MOST_SPARE / 1000 + 1);
    assert_eq!(found.last(), Some(&Record::Seen { at: 3 * MOST_SPARE - 1 }));
    assert!(found.len() as u64 <= 2 * (3 * MOST_SPARE / 1000 + 2) + 2 * MOST_SPARE, "{}", found.len());
}

/// A rewriting that does not come to its end leaves the journal as it was.
#[test]
fn a_rewriting_that_fails_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = write(folder.path(), &[&records()]);
    // A folder stands where the new file would be.
    let new = folder.path().join("journal.jsonl.new");
    fs::create_dir(&new).expect("a folder");
    let (mut file, ..) = open(folder.path()).expect("a journal");
    assert!(matches!(file.rewrite(), Err(JournalError::Write(..))));
    assert_eq!(fs::read(folder.path().join("journal.jsonl")).expect("a file"), whole);
    add(&mut file, &[call(8)]);
    drop(file);
    assert_eq!(read(folder.path()).len(), 4);
    // Neither does what is left of one that was cut short.
    fs::remove_dir(&new).expect("a folder");
    fs::write(&new, "1 20 deadbeef [{\"seen\"").expect("it is written");
    let (mut file, found, _) = open(folder.path()).expect("a journal");
    assert_eq!(found.len(), 4);
    file.rewrite().expect("it is written");
    drop(file);
    assert_eq!(read(folder.path()).len(), 3);
}
