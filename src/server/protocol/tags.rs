//! ListTagsForResource, TagResource, UntagResource.

use serde::Serialize;

use super::{Members, Nothing, Refusal, Reply, given, read, written};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::{ARN, TAG_KEY, TAG_VALUE, TAGS};
use crate::server::account::{Account, Tags};

pub(super) fn list(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct ListTagsForResourceResponse<'a> {
        tags: &'a Tags,
    }
    let mut violations = Violations::default();
    let arn = resource(members, &mut violations)?;
    violations.into_result()?;
    read(&ListTagsForResourceResponse { tags: account.tags(&arn)? })
}

pub(super) fn tag(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = resource(members, &mut violations)?;
    let tags = members.map("tags")?;
    if let Some(tags) = violations.required("tags", &tags) {
        violations.map("tags", tags, TAGS, &TAG_KEY, &TAG_VALUE);
    }
    violations.into_result()?;
    account.tag(&arn, tags.unwrap_or_default())?;
    written(&Nothing {})
}

pub(super) fn untag(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = resource(members, &mut violations)?;
    let keys = members.texts("tagKeys")?;
    let keys = violations.required("tagKeys", &keys).cloned().unwrap_or_default();
    for (key, number) in keys.iter().zip(1..) {
        violations.text(&format!("tagKeys.{number}.member"), &Some(key.clone()), &TAG_KEY);
    }
    violations.into_result()?;
    account.untag(&arn, &keys)?;
    written(&Nothing {})
}

fn resource(members: &Members<'_>, violations: &mut Violations) -> Result<String, Refusal> {
    let arn = members.text("resourceArn")?;
    violations.required_text("resourceArn", &arn, &ARN);
    Ok(given(arn))
}
