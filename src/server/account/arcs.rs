//! Texts that are shared, in what is written down: serde reads no `Arc<str>` without a feature.

/// A text that many share.
pub mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes it as a string.
    pub fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    /// Reads a text that is nobody else's yet.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}

/// A request that many jobs share.
pub mod request {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::control_plane::Request;

    /// Writes it as the request itself.
    pub fn serialize<S: Serializer>(request: &Arc<Request>, serializer: S) -> Result<S::Ok, S::Error> {
        Request::serialize(request, serializer)
    }

    /// Reads a request that is nobody else's yet.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Request>, D::Error> {
        Request::deserialize(deserializer).map(Arc::new)
    }
}
