//! Resources that are found by their ARN, and listed in the order in which they were made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Resources of one kind. Each has a serial number, which is not given again.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: BTreeMap<u64, T>,
    by_arn: HashMap<Arc<str>, u64>,
    by_name: HashMap<Arc<str>, u64>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { rows: BTreeMap::new(), by_arn: HashMap::new(), by_name: HashMap::new(), next: 0 }
    }
}

impl<T> Table<T> {
    /// The serial number of the next resource.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Adds a resource; its ARN and its name must be new.
    pub fn add(&mut self, arn: Arc<str>, name: Arc<str>, row: T) -> u64 {
        let serial = self.next;
        self.next += 1;
        self.rows.insert(serial, row);
        self.by_arn.insert(arn, serial);
        self.by_name.insert(name, serial);
        serial
    }

    /// Takes a resource out.
    pub fn remove(&mut self, serial: u64, arn: &str, name: &str) -> Option<T> {
        self.by_arn.remove(arn);
        self.by_name.remove(name);
        self.rows.remove(&serial)
    }

    /// The serial number of the resource with this ARN.
    pub fn find(&self, arn: &str) -> Option<u64> {
        self.by_arn.get(arn).copied()
    }

    /// The serial number of the resource with this name.
    pub fn named(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).copied()
    }

    /// A resource by its serial number.
    pub fn get(&self, serial: u64) -> Option<&T> {
        self.rows.get(&serial)
    }

    /// A resource by its serial number, to be changed.
    pub fn get_mut(&mut self, serial: u64) -> Option<&mut T> {
        self.rows.get_mut(&serial)
    }

    /// The oldest resource.
    pub fn first(&self) -> Option<(u64, &T)> {
        self.rows.first_key_value().map(|(serial, row)| (*serial, row))
    }

    /// All resources from this serial number on, in order.
    pub fn from(&self, serial: u64) -> impl Iterator<Item = (u64, &T)> {
        self.rows.range(serial..).map(|(serial, row)| (*serial, row))
    }

    /// All resources, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }
}
