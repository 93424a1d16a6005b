//! The lines of a journal, each bound to the one before.

use super::Record;

/// Disks write sectors of so many bytes whole, and what has not been written of a file may read as zeros.
const SECTOR: u64 = 512;

/// What a line holds.
#[derive(Debug, PartialEq)]
pub enum Payload {
    Records(Vec<Record>),
    /// A piece of the account written down, and whether it is the last one.
    Piece(Vec<u8>, bool),
}

/// A piece that is followed by another one begins so, and the last one so. Records are a JSON list.
const PIECE: u8 = b'+';
const LAST_PIECE: u8 = b'=';

/// Where a chain of lines has got: the number of its last line and the checksum of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    number: u64,
    sum: u32,
}

/// Why a line cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Its end was not written: it may be the last one.
    Torn,
    /// It is not the line that belongs here, or not as it was written.
    Damaged(String),
}

fn damaged<T>(why: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable::Damaged(why.into()))
}

impl Chain {
    /// The next line, with its end, for a piece of the account written down.
    pub fn append_piece(&mut self, piece: &[u8], last: bool) -> Vec<u8> {
        self.append(&[&[if last { LAST_PIECE } else { PIECE }], piece].concat())
    }

    /// The next line, with its end, for a JSON list of records.
    pub fn append(&mut self, json: &[u8]) -> Vec<u8> {
        let (number, length) = (self.number + 1, json.len());
        *self = Chain { number, sum: self.sum_of(number, json) };
        let mut line = format!("{number} {length} {:08x} ", self.sum).into_bytes();
        line.extend_from_slice(json);
        line.push(b'\n');
        line
    }

    /// Reads the next line, which begins at this offset of its file.
    pub fn read(&mut self, line: &[u8], offset: u64) -> Result<Payload, Unreadable> {
        match self.payload(line, offset)? {
            [PIECE, piece @ ..] => Ok(Payload::Piece(piece.to_vec(), false)),
            [LAST_PIECE, piece @ ..] => Ok(Payload::Piece(piece.to_vec(), true)),
            json => records(json).map(Payload::Records),
        }
    }

    /// What the next line holds, as it is.
    pub fn payload<'a>(&mut self, line: &'a [u8], offset: u64) -> Result<&'a [u8], Unreadable> {
        if zeroed(line, offset) {
            return Err(Unreadable::Torn);
        }
        let expected = self.number + 1;
        let mut fields = line.splitn(4, |byte| *byte == b' ');
        let (Some(number), Some(length), Some(sum), Some(rest)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            // Whoever was cut off here has begun with the number: all else was not written by a server.
            let begins = format!("{expected} ").into_bytes();
            let ours = begins.starts_with(line) || line.starts_with(&begins);
            return if ours && !ended(line) { Err(Unreadable::Torn) } else { damaged("the line has no beginning") };
        };
        let Some(number) = digits(number) else { return damaged("the line does not begin with its number") };
        if number != expected {
            return damaged(format!(
                "it says that it is number {number}: lines are missing, doubled or in another order, or it is damaged"
            ));
        }
        let Some(length) = digits(length) else { return damaged("the line does not say its length") };
        let there = rest.len() as u64;
        if !ended(line) {
            let why = "the line does not end where it says";
            return if there <= length { Err(Unreadable::Torn) } else { damaged(why) };
        }
        if there != length.saturating_add(1) {
            return damaged(format!("the line has {} bytes of records, and says {length}", there - 1));
        }
        let json = &rest[..rest.len() - 1];
        let (found, sum) = (sum, self.sum_of(number, json));
        if found != format!("{sum:08x}").as_bytes() {
            return damaged("the line does not have its checksum, or follows another line");
        }
        *self = Chain { number, sum };
        Ok(json)
    }

    /// The number of the latest line.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The checksum of the next line.
    fn sum_of(&self, number: u64, json: &[u8]) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(format!("{:08x} {number} {} ", self.sum, json.len()).as_bytes());
        sum.update(json);
        sum.finalize()
    }
}

/// Reads a line of format 1: a checksum in eight hexadecimal digits, a space, and the records.
pub fn read_format_1(line: &[u8], offset: u64) -> Result<Payload, Unreadable> {
    if !ended(line) || zeroed(line, offset) {
        return Err(Unreadable::Torn);
    }
    let Some((sum, json)) = line[..line.len() - 1].split_at_checked(9) else { return damaged("the line is too short") };
    let sum = std::str::from_utf8(sum).ok().and_then(|sum| u32::from_str_radix(sum.trim_end(), 16).ok());
    if sum != Some(crc32fast::hash(json)) {
        return damaged("the line does not have its checksum");
    }
    records(json).map(Payload::Records)
}

/// Whether a line is of format 1.
pub fn is_format_1(line: &[u8]) -> bool {
    line.get(8) == Some(&b' ') && line[..8].iter().all(u8::is_ascii_hexdigit)
}

fn records(json: &[u8]) -> Result<Vec<Record>, Unreadable> {
    serde_json::from_slice(json).map_err(|error| Unreadable::Damaged(error.to_string()))
}

fn ended(line: &[u8]) -> bool {
    line.ends_with(b"\n")
}

