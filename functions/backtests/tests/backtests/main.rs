//! The function called with messages of its queue.

mod bounds;
mod events;
mod interruptions;
mod support;
