//! The whole program, told as stories: the real binary, real files, real databases and servers.

mod support;

mod audit;
mod configuration;
mod content_server;
mod daemon;
mod determinism;
mod disclosure;
mod documents;
mod kill;
mod large;
mod pages;
mod portal;
mod publishing;
mod redaction;
mod registry;
mod reports;
mod review;
mod rules;
mod samba;
mod samples;
mod sandbox;
mod targets;
mod transfer;
mod verify;
