//! Connections on an embedded store, with queues that the test carries and a
//! gateway that notes what was sent.

mod channels;
mod costs;
mod endings;
mod events;
mod interleavings;
mod opening;
mod support;
