//! The oracle against the worked rows of the drawdown and account rules.

mod all_time;
mod conditions;
mod control;
mod daily;
mod example;
mod money;
mod start;
mod support;
