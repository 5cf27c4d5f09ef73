//! Helpers of tests: X server guard, test client, log capture.
