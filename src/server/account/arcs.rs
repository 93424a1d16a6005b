//! Texts that are shared, in what is written down: serde reads no `Arc<str>` without a feature.

/// For `Arc<str>`.
pub mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}

/// For `Arc<Request>`.
pub mod request {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::control_plane::Request;

    pub fn serialize<S: Serializer>(request: &Arc<Request>, serializer: S) -> Result<S::Ok, S::Error> {
        Request::serialize(request, serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Request>, D::Error> {
        Request::deserialize(deserializer).map(Arc::new)
    }
}
