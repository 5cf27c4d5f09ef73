//! The pipeline of sound over a sound server made up by the tests.
