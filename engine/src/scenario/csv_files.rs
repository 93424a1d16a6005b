//! CSV files beside a scenario.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use super::quantity::Quantity;
use crate::random::Values;

/// A file, the name of a column in it, and what its values are.
type FileColumn = (PathBuf, String, Quantity);

/// The files that a scenario names. A column is read once for all scenarios that have it at a time: the points of a
/// sweep differ in few settings.
#[derive(Debug)]
pub struct CsvFiles {
    /// What the paths of files are relative to.
    folder: PathBuf,
    columns: Mutex<HashMap<FileColumn, Weak<[f64]>>>,
}

/// Why a column cannot be had.
pub enum CsvError {
    /// The file as a whole, or a value in it.
    File(String),
    /// The column is not among these.
    Column(Vec<String>),
    /// So many columns have the name.
    Twice(usize),
}

impl CsvFiles {
    /// None yet of those that a scenario in this folder may name.
    pub fn new(folder: &Path) -> CsvFiles {
        CsvFiles { folder: folder.to_path_buf(), columns: Mutex::default() }
    }

    /// The numbers of a column, in the quantity's base unit.
    pub fn column(&self, path: &str, column: &str, quantity: Quantity) -> Result<Values, CsvError> {
        // What a thread that panicked left is whole: one insertion.
        let columns = || self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.folder.join(path), column.to_owned(), quantity);
        if let Some(read) = columns().get(&key).and_then(Weak::upgrade) {
            return Ok(Values(read));
        }
        let values = Values::from(read_column(&key.0, column, quantity)?);
        columns().insert(key, Arc::downgrade(&values.0));
        Ok(values)
    }
}

/// Reads a column of numbers, or of quantities with their units. Columns are apart by commas, or by semicolons or tabs if
/// the header has these and no comma; then a number may have a decimal comma.
fn read_column(path: &Path, column: &str, quantity: Quantity) -> Result<Vec<f64>, CsvError> {
    let fail = |why: String| CsvError::File(why);
    let metadata = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail(String::from("not a regular file")));
    }
    let separator = separator_of(path).map_err(|error| fail(error.to_string()))?;
    let mut reader = ReaderBuilder::new();
    let reader = reader.trim(Trim::All).delimiter(separator).from_path(path);
    let mut reader = reader.map_err(|error| fail(error.to_string()))?;
    let header = reader.headers().map_err(|error| fail(error.to_string()))?;
    // A byte order mark belongs to no name.
    let is_it = |name: &str| name.trim_start_matches('\u{feff}') == column;
    let index = match header.iter().enumerate().filter(|(_, name)| is_it(name)).collect::<Vec<_>>()[..] {
        [(index, _)] => index,
        [] => return Err(CsvError::Column(header.iter().map(str::to_owned).collect())),
        ref several => return Err(CsvError::Twice(several.len())),
    };
    let (unit, scale, greatest) = (quantity.file_unit(), quantity.file_scale(), quantity.greatest_in_file());
    let (mut values, mut record) = (Vec::new(), StringRecord::new());
    while reader.read_record(&mut record).map_err(|error| fail(error.to_string()))? {
        let text = record.get(index).unwrap_or_default();
        let with_point = if separator == b',' { Cow::Borrowed(text) } else { Cow::Owned(text.replace(',', ".")) };
        let number = with_point.parse::<f64>().ok().filter(|number| (0.0..=greatest).contains(number));
        let Some(value) = number.map(|number| number * scale).or_else(|| quantity.parse(&with_point)) else {
            let line = record.position().map_or(0, Position::line);
            let example = quantity.example();
            return Err(fail(format!(
                "line {line} has `{text}` where a number of {unit} from 0 to {greatest} belongs, or one with its unit such as {example}"
            )));
        };
        values.push(value);
    }
    if values.is_empty() {
        return Err(fail(String::from("it has no rows")));
    }
    Ok(values)
}

/// What separates the columns of a file: the first of these that its header has.
fn separator_of(path: &Path) -> io::Result<u8> {
    let mut header = Vec::new();
    BufReader::new(File::open(path)?).take(MOST_OF_A_HEADER).read_until(b'\n', &mut header)?;
    Ok(*b",;\t".iter().find(|separator| header.contains(separator)).unwrap_or(&b','))
}

const MOST_OF_A_HEADER: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_as_other_programs_write_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("measured.csv");
        let read = |text: &str, quantity| {
            std::fs::write(&path, text).expect("a file");
            read_column(&path, "a", quantity)
        };
        for (text, micros) in [
            ("a,b\n1.5,2\n", 1.5e6),
            ("a;b\n1,5;2\n", 1.5e6),
            ("b\ta\n2\t1.5\n", 1.5e6),
            ("\u{feff}a;b\r\n1,5;2\r\n", 1.5e6),
            ("a\n1500ms\n", 1.5e6),
            ("a,b\n1m 30s,2\n", 90e6),
            ("a;b\n\"1,5s\";2\n", 1.5e6),
        ] {
            let values = read(text, Quantity::Duration).unwrap_or_else(|_| panic!("{text:?} is read"));
            assert_eq!(values, [micros], "{text:?}");
        }
        assert!(read("a\n20Mbit/s\n", Quantity::Rate).is_ok_and(|values| values == [2e7]));
        assert!(matches!(read("a,b,a\n1,2,3\n", Quantity::Duration), Err(CsvError::Twice(2))));
        for text in ["a\n-1\n", "a\n1,5\n", "a;b\n1,5,2;3\n", "a\n5 parsec\n", "a\n20Mbit/s\n", "a\n14000d\n"] {
            assert!(matches!(read(text, Quantity::Duration), Err(CsvError::File(_))), "{text:?}");
        }
    }

    /// A column is read once while anybody has it, and anew when nobody does.
    #[test]
    fn a_column_is_read_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("measured.csv");
        let write = |text: &str| std::fs::write(&path, text).expect("a file");
        let files = CsvFiles::new(folder.path());
        let column = |name, quantity| match files.column("measured.csv", name, quantity) {
            Ok(values) => values,
            Err(_) => panic!("{name} is a column"),
        };
        write("a,b\n1,2\n");
        let first = column("a", Quantity::Duration);
        assert_eq!(first, Values::from(vec![1e6]));
        write("a,b\n3,4\n");
        assert_eq!(column("a", Quantity::Duration), first);
        assert_eq!(column("a", Quantity::Rate), Values::from(vec![3.0]));
        assert_eq!(column("b", Quantity::Duration), Values::from(vec![4e6]));
        drop(first);
        assert_eq!(column("a", Quantity::Duration), Values::from(vec![3e6]));
    }
}
