//! The operations, and where they are found.

/// Declares the operations with their paths.
macro_rules! operations {
    ($($operation:ident $path:literal),+ $(,)?) => {
        /// An operation of the API, called as in AWS's service model.
        #[allow(missing_docs, reason = "the names are the API's own")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($operation,)+
            ListTagsForResource,
            TagResource,
            UntagResource,
        }

        impl Operation {
            pub const ALL: &'static [Operation] = &[
                $(Operation::$operation,)+
                Operation::ListTagsForResource,
                Operation::TagResource,
                Operation::UntagResource,
            ];

            /// The API's name for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Operation::$operation => stringify!($operation),)+
                    Operation::ListTagsForResource => "ListTagsForResource",
                    Operation::TagResource => "TagResource",
                    Operation::UntagResource => "UntagResource",
                }
            }

            /// The operation that is posted to a path.
            fn posted_to(path: &str) -> Option<Operation> {
                match path {
                    $($path => Some(Operation::$operation),)+
                    _ => None,
                }
            }
        }
    };
}

operations! {
    SyncDeploymentJob "/syncDeploymentJob",
    CreateDeploymentJob "/createDeploymentJob",
    DescribeDeploymentJob "/describeDeploymentJob",
    ListDeploymentJobs "/listDeploymentJobs",
    CancelDeploymentJob "/cancelDeploymentJob",
    CreateFleet "/createFleet",
    DescribeFleet "/describeFleet",
    ListFleets "/listFleets",
    DeleteFleet "/deleteFleet",
    CreateRobot "/createRobot",
    DescribeRobot "/describeRobot",
    ListRobots "/listRobots",
    DeleteRobot "/deleteRobot",
    RegisterRobot "/registerRobot",
    DeregisterRobot "/deregisterRobot",
    CreateRobotApplication "/createRobotApplication",
    CreateRobotApplicationVersion "/createRobotApplicationVersion",
    UpdateRobotApplication "/updateRobotApplication",
    DescribeRobotApplication "/describeRobotApplication",
    ListRobotApplications "/listRobotApplications",
    DeleteRobotApplication "/deleteRobotApplication",
}

/// What a method and a path lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    pub operation: Operation,
    /// The resource that the path names, as it stands there: percent-encoded.
    pub resource: Option<&'a str>,
}

impl Operation {
    /// The operation that a request is for, if there is one.
    pub fn route<'a>(method: &str, path: &'a str) -> Option<Route<'a>> {
        if let Some(resource) = path.strip_prefix("/tags/") {
            let operation = match method {
                "GET" => Operation::ListTagsForResource,
                "POST" => Operation::TagResource,
                "DELETE" => Operation::UntagResource,
                _ => return None,
            };
            return Some(Route { operation, resource: Some(resource) });
        }
        let operation = Operation::posted_to(path).filter(|_| method == "POST")?;
        Some(Route { operation, resource: None })
    }

    /// The operation of this name.
    pub fn from_name(name: &str) -> Option<Operation> {
        Operation::ALL.iter().copied().find(|operation| operation.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_names_with_a_small_letter() {
        for operation in Operation::ALL.iter().copied().filter(|operation| !operation.name().contains("Resource")) {
            let name = operation.name();
            let path = format!("/{}{}", name[..1].to_lowercase(), &name[1..]);
            assert_eq!(Operation::route("POST", &path), Some(Route { operation, resource: None }));
            assert_eq!(Operation::route("GET", &path), None);
            assert_eq!(Operation::from_name(name), Some(operation));
        }
        assert_eq!(Operation::ALL.len(), 24);
        let tags = Operation::route("DELETE", "/tags/arn%3Aaws").expect("a route");
        assert_eq!((tags.operation, tags.resource), (Operation::UntagResource, Some("arn%3Aaws")));
        assert_eq!(Operation::route("PUT", "/tags/x"), None);
        assert_eq!(Operation::route("POST", "/syncdeploymentjob"), None);
    }
}
