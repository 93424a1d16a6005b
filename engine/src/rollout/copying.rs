//! Copies that keep memory.

/// Implements [`Clone`] field by field. A derived `clone_from` drops all that was there; this one keeps the memory of
/// every field, so whoever copies again and again into the same place allocates nothing.
macro_rules! clone_by_fields {
    ([$($generics:tt)*] $type:ty { $($field:ident),+ $(,)? }) => {
        impl<$($generics)*> Clone for $type {
            fn clone(&self) -> Self {
                Self { $($field: Clone::clone(&self.$field)),+ }
            }

            fn clone_from(&mut self, source: &Self) {
                $(Clone::clone_from(&mut self.$field, &source.$field);)+
            }
        }
    };
}
pub(crate) use clone_by_fields;
