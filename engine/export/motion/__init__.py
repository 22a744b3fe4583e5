"""Motion as files that other programs read, a file a format; `formats` is the table."""
