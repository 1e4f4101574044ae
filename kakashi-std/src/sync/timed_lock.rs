//! A mutex that is waited for up to a deadline, which std's does not have.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two attempts.
const RETRY_AFTER: Duration = Duration::from_micros(50);

/// Locks a mutex, poisoned or not; none if it is not free before the deadline.
pub(crate) fn lock_until<T>(mutex: &Mutex<T>, deadline: Instant) -> Option<MutexGuard<'_, T>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(RETRY_AFTER),
        }
    }
}
