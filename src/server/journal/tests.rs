//! The journal's file, whatever happens to it.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::file::{JournalLines, Opened, RecordBatch};
use super::line::Payload;
use super::*;
use crate::server::account::tests::{account, scenario};

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
    let (file, entries, opened) = open_all(folder)?;
    let record = |entry| if let Entry::Record(record) = entry { Some(record) } else { None };
    Ok((file, entries.into_iter().filter_map(record).collect(), opened))
}

/// The same with accounts.
fn open_all(folder: &Path) -> Result<(JournalFile, Vec<Entry>, Opened), JournalError> {
    let mut entries = Vec::new();
    let (file, opened) = JournalFile::open(folder, |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok((file, entries, opened))
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
    assert_eq!(opened, Opened { records: 3, torn: None, former: false });
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

/// Begins a journal anew with an account.
fn begin_anew(file: &mut JournalFile, account: &serde_json::Value) -> Result<(), JournalError> {
    let new = file.begin_anew().expect("it has begun").write(account)?;
    file.replace(new)
}

#[test]
fn a_journal_of_format_1_is_read_and_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.jsonl");
    let (records, later) = (records(), call(9));
    let batches = [format_1(&records[..1]), format_1(&[Record::Seen { at: 3 }]), format_1(&records[1..])];
    let whole = batches.concat();
    fs::write(&path, &whole).expect("it is written");
    let (mut file, found, opened) = open(folder.path()).expect("a journal");
    assert_eq!((found.len(), opened.records, opened.former), (4, 4, true));
    assert_eq!(fs::read_to_string(&path).expect("a file"), whole);
    begin_anew(&mut file, &json!({ "a": 1 })).expect("it is written");
    add(&mut file, std::slice::from_ref(&later));
    drop(file);
    let (_, found, opened) = open_all(folder.path()).expect("a journal");
    let expected = [Entry::Record(records[0].clone()), Entry::Account(b"{\"a\":1}".to_vec()), Entry::Record(later)];
    assert_eq!(found, expected);
    assert!(!opened.former);
    // A torn end goes, and damage is told.
    fs::write(&path, &whole[..whole.len() - 5]).expect("it is written");
    let (_, found, opened) = open(folder.path()).expect("a journal");
    assert!(found.len() == 2 && opened.torn.is_some() && opened.former, "{found:?}");
    fs::write(&path, whole.replacen("seen", "sewn", 1)).expect("it is written");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged(_, 2, _))));
    // What does not fit is left alone.
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

/// What has led to an account goes when that is written down; what comes meanwhile, and later, stays.
#[test]
fn what_has_led_to_an_account_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let records: Vec<Record> = [records()[0].clone()].into_iter().chain((0..4000).map(call)).collect();
    let batches: Vec<&[Record]> = records.chunks(7).collect();
    let before = write(folder.path(), &batches).len();
    let (mut file, found, _) = open(folder.path()).expect("a journal");
    assert_eq!(found, records);
    assert!(!file.overgrown(), "so few stay");
    // Longer than a piece, and with characters of several bytes where pieces end.
    let account = json!({ "robots": vec!["a\u{e9}\u{1f916}\n"; 300_000] });
    let new = file.begin_anew().expect("it has begun");
    add(&mut file, &[call(5000)]);
    let new = new.write(&account).expect("it is written");
    add(&mut file, &[call(5001), call(5002)]);
    file.replace(new).expect("it is written");
    assert!(file.tail() < 1000);
    add(&mut file, &[call(5003)]);
    drop(file);
    let (mut file, found, opened) = open_all(folder.path()).expect("a journal");
    let account = Entry::Account(serde_json::to_vec(&account).expect("JSON"));
    let later = (5000..5004).map(|at| Entry::Record(call(at)));
    let expected: Vec<Entry> = [Entry::Record(records[0].clone()), account].into_iter().chain(later).collect();
    assert!(found == expected && opened.torn.is_none());
    begin_anew(&mut file, &json!(1)).expect("it is written");
    drop(file);
    let after = fs::metadata(folder.path().join("journal.jsonl")).expect("a file").len();
    assert!(after * 10 < before as u64, "{before} bytes, then {after}");
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 2, "the journal and its lock");
}

