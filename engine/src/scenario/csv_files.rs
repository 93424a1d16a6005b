//! CSV files beside a scenario.

use std::collections::HashMap;
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

fn read_column(path: &Path, column: &str, quantity: Quantity) -> Result<Vec<f64>, CsvError> {
    let fail = |why: String| CsvError::File(why);
    let metadata = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail(String::from("not a regular file")));
    }
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_path(path).map_err(|error| fail(error.to_string()))?;
    let header = reader.headers().map_err(|error| fail(error.to_string()))?;
    let Some(index) = header.iter().position(|name| name == column) else {
        return Err(CsvError::Column(header.iter().map(str::to_owned).collect()));
    };
    let (unit, scale, greatest) = (quantity.file_unit(), quantity.file_scale(), quantity.greatest_in_file());
    let (mut values, mut record) = (Vec::new(), StringRecord::new());
    while reader.read_record(&mut record).map_err(|error| fail(error.to_string()))? {
        let text = record.get(index).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if (0.0..=greatest).contains(&number) => values.push(number * scale),
            _ => {
                let line = record.position().map_or(0, Position::line);
                return Err(fail(format!(
                    "line {line} has `{text}` where a number of {unit} from 0 to {greatest} belongs"
                )));
            }
        }
    }
    if values.is_empty() {
        return Err(fail(String::from("it has no rows")));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

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
