//! Descriptions of the request and the user that a program works for.

use crate::context::LogContext;
use crate::value::field::Field;

/// Describes a request, for `set_request_context`.
#[derive(Clone, Default, Debug)]
pub struct RequestContext(LogContext);

impl RequestContext {
    /// Takes the client's address and how it came: the method and path, say.
    pub fn new(ip: &str, access: &str) -> Self {
        Self(LogContext::new().with_ip(ip).with_access(access))
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
