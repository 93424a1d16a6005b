//! The string, number and list shapes of AWS's service model `robomaker-2018-06-29`, with what each demands. Constants
//! are called by their shapes; where the name differs a comment gives it.

use std::ops::RangeInclusive;

use super::constraints::{Text, alphanumeric_or, one_line};

pub const CLIENT_REQUEST_TOKEN: Text =
    Text { length: 1..=64, pattern: r"[a-zA-Z0-9_\-=]*", matches: |value| alphanumeric_or("_-=", value) };
pub const ARN: Text =
    Text { length: 1..=1224, pattern: "arn:.*", matches: |value| value.starts_with("arn:") && one_line(value) };
/// Shape `DeploymentVersion`: digits alone.
pub const VERSION: Text =
    Text { length: 1..=255, pattern: "[0-9]*", matches: |value| value.bytes().all(|byte| byte.is_ascii_digit()) };
pub const COMMAND: Text =
    Text { length: 1..=1024, pattern: r"[a-zA-Z0-9_.\-]*", matches: |value| alphanumeric_or("_.-", value) };
pub const PATH: Text = Text { length: 1..=1024, pattern: ".*", matches: one_line };
pub const ENVIRONMENT_VARIABLE_KEY: Text =
    Text { length: 1..=1024, pattern: "[A-Z_][A-Z0-9_]*", matches: is_environment_variable_key };
pub const ENVIRONMENT_VARIABLE_VALUE: Text = Text { length: 1..=1024, pattern: ".*", matches: one_line };
pub const S3_BUCKET: Text = Text { length: 3..=63, pattern: r"[a-z0-9][a-z0-9.\-]*[a-z0-9]", matches: is_s3_bucket };
pub const S3_KEY: Text = Text { length: 1..=1024, pattern: ".*", matches: one_line };
pub const TAG_KEY: Text =
    Text { length: 1..=128, pattern: r"[a-zA-Z0-9 _.\-\/+=:]*", matches: |value| alphanumeric_or(" _.-/+=:", value) };
pub const TAG_VALUE: Text =
    Text { length: 0..=256, pattern: r"[a-zA-Z0-9 _.\-\/+=:]*", matches: |value| alphanumeric_or(" _.-/+=:", value) };
pub const PERCENTAGE: RangeInclusive<i64> = 1..=100;
/// Shape `DeploymentTimeout`, in seconds: 1 minute to 7 days.
pub const DEPLOYMENT_TIMEOUT: RangeInclusive<i64> = 60..=7 * 24 * 3600;
/// Shape `DeploymentApplicationConfigs`: exactly one.
pub const APPLICATION_CONFIGS: RangeInclusive<usize> = 1..=1;
/// Shape `EnvironmentVariableMap`: its most entries.
pub const ENVIRONMENT_VARIABLES: usize = 20;
/// Shape `TagMap`: its most entries.
pub const TAGS: usize = 50;

pub const NAME: Text =
    Text { length: 1..=255, pattern: r"[a-zA-Z0-9_\-]*", matches: |value| alphanumeric_or("_-", value) };
pub const ID: Text = Text { length: 1..=1224, pattern: ".*", matches: one_line };
/// Shape `Version`: `$LATEST` is one, too.
pub const ANY_VERSION: Text = Text {
    length: 1..=255,
    pattern: r"(\$LATEST)|[0-9]*",
    matches: |value| value == "$LATEST" || value.bytes().all(|byte| byte.is_ascii_digit()),
};
pub const VERSION_QUALIFIER: Text = Text { length: 1..=255, pattern: "ALL", matches: |value| value == "ALL" };
pub const REVISION_ID: Text =
    Text { length: 1..=40, pattern: r"[a-zA-Z0-9_.\-]*", matches: |value| alphanumeric_or("_.-", value) };
pub const IMAGE_DIGEST: Text =
    Text { length: 0..=72, pattern: "[Ss][Hh][Aa]256:[0-9a-fA-F]{64}", matches: is_image_digest };
pub const REPOSITORY_URL: Text =
    Text { length: 1..=1024, pattern: ".+", matches: |value| !value.is_empty() && one_line(value) };
pub const PAGINATION_TOKEN: Text =
    Text { length: 1..=2048, pattern: r"[a-zA-Z0-9_.\-\/+=]*", matches: |value| alphanumeric_or("_.-/+=", value) };
/// Shapes `Filters` and `FilterValues`: exactly one.
pub const FILTERS: RangeInclusive<usize> = 1..=1;

fn is_image_digest(value: &str) -> bool {
    let Some((algorithm, digest)) = value.split_once(':') else { return false };
    algorithm.eq_ignore_ascii_case("sha256")
        && digest.len() == 64
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_environment_variable_key(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && value.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

fn is_s3_bucket(value: &str) -> bool {
    let inside = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    let outside = |byte: &u8| inside(*byte) && byte.is_ascii_alphanumeric();
    match value.as_bytes() {
        [first, middle @ .., last] => outside(first) && middle.iter().all(|byte| inside(*byte)) && outside(last),
        _ => false,
    }
}
