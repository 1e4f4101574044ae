//! Tasks, jobs and threads that begin with the context of the one that spawns them.
//!
//! A task or a thread that the runtime's own functions spawn begins with no context. Those here
//! give it the context that is current where they are called, as a scope of its own: what
//! it sets is gone with it.
//!
//! | | |
//! |---|---|
//! | tokio (feature `tokio`) | `task::spawn`, `spawn_blocking`, `spawn_local`, and [`JoinSetExt`] |
//! | rayon (feature `rayon`) | `task::rayon::{spawn, join, scope}`, and its extension traits |
//! | `std::thread` | [`spawn`](crate::spawn()), and [`ThreadScopeExt`] |
//! | any other | [`FutureInCurrentContext`](crate::FutureInCurrentContext), [`ClosureInCurrentContext`](crate::ClosureInCurrentContext) |

#[cfg(feature = "tokio")]
mod join_set;
#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(feature = "tokio")]
pub(crate) mod set_context;
mod thread_scope;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "tokio")]
pub use self::join_set::JoinSetExt;
#[cfg(feature = "tokio")]
pub use self::set_context::refused_contexts;
pub use self::thread_scope::ThreadScopeExt;
#[cfg(feature = "tokio")]
pub use self::tokio::{spawn, spawn_blocking, spawn_local};
