//! A tower layer that gives each request its context, and a record at its end.
//!
//! [`RequestLayer`] stands outermost, around all that handles requests: of axum, tonic, or hyper with
//! a tower service. Whatever is logged for a request, by any logger, has the request's context:
//!
//! | field | |
//! |---|---|
//! | `request_id` | the request's header if it is valid, else a new one; it is in the response, too |
//! | `ip` | the client's address; of a header only if a trusted proxy wrote it |
//! | `access` | method and path, without the query |
//! | `user_agent` | the header, at most 256 bytes of it |
//! | `method`, `route` | the route is the one that matched, if the router says so |
//! | `trace_id`, `span_id` | of a valid `traceparent` (W3C Trace Context) |
//!
//! The context is the scope of the request: `set_user_context` in a handler adds the user to all that
//! follows, the body that is streamed and the record at the end included. Tasks that the
//! handler spawns have it with [`task::spawn`](crate::task). What libraries do for the request on threads
//! of their own has it with `RequestLayer::tracing_span` (feature `tracing`), if they know `tracing`.
//!
//! The record at the end is written by the logger `http` when the last byte of the body is with
//! the server, and has `status`, `bytes` and `duration`:
//!
//! | message | level | |
//! |---|---|---|
//! | `Request finished` | by status: ERROR from 500, WARNING from 400, INFO below; of gRPC by `grpc_status` | |
//! | `Request failed` | ERROR | the service returned an error, or the body did; `error` |
//! | `Request panicked` | ERROR | `panic`; the response is a 500 |
//! | `Client went away before the response` | WARNING | the future was dropped: by a server whose client is gone, or by a timeout around the layer |
//! | `Client went away during the response` | WARNING | the body was dropped before its end |
//!
//! ```
//! use kakashi_std::tower::RequestLayer;
//!
//! let layer = RequestLayer::new().trusted_proxies(["10.0.0.0/8", "::1"])?;
//! // axum: Router::new().route(…).layer(layer)
//! // tonic: Server::builder().layer(layer)
//! # let _ = layer;
//! # Ok::<(), kakashi_std::tower::InvalidNetwork>(())
//! ```

mod body;
mod client_address;
mod exchange;
mod fields;
mod grpc;
mod layer;
mod networks;
mod request_context;
mod request_id;
mod request_scope;
mod response_future;
mod service;
mod settings;
mod trace_parent;

pub use self::body::RequestBody;
pub use self::client_address::{ForwardedHeader, PeerAddress};
pub use self::layer::RequestLayer;
pub use self::networks::InvalidNetwork;
pub use self::request_id::RequestId;
pub use self::response_future::RequestFuture;
pub use self::service::RequestService;
