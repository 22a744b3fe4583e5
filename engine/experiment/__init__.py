"""Experiments: settings, the run, its results, sessions on disk."""
