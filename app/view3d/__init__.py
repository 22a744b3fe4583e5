"""The only vispy in the project: one visual per file."""
