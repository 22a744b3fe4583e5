"""Benchmarks that the command line offers."""
