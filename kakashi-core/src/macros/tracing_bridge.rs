//! The functions of the bridge to `tracing`: the same on every platform, but for the example.

/// Makes `TracingBridge`, `options()`, `layer()` and `install()` for a platform's loggers.
#[doc(hidden)]
#[macro_export]
macro_rules! __tracing_functions {
    ($logger:ty; $(#[$options:meta])* options;) => {
        /// Chooses what the layer does beside events: see [`options`].
        pub type TracingBridge = $crate::TracingBridge<$logger>;

        /// Begins with what [`layer`] and [`install`] have, to change it.
        ///
        $(#[$options])*
        pub fn options() -> TracingBridge {
            TracingBridge::new()
        }

        /// Makes a layer that has `tracing`'s events and spans logged.
        pub fn layer<S>() -> impl $crate::tracing_bounds::Layer<S> + Send + Sync + 'static
        where
            S: $crate::tracing_bounds::Subscriber + for<'a> $crate::tracing_bounds::LookupSpan<'a>,
        {
            options().layer()
        }

        /// Makes kakashi the one receiver of `tracing`, over a registry that does nothing else.
        ///
        /// # Errors
        /// [`InstallError`](super::InstallError) if `tracing` has a receiver for all threads.
        pub fn install() -> Result<(), $crate::InstallError> {
            options().install()
        }
    };
}
