//! Tags of any resource.

use super::{Account, MOST_TAGS, Tags, invalid, not_found};
use crate::control_plane::ApiException;

impl Account {
    /// ListTagsForResource.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn tags(&mut self, arn: &str) -> Result<&Tags, ApiException> {
        self.tags_mut(arn).map(|tags| &*tags)
    }

    /// TagResource: a key that is there gets the new value.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, or `InvalidParameterException` if there would be too many.
    pub fn tag(&mut self, arn: &str, new: Tags) -> Result<(), ApiException> {
        let tags = self.tags_mut(arn)?;
        let added = new.keys().filter(|key| !tags.contains_key(*key)).count();
        if tags.len() + added > MOST_TAGS {
            return Err(invalid(format!("A resource has at most {MOST_TAGS} tags.")));
        }
        tags.extend(new);
        Ok(())
    }

    /// UntagResource: keys that are not there are no error.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn untag(&mut self, arn: &str, keys: &[String]) -> Result<(), ApiException> {
        let tags = self.tags_mut(arn)?;
        for key in keys {
            tags.remove(key);
        }
        Ok(())
    }

    fn tags_mut(&mut self, arn: &str) -> Result<&mut Tags, ApiException> {
        self.forget_expired_jobs();
        let kind = arn.split(':').nth(5).and_then(|resource| resource.split('/').next());
        let found = match kind {
            Some("deployment-fleet") => self.fleets.find(arn).and_then(|it| Some(&mut self.fleets.get_mut(it)?.tags)),
            Some("robot") => self.robots.find(arn).and_then(|it| Some(&mut self.robots.get_mut(it)?.tags)),
            Some("robot-application") => {
                self.applications.find(arn).and_then(|it| Some(&mut self.applications.get_mut(it)?.tags))
            }
            Some("deployment-job") => {
                self.jobs.find(arn).and_then(|it| Some(self.jobs.get_mut(it)?.tags.get_or_insert_default().as_mut()))
            }
            _ => None,
        };
        found.ok_or_else(|| not_found(format!("The resource {arn} does not exist.")))
    }
}