/// A journal does not grow without end while it serves, and has what it is to have at any moment.
#[test]
fn it_is_begun_anew_while_it_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut file, ..) = open(folder.path()).expect("a journal");
    let Record::Beginning(beginning) = records()[0].clone() else { panic!("it begins") };
    let beginning = file.begin(beginning);
    let (mut journal, writer, durable) = Journal::new(file);
    let mut account = account(
        &scenario(
            "name = \"a\"\n[deployment]\nconcurrent_deployment_percentage = 50\n\
        failure_threshold_percentage = 50\n[[group]]\nname = \"a\"\nrobots = 2\n",
        ),
        1,
    );
    let (mut saved, mut at) = (Vec::new(), 0);
    std::thread::scope(|threads| {
        threads.spawn(|| writer.run(|trouble| panic!("{trouble}")).expect("it is written"));
        journal.add(beginning);
        while saved.len() < 3 {
            at += 1;
            journal.add(call(at));
            if journal.take_overgrown() {
                journal.save(account.save());
                saved.push(at);
            }
        }
        drop(journal);
    });
    assert_eq!(durable.counts().1, at + 1);
    let found = open_all(folder.path()).expect("a journal").1;
    assert!(matches!(found[1], Entry::Account(_)));
    // What came after one of the accounts, all of it and in order.
    let Entry::Record(Record::Call { at: first, .. }) = found.get(2).cloned().unwrap_or(Entry::Record(call(at + 1)))
    else {
        panic!("a call")
    };
    assert!(saved.contains(&(first - 1)), "{first} is not after one of {saved:?}");
    assert!(found[2..].iter().zip(first..).all(|(entry, at)| *entry == Entry::Record(call(at))));
    assert_eq!(first + found.len() as u64 - 2, at + 1);
}

/// An account that cannot be written down leaves the journal as it was.
#[test]
fn an_account_that_cannot_be_written_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = write(folder.path(), &[&records()]);
    // A folder stands where the new file would be.
    let new = folder.path().join("journal.jsonl.new");
    fs::create_dir(&new).expect("a folder");
    let (mut file, ..) = open(folder.path()).expect("a journal");
    assert!(matches!(begin_anew(&mut file, &json!(1)), Err(JournalError::Write(..))));
    assert_eq!(fs::read(folder.path().join("journal.jsonl")).expect("a file"), whole);
    add(&mut file, &[call(8)]);
    drop(file);
    assert_eq!(read(folder.path()).len(), 4);
    // Neither does what is left of one that was cut short.
    fs::remove_dir(&new).expect("a folder");
    fs::write(&new, "1 20 deadbeef [{\"seen\"").expect("it is written");
    let (mut file, found, _) = open(folder.path()).expect("a journal");
    assert_eq!(found.len(), 4);
    begin_anew(&mut file, &json!(1)).expect("it is written");
    drop(file);
    assert_eq!(read(folder.path()), records()[..1]);
}

/// A journal with an account in pieces, and records before and after it.
fn with_an_account() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[&records(), &[call(1)]]);
    let (mut file, ..) = open(folder.path()).expect("a journal");
    begin_anew(&mut file, &json!({ "robots": ["a", "b\u{e9}"], "jobs": [] })).expect("it is written");
    (2..5).for_each(|at| add(&mut file, &[call(at), Record::Seen { at }]));
    drop(file);
    fs::read(folder.path().join("journal.jsonl")).expect("a file")
}

/// What is read of these bytes, and whether an end was torn off.
fn read_bytes(bytes: &[u8]) -> Result<(Vec<Payload>, bool), JournalError> {
    let mut lines = JournalLines::of(Path::new("journal"), bytes);
    let mut found = Vec::new();
    while let Some(payload) = lines.next()? {
        found.push(payload);
    }
    Ok((found, lines.torn().is_some()))
}

/// Whatever bit is another one, and whatever line is missing, doubled, or at another place: the journal is refused.
#[test]
fn no_damage_goes_unnoticed() {
    let whole = with_an_account();
    assert!(read_bytes(&whole).is_ok_and(|(found, torn)| found.len() == 5 && !torn));
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read_bytes(&flipped).is_err(), "bit {bit}");
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for one in 0..lines.len() {
        let mut doubled = lines.clone();
        doubled.insert(one, lines[one]);
        assert!(read_bytes(&doubled.concat()).is_err(), "line {one} doubled");
        let mut missing = lines.clone();
        missing.remove(one);
        // That lines are missing at the end cannot be seen.
        assert_eq!(read_bytes(&missing.concat()).is_err(), one + 1 < lines.len(), "line {one} missing");
        for other in one + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(one, other);
            assert!(read_bytes(&swapped.concat()).is_err(), "lines {one} and {other} swapped");
        }
    }
}

proptest! {
    /// Whatever is done to its bytes, what is read of a journal is what was written, from its beginning on, and nothing
    /// is taken for torn but the end of its last line.
    #[test]
    fn nothing_is_read_that_was_not_written(
        changes in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u8>(), 0..6_u8), 1..4),
    ) {
        let whole = with_an_account_once();
        let mut bytes = whole.clone();
        for (at, length, byte, kind) in changes {
            let at = usize::from(at) % (bytes.len() + 1);
            let end = (at + usize::from(length) % 700).min(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.drain(at..end)),
                2 => bytes[at..end].fill(0),
                3 => bytes[at..end].fill(byte),
                4 => bytes.truncate(at),
                _ => bytes = [&bytes[..end], &bytes[at..]].concat(),
            }
        }
        if let Ok((found, torn)) = read_bytes(&bytes) {
            let (written, _) = read_bytes(whole).expect("it is whole");
            prop_assert!(written.starts_with(&found));
            prop_assert!(bytes == *whole || torn || bytes.len() < whole.len());
        }
    }
}

fn with_an_account_once() -> &'static Vec<u8> {
    static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(with_an_account);
    &WHOLE
}
