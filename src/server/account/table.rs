//! Resources that are found by their ARN, and listed in the order in which they were made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands in a table.
pub trait Resource {
    fn arn(&self) -> &Arc<str>;
    fn name(&self) -> &Arc<str>;
}

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

impl<T: Resource> Table<T> {
    /// The serial number of the next resource.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Adds a resource; its ARN and its name must be new.
    pub fn add(&mut self, row: T) -> u64 {
        let serial = self.next;
        self.insert(serial, row);
        serial
    }

    fn insert(&mut self, serial: u64, row: T) {
        self.next = serial + 1;
        self.by_arn.insert(Arc::clone(row.arn()), serial);
        self.by_name.insert(Arc::clone(row.name()), serial);
        self.rows.insert(serial, row);
    }

    /// Takes a resource out.
    pub fn remove(&mut self, serial: u64) -> Option<T> {
        let row = self.rows.remove(&serial)?;
        self.by_arn.remove(row.arn());
        self.by_name.remove(row.name());
        Some(row)
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

    /// All resources from this serial number on, in order.
    pub fn from(&self, serial: u64) -> impl Iterator<Item = (u64, &T)> {
        self.rows.range(serial..).map(|(serial, row)| (*serial, row))
    }

    /// All resources, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }
}

/// The rows with their serial numbers, and the next one.
impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.next, &self.rows).serialize(serializer)
    }
}

impl<'de, T: Resource + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<T>, D::Error> {
        let (next, rows) = <(u64, BTreeMap<u64, T>)>::deserialize(deserializer)?;
        let mut table = Table::default();
        rows.into_iter().for_each(|(serial, row)| table.insert(serial, row));
        table.next = next;
        Ok(table)
    }
}
