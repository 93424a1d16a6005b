//! `rollcast schema`

use super::{Failure, print};
use crate::scenario::schema;

/// Prints the schema.
pub fn run() -> Result<(), Failure> {
    print(&format!("{:#}\n", schema()))
}
