//! Descriptions of the request and the user that a program works for.

#[cfg(feature = "std")]
use alloc::vec::Vec;

use crate::context::LogContext;
#[cfg(feature = "std")]
use crate::context::keyed_pairs;
use crate::value::field::Field;

/// Describes a request, for `set_request_context`.
#[derive(Clone, Default, Debug)]
pub struct RequestContext(LogContext);

impl RequestContext {
    /// Takes the client's address and how it came: the method and path, say. An empty one is
    /// left out.
    pub fn new(ip: &str, access: &str) -> Self {
        let mut context = LogContext::new();
        if !ip.is_empty() {
            context = context.with_ip(ip);
        }
        if !access.is_empty() {
            context = context.with_access(access);
        }
        Self(context)
    }

    /// Adds the id of the request.
    #[must_use]
    pub fn request_id(self, id: &str) -> Self {
        Self(self.0.with_request_id(id))
    }

    /// Adds the client program's name for itself.
    #[must_use]
    pub fn user_agent(self, name: &str) -> Self {
        Self(self.0.with_user_agent(name))
    }
}

#[cfg(feature = "std")]
impl LogContext {
    /// Returns this one without what [`RequestContext`] describes.
    pub(super) fn without_request(&self) -> Self {
        const KEYS: [&str; 4] = ["ip", "access", "request_id", "user_agent"];
        let rest = keyed_pairs(self.typed()).filter(|(key, _)| !KEYS.contains(key));
        let typed: Vec<u8> = rest.flat_map(|(_, pair)| pair).copied().collect();
        if typed.len() == self.typed().len() {
            return self.clone();
        }
        let context = Self::build([&typed, &[]], [self.custom(), &[]], self.attached());
        Self { level: self.level, ..context }
    }
}

/// Describes a user, for `set_user_context`.
#[derive(Clone, Default, Debug)]
pub struct UserContext(LogContext);

impl UserContext {
    /// Makes a description without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the id of the user.
    #[must_use]
    pub fn user_id(self, id: &str) -> Self {
        Self(self.0.with_user_id(id))
    }

    /// Adds the id of the user's session.
    #[must_use]
    pub fn session_id(self, id: &str) -> Self {
        Self(self.0.with_session_id(id))
    }

    /// Adds fields of any kind.
    #[must_use]
    pub fn custom(self, fields: &[Field<'_>]) -> Self {
        Self(self.0.with_custom(fields))
    }
}

impl From<RequestContext> for LogContext {
    fn from(request: RequestContext) -> Self {
        request.0
    }
}

impl From<UserContext> for LogContext {
    fn from(user: UserContext) -> Self {
        user.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "std")]
    #[test]
    fn without_the_request_everything_else_is_left() {
        let request = RequestContext::new("203.0.113.7", "GET /").request_id("r-1").user_agent("curl");
        let user = UserContext::new().user_id("42").custom(&[Field::new("step", &2)]);
        let (request, user) = (LogContext::from(request), LogContext::from(user));
        assert_eq!(user.merge(&request).without_request(), user);
        assert_eq!(user.without_request().fields().id, user.fields().id, "it is the same one");
        assert!(request.without_request().is_empty());
        let service = LogContext::of_service("shop", "1", "test");
        assert_eq!(request.merge(&service).without_request(), service);
        let level = crate::LogLevel::Debug;
        assert_eq!(request.level(level).without_request().threshold(), Some(level.into()));
    }

    #[test]
    fn an_empty_address_is_no_field() {
        assert!(LogContext::from(RequestContext::new("", "")).is_empty());
        let request = LogContext::from(RequestContext::new("", "GET /").request_id("r-1"));
        assert_eq!((request.ip(), request.access()), (None, Some("GET /")));
        let request = LogContext::from(RequestContext::new("203.0.113.7", ""));
        assert_eq!((request.ip(), request.access()), (Some("203.0.113.7"), None));
    }
}
