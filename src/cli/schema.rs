//! `rollcast schema`

use super::{Failure, print};
use crate::questions::schema;

/// Prints the schema.
pub fn run() -> Result<(), Failure> {
    print(&format!("{:#}\n", schema()))
}
