//! `rollcast schema`

use super::{Failure, print};
use crate::questions::schema_with;
use crate::scenario::Controllers;

/// Prints the schema.
pub fn run(controllers: &Controllers) -> Result<(), Failure> {
    print(&format!("{:#}\n", schema_with(controllers)))
}
