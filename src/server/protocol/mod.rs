//! The protocol: AWS REST-JSON 1.1, as the service model `robomaker-2018-06-29` has it.
//!
//! An operation's input is one JSON object: what the model puts into the path or the query stands in it beside the
//! members of the body. Whoever reads a request from the wire, or from a journal, brings it so.

mod applications;
mod decode;
mod deployments;
mod fleets;
mod operation;
mod robots;
mod tags;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use decode::{Members, parse};
pub use deployments::percent;
pub use operation::{Operation, Route};

use super::account::{Account, PageRequest};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::{FILTERS, NAME, PAGINATION_TOKEN};
use crate::control_plane::{ApiException, ExceptionCode};

/// What a call is answered.
#[derive(Debug)]
pub struct Reply {
    body: ReplyBody,
    /// Whether the account has changed.
    pub changed: bool,
    /// The answer gets lost on its way (R17).
    pub lost: bool,
}

/// The JSON of a reply.
enum ReplyBody {
    Written(Vec<u8>),
    /// What it says is gathered, and written as JSON when the account may change again: it may speak of a million
    /// robots.
    Gathered(Box<dyn FnOnce() -> serde_json::Result<Vec<u8>> + Send>),
}

impl std::fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReplyBody::Written(json) => f.debug_tuple("Written").field(&String::from_utf8_lossy(json)).finish(),
            ReplyBody::Gathered(_) => f.write_str("Gathered"),
        }
    }
}

impl Reply {
    /// Whether it takes long to write it as JSON.
    pub fn is_long(&self) -> bool {
        matches!(self.body, ReplyBody::Gathered(_))
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// The program is wrong.
    pub fn json(self) -> Result<Vec<u8>, Refusal> {
        match self.body {
            ReplyBody::Written(json) => Ok(json),
            ReplyBody::Gathered(write) => write().map_err(unwritable),
        }
    }
}

fn unwritable(error: serde_json::Error) -> Refusal {
    ApiException::new(ExceptionCode::InternalServer, error.to_string()).into()
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not what the protocol wants.
    Malformed(String),
    /// An exception of the API.
    Api(ApiException),
    /// An exception of the API; the account has changed all the same (R17).
    Counted(ApiException),
}

impl Refusal {
    /// The name of the error.
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "SerializationException",
            Refusal::Api(exception) | Refusal::Counted(exception) => exception.code().as_str(),
        }
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        match self {
            Refusal::Malformed(message) => message,
            Refusal::Api(exception) | Refusal::Counted(exception) => exception.message(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::Api(exception) | Refusal::Counted(exception) => exception.code().http_status(),
        }
    }
}

impl From<ApiException> for Refusal {
    fn from(exception: ApiException) -> Refusal {
        Refusal::Api(exception)
    }
}

/// Carries out a call at the account's present instant.
///
/// # Errors
/// Why it is refused.
pub fn call(account: &mut Account, operation: Operation, input: &Value) -> Result<Reply, Refusal> {
    let members = &Members::of_request(input)?;
    match operation {
        Operation::SyncDeploymentJob => deployments::sync(account, members),
        Operation::CreateDeploymentJob => deployments::create(account, members),
        Operation::DescribeDeploymentJob => deployments::describe(account, members),
        Operation::ListDeploymentJobs => deployments::list(account, members),
        Operation::CancelDeploymentJob => deployments::cancel(account, members),
        Operation::CreateFleet => fleets::create(account, members),
        Operation::DescribeFleet => fleets::describe(account, members),
        Operation::ListFleets => fleets::list(account, members),
        Operation::DeleteFleet => fleets::delete(account, members),
        Operation::CreateRobot => robots::create(account, members),
        Operation::DescribeRobot => robots::describe(account, members),
        Operation::ListRobots => robots::list(account, members),
        Operation::DeleteRobot => robots::delete(account, members),
        Operation::RegisterRobot => robots::register(account, members),
        Operation::DeregisterRobot => robots::deregister(account, members),
        Operation::CreateRobotApplication => applications::create(account, members),
        Operation::CreateRobotApplicationVersion => applications::create_version(account, members),
        Operation::UpdateRobotApplication => applications::update(account, members),
        Operation::DescribeRobotApplication => applications::describe(account, members),
        Operation::ListRobotApplications => applications::list(account, members),
        Operation::DeleteRobotApplication => applications::delete(account, members),
        Operation::ListTagsForResource => tags::list(account, members),
        Operation::TagResource => tags::tag(account, members),
        Operation::UntagResource => tags::untag(account, members),
    }
}

/// An answer that has changed nothing.
fn read(body: &impl Serialize) -> Result<Reply, Refusal> {
    answer(body, false)
}

/// An answer that has changed nothing, and is written as JSON when others may look and call again.
fn gathered(body: impl Serialize + Send + 'static) -> Reply {
    let write = move || serde_json::to_vec(&body);
    Reply { body: ReplyBody::Gathered(Box::new(write)), changed: false, lost: false }
}

/// An answer that has changed something.
fn written(body: &impl Serialize) -> Result<Reply, Refusal> {
    answer(body, true)
}

fn answer(body: &impl Serialize, changed: bool) -> Result<Reply, Refusal> {
    let body = ReplyBody::Written(serde_json::to_vec(body).map_err(unwritable)?);
    Ok(Reply { body, changed, lost: false })
}

/// The response of operations that say nothing.
#[derive(Serialize)]
struct Nothing {}

/// A member that the model requires, after its check.
fn given(value: Option<String>) -> String {
    value.unwrap_or_default()
}

/// What all lists take: `maxResults` from 1 to `most`, `nextToken`, and at most one filter.
fn page(members: &Members<'_>, most: i64, violations: &mut Violations) -> Result<PageRequest, Refusal> {
    let wanted = members.integer("maxResults")?;
    let next_token = members.text("nextToken")?;
    violations.integer("maxResults", wanted, 1..=most);
    violations.text("nextToken", &next_token, &PAGINATION_TOKEN);
    let mut filter = None;
    if let Some(filters) = members.objects("filters")?
        && violations.length("filters", filters.len(), FILTERS)
    {
        let name = filters[0].text("name")?;
        violations.required_text("filters.1.member.name", &name, &NAME);
        let values = filters[0].texts("values")?;
        let values = violations.required("filters.1.member.values", &values);
        if let Some(values) = values
            && violations.length("filters.1.member.values", values.len(), FILTERS)
        {
            let value = Some(values[0].clone());
            violations.text("filters.1.member.values.1.member", &value, &NAME);
            filter = name.zip(value);
        }
    }
    Ok(PageRequest { most: wanted.unwrap_or(most).clamp(1, most) as usize, filter, next_token })
}

/// Tags of a new resource.
fn new_tags(members: &Members<'_>, violations: &mut Violations) -> Result<super::account::Tags, Refusal> {
    use crate::control_plane::shapes::{TAG_KEY, TAG_VALUE, TAGS};
    let tags = members.map("tags")?.unwrap_or_default();
    violations.map("tags", &tags, TAGS, &TAG_KEY, &TAG_VALUE);
    Ok(tags)
}
