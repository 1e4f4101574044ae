//! One destination and what waits for it: the queue of full buffers, the sink that
//! writes them, and the reports of its failures.

pub(crate) mod buffer_pool;
pub(crate) mod sink_queue;
