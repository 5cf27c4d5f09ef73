//! Programs with this library preloaded, against a real server of sockets.

#[path = "programs/desk.rs"]
mod desk;
#[path = "programs/files.rs"]
mod files;
#[path = "programs/sdl.rs"]
mod sdl;
