//! The reference broker, driven by bytes under virtual time: each test asserts the exact packets that come.

mod auth;
mod connect;
mod conversations;
mod dice;
mod lab;
mod load;
mod mutants;
mod properties;
mod qos;
mod retained;
mod rules;
mod serve;
mod sessions;
mod subscriptions;
mod will;
mod wrong;