/// Whether whole sectors of a line that begins at this offset, or the rest of it from a sector's beginning, are zeros.
/// Neither are there zeros in what is written, nor does one flipped bit make such a stretch.
fn zeroed(line: &[u8], offset: u64) -> bool {
    let Some(first) = line.iter().position(|byte| *byte == 0) else { return false };
    let zeros = line[first..].iter().take_while(|byte| **byte == 0).count();
    let begins = (offset + first as u64).is_multiple_of(SECTOR);
    let end = first + zeros;
    begins && (end == line.len() || (offset + end as u64).is_multiple_of(SECTOR))
}

fn digits(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records, two pieces of an account, and records.
    fn lines() -> Vec<Vec<u8>> {
        let mut chain = Chain::default();
        (0..5)
            .map(|at| {
                let records = [
                    Record::Seen { at },
                    Record::Call {
                        at,
                        operation: String::from("CreateFleet"),
                        input: serde_json::json!({ "name": "a b\nc" }),
                    },
                ];
                match at {
                    2 => chain.append_piece("{\"name\": \"\u{e9}".as_bytes(), false),
                    3 => chain.append_piece(b"\"}", true),
                    _ => chain.append(&serde_json::to_vec(&records).expect("JSON")),
                }
            })
            .collect()
    }

    /// Reads lines until one cannot be read: how many there were, and what is wrong with the next.
    fn read(lines: &[Vec<u8>]) -> (usize, Option<Unreadable>) {
        let (mut chain, mut offset) = (Chain::default(), 0);
        for (index, line) in lines.iter().enumerate() {
            if let Err(why) = chain.read(line, offset) {
                return (index, Some(why));
            }
            offset += line.len() as u64;
        }
        (lines.len(), None)
    }

    #[test]
    fn a_chain_is_read_as_it_was_written() {
        assert_eq!(read(&lines()), (5, None));
        assert!(!is_format_1(&lines()[0]));
    }

    /// Whatever bit of whatever line is another: that line, or the next one, is refused, and never taken for one that
    /// was not written whole.
    #[test]
    fn every_flipped_bit_is_found() {
        let whole = lines();
        for index in 0..whole.len() {
            for bit in 0..whole[index].len() * 8 {
                let mut flipped = whole.clone();
                flipped[index][bit / 8] ^= 1 << (bit % 8);
                // As the file is read: up to each line's end.
                let bytes = flipped.concat();
                let split: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let (read, why) = read(&split);
                assert!(
                    read == index && matches!(why, Some(Unreadable::Damaged(_))),
                    "line {index}, bit {bit}: {why:?}"
                );
            }
        }
    }

    #[test]
    fn lines_that_are_missing_or_doubled_or_swapped_are_found() {
        let whole = lines();
        for index in 0..whole.len() - 1 {
            let mut missing = whole.clone();
            missing.remove(index);
            let mut doubled = whole.clone();
            doubled.insert(index + 1, whole[index].clone());
            let mut swapped = whole.clone();
            swapped.swap(index, index + 1);
            for (found, wanted) in [(read(&missing), index), (read(&doubled), index + 1), (read(&swapped), index)] {
                assert_eq!(found.0, wanted);
                let Some(Unreadable::Damaged(why)) = found.1 else { panic!("{found:?}") };
                assert!(why.contains("missing, doubled or in another order"), "{why}");
            }
        }
        // A line of another journal, with the right number.
        let mut other = whole.clone();
        let mut chain = Chain::default();
        chain.append(b"[]");
        other[1] = chain.append(b"[]");
        assert!(matches!(read(&other), (1, Some(Unreadable::Damaged(_)))));
    }

    #[test]
    fn a_line_that_was_cut_off_is_torn() {
        let whole = lines();
        let mut chain = Chain::default();
        chain.read(&whole[0], 0).expect("it is whole");
        for length in 1..whole[1].len() {
            assert_eq!(chain.clone().read(&whole[1][..length], 100), Err(Unreadable::Torn), "{length} bytes");
        }
    }

    #[test]
    fn what_no_server_has_written_is_not_taken_for_torn() {
        for text in ["hello", "12", "2 ", "{}", "1x", "hello\n", "1 2\n", "one two three four five"] {
            let found = Chain::default().read(text.as_bytes(), 0);
            assert!(matches!(found, Err(Unreadable::Damaged(_))), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn sectors_that_were_not_written_are_torn() {
        let mut chain = Chain::default();
        let json = format!("[{}]", vec![r#"{"seen":{"at":1}}"#; 200].join(","));
        let line = chain.append(json.as_bytes());
        for (offset, zeros, torn) in [
            (0, 512..1024, true),
            (0, 1024..line.len(), true),
            (100, 412..1436, true),
            // Less than a sector, and in its middle, is damage.
            (0, 512..600, false),
            (0, 700..1024, false),
            (7, 512..1024, false),
        ] {
            let mut zeroed = line.clone();
            zeroed[zeros.clone()].fill(0);
            let found = Chain::default().read(&zeroed, offset);
            assert_eq!(found == Err(Unreadable::Torn), torn, "{offset} {zeros:?}");
            assert!(found.is_err());
        }
    }
}
