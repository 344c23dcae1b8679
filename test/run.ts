// Placeholder replaced once suites exist.
